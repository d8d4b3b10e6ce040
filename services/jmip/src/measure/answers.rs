//! What the rules read out of one posting, in the terms of labelled postings: one value per
//! question, null where the posting does not say.

use jmip_core::event::fact::Value;
use jmip_core::event::{
    ApplicantLocation, Applicants, Benefit, CefrLevel, Completeness, EducationLevel,
    EmploymentType, Experience, ExperienceScope, Fact, JobDuration, OnsiteDays, Pay, Seniority,
    Skill, SkillKind, SkillTier, WorkEligibility, WorkingTime, Workplace,
};
use jmip_enrich::{CLEARANCE_REQUIRED_MIN_BP, Rules};
use jmip_market::headline;
use serde_json::{Value as Json, json};

/// Answers every question from the facts of one posting.
///
/// Shape: an object; where several facts answer one question, pay, workplace and experience are
/// those of the headline; of all else the most trusted one counts, of equally trusted ones the
/// first. The `_all` list keeps every one, of pay the headline first.
pub fn of(rules: &Rules, facts: &[Fact]) -> Json {
    let pays: Vec<Json> = headline::pays(facts)
        .into_iter()
        .map(|(fact, pay)| pay_fields(pay, fact))
        .collect();
    let demands = headline::experiences(facts);
    let places = headline::workplaces(facts);
    json!({
        "pay": pays.first(),
        "pay_all": pays,
        "experience_months": demands.first().map(|(fact, asked)| months(asked, fact)),
        "experience_all": all(facts, experience),
        "workplace": places.first().map(|(_, place)| workplace(*place)),
        "onsite_days": lead(facts, onsite_days),
        "applicant_location": lead(facts, applicant_location),
        "seniority": lead(facts, seniority),
        "employment_type": employment_types(facts),
        "working_time": lead(facts, working_time),
        "job_duration": lead(facts, job_duration),
        "applicants": lead(facts, applicants),
        "education": lead(facts, education),
        "language_requirements": all(facts, spoken),
        "sponsorship": lead(facts, sponsorship),
        "clearance_required": !all(facts, clearance).is_empty(),
        "benefits": all(facts, benefit),
        "role_family": lead(facts, role_family),
        "industry": lead(facts, industry),
        "language": lead(facts, language),
        "completeness": lead(facts, completeness),
        "skills": all(facts, |fact| skill(rules, fact, false)),
        "concepts": all(facts, |fact| skill(rules, fact, true)),
    })
}

fn all(facts: &[Fact], read: impl Fn(&Fact) -> Option<Json>) -> Vec<Json> {
    facts.iter().filter_map(read).collect()
}

/// The most trusted fact of a kind; of equally trusted ones the first.
fn lead(facts: &[Fact], read: fn(&Fact) -> Option<Json>) -> Json {
    facts
        .iter()
        .filter_map(|fact| Some((fact.confidence_bp, read(fact)?)))
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map_or(Json::Null, |(_, value)| value)
}

/// The name of an enum value without its prefix, null for the unspecified one.
fn word(name: &'static str, prefix: &str) -> Json {
    match name.trim_start_matches(prefix) {
        "UNSPECIFIED" => Json::Null,
        word => json!(word),
    }
}

fn stated(text: &str) -> Json {
    if text.is_empty() {
        Json::Null
    } else {
        json!(text)
    }
}

fn pay_fields(pay: &Pay, fact: &Fact) -> Json {
    json!({
        "min_minor": pay.min_minor,
        "max_minor": pay.max_minor,
        "currency": stated(&pay.currency),
        "unit": word(pay.unit().as_str_name(), "PAY_UNIT_"),
        "currency_evidence": stated(&pay.currency_evidence),
        "applies_to": stated(&pay.applies_to),
        "quote": fact.quote,
    })
}

fn months(asked: &Experience, fact: &Fact) -> Json {
    json!({ "min": asked.min_months, "max": asked.max_months, "quote": fact.quote })
}

fn experience(fact: &Fact) -> Option<Json> {
    let Some(Value::Experience(asked)) = &fact.value else {
        return None;
    };
    let scope = ExperienceScope::as_str_name(&asked.scope());
    let mut object = months(asked, fact);
    object["scope"] = json!(scope.trim_start_matches("EXPERIENCE_SCOPE_").to_lowercase());
    object["skill_id"] = stated(&asked.skill_id);
    Some(object)
}

fn workplace(place: Workplace) -> Json {
    word(place.as_str_name(), "WORKPLACE_")
}

fn onsite_days(fact: &Fact) -> Option<Json> {
    match &fact.value {
        Some(Value::OnsiteDays(OnsiteDays {
            min_per_week,
            max_per_week,
        })) => Some(json!({ "min": min_per_week, "max": max_per_week })),
        _ => None,
    }
}

fn applicant_location(fact: &Fact) -> Option<Json> {
    match &fact.value {
        Some(Value::ApplicantLocation(ApplicantLocation {
            worldwide,
            countries,
            regions,
            tz_min_minutes,
            tz_max_minutes,
        })) => Some(json!({
            "worldwide": worldwide,
            "countries": countries,
            "regions": regions,
            "tz_min_minutes": tz_min_minutes,
            "tz_max_minutes": tz_max_minutes,
        })),
        _ => None,
    }
}

