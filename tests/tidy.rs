//! House rules that neither the compiler nor clippy can keep.

mod readmes;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 500;
const LINE_CHARS_MAX: usize = 100;

/// Crates that are functions of the log: none may reach a clock, chance, a server or a file.
const PURE: &[&str] = &[
    "services/core",
    "services/ingest",
    "services/normalize",
    "services/enrich",
    "services/market",
    "services/score",
];
const IMPURE_CRATES: &[&str] = &[
    "tokio",
    "async-nats",
    "tokio-postgres",
    "deadpool-postgres",
    "reqwest",
    "rand",
    "axum",
    "rustix",
    "tempfile",
    "tracing",
];
const BANNED_NAMES: &[&str] = &[
    "util", "utils", "helper", "helpers", "manager", "common", "misc",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Files of the checkout with one of these endings, but for build output.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn manifest(folder: &str) -> toml::Table {
    read(&root().join(folder).join("Cargo.toml"))
        .parse()
        .unwrap()
}

fn dependencies(folder: &str, section: &str) -> BTreeSet<String> {
    let table = manifest(folder);
    let names = table.get(section).and_then(|section| section.as_table());
    names
        .into_iter()
        .flat_map(|names| names.keys().cloned())
        .collect()
}

#[test]
fn pure_crates_cannot_reach_the_world() {
    for folder in PURE {
        for name in dependencies(folder, "dependencies") {
            assert!(
                !IMPURE_CRATES.contains(&name.as_str()),
                "{folder} must not depend on {name}"
            );
        }
        let clippy = root().join(folder).join("clippy.toml");
        assert!(
            !clippy.exists(),
            "{folder} must not lift the bans of services/clippy.toml"
        );
    }
}

#[test]
fn only_the_runtime_names_nats_and_only_projections_name_postgres() {
    for (name, owner) in [
        ("async-nats", "services/runtime"),
        ("refinery", "services/projections"),
    ] {
        for path in files(&["Cargo.toml"]) {
            let folder = shown(path.parent().unwrap());
            let has = dependencies(&folder, "dependencies").contains(name);
            assert!(
                !has || folder == owner || folder == "tests",
                "{folder} must not depend on {name}"
            );
        }
    }
}

#[test]
fn files_and_lines_stay_short() {
    for path in files(&[".rs"]) {
        let text = read(&path);
        let lines = text.lines().count();
        assert!(
            lines <= FILE_LINES_MAX,
            "{} has {lines} lines",
            shown(&path)
        );
        for (number, line) in (1..).zip(text.lines()) {
            let is_long = line.chars().count() > LINE_CHARS_MAX;
            // Formatting leaves literals whole; a test's text may be wider than the page.
            let is_literal = line.contains('"') || line.trim_start().starts_with("//");
            assert!(
                !is_long || is_literal,
                "{}:{number} is too long",
                shown(&path)
            );
        }
    }
}

#[test]
fn names_say_what_things_are() {
    for path in files(&[".rs", ".sql", ".proto"]) {
        for part in shown(&path).split(['/', '.', '_', '-']) {
            assert!(
                !BANNED_NAMES.contains(&part),
                "{} says nothing",
                shown(&path)
            );
        }
    }
}

#[test]
fn every_source_file_opens_with_what_it_is_for() {
    for path in files(&[".rs"]) {
        let text = read(&path);
        assert!(
            text.starts_with("//!"),
            "{} opens without //!",
            shown(&path)
        );
    }
}

#[test]
fn nothing_unfinished_is_left_behind() {
    // Put together here, so that this file does not find itself.
    let marks = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X"],
        ["todo", "!("],
        ["#[ign", "ore"],
    ];
    let marks: Vec<String> = marks.iter().map(|parts| parts.concat()).collect();
    for path in files(&[".rs", ".sql", ".proto", ".sh", ".toml"]) {
        let text = read(&path);
        for mark in &marks {
            assert!(
                !text.contains(mark.as_str()),
                "{} contains {mark}",
                shown(&path)
            );
        }
    }
}

#[test]
fn tests_wait_for_facts_and_not_for_time() {
    let sleep = ["thread::", "sleep"].concat();
    for path in files(&[".rs"]) {
        // The bench measures time: it is no test.
        let is_bench = shown(&path).starts_with("tests/bench/");
        let is_test = !is_bench && shown(&path).split('/').any(|part| part == "tests");
        let text = read(&path);
        assert!(
            !is_test || !text.contains(&sleep),
            "{} sleeps",
            shown(&path)
        );
    }
}

#[test]
fn every_folder_at_the_top_has_a_readme() {
    for folder in ["proto", "services", "schema", "deploy", "nats", "tests"] {
        assert!(
            root().join(folder).join("README.md").is_file(),
            "{folder} has no README.md"
        );
    }
}

#[test]
fn the_catalogue_of_subjects_is_complete() {
    let catalogue = read(&root().join("nats/README.md"));
    for kind in jmip_core::subjects::ALL {
        assert!(
            catalogue.contains(&kind.name()),
            "nats/README.md does not list {}",
            kind.name()
        );
    }
}

#[test]
fn the_table_of_settings_is_complete() {
    let readme = read(&root().join("services/README.md"));
    for (name, _) in jmip_runtime::config::VARIABLES {
        assert!(
            readme.contains(name),
            "services/README.md does not list {name}"
        );
    }
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    for path in files(&[".md"]) {
        let text = read(&path);
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let is_local = !link.contains("://") && !link.starts_with('#') && !link.is_empty();
            let target = link.split('#').next().unwrap_or(link);
            let file = path.parent().unwrap().join(target);
            assert!(
                !is_local || file.exists(),
                "{} links to {link}",
                shown(&path)
            );
        }
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let decisions = read(&root().join("services/DECISIONS.md"));
    let table = manifest("");
    let names = table["workspace"]["dependencies"].as_table().unwrap();
    for name in names.keys().filter(|name| !name.starts_with("jmip")) {
        assert!(
            decisions.contains(&format!("`{name}`")),
            "DECISIONS.md does not name {name}"
        );
    }
}
