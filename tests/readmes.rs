//! What the READMEs claim, where it can be looked up, and the page that says where the design lives.

use super::{dependencies, files, read, root, shown};
use clap::Parser as _;
use jmip::cli::Cli;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Cells of the rows of the table that has such a header.
fn table(file: &str, header: &str) -> Vec<Vec<String>> {
    let text = read(&root().join(file));
    let mut lines = text.lines().skip_while(|line| !line.starts_with(header));
    assert!(lines.next().is_some(), "{file} has no table {header}");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells = row
            .trim()
            .strip_prefix('|')
            .and_then(|row| row.strip_suffix('|'))
            .unwrap();
        cells
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    })
    .collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Who may depend on whom among our own crates, as services/README.md says: by folder, with all
/// that those below may use.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let mut allowed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in table("services/README.md", "| crate | what it does | may use |") {
        let name = quoted(&row[0])[0].to_owned();
        let mut may = BTreeSet::new();
        match row[2].as_str() {
            "nothing of ours" => {}
            "all" => may.extend(allowed.keys().cloned()),
            listed => {
                for below in listed.split(", ") {
                    let known = allowed.get(below);
                    let known =
                        known.unwrap_or_else(|| panic!("{below} is not listed above {name}"));
                    may.extend(known.iter().cloned());
                    may.insert(below.to_owned());
                }
            }
        }
        allowed.insert(name, may);
    }
    allowed
}

#[test]
fn crates_depend_only_on_those_the_readme_says() {
    let allowed = allowed();
    for (name, may) in &allowed {
        let folder = match name.as_str() {
            "proto" => "proto".to_owned(),
            name => format!("services/{name}"),
        };
        for section in ["dependencies", "dev-dependencies"] {
            for used in dependencies(&folder, section) {
                let ours = used.strip_prefix("jmip-");
                let is_allowed = ours.is_none_or(|ours| may.contains(ours)) && used != "jmip";
                assert!(is_allowed, "{folder} must not depend on {used}");
            }
        }
    }
    let table = super::manifest("");
    for member in table["workspace"]["members"].as_array().unwrap() {
        let member = member.as_str().unwrap();
        let name = member.rsplit('/').next().unwrap();
        let is_listed = member == "tests" || allowed.contains_key(name);
        assert!(is_listed, "services/README.md does not list {member}");
    }
}

/// Names of the Rust files of a folder, but for `mod.rs`.
fn modules(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| name != "mod")
        .collect()
}

/// One file, one line, one case: each file of a folder is once in the list of the `mod.rs` beside it,
/// and has golden cases under its name.
#[test]
fn what_is_one_file_and_one_line_is_not_more() {
    for (krate, folder, value) in [
        ("services/ingest", "connectors", "CONNECTOR"),
        ("services/enrich", "rules", "RULE"),
    ] {
        let folder = root().join(krate).join("src").join(folder);
        let list = read(&folder.join("mod.rs"));
        for name in modules(&folder) {
            let listed = list.matches(&format!("{name}::{value}")).count();
            // What connectors or rules share stands among them and is in no list.
            let text = read(&folder.join(format!("{name}.rs")));
            let is_one = text.contains(&format!("pub const {value}: "));
            assert_eq!(listed, usize::from(is_one), "{name} of {krate}");
            let cases = root().join(krate).join("tests/golden").join(&name);
            assert!(!is_one || cases.is_dir(), "{name} has no golden case");
        }
    }
}

#[test]
fn no_crate_but_projections_asks_the_read_models_in_sql() {
    // Put together here, so that this file does not find itself.
    let words = [["SELECT", " "], ["INSERT ", "INTO"], ["DELETE ", "FROM"]];
    let words: Vec<String> = words.iter().map(|parts| parts.concat()).collect();
    for path in files(&[".rs"]) {
        let place = shown(&path);
        let is_product = place.starts_with("services/") && place.contains("/src/");
        // It makes the database itself, before there is a read model.
        let may = place.starts_with("services/projections/")
            || place == "services/jmip/src/embedded/postgres.rs"
            || place.contains("/tests");
        let text = read(&path);
        let found = words.iter().find(|word| text.contains(*word));
        assert!(!is_product || may || found.is_none(), "{place} holds SQL");
    }
}

#[test]
fn subjects_of_the_log_are_built_in_one_file() {
    // Put together here, so that this file does not find itself.
    let beginnings = ["event", "ingest", "blob"].map(|kind| format!("\"jmip.{kind}."));
    for path in files(&[".rs"]) {
        let place = shown(&path);
        let is_product = place.starts_with("services/") && place.contains("/src/");
        let text = read(&path);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let builds = lines.any(|line| beginnings.iter().any(|begins| line.contains(begins)));
        let may = place == "services/core/src/subjects.rs" || place.contains("tests");
        assert!(!is_product || may || !builds, "{place} builds a subject");
    }
}

