//! Skills: how much of what the job asks for the profile has, and whether the title is what the
//! profile looks for.

use super::{Explained, Factor, Severity, column, mix};
use crate::ask::{Ask, Candidate};
use crate::facts::SkillAsked;
use crate::policy::{FULL_BP, SkillsPolicy};
use crate::words::{find, is_same_word};
use jmip_core::event::{Evidence, SkillTier, Span, TextField};

pub(crate) const FACTOR: Factor = Factor { score, explain };

struct Reading {
    /// Required skills: had, asked.
    required: (usize, usize),
    /// All skills: had, asked.
    all: (usize, usize),
    coverage_bp: u32,
    title: TitleMatch,
}

/// How well the title answers the headline.
#[derive(Default)]
struct TitleMatch {
    score_bp: u32,
    /// Words of the title that did it, as bytes.
    spans: Vec<(usize, usize)>,
}

fn score(ask: &Ask<'_>, job: &Candidate<'_>) -> u32 {
    let reading = reading(ask, job);
    let share = ask.policy.skills.title_share_bp;
    mix(share, reading.title.score_bp, reading.coverage_bp)
}

fn reading(ask: &Ask<'_>, job: &Candidate<'_>) -> Reading {
    let policy = &ask.policy.skills;
    let mut reading = Reading {
        required: (0, 0),
        all: (0, 0),
        coverage_bp: 0,
        title: title_match(ask, job),
    };
    let mut weight_all = policy.prior_weight;
    let mut weight_had = policy.prior_weight * policy.prior_bp;
    for asked in &job.revision.facts.skills {
        let has = usize::from(has(ask, job, asked));
        let weight = weight(policy, asked.tier);
        weight_all += weight;
        weight_had += weight * FULL_BP * u32::try_from(has).expect("it is 0 or 1");
        reading.all = (reading.all.0 + has, reading.all.1 + 1);
        if asked.tier == i32::from(SkillTier::Must) {
            reading.required = (reading.required.0 + has, reading.required.1 + 1);
        }
    }
    reading.coverage_bp = weight_had / weight_all;
    reading
}

fn explain(ask: &Ask<'_>, job: &Candidate<'_>) -> Explained {
    let reading = reading(ask, job);
    let mut explained = Explained {
        reason: reason(job, &reading),
        ..Default::default()
    };
    for asked in &job.revision.facts.skills {
        let name = job.names.get(asked.name);
        let tier = tier_name(asked.tier);
        if has(ask, job, asked) {
            let text = format!("{name} ({tier})");
            let evidence = asked.source.evidence(job.names, text);
            explained.evidence.push(evidence);
        } else {
            let text = format!("{name} ({tier}) is not in the profile");
            let severity = if asked.tier == i32::from(SkillTier::Must) {
                Severity::RequiredSkill
            } else {
                Severity::OtherSkill
            };
            let gap = (severity, asked.source.evidence(job.names, text));
            explained.gaps.push(gap);
        }
    }
    if !reading.title.spans.is_empty() {
        let at = explained.evidence.len().min(3);
        explained
            .evidence
            .insert(at, title_evidence(job, &reading.title));
    }
    explained
}

fn reason(job: &Candidate<'_>, reading: &Reading) -> String {
    let skills = match (reading.all, reading.required) {
        ((_, 0), _) if job.revision.has_description => {
            "the posting names no known skill".to_owned()
        }
        ((_, 0), _) => "the posting has no description to read skills from".to_owned(),
        ((had, all), (_, 0)) => {
            format!("the profile has {had} of {all} skills named, none of them marked as required")
        }
        ((had, all), (required_had, required)) => format!(
            "the profile has {required_had} of {required} required skills and {had} of {all} in all"
        ),
    };
    let title = match reading.title.score_bp {
        FULL_BP.. => "the title is what the headline looks for",
        1.. => "the title answers part of the headline",
        0 => "the title has nothing of the headline",
    };
    format!("{skills}; {title}.")
}

