//! Exports that hold files: each file is read by a connector of its own.
//!
//! Adding a kind of container is a file here and its line in [`CONTAINERS`]. Names of files are
//! plain text: nothing is ever opened or written by them.

mod entry;
mod zip;

use crate::unpack::{End, Origin, Seekable, Unpacked};
use entry::{Container, Found};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Every kind of container.
const CONTAINERS: &[Container] = &[zip::CONTAINER];

/// Containers inside containers: an archive of archives is real, more is a trap.
const DEPTH_MAX: usize = 3;
/// Files of one export: a personal archive has about a hundred.
const MEMBERS_MAX: usize = 10_000;

/// One file of an export, or the export itself when it is no container.
pub struct Member<'m> {
    /// Its path inside the container, with those of outer containers before it; no two files of an
    /// export have the same. Empty for the export itself.
    pub path: String,
    /// Its bytes, or why they cannot be read.
    pub content: Result<Unpacked<'m>, String>,
}

/// What a person calls the thing of this path.
pub fn called(path: &str) -> &'static str {
    if path.is_empty() { "export" } else { "file" }
}

/// Takes one file and says whether to go on.
pub type Visit<'v> = dyn FnMut(Member<'_>) -> ControlFlow<()> + 'v;

/// Hands out every file of an export, in the order of its container's table of contents.
///
/// Stops when told to and when the bytes cannot be read ([`Seekable::has_failed`]).
pub fn each_member(source: &Seekable<'_>, visit: &mut Visit<'_>) {
    let mut walk = Walk {
        visit,
        members: 0,
        copies: BTreeMap::new(),
    };
    let whole = Unpacked::whole(&Origin::of(source.clone()));
    let _flow = walk.open(whole, String::new(), 0);
}

struct Walk<'w, 'v> {
    visit: &'w mut Visit<'v>,
    members: usize,
    /// Paths that are taken, with the number of the last copy.
    copies: BTreeMap<String, u32>,
}

impl Walk<'_, '_> {
    fn open(&mut self, content: Unpacked<'_>, path: String, depth: usize) -> ControlFlow<()> {
        if content.end() == Some(&End::Lost) {
            return ControlFlow::Break(());
        }
        let is_kind = |container: &&Container| (container.recognises)(content.head());
        let Some(container) = CONTAINERS.iter().find(is_kind) else {
            let content = Ok(content);
            return (self.visit)(Member { path, content });
        };
        if depth == DEPTH_MAX {
            let reason = format!("containers are nested more than {DEPTH_MAX} deep");
            return self.refuse(path, reason);
        }
        let origin = match content.seekable() {
            Ok(origin) => origin,
            Err(End::Damaged(reason)) => return self.refuse(path, reason),
            Err(End::Whole | End::Lost) => return ControlFlow::Break(()),
        };
        let mut flow = ControlFlow::Continue(());
        let listed = (container.list)(&origin.source, &mut |found| {
            flow = self.take(&origin, (&path, found), depth);
            flow
        });
        if origin.source.has_failed() {
            return ControlFlow::Break(());
        }
        match listed {
            Err(reason) if flow.is_continue() => self.refuse(path, reason),
            _ => flow,
        }
    }

    fn take(
        &mut self,
        origin: &Origin<'_>,
        (outer, found): (&str, Found),
        depth: usize,
    ) -> ControlFlow<()> {
        let Found { path, file } = found;
        let path = if outer.is_empty() {
            path
        } else {
            format!("{outer}/{path}")
        };
        self.members += 1;
        let path = self.unique(path);
        if self.members > MEMBERS_MAX {
            let reason = format!("only the first {MEMBERS_MAX} files of an export are read");
            let _flow = self.refuse(path, reason);
            return ControlFlow::Break(());
        }
        match file {
            Ok(file) => self.open(file.unpacked(origin), path, depth + 1),
            Err(reason) => self.refuse(path, reason),
        }
    }

    /// A path that no other file has: archives may hold one name twice, or a blank one.
    fn unique(&mut self, path: String) -> String {
        let number = self.members;
        let path = if path.is_empty() {
            format!("file {number}")
        } else {
            path
        };
        let mut unique = path.clone();
        while self.copies.contains_key(&unique) {
            let copies = self.copies.entry(path.clone()).or_default();
            *copies += 1;
            unique = format!("{path} ({copies})");
        }
        self.copies.insert(unique.clone(), 1);
        unique
    }

    fn refuse(&mut self, path: String, reason: String) -> ControlFlow<()> {
        let content = Err(reason);
        (self.visit)(Member { path, content })
    }
}
