//! Another program that does the same, on the same file in the same run.

use super::run::Run;
use std::path::Path;
use std::process::Command;

/// What the other program says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Peer {
    /// From the first byte sent until every posting shows.
    pub(super) postings_per_second: f64,
}

impl Peer {
    /// How many times its postings the line reads in the same time.
    pub(super) fn ratio(&self, run: &Run) -> f64 {
        run.postings as f64 / run.seconds / self.postings_per_second
    }
}

/// Runs a command on a file. It starts and stops all it needs, and prints an object with
/// `postings_per_s` on one line of standard output.
///
/// Errors: it cannot be started, fails or prints something else.
pub(super) fn measure(command: &Path, file: &Path) -> Result<Peer, String> {
    let output = Command::new(command).arg(file).output();
    let output = output.map_err(|e| format!("{}: {e}", command.display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {}\n{said}", command.display(), output.status));
    }
    read(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| format!("{} prints no postings_per_s", command.display()))
}

fn read(printed: &str) -> Option<Peer> {
    let object = printed
        .lines()
        .find_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())?;
    let postings_per_second = object["postings_per_s"].as_f64()?;
    Some(Peer {
        postings_per_second,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_with_the_figure_is_found() {
        let found = read("starting\n{\"postings_per_s\": 418.0, \"rows\": 1}\n");
        let peer = found.unwrap();
        assert_eq!(peer.postings_per_second, 418.0);
        let run = Run {
            postings: 8360,
            seconds: 5.0,
            ..Run::default()
        };
        assert_eq!(peer.ratio(&run), 4.0);
        assert_eq!(read("{\"rows\": 1}\n"), None);
        assert_eq!(read(""), None);
    }
}