fn has(ask: &Ask<'_>, job: &Candidate<'_>, asked: &SkillAsked) -> bool {
    ask.skills.contains(job.names.get(asked.skill))
}

/// How much a tier weighs.
pub(crate) fn weight(policy: &SkillsPolicy, tier: i32) -> u32 {
    match SkillTier::try_from(tier) {
        Ok(SkillTier::Must) => policy.must_weight,
        Ok(SkillTier::Nice) => policy.nice_weight,
        _ => policy.context_weight,
    }
}

fn tier_name(tier: i32) -> &'static str {
    match SkillTier::try_from(tier) {
        Ok(SkillTier::Must) => "must",
        Ok(SkillTier::Nice) => "nice to have",
        _ => "mentioned",
    }
}

fn title_match(ask: &Ask<'_>, job: &Candidate<'_>) -> TitleMatch {
    let policy = &ask.policy.title;
    let mut matched = TitleMatch::default();
    let (mut weight_all, mut weight_found) = (0_u32, 0_u32);
    for (word, weight) in &ask.headline {
        weight_all = weight_all.saturating_add(*weight);
        if let Some(hit) = job.title.iter().find(|w| is_same_word(&w.folded, word)) {
            weight_found = weight_found.saturating_add(*weight);
            matched.spans.push((hit.start, hit.end));
        }
    }
    let full = weight_all.min(policy.full_weight);
    matched.score_bp = (weight_found.min(full) * FULL_BP)
        .checked_div(full)
        .unwrap_or(0);
    let skills = ask.skill_phrases.iter();
    let in_title: Vec<_> = skills.filter_map(|p| find(&job.title, p)).collect();
    let read_in_title = job.revision.facts.skills.iter();
    let has_skill = !in_title.is_empty()
        || read_in_title
            .filter(|asked| asked.source.is_in_title())
            .any(|asked| has(ask, job, asked));
    if has_skill {
        matched.score_bp = matched.score_bp.max(policy.skill_in_title_bp);
    }
    matched.spans.extend(in_title);
    matched.spans.sort_unstable();
    matched.spans.dedup();
    matched
}

/// The part of the title from the first word that matched to the last.
fn title_evidence(job: &Candidate<'_>, matched: &TitleMatch) -> Evidence {
    let start = matched.spans.iter().map(|span| span.0).min().unwrap_or(0);
    let end = matched.spans.iter().map(|span| span.1).max().unwrap_or(0);
    let quote = &job.revision.title[start..end];
    title_span(format!("title says \"{quote}\""), (start, end), quote)
}

