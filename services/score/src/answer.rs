//! Answers a run: the ranking of its market, as one event.

use jmip_core::event::{Evidence, RecommendationsRanked, RecommendationsRequested};
use jmip_core::{EVENT_MAX_BYTES, Event, Message, Origin, Output};
use jmip_market::{Market, Question, day_of, rank};

/// Most jobs in an answer.
const LIMIT_MAX: u32 = 100;
/// What the rest of the envelope may take of an event.
const ENVELOPE_BYTES: usize = 4096;

/// The answer to a run, caused by its request.
pub(crate) fn answer(market: &Market, run: &Question, tenant: &str, position: u64) -> Output {
    let request = RecommendationsRequested::decode(run.body())
        .expect("these bytes were encoded from such a message");
    let mut ranked = RecommendationsRanked {
        run_id: request.run_id.clone(),
        position,
        on: request.on.clone(),
        profile_revision: request.profile_revision,
        policy_sha256: request.policy_sha256.clone(),
        considered: count(market.jobs()),
        ..Default::default()
    };
    if let Err(problem) = fill(market, &request, &mut ranked) {
        ranked.problem = problem;
    }
    fit_into_an_event(&mut ranked);
    Output {
        event: Event::RecommendationsRanked(ranked),
        origin: Origin::Caused(run.cause(tenant)),
    }
}

/// Errors: why there is no answer, for the person who asked.
fn fill(
    market: &Market,
    request: &RecommendationsRequested,
    ranked: &mut RecommendationsRanked,
) -> Result<(), String> {
    let profile = market.profile(request.profile_revision)?;
    let policy = market.policy(&request.policy_sha256)?;
    let on_day = day_of(&request.on)
        .ok_or_else(|| format!("\"{}\" is not a date YYYY-MM-DD", request.on))?;
    let ranking = rank(market, &profile, policy, on_day);
    ranked.items = ranking.recommendations(request.limit.clamp(1, LIMIT_MAX) as usize);
    ranked.filtered_out = ranking.filtered_out();
    Ok(())
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
