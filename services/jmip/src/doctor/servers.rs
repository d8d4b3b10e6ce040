//! The three things that answer: the log's server, the database, the API.

use super::found::Found;
use super::{Check, PATIENCE, within};
use crate::commands::status;
use crate::embedded::{NATS_AT_LEAST, POSTGRES_AT_LEAST};
use chrono::{DateTime, TimeDelta, Utc};
use jmip_core::subjects;
use jmip_market::DEFAULT_POLICY;
use jmip_projections::desk::policy::{self, PolicyRow};
use jmip_projections::status::{self as views, DatabaseServer, Troubles};
use jmip_projections::versions::{self, Shown};
use jmip_projections::{Store, VIEWS, View};
use jmip_runtime::{Difference, LogError, LogServer, LoopStatus, Role};

/// A busy machine may answer after the moment that answers are waited for.
const STATUS_TRIES: u32 = 4;
/// Differences that fit on a line.
const DIFFERENCES_SHOWN: usize = 2;
const LOOK_FOR_REFUSED: &str = "jmip status";

/// An answer, or why there is none.
type Answer<T> = Result<T, String>;
/// When something was asked and when it answered, by our clock, and what its own clock said.
type Moment = (DateTime<Utc>, DateTime<Utc>, DateTime<Utc>);

/// How far another clock is away from ours at least: it was read somewhere in between.
fn away((before, there, after): Moment) -> TimeDelta {
    if there < before {
        before - there
    } else if there > after {
        there - after
    } else {
        TimeDelta::zero()
    }
}

/// What the log's server answered.
pub struct Log {
    server: Answer<LogServer>,
    clock: Option<Moment>,
    differences: Answer<Vec<Difference>>,
    loops: Answer<Vec<LoopStatus>>,
}

impl Log {
    fn silent(why: &str) -> Self {
        Self {
            server: Err(why.to_owned()),
            clock: None,
            differences: Err(why.to_owned()),
            loops: Err(why.to_owned()),
        }
    }

    /// Asks all of it.
    pub async fn ask(url: Option<&str>) -> Self {
        let Some(url) = url else {
            return Self::silent("it does not run");
        };
        let log = match within(jmip_runtime::Log::connect(url, Role::Reader)).await {
            Ok(log) => log,
            Err(why) => return Self::silent(&why),
        };
        let server = async {
            let before = Utc::now();
            let server = within(log.server()).await;
            let after = Utc::now();
            let time = server.as_ref().ok().and_then(|server| server.time);
            let clock = time
                .and_then(|time| time.to_datetime())
                .map(|there| (before, there, after));
            (server, clock)
        };
        let ((server, clock), differences, loops) = tokio::join!(
            server,
            within(log.stream_differences()),
            within(all_loops(&log)),
        );
        Self {
            server,
            clock,
            differences,
            loops,
        }
    }

    /// The server and its streams.
    pub fn checks(&self, found: &Found) -> Vec<Check> {
        if found.nats_url.is_none() {
            return vec![];
        }
        vec![self.server(found), self.streams()]
    }

    fn server(&self, found: &Found) -> Check {
        let name = "nats-server";
        let server = match &self.server {
            Ok(server) => server,
            Err(why) => {
                let text = format!("does not answer: {why}");
                return Check::failed(name, text, found.restart_log());
            }
        };
        let version = &server.version;
        let (major, minor) = NATS_AT_LEAST;
        if numbers(version) < NATS_AT_LEAST {
            let text = format!("is {version}, and {major}.{minor} is the oldest that will do");
            return Check::failed(name, text, "deploy/setup.sh");
        }
        if !server.has_jetstream {
            let text = format!("{version} runs without JetStream");
            return Check::failed(name, text, "nats-server --jetstream");
        }
        Check::ok(name, format!("{version} with JetStream"))
    }

    fn streams(&self) -> Check {
        let name = "streams";
        match &self.differences {
            Err(why) => Check::unknown(name, why),
            Ok(none) if none.is_empty() => Check::ok(name, "as nats/ has them"),
            Ok(some) => {
                let shown = some.iter().take(DIFFERENCES_SHOWN);
                let mut text: Vec<String> = shown.map(Difference::to_string).collect();
                if some.len() > DIFFERENCES_SHOWN {
                    text.push(format!("{} more", some.len() - DIFFERENCES_SHOWN));
                }
                Check::failed(name, text.join("; "), "jmip nats apply")
            }
        }
    }

