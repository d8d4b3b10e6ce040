//! No file of a crate imports one that imports it, by whatever way round.
//!
//! A circle cannot be read from one end, and nothing of it can be taken out alone. Imports are read
//! from the text: `use` and paths that start at `crate`, `super`, `self` or a submodule; what a
//! module passes on by `pub use` counts as imported from where it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Crates that are not free of circles yet; a crate that leaves the list stays free of them.
const STILL: &[&str] = &[
    "api",
    "core",
    "ingest",
    "jmip",
    "market",
    "normalize",
    "projections",
    "runtime",
    "score",
];

/// A module by the names that lead to it from the root of its crate.
type Module = Vec<String>;

/// The files of a crate by their modules, without comments and unit tests.
struct Crate {
    texts: BTreeMap<Module, String>,
    /// What each module passes on: the name, and the path it comes from.
    passed_on: BTreeMap<Module, BTreeMap<String, String>>,
}

impl Crate {
    fn read(folder: &Path) -> Self {
        let mut texts = BTreeMap::new();
        let src = folder.join("src");
        for path in sources(&src) {
            let inner = path.strip_prefix(&src).unwrap().with_extension("");
            let mut module: Module = inner
                .iter()
                .map(|part| part.to_str().unwrap().to_owned())
                .collect();
            let last = module.last().map(String::as_str);
            if matches!(last, Some("mod" | "lib" | "main")) {
                module.pop();
            }
            let text = std::fs::read_to_string(&path).unwrap();
            texts.insert(module, bare(&text));
        }
        let passed_on = texts.iter().map(|(module, text)| {
            let passed = statements(text).filter(|(is_passed, _)| *is_passed);
            let names = passed.flat_map(|(_, tree)| leaves(tree)).map(|path| {
                let name = path.rsplit("::").next().unwrap_or_default();
                (name.to_owned(), path.clone())
            });
            (module.clone(), names.collect())
        });
        let passed_on = passed_on.collect();
        Self { texts, passed_on }
    }

    /// The file that a path written in a module leads to.
    fn find(&self, from: &Module, path: &str, steps: usize) -> Option<Module> {
        let mut names: Vec<&str> = path.split("::").collect();
        let mut at = match names.first()? {
            &"crate" => vec![],
            &"super" | &"self" => from.clone(),
            name => {
                let below = [from.as_slice(), &[(*name).to_owned()]].concat();
                self.texts.contains_key(&below).then(|| from.clone())?
            }
        };
        while let Some(name @ ("crate" | "super" | "self")) = names.first().copied() {
            names.remove(0);
            if name == "super" {
                at.pop();
            }
        }
        while let Some(name) = names.first() {
            let below = [at.as_slice(), &[(*name).to_owned()]].concat();
            if !self.texts.contains_key(&below) {
                break;
            }
            at = below;
            names.remove(0);
        }
        let source = names
            .first()
            .and_then(|name| self.passed_on.get(&at)?.get(*name));
        let source = source.filter(|_| steps > 0);
        source
            .and_then(|source| self.find(&at, source, steps - 1))
            .or_else(|| self.texts.contains_key(&at).then_some(at))
    }

    /// What each file imports.
    fn imports(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        /// Most times that a name is passed on.
        const STEPS_MAX: usize = 4;
        let imports = self.texts.iter().map(|(module, text)| {
            let used = statements(text).flat_map(|(_, tree)| leaves(tree));
            let written = paths(text, &self.submodules(module));
            let found = used
                .chain(written)
                .filter_map(|path| self.find(module, &path, STEPS_MAX))
                .filter(|found| found != module);
            (module, found.collect())
        });
        imports.collect()
    }

    fn submodules(&self, module: &Module) -> Vec<&str> {
        let inner = self.texts.keys();
        inner
            .filter(|other| other.len() == module.len() + 1 && other.starts_with(module))
            .filter_map(|other| other.last().map(String::as_str))
            .collect()
    }

    /// The files that stand in a circle.
    fn circular(&self) -> BTreeSet<&Module> {
        let imports = self.imports();
        let reaches_itself = |module: &&&Module| {
            let mut seen: BTreeSet<&Module> = BTreeSet::new();
            let mut waiting: Vec<&Module> = imports[**module].iter().collect();
            while let Some(next) = waiting.pop() {
                if seen.insert(next) {
                    waiting.extend(&imports[next]);
                }
            }
            seen.contains(**module)
        };
        imports.keys().filter(reaches_itself).copied().collect()
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
    found
}

/// A text without its comments and unit tests.
fn bare(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests").next();
    let lines = code.unwrap_or_default().lines();
    let lines = lines.map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The trees of the `use` statements, and whether each passes on what it imports.
fn statements(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split(';').filter_map(|statement| {
        let at = statement.rfind("use ")?;
        let before = statement[..at].trim_end();
        let starts = before.is_empty() || before.ends_with(['}', ')', ']', '{']);
        let is_passed = before.ends_with("pub") || before.ends_with("pub(crate)");
        (starts || is_passed).then_some((is_passed, &statement[at + "use ".len()..]))
    })
}

/// The paths of a `use` tree: `a::{b, c::{d, e}}` has three.
fn leaves(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, inner)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split_whitespace().collect()];
    };
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let (mut depth, mut parts) = (0_u32, vec![String::new()]);
    for character in inner.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(character);
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts
        .flat_map(|part| leaves(&format!("{before}{}", part.trim())))
        .collect()
}

/// Paths that stand in the code itself.
fn paths(text: &str, submodules: &[&str]) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = text.split(|c: char| !is_name(c));
    let starts = |word: &&str| {
        let first = word.split("::").next().unwrap_or_default();
        let is_path = word.contains("::") && !word.ends_with("::");
        is_path && (matches!(first, "crate" | "super") || submodules.contains(&first))
    };
    words.filter(starts).map(str::to_owned).collect()
}

#[test]
fn no_file_imports_one_that_imports_it() {
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("../services");
    for entry in std::fs::read_dir(services).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("src").is_dir() {
            continue;
        }
        let name = folder.file_name().unwrap().to_str().unwrap();
        let code = Crate::read(&folder);
        let circular = code.circular();
        println!(
            "{name}: {} files of {} in circles",
            circular.len(),
            code.texts.len()
        );
        let is_free = circular.is_empty() || STILL.contains(&name);
        assert!(is_free, "{name}: {circular:?}");
    }
}

#[test]
fn a_circle_is_found_by_whatever_way_round() {
    let code = |files: &[(&str, &str)]| {
        let texts = files.iter().map(|(name, text)| {
            let module = name.split("::").filter(|name| !name.is_empty());
            (module.map(str::to_owned).collect(), bare(text))
        });
        let mut code = Crate {
            texts: texts.collect(),
            passed_on: BTreeMap::new(),
        };
        let one = vec!["one".to_owned()];
        code.passed_on
            .insert(vec![], BTreeMap::from([("One".into(), "one::One".into())]));
        assert!(code.texts.contains_key(&one));
        code.circular().len()
    };
    let root = ("", "mod one;\npub use one::One;\n");
    let two = (
        "two",
        "use crate::{\n    one::Three as Four,\n    One,\n};\n",
    );
    assert_eq!(code(&[root, ("one", ""), two]), 0);
    assert_eq!(code(&[root, ("one", "fn f() { crate::two::g() }"), two]), 2);
    assert_eq!(code(&[root, ("one", "// crate::two::g()\n"), two]), 0);
}
