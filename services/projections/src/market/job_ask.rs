//! What a list of jobs is asked for.

use super::job_row::JobRow;
use crate::ask::{self, BadAsk};
use crate::column::{datetime, stated};
use crate::reader::Param;
use chrono::{DateTime, Utc};
use jmip_core::{Micros, country, ids};
use serde::Deserialize;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// Largest page: what a screen or a table can use at once.
pub const LIMIT_MAX: u32 = 100;
/// Rows of a page unless told.
const LIMIT_DEFAULT: u32 = 20;

/// What must hold of a job `j`: `$1` the tenant, `$2` to `$7` the filters that are given.
pub(crate) const HELD: &str = "
    j.tenant_id = $1
    AND ($2::text IS NULL OR j.search @@ to_tsquery('simple', $2))
    AND ($3::text IS NULL OR EXISTS (
        SELECT 1 FROM api.enrichment AS e
        WHERE e.tenant_id = j.tenant_id AND e.job_id = j.job_id
            AND e.content_sha256 = j.content_sha256 AND e.skill_ids @> ARRAY[$3]
    ))
    AND ($4::text IS NULL OR j.workplace = $4)
    AND ($5::text IS NULL OR $5 = ANY (j.countries))
    AND ($6::text IS NULL OR j.platform = $6)
    AND ($7::timestamptz IS NULL OR j.first_seen >= $7)";

/// What is asked for, as it comes; every filter that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobQuestion {
    /// Words of title, organisation and description, as people write queries: all of them,
    /// `"a phrase"`, `either or other`, `-without`; the best match comes first.
    pub q: Option<String>,
    /// Words that title and organisation must contain together, each by its beginning.
    pub title: Option<String>,
    /// Id of a skill the current revision asks for.
    pub skill: Option<String>,
    /// `onsite`, `hybrid` or `remote`, in either case.
    pub workplace: Option<String>,
    /// A country by its code or one of its names, in either case.
    pub country: Option<String>,
    /// Board, in either case.
    pub platform: Option<String>,
    /// First seen then or later: RFC 3339, or a day.
    pub since: Option<String>,
    /// Rows of a page, 1 to [`LIMIT_MAX`].
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A question that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobAsk {
    pub(crate) words: Option<String>,
    pub(crate) limit: u32,
    pub(crate) after: Option<Cursor>,
    beginnings: Option<String>,
    skill: Option<String>,
    workplace: Option<&'static str>,
    country: Option<&'static str>,
    platform: Option<String>,
    since: Option<DateTime<Utc>>,
}

impl JobAsk {
    /// Whether words are looked for, which is another question to Postgres than a list.
    pub fn has_words(&self) -> bool {
        self.words.is_some()
    }
}

impl JobQuestion {
    /// Checks all of it.
    ///
    /// Errors: [`BadAsk`] of the first field that is wrong.
    pub fn check(self) -> Result<JobAsk, BadAsk> {
        let words = ask::text("q", self.q)?;
        let beginnings = ask::text("title", self.title)?;
        let lower = |text: String| text.trim().to_lowercase();
        let since = self.since.as_deref();
        let since = since.map(|text| ask::instant_or_day("since", text));
        let cursor = self.cursor.as_deref();
        let after = cursor.map(|text| Cursor::parse(text, words.is_some()));
        Ok(JobAsk {
            beginnings: beginnings.as_deref().and_then(prefixes),
            skill: ask::text("skill", self.skill)?.map(lower),
            workplace: self.workplace.as_deref().map(workplace).transpose()?,
            country: self.country.as_deref().map(country_code).transpose()?,
            platform: ask::text("platform", self.platform)?.map(lower),
            since: since.transpose()?.map(datetime),
            limit: ask::limit(self.limit, LIMIT_DEFAULT, LIMIT_MAX)?,
            after: after.transpose()?,
            words,
        })
    }
}

fn workplace(text: &str) -> Result<&'static str, BadAsk> {
    let known = ["ONSITE", "HYBRID", "REMOTE"].into_iter();
    let mut meant = known.filter(|word| text.trim().eq_ignore_ascii_case(word));
    let refused = || BadAsk::new("workplace", "must be onsite, hybrid or remote");
    meant.next().ok_or_else(refused)
}

fn country_code(text: &str) -> Result<&'static str, BadAsk> {
    let refused = || {
        let reason = "must be a country by its ISO 3166-1 code or name, such as NL or Netherlands";
        BadAsk::new("country", reason)
    };
    country::code_of(text).ok_or_else(refused)
}

impl JobAsk {
    /// Whether words are looked for, so that the best match comes first.
    pub fn is_search(&self) -> bool {
        self.words.is_some()
    }

