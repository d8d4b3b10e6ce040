//! Standard output, for readers who may leave before the end.

use std::fmt;
use std::io::{ErrorKind, StdoutLock, Write as _};

/// Writes text as it is. A reader that has seen enough closes the pipe, as `head` does: that ends
/// the process quietly and is no failure of ours; any other error ends it as failed.
pub fn say(text: fmt::Arguments<'_>) {
    write(|out| out.write_fmt(text));
}

/// Writes bytes as they are, with nothing behind them; readers may leave as with [`say`].
pub fn say_bytes(bytes: &[u8]) {
    write(|out| out.write_all(bytes));
}

fn write(what: impl FnOnce(&mut StdoutLock<'_>) -> std::io::Result<()>) {
    let mut out = std::io::stdout().lock();
    let Err(error) = what(&mut out).and_then(|()| out.flush()) else {
        return;
    };
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(crate::Exit::Done as i32);
    }
    complain(&format!("cannot write to standard output: {error}"));
    std::process::exit(crate::Exit::Failed as i32);
}

/// Says on standard error what went wrong; when that is closed too, nobody wants to know.
pub fn complain(text: &str) {
    drop(writeln!(std::io::stderr(), "jmip: {text}"));
}

/// Writes one line, by way of [`say`].
macro_rules! sayln {
    () => {
        $crate::say::say(format_args!("\n"))
    };
    ($($text:tt)+) => {
        $crate::say::say(format_args!("{}\n", format_args!($($text)+)))
    };
}
pub(crate) use sayln;