fn seniority(fact: &Fact) -> Option<Json> {
    let Some(Value::Seniority(level)) = fact.value else {
        return None;
    };
    let level = Seniority::try_from(level).ok()?;
    Some(word(level.as_str_name(), "SENIORITY_"))
}

fn employment_types(facts: &[Fact]) -> Vec<&'static str> {
    let mut types: Vec<&str> = facts
        .iter()
        .filter_map(|fact| match fact.value {
            Some(Value::EmploymentType(kind)) => EmploymentType::try_from(kind).ok(),
            _ => None,
        })
        .map(|kind| kind.as_str_name().trim_start_matches("EMPLOYMENT_TYPE_"))
        .collect();
    types.sort_unstable();
    types.dedup();
    types
}

fn working_time(fact: &Fact) -> Option<Json> {
    match &fact.value {
        Some(Value::WorkingTime(WorkingTime {
            min_minutes_per_week,
            max_minutes_per_week,
        })) => Some(json!({
            "min_minutes_per_week": min_minutes_per_week,
            "max_minutes_per_week": max_minutes_per_week,
        })),
        _ => None,
    }
}

fn job_duration(fact: &Fact) -> Option<Json> {
    match &fact.value {
        Some(Value::JobDuration(JobDuration {
            min_months,
            max_months,
        })) => Some(json!({ "min_months": min_months, "max_months": max_months })),
        _ => None,
    }
}

fn applicants(fact: &Fact) -> Option<Json> {
    match &fact.value {
        Some(Value::Applicants(Applicants { count, is_floor })) => {
            Some(json!({ "n": count, "is_floor": is_floor }))
        }
        _ => None,
    }
}

/// The lowest level that is required; labels know no vocational one.
fn education(fact: &Fact) -> Option<Json> {
    match &fact.value {
        Some(Value::Education(asked)) if !asked.preferred => match asked.level() {
            EducationLevel::Vocational => None,
            level => Some(word(level.as_str_name(), "EDUCATION_LEVEL_")),
        },
        _ => None,
    }
}

fn spoken(fact: &Fact) -> Option<Json> {
    let Some(Value::LanguageRequirement(asked)) = &fact.value else {
        return None;
    };
    Some(json!({
        "language": asked.language,
        "cefr": word(CefrLevel::as_str_name(&asked.cefr()), "CEFR_LEVEL_"),
        "tier": word(SkillTier::as_str_name(&asked.tier()), "SKILL_TIER_"),
    }))
}

/// Labels call it a refusal too when only citizens may apply, and nothing when one must merely be
/// authorised.
fn sponsorship(fact: &Fact) -> Option<Json> {
    let Some(Value::WorkEligibility(said)) = fact.value else {
        return None;
    };
    match WorkEligibility::try_from(said).ok()? {
        WorkEligibility::SponsorshipOffered => Some(json!("OFFERED")),
        WorkEligibility::SponsorshipRefused | WorkEligibility::CitizenshipRequired => {
            Some(json!("REFUSED"))
        }
        WorkEligibility::AuthorizationRequired | WorkEligibility::Unspecified => None,
    }
}

/// A clearance that is only wished for is not required.
fn clearance(fact: &Fact) -> Option<Json> {
    match &fact.value {
        Some(Value::SecurityClearance(asked))
            if fact.confidence_bp >= CLEARANCE_REQUIRED_MIN_BP =>
        {
            Some(stated(&asked.name))
        }
        _ => None,
    }
}

fn benefit(fact: &Fact) -> Option<Json> {
    let Some(Value::Benefit(offered)) = fact.value else {
        return None;
    };
    let offered = Benefit::try_from(offered).ok()?;
    Some(word(offered.as_str_name(), "BENEFIT_"))
}

fn role_family(fact: &Fact) -> Option<Json> {
    let Some(Value::RoleFamily(family)) = &fact.value else {
        return None;
    };
    Some(json!({
        "family_id": family.family_id,
        "isco08": stated(&family.isco08),
        "onet_soc": stated(&family.onet_soc),
    }))
}

fn industry(fact: &Fact) -> Option<Json> {
    match &fact.value {
        Some(Value::Industry(industry)) => Some(json!({ "nace": industry.nace })),
        _ => None,
    }
}

fn language(fact: &Fact) -> Option<Json> {
    match &fact.value {
        Some(Value::Language(language)) => Some(stated(language)),
        _ => None,
    }
}

fn completeness(fact: &Fact) -> Option<Json> {
    let Some(Value::Completeness(said)) = fact.value else {
        return None;
    };
    let said = Completeness::try_from(said).ok()?;
    Some(word(said.as_str_name(), "COMPLETENESS_"))
}

/// Named things and concepts apart: labels list the named ones whole, concepts only as met.
fn skill(rules: &Rules, fact: &Fact, concepts: bool) -> Option<Json> {
    let Some(Value::Skill(skill)) = &fact.value else {
        return None;
    };
    (is_concept(rules, skill) == concepts).then(|| {
        json!({
            "id": skill.skill_id,
            "canonical": skill.name,
            "surface": fact.quote,
            "tier": word(SkillTier::as_str_name(&skill.tier()), "SKILL_TIER_"),
        })
    })
}

fn is_concept(rules: &Rules, skill: &Skill) -> bool {
    match skill.kind() {
        SkillKind::Unspecified => rules
            .skills()
            .skills()
            .any(|(id, _, kind)| id == skill.skill_id && kind == "concept"),
        kind => kind == SkillKind::Concept,
    }
}
