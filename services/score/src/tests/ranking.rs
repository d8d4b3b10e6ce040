//! Rankings: current revisions, order, bounds, determinism, restarts and size.

use super::log::{Log, request};
use jmip_core::event::{
    ExperienceScope, PayUnit, PolicyAdopted, PostingRef, RecommendationsRanked,
    RecommendationsRequested, SkillTier, Workplace,
};
use jmip_core::{EVENT_MAX_BYTES, Event, Message, ids};
use jmip_market::postings::{ON_DAY, Posting, at, date, pay, profile, wishing};
use proptest::prelude::*;

fn ranked(log: &mut Log, run: u8) -> RecommendationsRanked {
    log.ask(run, 0);
    log.answers.last().unwrap().1.clone()
}

fn market() -> Vec<Posting> {
    let skills = ["rust", "sql", "go", "latte"];
    let tiers = [SkillTier::Must, SkillTier::Nice, SkillTier::Context];
    (0..24_usize)
        .map(|n| {
            let title = ["Data Engineer", "Data Analyst", "Barista", "Head of Sales"][n % 4];
            let mut posting = Posting::new(&format!("{title} {n}"));
            for (at, skill) in skills.iter().take(n % 5).enumerate() {
                posting = posting.skill(skill, tiers[(n + at) % 3]);
            }
            if n % 3 == 0 {
                posting = posting.works(Workplace::Hybrid).applicants(30, n % 2 == 0);
            }
            let places = [("Utrecht", "NL"), ("Breda", "NL"), ("Kyiv", "UA")];
            let (locality, country) = places[n % 3];
            let day = ON_DAY - i64::try_from(n).unwrap();
            posting.place(locality, country).posted(day)
        })
        .collect()
}