#[test]
fn every_file_of_deploy_and_nats_is_in_the_readme_beside_it() {
    for folder in ["deploy", "nats"] {
        let readme = read(&root().join(folder).join("README.md"));
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let family = name.split('-').next().unwrap();
            let is_listed = readme.contains(&name) || readme.contains(&format!("`{family}-*"));
            assert!(is_listed || name == "README.md", "{folder}/{name}");
        }
    }
    for path in files(&[".json"]) {
        let place = shown(&path);
        if let Some(inside) = place.strip_prefix("nats/") {
            let readme = read(&root().join("nats/README.md"));
            assert!(readme.contains(inside), "nats/README.md has no {inside}");
        }
    }
}

#[test]
fn every_table_is_in_the_catalogue_of_schema() {
    let readme = read(&root().join("schema/README.md"));
    for path in files(&[".sql"]) {
        for line in read(&path).lines() {
            let table = line.strip_prefix("CREATE TABLE ");
            let name = table.and_then(|rest| rest.split([' ', '(']).next());
            let name = name.and_then(|name| name.rsplit('.').next());
            let is_listed = name.is_none_or(|name| {
                readme.contains(&format!("`{name}`")) || readme.contains(&format!(".{name}`"))
            });
            assert!(is_listed, "schema/README.md has no {line}");
        }
    }
}

/// A command of a code block as the shell would hand it over, up to what the shell does with it.
fn arguments(line: &str) -> Vec<String> {
    let mut words = vec![];
    let mut rest = line;
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|c| ['\'', '"'].contains(c));
        let (word, after) = match quote {
            Some(quote) => rest[1..].split_once(quote).unwrap(),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        if quote.is_none() && ["#", "<", ">", "|"].iter().any(|end| word.starts_with(end)) {
            break;
        }
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

#[test]
fn every_command_in_a_readme_is_one() {
    let mut checked = 0;
    for path in files(&[".md"]) {
        let text = read(&path);
        let blocks = text.split("```").skip(1).step_by(2);
        for line in blocks
            .flat_map(str::lines)
            .filter(|line| line.starts_with("jmip "))
        {
            let parsed = Cli::try_parse_from(arguments(line));
            let error = parsed.err().map(|error| error.to_string());
            assert!(error.is_none(), "{}: {line}: {error:?}", shown(&path));
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} commands");
}

#[test]
fn the_design_page_names_what_is_there() {
    let rows = table("services/DESIGN.md", "| § | asked for |");
    let sections: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    for section in [
        "1", "2.1", "3", "4", "5.2", "6.1", "7.3", "8.1", "9.4", "10", "11.2", "12",
    ] {
        assert!(sections.contains(&section), "no section {section}");
    }
    for row in &rows {
        assert_eq!(row.len(), 5, "{row:?}");
        let (places, tests, why) = (quoted(&row[2]), quoted(&row[3]), &row[4]);
        let is_there = !places.is_empty() && !tests.is_empty();
        assert!(is_there || why.starts_with("not there"), "{row:?}");
        for place in places {
            assert!(root().join(place).exists(), "§ {}: no {place}", row[0]);
        }
        for test in tests {
            let (file, name) = test.split_once("::").unwrap();
            let text = read(&root().join(file));
            assert!(
                text.contains(&format!("fn {name}(")),
                "§ {}: no {test}",
                row[0]
            );
        }
    }
}

#[test]
fn a_test_without_its_folder_says_that_it_was_skipped() {
    // Put together here, so that this file does not find itself.
    let folder = ["../sha", "red"].concat();
    for path in files(&[".rs"]) {
        let text = read(&path);
        let says = text.contains("\"skipped: ");
        assert!(!text.contains(&folder) || says, "{}", shown(&path));
    }
    let script = read(&root().join("deploy/test.sh"));
    assert!(script.contains("skipped: "));
}

#[test]
fn the_last_lines_of_a_test_run_count_what_was_skipped() {
    let said = "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured\n\
                ---- one stdout ----\nskipped: there is no folder\n\
                test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("said.txt");
    std::fs::write(&file, said).unwrap();
    let script = root().join("deploy/test-sums.awk");
    let mut awk = std::process::Command::new("awk");
    let output = awk.arg("-f").arg(script).arg(file).output().unwrap();
    let sums = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        sums,
        "14 passed, 2 failed, 2 skipped\n  skipped 1: there is no folder\n"
    );
}
