//! Rows of a table into postings, by a map.

use super::map::{Map, Rule, Target, listed};
use crate::connector::{Confidence, Each, Recognition};
use crate::csv_records::{CsvRecords, Dialect, Row};
use crate::head::Head;
use crate::platform;
use crate::problem::Problem;
use crate::text::Text;
use jmip_core::event::{PostingObserved, StatedPay};

/// A column of the table in hand.
struct Column<'m> {
    name: String,
    /// What it states; `None` for one that is kept as it is.
    rule: Option<&'m Rule>,
}

impl Map {
    /// Whether a file that begins like this is such a table; total.
    pub fn recognises(&self, head: &Head<'_>) -> Recognition {
        let Some((_, cells)) = self.header(head) else {
            return Recognition::no();
        };
        let also: Vec<String> = self
            .requires
            .iter()
            .chain(&self.certain_with)
            .cloned()
            .collect();
        let is_certain = !self.certain_with.is_empty() && has_all(cells, &self.certain_with);
        let (confidence, named) = if is_certain {
            (Confidence::Certain, &also)
        } else {
            (Confidence::Likely, &self.requires)
        };
        let evidence = format!("its header has the columns {}", listed(named));
        Recognition {
            confidence,
            evidence,
        }
    }

    fn header<'h>(&self, head: &'h Head<'_>) -> Option<(Dialect, &'h [String])> {
        let mut headers = head.headers();
        headers.find(|(_, cells)| has_all(cells, &self.requires))
    }

    /// Reads every row.
    pub fn read(&self, text: &mut Text<'_>, each: &mut Each<'_>) {
        let dialect = self
            .header(&Head::of(text.head()))
            .map(|(dialect, _)| dialect);
        let dialect = dialect.unwrap_or(Dialect {
            delimiter: b',',
            preamble_bytes: 0,
        });
        text.consume(dialect.preamble_bytes);
        let mut records = CsvRecords::new(dialect.delimiter);
        let columns = match records.next(text) {
            None => return,
            Some(Ok(header)) => self.columns_of(&names_of(text, &header)),
            Some(Err(problem)) => {
                let _last = each(Err(problem));
                return;
            }
        };
        while let Some(row) = records.next(text) {
            let outcome = row.and_then(|row| self.observe(text, &columns, &row));
            if each(outcome).is_break() {
                return;
            }
        }
    }

    /// Names every column and gives each field to one column, so that none hides another.
    fn columns_of(&self, cells: &[String]) -> Vec<Column<'_>> {
        let mut columns: Vec<Column<'_>> = vec![];
        for (at, cell) in cells.iter().enumerate() {
            let stated = cell.trim();
            let is_taken = columns.iter().any(|column| column.name == stated);
            let number = at + 1;
            let name = match stated {
                "" => format!("column {number}"),
                _ if is_taken => format!("{stated} (column {number})"),
                _ => stated.to_owned(),
            };
            let is_free = |rule: &&Rule| {
                let mut rules = columns.iter().filter_map(|column| column.rule);
                let is_same = |other: &Rule| other.to == rule.to && other.second == rule.second;
                rule.to == Target::Drop || !rules.any(is_same)
            };
            let rule = self.rule(&name).filter(is_free);
            columns.push(Column { name, rule });
        }
        columns
    }

    fn observe(
        &self,
        text: &Text<'_>,
        columns: &[Column<'_>],
        row: &Row<'_>,
    ) -> Result<PostingObserved, Problem> {
        let (actual, expected) = (row.len(), columns.len());
        if actual != expected {
            let reason = format!("the row has {actual} cells, the header has {expected}");
            return Err(row.problem(text, "", reason));
        }
        let mut draft = Draft::default();
        draft.posting.byte_start = row.range.start;
        draft.posting.byte_end = row.range.end;
        for (at, column) in columns.iter().enumerate() {
            let cell = row.cell(at);
            if cell.contains(&0) {
                let reason = "the cell holds a NUL character".to_owned();
                return Err(row.problem(text, &column.name, reason));
            }
            let Some(value) = text.decode(cell) else {
                let reason = "the cell is not in the encoding of the export".to_owned();
                return Err(row.problem(text, &column.name, reason));
            };
            if !self.is_unstated(value.trim()) {
                draft.put(column, value.into_owned());
            }
        }
        if draft.posting.title.is_empty() {
            let states = |column: &&Column<'_>| column.rule.is_some_and(|r| r.to == Target::Title);
            let named = columns
                .iter()
                .find(states)
                .map_or("", |column| &column.name);
            let reason = "the title is not stated".to_owned();
            return Err(row.problem(text, named, reason));
        }
        Ok(self.complete(draft))
    }

    fn is_unstated(&self, value: &str) -> bool {
        // Most cells are longer than any word for nothing.
        value.len() <= self.unstated_max_bytes
            && (value.is_empty() || self.unstated.iter().any(|none| none == value))
    }

    /// Fills in what follows from several columns.
    fn complete(&self, mut draft: Draft) -> PostingObserved {
        for (target, value) in std::mem::take(&mut draft.second) {
            let slot = draft.slot(target);
            if slot.is_some_and(|slot| slot.is_empty()) {
                draft.set(target, value);
            }
        }
        let Draft {
            mut posting,
            id,
            id_column,
            pay,
            ..
        } = draft;
        if posting.platform.is_empty() {
            posting.platform.clone_from(&self.platform);
        }
        if posting.platform.is_empty() {
            posting.platform = platform::of_url(&posting.url).to_owned();
        }
        if !posting.description.is_empty() {
            posting.description_format = self.description.into();
        }
        if pay != StatedPay::default() {
            posting.pay = Some(pay);
        }
        let unstable = self.unstable.get(&posting.platform);
        if unstable.is_some_and(|prefix| id.starts_with(prefix.as_str())) {
            posting.extra.insert(id_column, id);
            return posting;
        }
        posting.external_id = self.own_id(&posting.platform, &id).to_owned();
        posting
    }

    /// The platform's own id, without what the table puts before it.
    fn own_id<'i>(&self, platform: &str, id: &'i str) -> &'i str {
        let id = id.trim();
        let prefix = self.prefixes.get(platform);
        prefix
            .and_then(|prefix| id.strip_prefix(prefix.as_str()))
            .unwrap_or(id)
    }
}

