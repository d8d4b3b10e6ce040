//! How a server is started: so that it ends with us, and Postgres without the rights of root.

use anyhow::Context as _;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The user "nobody" of every Linux: Postgres wants one that has a name.
const NOBODY: &str = "65534";
const NOBODY_ID: u32 = 65534;

/// Words to put before a server's own command, and whose its files must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) prefix: Vec<OsString>,
    pub(super) owner: u32,
}

/// Our own rights; the child gets `signal` when we die, where the system can promise that.
///
/// Without `setpriv` (macOS) an orphan is found and ended at the next start.
pub(super) fn own(signal: &str) -> Rights {
    let prefix = words(&["setpriv", "--pdeathsig", signal]);
    let owner = rustix::process::geteuid().as_raw();
    Rights {
        prefix: if works(&prefix) { prefix } else { vec![] },
        owner,
    }
}

/// Rights that Postgres accepts: ours, or as root less than that.
///
/// Errors: this is root in a place where rights cannot be dropped.
pub(super) fn without_root(signal: &str) -> anyhow::Result<Rights> {
    if !rustix::process::geteuid().is_root() {
        return Ok(own(signal));
    }
    ways_down(signal).into_iter().find(|rights| works(&rights.prefix)).context(
        "Postgres refuses to run as root, and neither unshare nor setpriv (util-linux) can drop \
         root's rights here: run as an ordinary user",
    )
}

/// Ways from root to somebody else, the one that leaves files root's first.
///
/// A user namespace changes the name only, but containers often forbid it. The other way really is
/// "nobody", who keeps the one capability to go through root's folders (a checkout under /root).
fn ways_down(signal: &str) -> [Rights; 2] {
    let user = format!("--map-user={NOBODY}");
    let group = format!("--map-group={NOBODY}");
    let namespace = [
        "unshare",
        "-U",
        &user,
        &group,
        "setpriv",
        "--pdeathsig",
        signal,
    ];
    let nobody = [
        "setpriv",
        "--reuid",
        NOBODY,
        "--regid",
        NOBODY,
        "--clear-groups",
        "--securebits=+no_setuid_fixup",
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=-all,+dac_override",
        "--bounding-set=-all,+dac_override",
        "--pdeathsig",
        signal,
    ];
    [
        Rights {
            prefix: words(&namespace),
            owner: 0,
        },
        Rights {
            prefix: words(&nobody),
            owner: NOBODY_ID,
        },
    ]
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn works(prefix: &[OsString]) -> bool {
    let Some((program, arguments)) = prefix.split_first() else {
        return false;
    };
    Command::new(program)
        .args(arguments)
        .arg("true")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Makes a folder and all in it the server's. Only root ever has to: the way down may be another
/// than last time (the same folder seen from a container).
pub(super) fn hand_over(path: &Path, owner: u32) -> anyhow::Result<()> {
    let file = std::fs::symlink_metadata(path)?;
    if file.uid() != owner {
        std::os::unix::fs::lchown(path, Some(owner), Some(owner))
            .with_context(|| format!("cannot hand {} to user {owner}", path.display()))?;
    }
    if file.is_dir() {
        for entry in std::fs::read_dir(path)? {
            hand_over(&entry?.path(), owner)?;
        }
    }
    Ok(())
}