    /// Bytes the log takes.
    pub fn stored_bytes(&self) -> Option<u64> {
        self.server.as_ref().ok().map(|server| server.stored_bytes)
    }

    /// How far its clock is away.
    pub fn away(&self) -> Option<TimeDelta> {
        self.clock.map(away)
    }

    /// How the loops are that answered.
    pub fn loops(&self) -> Result<&[LoopStatus], &str> {
        self.loops.as_deref().map_err(String::as_str)
    }
}

/// Asks until every loop of a whole system has answered, or none more does.
async fn all_loops(log: &jmip_runtime::Log) -> Result<Vec<LoopStatus>, LogError> {
    let mut loops = log.statuses().await?;
    for _ in 1..STATUS_TRIES {
        let is_there = |(name, kind, _): &status::OneLoop| {
            let found = status::speaker(&loops, name, *kind);
            found.is_some()
        };
        if status::LOOPS.iter().all(is_there) {
            break;
        }
        loops = log.statuses().await?;
    }
    Ok(loops)
}

/// What the database answered.
pub struct Database {
    server: Answer<DatabaseServer>,
    clock: Option<Moment>,
    shown: Answer<Vec<Shown>>,
    troubles: Answer<Troubles>,
    policy: Answer<Option<PolicyRow>>,
    is_asked: bool,
}

impl Database {
    fn silent(why: &str, is_asked: bool) -> Self {
        Self {
            server: Err(why.to_owned()),
            clock: None,
            shown: Err(why.to_owned()),
            troubles: Err(why.to_owned()),
            policy: Err(why.to_owned()),
            is_asked,
        }
    }

    /// Asks all of it.
    pub async fn ask(url: Option<&str>) -> Self {
        let Some(url) = url else {
            return Self::silent("it does not run", false);
        };
        let store = match Store::connect(url) {
            Ok(store) => store,
            Err(error) => return Self::silent(&jmip_runtime::chain(&error), true),
        };
        // First alone: connecting would otherwise count as the time to answer.
        if let Err(why) = within(store.ping()).await {
            return Self::silent(&why, true);
        }
        let before = Utc::now();
        let server = within(views::server(&store)).await;
        let clock = server.as_ref().ok().map(|it| (before, it.at, Utc::now()));
        let reader = store.reader(subjects::DEFAULT_TENANT);
        let (shown, troubles, policy) = tokio::join!(
            within(versions::shown(&store)),
            within(views::troubles(&store)),
            within(policy::current(&reader)),
        );
        Self {
            server,
            clock,
            shown,
            troubles,
            policy,
            is_asked: true,
        }
    }

    /// The server and the read models in it.
    pub fn checks(&self, found: &Found) -> Vec<Check> {
        if !self.is_asked {
            return vec![];
        }
        let name = "postgres";
        let server = match &self.server {
            Err(why) => {
                let text = format!("does not answer: {why}");
                Check::failed(name, text, found.restart_database())
            }
            Ok(server) if server.major < u64::from(POSTGRES_AT_LEAST) => {
                let text = format!(
                    "is {}, and {POSTGRES_AT_LEAST} is the oldest that will do",
                    server.version
                );
                Check::failed(name, text, "deploy/setup.sh")
            }
            Ok(server) => Check::ok(name, &server.version),
        };
        let read_models = match (&self.server, &self.shown) {
            (Err(why), _) => vec![Check::unknown("read models", why)],
            // Before the first start there are no tables to look in.
            (Ok(_), Err(why)) => vec![Check::failed("read models", why, &found.run(""))],
            (Ok(_), Ok(shown)) => {
                let checks = VIEWS.iter().map(|view| read_model(view, shown, found));
                checks.collect()
            }
        };
        [vec![server], read_models].concat()
    }

    /// What went wrong with inputs.
    pub fn troubles(&self) -> Vec<Check> {
        let troubles = match &self.troubles {
            Ok(troubles) => troubles,
            Err(why) => {
                return ["parked", "refused"]
                    .map(|it| Check::unknown(it, why))
                    .into();
            }
        };
        let of = |name, count, one: &str, remedy| match count {
            0 => Check::ok(name, "none"),
            count => Check::warning(name, format!("{count} {one}"), remedy),
        };
        vec![
            of(
                "parked",
                troubles.parked,
                "inputs that a stage gave up on",
                "jmip parked list, then jmip parked retry --all",
            ),
            of(
                "refused",
                troubles.refused,
                "records of exports could not be read",
                LOOK_FOR_REFUSED,
            ),
        ]
    }

