//! One server as a child process that is started again whenever it dies.

use super::directory::last_lines;
use crate::exit::{Exit, ends};
use anyhow::Context as _;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Pause before the first restart: long enough for the dead server's own children to end.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// A server that dies again and again is tried this often; somebody may be freeing disk space.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A server that ran this long was healthy: its next death counts as the first.
const STEADY: Duration = Duration::from_secs(10);
/// Deaths before the first readiness after which a start is given up.
const START_TRIES: u32 = 5;
/// A log beyond this is put aside at the next start, and the one put aside before goes.
const LOG_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// How to run one server.
pub(super) struct Launch {
    pub(super) name: &'static str,
    pub(super) command: Vec<OsString>,
    pub(super) log: PathBuf,
    pub(super) stop_signal: Signal,
    /// How long it may take to stop before it is killed.
    pub(super) stop_patience: Duration,
    /// Done before every start: whatever a killed predecessor left in the way goes.
    pub(super) prepare: Box<dyn Fn() -> anyhow::Result<()> + Send>,
}

#[derive(Default)]
struct State {
    pid: Option<Pid>,
    stopping: bool,
    deaths: u32,
    /// Why the last start failed before there was a process.
    failure: Option<String>,
}

#[derive(Default)]
struct Control {
    state: Mutex<State>,
    stop_asked: Condvar,
}

impl Control {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server that runs until it is stopped.
///
/// It is started and waited for by one thread that lives as long as it does: Linux tells a child
/// that its parent died when the *thread* that started it ends, so it must not be a pooled one.
pub(super) struct Supervised {
    name: &'static str,
    log: PathBuf,
    stop_signal: Signal,
    stop_patience: Duration,
    control: Arc<Control>,
    thread: JoinHandle<()>,
}

impl Supervised {
    /// Starts the server; that it is ready is for the caller to find out.
    pub(super) fn start(launch: Launch) -> anyhow::Result<Self> {
        put_aside(&launch.log)?;
        let control = Arc::new(Control::default());
        let (name, log) = (launch.name, launch.log.clone());
        let (stop_signal, stop_patience) = (launch.stop_signal, launch.stop_patience);
        let theirs = Arc::clone(&control);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || keep_running(&launch, &theirs))?;
        Ok(Self {
            name,
            log,
            stop_signal,
            stop_patience,
            control,
            thread,
        })
    }

    /// Says why the server cannot be waited for any longer.
    ///
    /// Errors: it died too often before it was ready; the message ends with its last words.
    pub(super) fn check_start(&self) -> anyhow::Result<()> {
        let (deaths, failure) = {
            let state = self.control.state();
            (state.deaths, state.failure.clone())
        };
        if deaths < START_TRIES {
            return Ok(());
        }
        let why = failure.unwrap_or_else(|| last_lines(&self.log, 0));
        let (name, log) = (self.name, self.log.display());
        let text = format!("{name} does not start ({log}):\n{why}");
        Err(ends(Exit::Failed, text))
    }

    /// Asks the server to end, without waiting.
    fn ask_to_stop(&self) {
        let mut state = self.control.state();
        state.stopping = true;
        send(state.pid, self.stop_signal);
        self.control.stop_asked.notify_all();
    }

    /// Ends the server: asked first, killed when it takes too long.
    pub(super) async fn stop(self) {
        self.ask_to_stop();
        if self.ended_within(self.stop_patience).await {
            return;
        }
        tracing::warn!(
            "{} did not stop in {:?} and is killed",
            self.name,
            self.stop_patience
        );
        send(self.control.state().pid, Signal::KILL);
        self.ended_within(self.stop_patience).await;
    }

