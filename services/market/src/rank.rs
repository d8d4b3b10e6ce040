//! Ranks the jobs of a market for a profile under a policy, and explains the best of them.

use crate::Market;
use crate::ask::{Ask, Candidate};
use crate::factors::{factor, skills};
use crate::filters::first_that_rules_out;
use crate::jobs::{Job, Revision};
use crate::policy::{FULL_BP, Filter, Policy};
use jmip_core::event::{Factor, FilteredOut, Profile, Recommendation};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Most pieces of evidence of one factor: more is not read.
const EVIDENCE_MAX: usize = 12;
/// Most gaps of one job: more than ten is "no".
const GAPS_MAX: usize = 10;
/// Most portfolio items of one job: nobody shows more in one application.
const PORTFOLIO_MAX: usize = 5;

/// Every job that no filter rules out, best first, and what is needed to say why.
pub struct Ranking<'a> {
    market: &'a Market,
    ask: Ask<'a>,
    best: Vec<Placed<'a>>,
    filtered_out: BTreeMap<Filter, u32>,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// The job.
    pub job_id: [u8; 16],
    /// 0 to 10000 basis points.
    pub score_bp: u32,
}

struct Placed<'a> {
    ranked: Ranked,
    job: &'a Job,
    revision: &'a Revision,
}

/// Ranks every job of a market for a profile under a policy on a day.
///
/// Shape: a pure function of the four. Units: `on_day` is days since 1970-01-01.
pub fn rank<'a>(
    market: &'a Market,
    profile: &'a Profile,
    policy: &'a Policy,
    on_day: i64,
) -> Ranking<'a> {
    let ask = Ask::new(policy, profile, on_day);
    let mut filtered_out: BTreeMap<Filter, u32> = BTreeMap::new();
    let mut best = vec![];
    for (job_id, job, revision) in market.jobs.current() {
        let candidate = Candidate::new(job, revision, market.jobs.names());
        match first_that_rules_out(&ask, &candidate) {
            Some(filter) => *filtered_out.entry(filter).or_default() += 1,
            None => best.push(Placed {
                ranked: Ranked {
                    job_id,
                    score_bp: score(&ask, &candidate),
                },
                job,
                revision,
            }),
        }
    }
    best.sort_unstable_by_key(|placed| (Reverse(placed.ranked.score_bp), placed.ranked.job_id));
    Ranking {
        market,
        ask,
        best,
        filtered_out,
    }
}

impl Ranking<'_> {
    /// How many jobs were looked at.
    pub fn considered(&self) -> usize {
        self.market.jobs()
    }

    /// Jobs ruled out per filter that ruled any out, in the policy's order.
    pub fn filtered_out(&self) -> Vec<FilteredOut> {
        let counted = |filter: &Filter| {
            Some(FilteredOut {
                filter: filter.name().to_owned(),
                jobs: *self.filtered_out.get(filter)?,
            })
        };
        let filters = self.ask.policy.filters.iter();
        filters.filter_map(counted).collect()
    }

    /// Every job that was not ruled out, best first; ties go to the smaller job id.
    pub fn order(&self) -> impl Iterator<Item = Ranked> {
        self.best.iter().map(|placed| placed.ranked)
    }

    /// The best jobs with every factor, its reason and its evidence.
    ///
    /// Shape: at most `limit`, ranked from 1.
    pub fn recommendations(&self, limit: usize) -> Vec<Recommendation> {
        let ranks = 1..;
        ranks
            .zip(self.best.iter().take(limit))
            .map(|(rank, placed)| {
                let names = self.market.jobs.names();
                let candidate = Candidate::new(placed.job, placed.revision, names);
                let mut item = recommendation(&self.ask, &candidate);
                (item.rank, item.job_id) = (rank, placed.ranked.job_id.to_vec());
                item
            })
            .collect()
    }
}

/// Sum of all factors' points: what is sorted by.
fn score(ask: &Ask<'_>, job: &Candidate<'_>) -> u32 {
    let points = |weight_bp, score_bp: u32| weight_bp * score_bp / FULL_BP;
    let factors = ask.policy.factors.iter();
    factors
        .map(|weight| points(weight.weight_bp, (factor(weight.name).score)(ask, job)))
        .sum()
}

fn recommendation(ask: &Ask<'_>, candidate: &Candidate<'_>) -> Recommendation {
    let (job, revision): (&Job, &Revision) = (candidate.job, candidate.revision);
    let mut factors = vec![];
    let mut gaps = vec![];
    for weight in &ask.policy.factors {
        let score_bp = (factor(weight.name).score)(ask, candidate);
        let mut explained = (factor(weight.name).explain)(ask, candidate);
        explained.evidence.truncate(EVIDENCE_MAX);
        gaps.append(&mut explained.gaps);
        factors.push(Factor {
            name: weight.name.name().to_owned(),
            weight_bp: weight.weight_bp,
            score_bp,
            points_bp: weight.weight_bp * score_bp / FULL_BP,
            reason: sentence(&explained.reason),
            evidence: explained.evidence,
        });
    }
    // Stable: within one severity the policy's order of factors and theirs of evidence stays.
    gaps.sort_by_key(|(severity, _)| *severity);
    Recommendation {
        rank: 0,
        job_id: vec![],
        revision: job.revision(),
        content_sha256: revision.content_sha256.clone(),
        score_bp: factors.iter().map(|factor| factor.points_bp).sum(),
        factors,
        gaps: gaps
            .into_iter()
            .map(|(_, gap)| gap)
            .take(GAPS_MAX)
            .collect(),
        portfolio_item_ids: portfolio(ask, candidate),
    }
}

/// Items that show skills the job asks for; the more, and the more asked for, the better.
fn portfolio(ask: &Ask<'_>, job: &Candidate<'_>) -> Vec<String> {
    let asked = &job.revision.facts.skills;
    let mut items: Vec<(Reverse<u32>, &str)> = vec![];
    for item in &ask.profile.portfolio {
        let shown = asked.iter().filter(|asked| {
            let id = job.names.get(asked.skill);
            item.skill_ids.iter().any(|shown| shown == id)
        });
        let weights = shown.map(|asked| skills::weight(&ask.policy.skills, asked.tier).max(1));
        let worth: u32 = weights.sum();
        if worth > 0 {
            items.push((Reverse(worth), &item.item_id));
        }
    }
    // Stable: of equal worth, the one the user put first.
    items.sort_by_key(|(worth, _)| *worth);
    let ids = items.into_iter().map(|(_, id)| id.to_owned());
    ids.take(PORTFOLIO_MAX).collect()
}

fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