#[test]
fn jobs_are_ranked_best_first_with_a_breakdown_that_sums_up() {
    let mut log = Log::new();
    market().iter().for_each(|posting| log.job(posting));
    let answer = ranked(&mut log, 1);
    assert_eq!((answer.considered, answer.items.len()), (24, 10));
    assert!(answer.items.is_sorted_by(|a, b| {
        (std::cmp::Reverse(a.score_bp), &a.job_id) < (std::cmp::Reverse(b.score_bp), &b.job_id)
    }));
    for (at, item) in answer.items.iter().enumerate() {
        assert_eq!(item.rank as usize, at + 1);
        assert_eq!(
            item.factors.iter().map(|f| f.points_bp).sum::<u32>(),
            item.score_bp
        );
        for factor in &item.factors {
            assert_eq!(
                factor.points_bp,
                factor.weight_bp * factor.score_bp / 10_000
            );
            assert!(factor.reason.ends_with('.'), "{}", factor.reason);
        }
    }
    let names: Vec<_> = answer.items[0].factors.iter().map(|f| &*f.name).collect();
    let expected = [
        "skills",
        "experience",
        "place",
        "freshness",
        "competition",
        "pay",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_job_that_does_not_relate_to_the_profile_does_not_win_by_being_new_near_and_well_paid() {
    let mut log = Log::new();
    log.save(
        1,
        wishing(|wishes| {
            wishes.countries = vec!["NL".to_owned()];
            wishes.localities = vec!["Utrecht".to_owned()];
            wishes.workplaces = vec![Workplace::Hybrid.into()];
            wishes.pay_min_minor = Some(5_000_000);
            wishes.pay_currency = "EUR".to_owned();
            wishes.pay_unit = PayUnit::Year.into();
        }),
    );
    let everything_but_the_work = Posting::new("Chef de partie")
        .place("Utrecht", "NL")
        .works(Workplace::Hybrid)
        .months(60, ExperienceScope::Overall)
        .applicants(0, false)
        .paid(pay(Some(9_000_000), None, "EUR", PayUnit::Year))
        .posted(ON_DAY);
    let nothing_but_the_work = Posting::new("Data Engineer")
        .place("Breda", "NL")
        .skill("sql", SkillTier::Must)
        .skill("rust", SkillTier::Must)
        .applicants(150, false)
        .posted(ON_DAY - 45);
    log.job(&everything_but_the_work);
    log.job(&nothing_but_the_work);
    let answer = ranked(&mut log, 1);
    let scores: Vec<_> = answer.items.iter().map(|i| i.score_bp).collect();
    assert_eq!(
        answer.items[0].job_id, nothing_but_the_work.job.job_id,
        "{scores:?}"
    );
}

#[test]
fn equal_scores_are_ranked_by_job_id() {
    let mut log = Log::new();
    let mut postings: Vec<_> = ["a", "b", "c", "d"].map(Posting::new).to_vec();
    postings.iter().for_each(|posting| log.job(posting));
    postings.sort_by(|a, b| a.job.job_id.cmp(&b.job.job_id));
    let items = ranked(&mut log, 1).items;
    let got: Vec<_> = items.iter().map(|item| &item.job_id).collect();
    assert_eq!(
        got,
        postings.iter().map(|p| &p.job.job_id).collect::<Vec<_>>()
    );
}

#[test]
fn the_revision_of_the_latest_capture_is_ranked_and_an_older_one_can_come_back() {
    let mut log = Log::new();
    let mut old = Posting::new("Cook").skill("sql", SkillTier::Must);
    old.sighting.captured_at = at(ON_DAY - 7);
    let mut new = Posting::new("Cook");
    (new.job.revision, new.job.content_sha256) = (2, vec![2; 32]);
    new.job.title = "Data Engineer".to_owned();
    log.job(&new);
    log.job(&old);
    let current = |log: &mut Log, run| {
        let item = ranked(log, run).items.remove(0);
        (
            item.revision,
            item.content_sha256,
            item.factors[3].reason.clone(),
        )
    };
    let first_seen = "No date is stated; first seen 7 days before 2024-09-07.";
    let (revision, content, reason) = current(&mut log, 1);
    assert_eq!((revision, content, &*reason), (2, vec![2; 32], first_seen));
    old.sighting.captured_at = at(ON_DAY + 1);
    log.user(old.seen());
    let (revision, content, _) = current(&mut log, 2);
    assert_eq!((revision, content), (1, old.job.content_sha256.clone()));
    assert_eq!(
        ranked(&mut log, 3).items[0].portfolio_item_ids,
        ["query", "both"]
    );
}

#[test]
fn of_two_sightings_at_once_the_smaller_export_and_record_counts() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let mut log = Log::new();
        let seen = |export: u8, record: u32, applicants: u32| {
            let mut posting = Posting::new("Cook").applicants(applicants, false);
            posting.sighting.posting = Some(PostingRef {
                export_id: vec![export; 32],
                receipt: 1,
                record,
            });
            posting
        };
        let sightings = [seen(1, 9, 1), seen(1, 10, 2), seen(2, 1, 3)];
        log.job(&sightings[order[0]]);
        log.user(sightings[order[1]].seen());
        log.user(sightings[order[2]].seen());
        let answer = ranked(&mut log, 1);
        assert_eq!(
            answer.items[0].factors[4].reason, "1 applicant so far.",
            "{order:?}"
        );
    }
}

#[test]
fn newer_facts_replace_older_ones_and_a_sighting_keeps_them() {
    let mut log = Log::new();
    let posting = Posting::new("Cook").skill("sql", SkillTier::Must);
    log.job(&posting);
    log.user(posting.seen());
    assert_eq!(ranked(&mut log, 1).items[0].portfolio_item_ids.len(), 2);
    log.user(
        Posting::new("Cook")
            .skill("rust", SkillTier::Nice)
            .enriched(),
    );
    assert_eq!(ranked(&mut log, 2).items[0].portfolio_item_ids, ["both"]);
}

#[test]
fn a_column_that_the_rules_refused_is_no_pay() {
    let mut log = Log::new();
    log.save(
        1,
        wishing(|wishes| {
            wishes.pay_min_minor = Some(5_000_000);
            wishes.pay_currency = "EUR".to_owned();
            wishes.pay_unit = PayUnit::Year.into();
        }),
    );
    let posting = Posting::new("Cook").paid(pay(Some(2_500), Some(3_000), "EUR", PayUnit::Year));
    log.user(posting.normalized());
    let Event::JobEnriched(mut read) = posting.enriched() else {
        panic!("facts are an event");
    };
    read.facts.clear();
    log.user(Event::JobEnriched(read));
    let item = ranked(&mut log, 1).items.remove(0);
    assert_eq!(
        item.factors[5].reason,
        "The posting does not say what is paid."
    );
}

