//! `jmip up` and `jmip down`: the embedded default.

use crate::cli::Up;
use crate::embedded::{self, Embedded};
use crate::exit::{Exit, ends};
use crate::say::{say, sayln};
use crate::system::{ALL, Settings, System};
use anyhow::Context as _;
use jmip_api::Minted;
use jmip_runtime::config::{Config, Secret};
use jmip_runtime::{Log, Role};
use std::ffi::OsString;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{Signal, SignalKind, signal};

const KEY_FILE: &str = "api-key";
const LISTEN_FILE: &str = "api-listen";

/// Starts everything, and leaves it running or runs until told to stop.
pub async fn up(up: Up) -> anyhow::Result<Exit> {
    if up.detach {
        detach(&up).await
    } else {
        attached(&up).await
    }
}

/// Stops what `up` started, in a given folder or the nearest; that nothing runs is as well.
pub fn down(dir: Option<PathBuf>) -> anyhow::Result<Exit> {
    let dir = match dir {
        Some(dir) => dir,
        None => {
            let cwd = std::env::current_dir()?;
            embedded::nearest(&cwd).unwrap_or_else(|| cwd.join(embedded::FOLDER))
        }
    };
    match embedded::down(&dir)? {
        Some(pid) => sayln!("stopped the jmip of {} (pid {pid})", dir.display()),
        None => sayln!("nothing runs in {}", dir.display()),
    }
    Ok(Exit::Done)
}

async fn detach(up: &Up) -> anyhow::Result<Exit> {
    let mut args: Vec<OsString> = vec!["up".into(), "--dir".into(), up.folder.dir.clone().into()];
    if let Some(listen) = up.listen {
        args.extend(["--listen".into(), listen.to_string().into()]);
    }
    if up.servers_only {
        args.push("--servers-only".into());
    }
    let dir = up.folder.dir.clone();
    let servers_only = up.servers_only;
    let detached = tokio::task::spawn_blocking(move || {
        embedded::detach(&dir, &args, |there| servers_only || there.api_url.is_some())
    })
    .await??;
    let runs = if detached.ran_already {
        "already runs"
    } else {
        "runs"
    };
    let api_url = detached.endpoints.api_url.as_deref();
    let text = description(runs, &up.folder.dir, api_url);
    say(format_args!("{text}"));
    Ok(Exit::Done)
}

fn description(runs: &str, dir: &Path, api_url: Option<&str>) -> String {
    let api = api_url.map_or_else(String::new, |url| {
        let key = match std::env::var_os("JMIP_API_KEY") {
            Some(_) => "as JMIP_API_KEY has it".to_owned(),
            None => format!("in {}", dir.join(KEY_FILE).display()),
        };
        format!("  API   {url}/v1   key {key}\n")
    });
    let stop = in_dir(dir);
    format!(
        "jmip {runs} in {}\n{api}  stop  jmip down{stop}\n",
        dir.display()
    )
}

fn in_dir(dir: &Path) -> String {
    if dir == Path::new(embedded::FOLDER) {
        return String::new();
    }
    format!(" --dir {}", dir.display())
}

async fn attached(up: &Up) -> anyhow::Result<Exit> {
    let config = Config::from_env().map_err(|problems| ends(Exit::Usage, problems.to_string()))?;
    let mut signals = stopped().context("cannot listen for signals")?;
    let starting = Embedded::start(&up.folder.dir);
    let mut servers = tokio::select! {
        servers = starting => servers?,
        () = signals.next() => return Ok(Exit::Done),
    };
    if up.servers_only {
        signals.next().await;
        servers.stop().await?;
        return Ok(Exit::Done);
    }
    let dir = servers.dir().to_owned();
    let outcome = serve(up, config, &mut servers, &mut signals).await;
    servers
        .stop()
        .await
        .with_context(|| format!("cannot stop the servers of {}", dir.display()))?;
    outcome.map(|()| Exit::Done)
}

async fn serve(
    up: &Up,
    config: Config,
    servers: &mut Embedded,
    signals: &mut Stopped,
) -> anyhow::Result<()> {
    let dir = servers.dir().to_owned();
    let endpoints = servers.endpoints().clone();
    // Given servers are only checked: their streams belong to whoever runs them.
    if config.nats_url.is_none() {
        Log::connect(&endpoints.nats_url, Role::Deploy)
            .await?
            .apply_streams(None)
            .await?;
    }
    let listen = match up.listen {
        Some(listen) => listen,
        None => free_listen(&dir).await?,
    };
    let settings = Settings {
        roles: Role::Reader.into(),
        nats_url: Secret::new(endpoints.nats_url),
        database_url: Secret::new(endpoints.database_url),
        api_listen: Some(listen),
        api_key: Some(match config.api_key {
            Some(key) => key,
            None => own_key(&dir)?,
        }),
        metrics_listen: config.metrics_listen,
        access: config.access,
        state_dir: Some(config.state_dir.unwrap_or_else(|| dir.join("state"))),
    };
    let mut system = System::start(&ALL, settings).await?;
    if let Some(address) = system.api_address {
        std::fs::write(dir.join(LISTEN_FILE), address.to_string())?;
        let api_url = format!("http://{address}");
        servers.set_api_url(&api_url)?;
        // That nobody reads this is no reason to stop.
        let text = description("runs", &up.folder.dir, Some(&api_url));
        drop(std::io::stdout().write_all(text.as_bytes()));
    }
    let ended = tokio::select! {
        () = signals.next() => Ok(()),
        () = system.ended() => Err(anyhow::anyhow!("a service ended by itself")),
    };
    system.stop().await;
    ended
}

/// The port of last time if it is still free, else another.
async fn free_listen(dir: &Path) -> anyhow::Result<SocketAddr> {
    let last = std::fs::read_to_string(dir.join(LISTEN_FILE)).ok();
    let last = last.and_then(|text| text.trim().parse::<SocketAddr>().ok());
    match last {
        Some(last) if tokio::net::TcpListener::bind(last).await.is_ok() => Ok(last),
        _ => Ok(SocketAddr::from(([127, 0, 0, 1], embedded::free_port()?))),
    }
}

/// The key of this system's API, made at its first start; 256 bits, for its owner to read.
fn own_key(dir: &Path) -> anyhow::Result<Secret> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = dir.join(KEY_FILE);
    if let Ok(key) = std::fs::read_to_string(&path) {
        return Ok(Secret::new(key.trim().to_owned()));
    }
    let key = Minted::new()?.key;
    let mut file = std::fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{}", key.reveal())?;
    Ok(key)
}

/// Waits for SIGINT or SIGTERM.
pub struct Stopped {
    interrupt: Signal,
    terminate: Signal,
}

/// Listens from now on.
pub fn stopped() -> std::io::Result<Stopped> {
    Ok(Stopped {
        interrupt: signal(SignalKind::interrupt())?,
        terminate: signal(SignalKind::terminate())?,
    })
}

impl Stopped {
    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