    /// The scoring policy in force. A shipped default that is newer is offered, and never forced;
    /// whoever gave their own a name of its own is asked nothing.
    pub fn policy(&self) -> Check {
        let name = "policy";
        let row = match &self.policy {
            Ok(Some(row)) => row,
            Ok(None) => return Check::ok(name, "none has been adopted yet"),
            Err(why) => return Check::unknown(name, why),
        };
        let Some(called) = &row.name else {
            let text = "this program cannot read the one in force";
            return Check::failed(name, text, "jmip policy adopt shipped");
        };
        let shipped = jmip_market::parse_policy(DEFAULT_POLICY).map(|shipped| shipped.name);
        let is_default = shipped.is_ok_and(|shipped| shipped == *called);
        if is_default && row.toml != DEFAULT_POLICY {
            let text = format!("{called} is in force, and not as this program ships it");
            let remedy = "if it is your own, give it a name of its own; else jmip policy diff \
                          current shipped, then jmip policy adopt shipped";
            return Check::warning(name, text, remedy);
        }
        Check::ok(name, format!("{called} is in force"))
    }

    /// Bytes the database takes.
    pub fn size_bytes(&self) -> Option<u64> {
        self.server.as_ref().ok().map(|server| server.size_bytes)
    }

    /// How far its clock is away.
    pub fn away(&self) -> Option<TimeDelta> {
        self.clock.map(away)
    }
}

fn read_model(view: &View, shown: &[Shown], found: &Found) -> Check {
    let name = format!("read model {}", view.name);
    let Some(live) = shown.iter().find(|one| one.view == view.name) else {
        return Check::failed(&name, "is not installed", &found.run(view.name));
    };
    let schema = &live.schema;
    match live.version.cmp(&view.version) {
        std::cmp::Ordering::Equal => Check::ok(&name, format!("{schema} is live")),
        std::cmp::Ordering::Less => {
            let text = format!("{schema} of an older version is live until the new one is filled");
            Check::warning(&name, text, "jmip projections list")
        }
        std::cmp::Ordering::Greater => {
            let text =
                format!("{schema} is live, which a newer jmip wrote: this one shows nothing");
            let remedy = format!("jmip projections rollback {}", view.name);
            Check::failed(&name, text, &remedy)
        }
    }
}

/// Whether the API is ready, by its own word.
pub async fn api(found: &Found) -> Check {
    let name = "api";
    let Some(url) = found.api_url.clone() else {
        return match found.folder {
            Some(_) => Check::failed(name, "does not run", &found.run("")),
            None => Check::warning(
                name,
                "where it listens is not said",
                "JMIP_API_LISTEN=<address>:<port> jmip doctor",
            ),
        };
    };
    let asked = format!("{url}/readyz");
    let answer = tokio::task::spawn_blocking(move || readiness(&asked)).await;
    match answer {
        Ok(Ok(200)) => Check::ok(name, format!("{url} is ready")),
        Ok(Ok(503)) => Check::failed(name, format!("{url} is not ready"), "jmip status"),
        Ok(Ok(code)) => {
            let text = format!("{url} answers {code}: that is no JMIP");
            Check::failed(name, text, &found.run("api"))
        }
        Ok(Err(error)) => {
            let text = format!("{url} does not answer: {error}");
            Check::failed(name, text, &found.run("api"))
        }
        Err(error) => Check::failed(name, error.to_string(), "jmip doctor"),
    }
}

fn readiness(url: &str) -> Result<u16, ureq::Error> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        // It is asked directly, as a load balancer would.
        .proxy(None)
        .build();
    let agent = ureq::Agent::new_with_config(agent);
    Ok(agent.get(url).call()?.status().as_u16())
}

/// Major and minor of a version.
fn numbers(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_read_in_between_is_right() {
        let at = |millis| DateTime::from_timestamp_millis(millis).unwrap();
        assert_eq!(away((at(0), at(5), at(9))), TimeDelta::zero());
        assert_eq!(away((at(5), at(0), at(9))), TimeDelta::milliseconds(5));
        assert_eq!(away((at(0), at(9), at(5))), TimeDelta::milliseconds(4));
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(numbers("2.9.24") < NATS_AT_LEAST);
        assert!(numbers("2.14.0-RC.2") >= NATS_AT_LEAST);
    }
}