#[test]
fn evidence_names_the_rule_and_its_version() {
    let mut log = Log::new();
    let mut posting = Posting::new("Cook").skill("sql", SkillTier::Must);
    posting.facts[0].rule_version = 7;
    log.job(&posting);
    let item = ranked(&mut log, 1).items.remove(0);
    let evidence = &item.factors[0].evidence[0];
    assert_eq!((&*evidence.rule, evidence.rule_version), ("rule", 7));
}

#[test]
fn portfolio_items_that_show_more_of_what_is_asked_come_first() {
    let mut log = Log::new();
    log.job(
        &Posting::new("Cook")
            .skill("sql", SkillTier::Nice)
            .skill("rust", SkillTier::Must),
    );
    assert_eq!(
        ranked(&mut log, 1).items[0].portfolio_item_ids,
        ["both", "query"]
    );
}

#[test]
fn gaps_are_worst_first() {
    let mut log = Log::new();
    log.job(
        &Posting::new("Cook")
            .skill("go", SkillTier::Nice)
            .months(120, ExperienceScope::Overall)
            .skill("latte", SkillTier::Must),
    );
    let item = ranked(&mut log, 1).items.remove(0);
    let gaps: Vec<_> = item.gaps.iter().map(|gap| &*gap.text).collect();
    assert_eq!(
        gaps,
        [
            "LATTE (must) is not in the profile",
            "4 years of experience are missing (at least 10 years asked)",
            "GO (nice to have) is not in the profile"
        ]
    );
}

#[test]
fn what_was_ruled_out_is_counted_in_the_policys_order() {
    let mut log = Log::new();
    log.save(
        1,
        wishing(|wishes| {
            wishes.countries = vec!["NL".to_owned()];
            wishes.excluded_title_words = vec!["cook".to_owned()];
        }),
    );
    let mut expired = Posting::new("Cook 1").place("Kyiv", "UA");
    expired.sighting.valid_through = Some(date(ON_DAY - 1));
    log.job(&Posting::new("Cook 2"));
    log.job(&Posting::new("Cook 3").place("Kyiv", "UA"));
    log.job(&expired);
    log.job(&Posting::new("Waiter"));
    let answer = ranked(&mut log, 1);
    let counts: Vec<_> = answer
        .filtered_out
        .iter()
        .map(|f| (&*f.filter, f.jobs))
        .collect();
    assert_eq!(counts, [("expired", 1), ("country", 1), ("title_words", 1)]);
    assert_eq!((answer.considered, answer.items.len()), (4, 1));
}

#[test]
fn a_run_that_cannot_be_answered_says_why() {
    let broken = "name = \"broken\"";
    let wrong_hash = vec![9; 32];
    let mut log = Log::new();
    let mut adopt = |sha256: Vec<u8>| {
        log.user(Event::PolicyAdopted(PolicyAdopted {
            policy_sha256: sha256,
            toml: broken.to_owned(),
        }));
    };
    adopt(ids::sha256(broken.as_bytes()).to_vec());
    adopt(wrong_hash.clone());
    adopt(vec![]);
    type Change = fn(&mut RecommendationsRequested);
    let cases: [(Change, &str); 5] = [
        (
            |r| r.profile_revision = 7,
            "profile revision 7 has not been saved",
        ),
        (|r| r.policy_sha256 = vec![1; 32], "policy 0101"),
        (
            |r| r.policy_sha256 = vec![9; 32],
            "the policy's text does not have the hash",
        ),
        (
            |r| r.policy_sha256 = ids::sha256(b"name = \"broken\"").to_vec(),
            "policy is not readable",
        ),
        (
            |r| r.on = "tomorrow".to_owned(),
            "\"tomorrow\" is not a date YYYY-MM-DD",
        ),
    ];
    for (run, (change, expected)) in (1..).zip(cases) {
        let mut request = request(run, 0);
        change(&mut request);
        log.user(Event::RecommendationsRequested(request.clone()));
        let (_, answer) = log.answers.last().unwrap();
        assert!(answer.problem.starts_with(expected), "{}", answer.problem);
        assert_eq!((&answer.run_id, answer.items.len()), (&request.run_id, 0));
    }
    assert_eq!(log.answers.len(), 5);
}

