//! Starting a system that outlives its starter, and stopping it.

use super::endpoints::Endpoints;
use super::{directory, endpoints, process};
use crate::exit::{Exit, ends};
use anyhow::Context as _;
use rustix::process::{Pid, Signal};
use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Says to the process we start that it is on its own.
const DETACHED: &str = "JMIP_DETACHED";
/// Restoring a large log and recovering a large database take this long at worst.
const READY_PATIENCE: Duration = Duration::from_secs(300);
/// A stop ends with a checkpoint; each server has its own bound below this.
const STOP_PATIENCE: Duration = Duration::from_secs(150);
/// Somebody else's system that is starting or stopping is waited for this long.
const OTHERS_PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);

/// A system in the background.
pub struct Detached {
    /// Where everything is.
    pub endpoints: Endpoints,
    /// Whether it ran already and nothing was started.
    pub ran_already: bool,
}

/// Runs this program again with other arguments, in a session of its own with its output in
/// `<dir>/log/jmip.log`, and waits until `is_ready` likes what it wrote down. A system
/// that runs there already is left as it is.
///
/// Errors: something runs there already that is not ready within half a minute; it ended before it was ready (with its last words); it
/// was not ready within five minutes and was stopped.
pub fn detach(
    dir: &Path,
    args: &[OsString],
    is_ready: impl Fn(&Endpoints) -> bool,
) -> anyhow::Result<Detached> {
    if let Some(endpoints) = running(dir, &is_ready)? {
        return Ok(Detached {
            endpoints,
            ran_already: true,
        });
    }
    directory::make_private(&dir.join("log"))?;
    let log = directory::log_path(dir, "jmip");
    process::put_aside(&log)?;
    let out = File::options().create(true).append(true).open(&log)?;
    let before_bytes = out.metadata()?.len();
    let mut child = Command::new(std::env::current_exe()?)
        .args(args)
        .env(DETACHED, "1")
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out)
        .spawn()
        .context("cannot run this program again")?;
    let end = Instant::now() + READY_PATIENCE;
    while Instant::now() < end {
        if let Some(status) = child.try_wait()? {
            let last = directory::last_lines(&log, before_bytes);
            let text = format!("jmip ended before it was ready ({status}):\n{last}");
            return Err(ends(Exit::Failed, text));
        }
        let ready = endpoints::read(dir)
            .filter(|endpoints| endpoints.pid == Some(child.id()) && is_ready(endpoints));
        if let Some(endpoints) = ready {
            return Ok(Detached {
                endpoints,
                ran_already: false,
            });
        }
        std::thread::sleep(LOOK);
    }
    process::send(Some(Pid::from_child(&child)), Signal::TERM);
    anyhow::bail!(
        "jmip was not ready within {READY_PATIENCE:?}: see {}",
        log.display()
    )
}

/// The system that runs in a folder, once it is ready; `None` when none does, or no longer.
fn running(dir: &Path, is_ready: impl Fn(&Endpoints) -> bool) -> anyhow::Result<Option<Endpoints>> {
    let end = Instant::now() + OTHERS_PATIENCE;
    while let Some(pid) = directory::holder(dir) {
        let ready = endpoints::read(dir).filter(|it| it.pid == Some(pid) && is_ready(it));
        if ready.is_some() {
            return Ok(ready);
        }
        anyhow::ensure!(
            Instant::now() < end,
            "jmip is already running in {} (pid {pid}), and not ready: see {}",
            dir.display(),
            directory::log_path(dir, "jmip").display()
        );
        std::thread::sleep(LOOK);
    }
    Ok(None)
}

/// Leaves the starter's session, so that closing its terminal does not end us.
pub(super) fn leave_session_if_detached() {
    if std::env::var_os(DETACHED).is_some() {
        // It fails where we lead a session already, which is all that is wanted.
        let _ = rustix::process::setsid();
    }
}

/// Stops the system in a folder and waits until it is gone; answers with its process, or `None`
/// when nothing ran there.
///
/// Errors: it is another user's; it is still there after two and a half minutes.
pub fn down(dir: &Path) -> anyhow::Result<Option<u32>> {
    let Some(pid) = directory::holder(dir) else {
        return Ok(None);
    };
    // The lock is held, so the number in it is that of a live jmip.
    let process = i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .context("an impossible pid")?;
    rustix::process::kill_process(process, Signal::TERM)
        .with_context(|| format!("cannot stop jmip (pid {pid})"))?;
    let end = Instant::now() + STOP_PATIENCE;
    while Instant::now() < end {
        if directory::holder(dir) != Some(pid) {
            return Ok(Some(pid));
        }
        std::thread::sleep(LOOK);
    }
    anyhow::bail!(
        "jmip (pid {pid}) has not stopped within {STOP_PATIENCE:?}: see {}",
        directory::log_path(dir, "jmip").display()
    )
}