    async fn ended_within(&self, patience: Duration) -> bool {
        const LOOK: Duration = Duration::from_millis(10);
        let end = Instant::now() + patience;
        while !self.thread.is_finished() {
            if Instant::now() >= end {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
        true
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.ask_to_stop();
    }
}

fn keep_running(launch: &Launch, control: &Control) {
    let mut pause = FIRST_PAUSE;
    loop {
        let started = Instant::now();
        let outcome = run_once(launch, control);
        let mut state = control.state();
        if state.stopping {
            return;
        }
        state.deaths = state.deaths.saturating_add(1);
        if started.elapsed() >= STEADY {
            pause = FIRST_PAUSE;
        }
        match outcome {
            Ok(status) => {
                state.failure = None;
                tracing::warn!("{} ended ({status}) and is started again", launch.name);
            }
            Err(error) => {
                state.failure = Some(format!("{error:#}"));
                tracing::warn!("{} could not be started: {error:#}", launch.name);
            }
        }
        let (state, _) = control
            .stop_asked
            .wait_timeout_while(state, pause, |state| !state.stopping)
            .unwrap_or_else(PoisonError::into_inner);
        if state.stopping {
            return;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn run_once(launch: &Launch, control: &Control) -> anyhow::Result<std::process::ExitStatus> {
    (launch.prepare)()?;
    let mut child = {
        // Held across the start, so that whoever asks to stop sees no server or its pid.
        let mut state = control.state();
        anyhow::ensure!(!state.stopping, "asked to stop");
        let child = command(&launch.command, &launch.log)?
            .spawn()
            .with_context(|| format!("cannot run {:?}", launch.command))?;
        state.pid = Some(Pid::from_child(&child));
        child
    };
    let pid = Pid::from_child(&child);
    // Waits without reaping, so that the pid is nobody else's as long as `state` shows it.
    while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(
        WaitId::Pid(pid),
        WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
    ) {}
    let mut state = control.state();
    state.pid = None;
    Ok(child.wait()?)
}

/// A command in a process group of its own (a terminal's Ctrl-C is for us to pass on), with both
/// outputs appended to a log.
pub(super) fn command(words: &[OsString], log: &Path) -> anyhow::Result<Command> {
    let (program, arguments) = words.split_first().context("no command")?;
    let out = File::options().create(true).append(true).open(log)?;
    let mut command = Command::new(program);
    // A server needs none of our secrets.
    for name in [
        "JMIP_API_KEY",
        "JMIP_NATS_URL",
        "JMIP_DATABASE_URL",
        "OTEL_EXPORTER_OTLP_HEADERS",
    ] {
        command.env_remove(name);
    }
    command
        .args(arguments)
        // Logs in one language; and without a locale, as over ssh or from launchd, Postgres does
        // not start on macOS, whose way to find one makes threads.
        .env("LC_ALL", "C")
        .env("GOMEMLIMIT", memory_limit())
        .process_group(0)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out);
    Ok(command)
}

/// What programs written in Go, as nats-server is, keep to when they decide how much to leave
/// uncollected; whoever knows the machine better says so.
fn memory_limit() -> OsString {
    std::env::var_os("GOMEMLIMIT").unwrap_or_else(|| "512MiB".into())
}

/// Ends a server that a killed predecessor left behind, and waits until it is gone.
///
/// Errors: it is still there after having been killed.
pub(super) fn end_orphan(pid: u32, marks: [&str; 2], launch_signal: Signal) -> anyhow::Result<()> {
    let patience = [
        (launch_signal, Duration::from_secs(30)),
        (Signal::KILL, Duration::from_secs(5)),
    ];
    for (signal, patience) in patience {
        let end = Instant::now() + patience;
        if !is_running(pid, marks) {
            return Ok(());
        }
        tracing::warn!("{} (pid {pid}) was left behind and is stopped", marks[0]);
        send(i32::try_from(pid).ok().and_then(Pid::from_raw), signal);
        while Instant::now() < end {
            if !is_running(pid, marks) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    anyhow::bail!(
        "{} (pid {pid}) was left behind and cannot be stopped",
        marks[0]
    )
}

/// Whether a process is the one meant: its number may long be somebody else's.
pub(super) fn is_running(pid: u32, marks: [&str; 2]) -> bool {
    command_line(pid).is_some_and(|line| marks.iter().all(|mark| line.contains(mark)))
}

/// The words a live process was started with; a zombie has none.
#[cfg(target_os = "linux")]
fn command_line(pid: u32) -> Option<String> {
    let words = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(String::from_utf8_lossy(&words).replace('\0', " "))
}

/// The words a live process was started with.
#[cfg(not(target_os = "linux"))]
fn command_line(pid: u32) -> Option<String> {
    let output = Command::new("ps")
        .args(["-ww", "-o", "command=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

pub(super) fn send(pid: Option<Pid>, signal: Signal) {
    // It may have ended a moment ago, which is what was wanted.
    if let Some(pid) = pid {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

pub(super) fn put_aside(log: &Path) -> anyhow::Result<()> {
    if std::fs::metadata(log).is_ok_and(|file| file.len() > LOG_MAX_BYTES) {
        std::fs::rename(log, log.with_extension("log.1"))?;
    }
    Ok(())
}
