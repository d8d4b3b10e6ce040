//! What identifies a job on its platform.

use crate::tables::Tables;
use crate::text;
use crate::url_key::{url_key, web};
use jmip_core::fold::fold_for_ids;
use jmip_core::ids;
use jmip_core::organization::key_for_ids;
use jmip_proto::event::v1::{Job, PostingObserved};

/// Longest key in bytes; a longer one is replaced by its hash.
const KEY_MAX_BYTES: usize = 1024;

/// What identifies a job on its platform, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The key.
    pub key: String,
    /// `external_id`, `url_id`, `url` or `content`.
    pub kind: &'static str,
}

/// Finds the key of a posting; `job` holds its clean content.
///
/// The id in a known platform's URL comes first: every generation of an export has the URL, but
/// some have no id column, some prefix the id and some write it as a float, so only the URL agrees
/// with itself. A stated id comes next, in the form the URL has it; then the URL; then the content.
pub(crate) fn key(tables: &Tables, posting: &PostingObserved, job: &Job) -> Key {
    let platform = job.platform.as_str();
    let stated = stated_id(tables, posting, job);
    let url = web(&posting.url);
    if let Some(id) = url
        .as_ref()
        .and_then(|url| tables.platforms.url_id(platform, url))
    {
        let kind = if stated.as_deref() == Some(id.as_str()) {
            "external_id"
        } else {
            "url_id"
        };
        return bounded(id, kind);
    }
    if let Some(id) = stated {
        return bounded(id, "external_id");
    }
    if let Some(page) = url.as_ref().and_then(|url| url_key(&tables.tracking, url)) {
        return bounded(page, "url");
    }
    Key {
        key: content_key(job),
        kind: "content",
    }
}

fn stated_id(tables: &Tables, posting: &PostingObserved, job: &Job) -> Option<String> {
    let stated = text::stated(&posting.external_id);
    if stated.is_empty() {
        return None;
    }
    let id = tables.platforms.stated_id(&job.platform, &stated);
    if !tables.platforms.is_scoped(&job.platform) {
        return Some(id);
    }
    // Requisition numbers repeat between employers; a page of one names it better than its name.
    if web(&posting.url).is_some() {
        return None;
    }
    Some(format!("{}/{id}", organization(job)))
}

/// The employer as ids of jobs have it.
fn organization(job: &Job) -> String {
    key_for_ids(&text::one_line(&job.organization))
}

fn content_key(job: &Job) -> String {
    let mut parts = vec![
        fold_for_ids(&job.title),
        organization(job),
        fold_for_ids(&job.description),
    ];
    parts.extend(job.locations.iter().map(|place| fold_for_ids(&place.raw)));
    let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
    ids::hex(&ids::sha256_of(&parts))
}