    /// Whether more must hold of a job than that it has the words.
    pub(crate) fn has_filters(&self) -> bool {
        self.beginnings.is_some()
            || self.skill.is_some()
            || self.workplace.is_some()
            || self.country.is_some()
            || self.platform.is_some()
            || self.since.is_some()
    }

    /// `$1` to `$7` of [`HELD`].
    pub(crate) fn filters<'a>(&'a self, tenant: &'a Option<&'a str>) -> Vec<Param<'a>> {
        vec![
            (tenant, Type::TEXT),
            (&self.beginnings, Type::TEXT),
            (&self.skill, Type::TEXT),
            (&self.workplace, Type::TEXT),
            (&self.country, Type::TEXT),
            (&self.platform, Type::TEXT),
            (&self.since, Type::TIMESTAMPTZ),
        ]
    }

    /// The cursor behind a page of `shown` rows where `found` were found.
    pub(crate) fn next(&self, shown: &[JobRow], found: usize) -> Option<String> {
        let last = shown.last().filter(|_| found > shown.len())?;
        Some(Cursor::of(last).write())
    }
}

/// Words as a text search query: all of them, each as a beginning, quoted so that none is syntax.
fn prefixes(text: &str) -> Option<String> {
    let words: Vec<_> = text
        .replace('\0', " ")
        .split_whitespace()
        .map(|word| word.replace('\\', "\\\\").replace('\'', "''"))
        .map(|word| format!("'{word}':*"))
        .collect();
    stated(&words.join(" & ")).map(str::to_owned)
}

/// The last row of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// How well it was found; `None` where the newest comes first.
    pub(crate) rank: Option<i64>,
    /// When it was first seen, or of a search when its content was captured.
    pub(crate) at: Micros,
    pub(crate) job_id: Uuid,
}

impl Cursor {
    fn of(row: &JobRow) -> Self {
        let found = row.matched.as_ref();
        let at = found.map_or(row.first_seen, |found| found.captured_at);
        Self {
            rank: found.map(|found| found.rank),
            at: Micros(at.timestamp_micros()),
            job_id: row.job_id,
        }
    }

    fn write(self) -> String {
        let rank = self.rank.map(i64::to_be_bytes);
        let parts = [
            rank.as_ref().map_or(&[][..], |rank| &rank[..]),
            &self.at.0.to_be_bytes(),
            self.job_id.as_bytes(),
        ];
        ids::hex(&parts.concat())
    }

    fn parse(text: &str, is_search: bool) -> Result<Self, BadAsk> {
        let bytes = ids::from_hex(text).ok_or_else(ask::no_cursor)?;
        let (rank, rest) = match is_search {
            true => bytes.split_first_chunk().ok_or_else(ask::no_cursor)?,
            false => (&[0; 8], bytes.as_slice()),
        };
        let (at, job_id) = rest.split_first_chunk().ok_or_else(ask::no_cursor)?;
        Ok(Self {
            rank: is_search.then(|| i64::from_be_bytes(*rank)),
            at: Micros(i64::from_be_bytes(*at)),
            job_id: Uuid::from_slice(job_id).map_err(|_| ask::no_cursor())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_cursor_is_read_back_by_the_list_it_came_from_and_no_other() {
        for rank in [None, Some(12_345)] {
            let cursor = Cursor {
                rank,
                at: Micros(-5),
                job_id: Uuid::from_bytes([7; 16]),
            };
            let text = cursor.write();
            assert_eq!(Cursor::parse(&text, rank.is_some()), Ok(cursor));
            let mixed = Cursor::parse(&text, rank.is_none());
            assert_eq!(mixed.unwrap_err().field, "cursor");
        }
        for text in ["", "zz", "00", &"0".repeat(50)] {
            assert!(Cursor::parse(text, false).is_err(), "{text}");
            assert!(Cursor::parse(text, true).is_err(), "{text}");
        }
    }

    #[test]
    fn a_country_is_meant_by_any_of_its_names_and_what_is_none_is_refused() {
        let asked = |country: &str| {
            let question = JobQuestion {
                country: some(country),
                ..JobQuestion::default()
            };
            question.check().map(|ask| ask.country)
        };
        for uk in ["uk", "GB", "gbr", "United Kingdom"] {
            assert_eq!(asked(uk), Ok(Some("GB")), "{uk}");
        }
        for none in ["XX", "Atlantis", ""] {
            assert_eq!(asked(none).unwrap_err().field, "country", "{none}");
        }
    }

    #[test]
    fn no_word_is_query_syntax() {
        assert_eq!(
            prefixes(" rust  o'neil a\\ & ").as_deref(),
            Some("'rust':* & 'o''neil':* & 'a\\\\':* & '&':*")
        );
        assert_eq!(prefixes("  "), None);
    }
}