/// Evidence from words of the title.
pub(super) fn title_span(text: String, (start, end): (usize, usize), quote: &str) -> Evidence {
    let offset = |at: usize| u32::try_from(at).expect("a title is kept to 300 bytes");
    Evidence {
        quote: quote.to_owned(),
        span: Some(Span {
            field: TextField::Title.into(),
            start: offset(start),
            end: offset(end),
        }),
        ..column(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Posting, assess, profile};
    use crate::policy::FactorName;
    use SkillTier::{Context, Must, Nice};
    use proptest::prelude::*;

    fn score_of(posting: &Posting) -> u32 {
        assess(&profile(), posting, FactorName::Skills).0
    }

    #[test]
    fn a_better_match_scores_higher() {
        let ascending = [
            Posting::new("Barista")
                .skill("latte", Must)
                .skill("cash", Must),
            Posting::new("Barista"),
            Posting::new("Barista").skill("sql", Context),
            Posting::new("Barista").skill("sql", Must),
            Posting::new("Sales Engineer").skill("sql", Must),
            Posting::new("Data Analyst").skill("sql", Must),
            Posting::new("Data Engineer").skill("sql", Must),
            Posting::new("Data Engineer")
                .skill("sql", Must)
                .skill("rust", Nice),
            Posting::new("Data Engineer")
                .skill("sql", Must)
                .skill("rust", Must),
        ];
        let scores: Vec<_> = ascending.iter().map(score_of).collect();
        assert!(scores.is_sorted_by(|a, b| a < b), "{scores:?}");
    }

    #[test]
    fn a_job_that_names_no_skill_is_below_the_middle() {
        assert!(score_of(&Posting::new("Barista")) < 2000);
        let (_, explained) = assess(&profile(), &Posting::new("Barista"), FactorName::Skills);
        let reason = "the posting names no known skill; the title has nothing of the headline.";
        assert_eq!(explained.reason, reason);
    }

    #[test]
    fn a_skill_in_the_title_stands_in_for_the_headline() {
        let with = score_of(&Posting::new("Rust wizard"));
        assert!(with > score_of(&Posting::new("Go wizard")));
        assert!(with < score_of(&Posting::new("Data Engineer")));
    }

    #[test]
    fn endings_level_words_and_order_of_the_title_do_not_matter() {
        let plain = score_of(&Posting::new("Data Engineer"));
        for title in [
            "Engineer - Data (m/v)",
            "DATA ENGINEERING",
            "Junior data engineer II",
        ] {
            assert_eq!(score_of(&Posting::new(title)), plain, "{title}");
        }
    }

    #[test]
    fn what_is_had_is_evidence_and_what_is_missing_is_a_gap() {
        let posting = Posting::new("Data Engineer")
            .skill("kafka", Nice)
            .skill("rust", Must)
            .skill("go", Must);
        let (_, explained) = assess(&profile(), &posting, FactorName::Skills);
        assert_eq!(
            explained.reason,
            "the profile has 1 of 2 required skills and 1 of 3 in all; the title is what the \
             headline looks for."
        );
        let evidence: Vec<_> = explained.evidence.iter().map(|e| &*e.text).collect();
        assert_eq!(evidence, ["RUST (must)", "title says \"Data Engineer\""]);
        assert_eq!(explained.evidence[0].quote, "word10");
        assert_eq!(explained.evidence[0].rule, "rule");
        let gaps: Vec<_> = explained.gaps.iter().map(|(s, e)| (*s, &*e.text)).collect();
        assert_eq!(
            gaps[0],
            (Severity::RequiredSkill, "GO (must) is not in the profile")
        );
        assert_eq!(gaps[1].0, Severity::OtherSkill);
    }

    #[test]
    fn a_skill_named_twice_counts_once_the_strongest_way() {
        let twice = Posting::new("x").skill("go", Context).skill("go", Must);
        assert_eq!(
            score_of(&twice),
            score_of(&Posting::new("x").skill("go", Must))
        );
    }

    fn tier() -> impl Strategy<Value = SkillTier> {
        prop_oneof![Just(Must), Just(Nice), Just(Context)]
    }

    proptest! {
        #[test]
        fn one_more_skill_that_is_had_never_lowers_the_score(
            others in proptest::collection::vec(("[a-f]", tier()), 0..20),
            more in tier(),
        ) {
            let mut posting = Posting::new("Engineer");
            for (skill, tier) in others {
                posting = posting.skill(&skill, tier);
            }
            let before = score_of(&posting);
            let after = score_of(&posting.skill("rust", more));
            prop_assert!(before <= after && after <= FULL_BP, "{before} {after}");
        }

        #[test]
        fn learning_a_skill_that_is_asked_never_lowers_the_score(
            asked in proptest::collection::vec(("[a-f]", tier()), 1..20),
        ) {
            let mut posting = Posting::new("Engineer");
            for (skill, tier) in &asked {
                posting = posting.skill(skill, *tier);
            }
            let mut learned = profile();
            learned.skills[0].skill_id.clone_from(&asked[0].0);
            let after = assess(&learned, &posting, FactorName::Skills).0;
            prop_assert!(score_of(&posting) <= after);
        }
    }
}