fn has_all(cells: &[String], names: &[String]) -> bool {
    let has = |name: &String| {
        cells
            .iter()
            .any(|cell| cell.trim().eq_ignore_ascii_case(name))
    };
    names.iter().all(has)
}

fn names_of(text: &Text<'_>, header: &Row<'_>) -> Vec<String> {
    (0..header.len())
        .map(|at| {
            let cell = header.cell(at);
            let name = text.decode(cell);
            name.unwrap_or_else(|| String::from_utf8_lossy(cell))
                .into_owned()
        })
        .collect()
}

/// A posting in the making, and what its cells say beside the fields they go to at once.
#[derive(Default)]
struct Draft {
    posting: PostingObserved,
    id: String,
    id_column: String,
    pay: StatedPay,
    /// What counts only where no other column states the field.
    second: Vec<(Target, String)>,
}

impl Draft {
    fn put(&mut self, column: &Column<'_>, value: String) {
        let Some(rule) = column.rule else {
            self.posting.extra.insert(column.name.clone(), value);
            return;
        };
        let value = match &rule.values {
            None => value,
            Some(values) => match meaning(values, value.trim()) {
                Some("") => return,
                Some(meant) => meant.to_owned(),
                None => {
                    self.posting.extra.insert(column.name.clone(), value);
                    return;
                }
            },
        };
        match rule.to {
            Target::Drop => {}
            Target::EmploymentTypes => self.posting.employment_types = items(rule, value),
            Target::Locations => self.posting.locations = items(rule, value),
            to if rule.second => self.second.push((to, value)),
            to => {
                if to == Target::Id {
                    self.id_column.clone_from(&column.name);
                }
                self.set(to, value);
            }
        }
    }

    fn set(&mut self, target: Target, value: String) {
        let value = match target {
            Target::Platform => value.trim().to_lowercase(),
            _ => value,
        };
        if let Some(slot) = self.slot(target) {
            *slot = value;
        }
    }

    /// Where a field of one text is kept.
    fn slot(&mut self, target: Target) -> Option<&mut String> {
        let posting = &mut self.posting;
        Some(match target {
            Target::Drop | Target::EmploymentTypes | Target::Locations => return None,
            Target::Applicants => &mut posting.applicants,
            Target::ApplyUrl => &mut posting.apply_url,
            Target::DatePosted => &mut posting.date_posted,
            Target::Description => &mut posting.description,
            Target::Id => &mut self.id,
            Target::Organization => &mut posting.organization,
            Target::PayCurrency => &mut self.pay.currency,
            Target::PayInterval => &mut self.pay.interval,
            Target::PayMax => &mut self.pay.max,
            Target::PayMin => &mut self.pay.min,
            Target::PaySource => &mut self.pay.source,
            Target::Platform => &mut posting.platform,
            Target::Seniority => &mut posting.seniority,
            Target::Title => &mut posting.title,
            Target::Url => &mut posting.url,
            Target::ValidThrough => &mut posting.valid_through,
            Target::Workplace => &mut posting.workplace,
        })
    }
}

/// What a value of a column means; `None` when the map does not know it.
fn meaning<'v>(
    values: &'v std::collections::BTreeMap<String, String>,
    value: &str,
) -> Option<&'v str> {
    let known = values
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(value));
    known.map(|(_, meant)| meant.as_str())
}

fn items(rule: &Rule, value: String) -> Vec<String> {
    let Some(split) = rule.split else {
        return vec![value];
    };
    let items = value
        .split(split)
        .map(str::trim)
        .filter(|item| !item.is_empty());
    items.map(str::to_owned).collect()
}