#[test]
fn the_limit_is_kept_between_1_and_100() {
    let mut log = Log::new();
    for n in 0..120 {
        log.job(&Posting::new(&format!("Cook {n}")));
    }
    for (run, (limit, expected)) in (1..).zip([(0, 1), (1, 1), (100, 100), (5000, 100)]) {
        let mut request = request(run, 0);
        request.limit = limit;
        log.user(Event::RecommendationsRequested(request));
        assert_eq!(log.answers.last().unwrap().1.items.len(), expected);
    }
}

#[test]
fn the_largest_answer_fits_into_one_event() {
    let mut log = Log::new();
    let mut rich = profile();
    for n in 0..40 {
        let mut skill = rich.skills[0].clone();
        skill.skill_id = format!("skill{n}");
        rich.skills.push(skill);
    }
    log.save(1, rich);
    for n in 0..120 {
        let mut posting = Posting::new(&format!("{n} {}", "Data Engineer ".repeat(40)));
        for s in 0..80 {
            posting = posting.skill(&format!("skill{s}"), SkillTier::Must);
        }
        for fact in &mut posting.facts {
            fact.quote = "é".repeat(120);
            fact.rule = "r".repeat(60);
        }
        log.job(&posting);
    }
    let mut request = request(1, 0);
    request.limit = 100;
    log.user(Event::RecommendationsRequested(request));
    let answer = &log.answers[0].1;
    assert!(answer.encoded_len() < EVENT_MAX_BYTES);
    assert_eq!(answer.items.len(), 100);
    assert!(!answer.items[0].factors[0].evidence[0].quote.is_empty());
    assert!(answer.items.iter().all(|i| !i.factors[0].reason.is_empty()));
}

#[test]
fn a_fold_restarted_after_every_event_has_the_same_state_and_answers() {
    let play = |restarts: bool| {
        let mut log = Log::new();
        log.restarts = restarts;
        for (n, posting) in (0..).zip(market()) {
            log.job(&posting);
            log.user(posting.seen());
            log.ask(n, u64::from(n));
        }
        log
    };
    let (straight, restarted) = (play(false), play(true));
    let bytes = postcard::to_stdvec(&straight.state).unwrap();
    assert_eq!(Some(&bytes), restarted.bytes.last());
    assert_eq!(straight.outputs, restarted.outputs);
    assert!(!straight.outputs.is_empty());
}

/// Measured on this synthetic market; real jobs have longer titles and more skills.
#[test]
fn a_job_takes_less_than_a_kilobyte_of_state() {
    let mut log = Log::new();
    let empty = postcard::to_stdvec(&log.state).unwrap().len();
    for n in 0..100 {
        let mut posting = Posting::new(&format!("Senior Data Engineer, team {n}"));
        for s in 0..12 {
            posting = posting.skill(&format!("skill{s}"), SkillTier::Must);
        }
        log.job(&posting.place("Amsterdam", "NL").posted(ON_DAY));
    }
    let per_job = (postcard::to_stdvec(&log.state).unwrap().len() - empty) / 100;
    assert!(per_job < 500, "{per_job}");
}

proptest! {
    #[test]
    fn the_order_in_which_independent_jobs_arrive_does_not_matter(
        order in Just(market()).prop_shuffle(),
    ) {
        let answer = |postings: &[Posting]| {
            let mut log = Log::new();
            postings.iter().for_each(|posting| log.job(posting));
            ranked(&mut log, 1)
        };
        prop_assert_eq!(answer(&order), answer(&market()));
    }

    #[test]
    fn every_score_is_bounded(
        months in any::<u32>(), minor in any::<i64>(), day in -40_000_i64..40_000,
        count in any::<u32>(), title in "\\PC{0,40}", locality in "\\PC{0,10}",
    ) {
        let mut log = Log::new();
        log.save(1, wishing(|wishes| {
            wishes.pay_min_minor = Some(minor.wrapping_mul(3));
            wishes.pay_currency = "EUR".to_owned();
            wishes.pay_unit = PayUnit::Hour.into();
            wishes.localities = vec![title.clone(), locality.clone()];
        }));
        let posting = Posting::new(&title)
            .months(months, ExperienceScope::Overall)
            .paid(pay(None, Some(minor), "EUR", PayUnit::Hour))
            .posted(day)
            .applicants(count, true)
            .place(&locality, "NL");
        log.job(&posting);
        for item in ranked(&mut log, 1).items {
            prop_assert!(item.score_bp <= 10_000);
            prop_assert!(item.factors.iter().all(|factor| factor.score_bp <= 10_000));
        }
    }
}
