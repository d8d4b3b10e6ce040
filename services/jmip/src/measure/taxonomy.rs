//! Links between the skill dictionary and the official tables of ESCO and O*NET, found by name.

use anyhow::{Context as _, bail};
use jmip_enrich::{Rules, resolve_skill};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;

/// A table that skills are linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taxonomy {
    /// `skills_<language>.csv` of ESCO: a URI for each concept.
    Esco,
    /// `Technology Skills` of O*NET: a commodity code for each example.
    Onet,
}

impl Taxonomy {
    /// What its links are adopted as, and the field of an entry they go into.
    pub fn name(self) -> &'static str {
        match self {
            Self::Esco => "esco",
            Self::Onet => "onet",
        }
    }
}

/// What was found in one table.
#[derive(Debug)]
pub struct Links {
    /// Which table it is.
    pub taxonomy: Taxonomy,
    /// Rows read.
    pub rows: usize,
    /// Skills of the dictionary.
    pub skills: usize,
    /// Code by skill id.
    pub codes: BTreeMap<String, String>,
}

/// How sure a link is: the official name counts more than another name of the concept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    rank: u8,
    code: String,
}

/// Finds the links of a table.
///
/// Shape: CSV or tab-separated text with a header; ESCO by its columns `conceptUri` and
/// `preferredLabel`, O*NET by `Example` and `Commodity Code`. Where several rows name one skill, an
/// official name counts before another one, then the smallest code.
/// Errors: neither table, or a row that cannot be read, with its line.
pub fn links(dictionaries: &Rules, table: impl Read) -> anyhow::Result<Links> {
    let mut text = String::new();
    let mut table = table;
    table.read_to_string(&mut text).context("it is no text")?;
    let header = text.lines().next().unwrap_or_default();
    let delimiter = if header.contains('\t') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(delimiter == b',')
        .flexible(true)
        .from_reader(text.as_bytes());
    let columns = Columns::of(reader.headers()?)?;
    let mut best: BTreeMap<String, Candidate> = BTreeMap::new();
    let mut rows = 0;
    for record in reader.records() {
        let record = record?;
        rows += 1;
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default();
        let code = cell(Some(columns.code)).trim();
        let official = [(0, cell(Some(columns.label)))].into_iter();
        let others = cell(columns.others).lines().map(|label| (1, label));
        for (rank, label) in official.chain(others).filter(|_| !code.is_empty()) {
            let Some((id, _)) = resolve_skill(dictionaries, bare(label)) else {
                continue;
            };
            let candidate = Candidate {
                rank,
                code: code.to_owned(),
            };
            let known = best
                .entry(id.to_owned())
                .or_insert_with(|| candidate.clone());
            *known = candidate.min(known.clone());
        }
    }
    let codes = best.into_iter().map(|(id, found)| (id, found.code));
    Ok(Links {
        taxonomy: columns.taxonomy,
        rows,
        skills: dictionaries.skills().skills().count(),
        codes: codes.collect(),
    })
}

struct Columns {
    taxonomy: Taxonomy,
    code: usize,
    label: usize,
    others: Option<usize>,
}

impl Columns {
    fn of(header: &csv::StringRecord) -> anyhow::Result<Self> {
        let at = |name: &str| {
            let same = |cell: &str| cell.trim().eq_ignore_ascii_case(name);
            header.iter().position(same)
        };
        if let (Some(code), Some(label)) = (at("conceptUri"), at("preferredLabel")) {
            return Ok(Self {
                taxonomy: Taxonomy::Esco,
                code,
                label,
                others: at("altLabels"),
            });
        }
        if let (Some(code), Some(label)) = (at("Commodity Code"), at("Example")) {
            return Ok(Self {
                taxonomy: Taxonomy::Onet,
                code,
                label,
                others: None,
            });
        }
        bail!(
            "neither ESCO's skills (columns conceptUri, preferredLabel) nor O*NET's technology \
             skills (columns Example, Commodity Code)"
        )
    }
}

/// A label without what tells homonyms apart: "Python (computer programming)".
fn bare(label: &str) -> &str {
    label.split(" (").next().unwrap_or(label).trim()
}

impl Links {
    /// The links as a dictionary file: codes for skills that are shipped.
    pub fn file(&self, dictionaries: &Rules) -> String {
        let kinds: BTreeMap<&str, &str> = dictionaries
            .skills()
            .skills()
            .map(|(id, _, kind)| (id, kind))
            .collect();
        let field = self.taxonomy.name();
        let mut file = format!("domain = \"{field}\"\n");
        for (id, code) in &self.codes {
            if let Some(kind) = kinds.get(id.as_str()) {
                let code = code.replace(['"', '\\'], "");
                // Writing to a String does not fail.
                let _ = write!(file, "\n[{kind}.{id}]\n{field} = \"{code}\"\n");
            }
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_official_name_links_before_another_one_and_the_file_compiles() {
        let esco = "conceptUri,preferredLabel,altLabels\n\
            http://e/2,use databases,\"SQL\nquerying\"\n\
            http://e/1,SQL,structured query language\n\
            http://e/3,Python (computer programming),\n";
        let shipped = jmip_enrich::knowledge();
        let links = links(&shipped.value, esco.as_bytes()).unwrap();
        assert_eq!((links.taxonomy, links.rows), (Taxonomy::Esco, 3));
        assert_eq!(links.codes["sql"], "http://e/1");
        assert_eq!(links.codes["python"], "http://e/3");
        let file = links.file(&shipped.value);
        Rules::extended(&[("esco", &file)]).unwrap();
    }

    #[test]
    fn onet_is_read_by_its_examples_and_other_tables_are_refused() {
        let onet = "O*NET-SOC Code\tExample\tCommodity Code\tCommodity Title\n\
            11-1011.00\tPython\t43232408\tDevelopment software\n";
        let shipped = jmip_enrich::knowledge().value;
        let found = links(&shipped, onet.as_bytes()).unwrap();
        assert_eq!(found.codes["python"], "43232408");
        let refused = links(&shipped, "a,b\n1,2\n".as_bytes()).unwrap_err();
        assert!(refused.to_string().contains("conceptUri"));
    }
}
