//! Answers a run: filters, scores, ranks and explains.

use crate::ask::{Ask, Candidate, day_of};
use crate::factors::{factor, skills};
use crate::filters::first_that_rules_out;
use crate::jobs::{Job, Revision};
use crate::policy::{FULL_BP, Filter, Policy};
use crate::state::Market;
use crate::waiting::Run;
use jmip_core::event::{
    Evidence, Factor, FilteredOut, Profile, Recommendation, RecommendationsRanked,
    RecommendationsRequested,
};
use jmip_core::{Cause, EVENT_MAX_BYTES, Event, Message, Origin, Output};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Most jobs in an answer.
const LIMIT_MAX: u32 = 100;
/// Most pieces of evidence of one factor: more is not read.
const EVIDENCE_MAX: usize = 12;
/// Most gaps of one job: more than ten is "no".
const GAPS_MAX: usize = 10;
/// Most portfolio items of one job: nobody shows more in one application.
const PORTFOLIO_MAX: usize = 5;
/// What the rest of the envelope may take of an event.
const ENVELOPE_BYTES: usize = 4096;

/// The answer to a run, caused by its request.
pub(crate) fn answer(market: &Market, cause: Cause, run: &Run, position: u64) -> Output {
    let request = run.request();
    let mut ranked = RecommendationsRanked {
        run_id: request.run_id.clone(),
        position,
        on: request.on.clone(),
        profile_revision: request.profile_revision,
        policy_sha256: request.policy_sha256.clone(),
        considered: count(market.jobs.len()),
        ..Default::default()
    };
    if let Err(problem) = rank(market, &request, &mut ranked) {
        ranked.problem = problem;
    }
    fit_into_an_event(&mut ranked);
    Output {
        event: Event::RecommendationsRanked(ranked),
        origin: Origin::Caused(cause),
    }
}

/// Errors: why there is no answer, for the person who asked.
fn rank(
    market: &Market,
    request: &RecommendationsRequested,
    ranked: &mut RecommendationsRanked,
) -> Result<(), String> {
    let revision = request.profile_revision;
    let encoded = market
        .profile(revision)
        .ok_or_else(|| format!("profile revision {revision} has not been saved"))?;
    let profile = Profile::decode(encoded).expect("these bytes were encoded from a profile");
    let policy = market.policy(&request.policy_sha256)?;
    let on_day = day_of(&request.on)
        .ok_or_else(|| format!("\"{}\" is not a date YYYY-MM-DD", request.on))?;
    let ask = Ask::new(policy, &profile, on_day);

    let mut filtered_out: BTreeMap<Filter, u32> = BTreeMap::new();
    let mut best = vec![];
    for (id, job, revision) in market.jobs.current() {
        let candidate = Candidate::new(job, revision, market.jobs.names());
        match first_that_rules_out(&ask, &candidate) {
            Some(filter) => *filtered_out.entry(filter).or_default() += 1,
            None => best.push((Reverse(score(&ask, &candidate)), id, job, revision)),
        }
    }
    best.sort_unstable_by_key(|(score, id, ..)| (*score, *id));
    best.truncate(request.limit.clamp(1, LIMIT_MAX) as usize);
    let ranks = 1..;
    ranked.items = ranks
        .zip(&best)
        .map(|(rank, (_, id, job, revision))| {
            let candidate = Candidate::new(job, revision, market.jobs.names());
            let mut item = recommendation(&ask, &candidate);
            (item.rank, item.job_id) = (rank, id.to_vec());
            item
        })
        .collect();
    ranked.filtered_out = in_order(policy, &filtered_out);
    Ok(())
}

fn in_order(policy: &Policy, filtered_out: &BTreeMap<Filter, u32>) -> Vec<FilteredOut> {
    let counted = |filter: &Filter| {
        Some(FilteredOut {
            filter: filter.name().to_owned(),
            jobs: *filtered_out.get(filter)?,
        })
    };
    policy.filters.iter().filter_map(counted).collect()
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

/// An event has a greatest size. The last of a hundred jobs give up their quotes first, then their
/// evidence; the ranking itself and every reason stay.
fn fit_into_an_event(ranked: &mut RecommendationsRanked) {
    let most = EVENT_MAX_BYTES - ENVELOPE_BYTES;
    let steps: [fn(&mut Vec<Evidence>); 2] = [
        |evidence| evidence.iter_mut().for_each(|one| one.quote.clear()),
        Vec::clear,
    ];
    for step in steps {
        for at in (0..ranked.items.len()).rev() {
            if ranked.encoded_len() <= most {
                return;
            }
            let item = &mut ranked.items[at];
            item.factors.iter_mut().for_each(|f| step(&mut f.evidence));
            step(&mut item.gaps);
        }
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