fn bounded(key: String, kind: &'static str) -> Key {
    if key.len() <= KEY_MAX_BYTES {
        return Key { key, kind };
    }
    let key = format!("sha256:{}", ids::hex(&ids::sha256(key.as_bytes())));
    Key { key, kind }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::TABLES;
    use jmip_proto::event::v1::Place;

    fn find(platform: &str, id: &str, url: &str) -> (String, &'static str) {
        let posting = PostingObserved {
            external_id: id.into(),
            url: url.into(),
            ..Default::default()
        };
        let tables = &*TABLES;
        let job = Job {
            platform: tables.platforms.name(platform),
            organization: "Acme B.V.".into(),
            ..Default::default()
        };
        let found = key(tables, &posting, &job);
        (found.key, found.kind)
    }

    #[test]
    fn generations_of_an_export_agree() {
        let url = "https://nl.indeed.com/viewjob?jk=828770d0e6a579ad&from=serp";
        for (id, kind) in [
            ("", "url_id"),
            ("828770d0e6a579ad", "external_id"),
            ("in-828770d0e6a579ad", "external_id"),
        ] {
            assert_eq!(find("indeed", id, url), ("828770d0e6a579ad".into(), kind));
        }
        assert_eq!(
            find("indeed", "in-828770d0e6a579ad", "").0,
            "828770d0e6a579ad"
        );
        assert_eq!(find("linkedin", "2774458.0", "").0, "2774458");
    }

    #[test]
    fn known_platforms_name_a_job_in_their_urls() {
        let uuid = "21229750-8bd1-4134-a20e-2a8922b88806";
        for (platform, url, want) in [
            (
                "linkedin",
                "https://nl.linkedin.com/jobs/view/data-engineer-at-acme-3985551234?trk=x",
                "3985551234",
            ),
            (
                "linkedin",
                "https://www.linkedin.com/comm/jobs/view/3985551234/",
                "3985551234",
            ),
            (
                "glassdoor",
                "https://www.glassdoor.nl/job-listing/j?jl=1009390128236",
                "1009390128236",
            ),
            (
                "ziprecruiter",
                "https://www.ziprecruiter.com/jobs//j?lvk=abcDEF-123_x",
                "abcDEF-123_x",
            ),
            (
                "upwork",
                "https://www.upwork.com/jobs/Dash_%7E01ec8934d454ff0ef3?source=rss",
                "01ec8934d454ff0ef3",
            ),
            (
                "upwork",
                "https://www.upwork.com/jobs/~01ec8934d454ff0ef3",
                "01ec8934d454ff0ef3",
            ),
            (
                "greenhouse",
                "https://job-boards.greenhouse.io/anthropic/jobs/5012991008",
                "5012991008",
            ),
            (
                "greenhouse",
                "https://stripe.com/jobs/search?gh_jid=7285974",
                "7285974",
            ),
            (
                "lever",
                "https://jobs.lever.co/acme/21229750-8bd1-4134-a20e-2a8922b88806/apply",
                uuid,
            ),
            (
                "ashby",
                "https://jobs.ashbyhq.com/openai/21229750-8bd1-4134-a20e-2a8922b88806/application",
                uuid,
            ),
            (
                "workday",
                "https://boeing.wd1.myworkdayjobs.com/X/job/USA---Mesa-AZ/Engineer_JR2026497106-1",
                "boeing/JR2026497106-1",
            ),
            (
                "smartrecruiters",
                "https://jobs.smartrecruiters.com/Acme/743999000000001-engineer",
                "743999000000001",
            ),
        ] {
            assert_eq!(
                find(platform, "", url),
                (want.to_owned(), "url_id"),
                "{url}"
            );
        }
    }

    #[test]
    fn another_site_s_url_is_a_url() {
        let url = "https://jobs.lever.co/acme/21229750-8bd1-4134-a20e-2a8922b88806?utm_source=x";
        let want = "https://jobs.lever.co/acme/21229750-8bd1-4134-a20e-2a8922b88806";
        assert_eq!(find("simplify", "", url), (want.into(), "url"));
        assert_eq!(
            find(
                "indeed",
                "",
                "https://evil.example/viewjob?jk=828770d0e6a579ad"
            )
            .1,
            "url"
        );
    }

    #[test]
    fn a_requisition_number_is_only_known_to_its_employer() {
        assert_eq!(find("workday", "R-1", "").0, "acme/R-1");
        assert_eq!(
            find("workday", "R-1", "https://acme.example/jobs/1").1,
            "url"
        );
    }

    /// Keys that lie on logs: jobs without a page of their own, whose texts are the ones that foldings
    /// differ in.
    #[test]
    fn what_folding_learns_makes_no_other_job() {
        let tables = &*TABLES;
        let place = |raw: &str| Place {
            raw: raw.into(),
            ..Default::default()
        };
        let job = |platform: &str| Job {
            platform: platform.into(),
            title: "Müller-Geselle™ – Ørsted".into(),
            organization: "Großmühle Łódź & Søn A/S".into(),
            description: "Straße „Æ“ ½ İ ı…".into(),
            locations: vec![place("’s-Gravenhage"), place("Ærø")],
            ..Default::default()
        };
        let content = key(tables, &PostingObserved::default(), &job("x"));
        assert_eq!(
            (content.kind, content.key.as_str()),
            (
                "content",
                "993aa0e5d061ae4889c58c5a3965dac589f30587e79939f96981e2f6c9079b43"
            )
        );
        let stated = PostingObserved {
            external_id: "R-1".into(),
            ..Default::default()
        };
        let scoped = key(tables, &stated, &job("workday"));
        assert_eq!(scoped.key, "grossmuehle lodz soen/R-1");
    }

    #[test]
    fn content_is_the_last_resort_and_long_keys_are_hashed() {
        assert_eq!(find("x", "nan", "https://acme.example/").1, "content");
        assert_eq!(find("x", &"9".repeat(5000), "").0.len(), 71);
    }
}
