//! One fact as people read it: what, the value, the words it was read from.

use crate::words;
use serde_json::Value;

/// One line of a fact as projections keep it.
pub fn of(fact: &Value) -> String {
    let text = |key: &str| fact[key].as_str().unwrap_or_default();
    let (what, value) = described(fact);
    let quote = match text("quote") {
        "" => "from a column".to_owned(),
        quote => format!("“{quote}”"),
    };
    let conflict = if text("state") == "CONFLICT" {
        " CONFLICT"
    } else {
        ""
    };
    // A name as wide as its column keeps a blank behind it.
    let what = format!("{what} ");
    format!(
        "{what:<12}{value:<28}{conflict} {quote}{}",
        words::rule(fact)
    )
}

/// What every fact has beside its value: where it comes from, not what it says.
pub const PROVENANCE: [&str; 7] = [
    "rule",
    "rule_version",
    "state",
    "method",
    "confidence_bp",
    "span",
    "quote",
];

type Reader = (&'static str, &'static str, fn(&Value) -> String);

/// Kinds that read better in words of their own: how they are called here, and how their value reads.
/// Any other reads as it is named.
const READERS: &[Reader] = &[
    ("employment_type", "employment", plain),
    ("work_eligibility", "eligibility", plain),
    ("language", "written in", plain),
    ("completeness", "description", plain),
    ("skill", "skill", skill),
    ("pay", "pay", pay),
    ("experience", "experience", experience),
    ("onsite_days", "on site", |days| {
        range(days, "min_per_week", "max_per_week", "days a week")
    }),
    ("applicant_location", "live in", live_in),
    ("working_time", "hours", hours),
    ("job_duration", "lasts", |time| {
        range(time, "min_months", "max_months", "months")
    }),
    ("applicants", "applicants", applicants),
    ("education", "education", education),
    ("language_requirement", "language", spoken),
    ("security_clearance", "clearance", clearance),
    ("role_family", "role", role),
    ("industry", "industry", |industry| {
        string(&industry["name"]).to_owned()
    }),
];

fn described(fact: &Value) -> (String, String) {
    let mut members = fact.as_object().into_iter().flatten();
    let value = members.find(|(name, _)| !PROVENANCE.contains(&name.as_str()));
    let Some((name, value)) = value else {
        return ("fact".to_owned(), String::new());
    };
    match READERS.iter().find(|(field, ..)| field == name) {
        Some((_, what, read)) => ((*what).to_owned(), read(value)),
        None => (name.replace('_', " "), plain(value)),
    }
}

/// Any value: words in lower case, of an object what is stated.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(_) => lower(value),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(plain).collect();
            items.join(", ")
        }
        Value::Object(members) => {
            let stated = members.iter().filter(|(_, value)| !value.is_null());
            let stated = stated.map(|(name, value)| (name.replace('_', " "), plain(value)));
            let stated: Vec<_> = stated
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            stated.join(", ")
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn lower(value: &Value) -> String {
    string(value).to_lowercase().replace('_', " ")
}

fn skill(skill: &Value) -> String {
    format!("{} ({})", string(&skill["name"]), lower(&skill["tier"]))
}

fn pay(pay: &Value) -> String {
    match string(&pay["applies_to"]) {
        "" => words::pay_of_fact(pay),
        whom => format!("{} ({whom})", words::pay_of_fact(pay)),
    }
}

fn experience(asked: &Value) -> String {
    let at_least = words::months(asked["min_months"].as_i64().unwrap_or_default());
    let of = match string(&asked["skill_id"]) {
        "" => lower(&asked["scope"]),
        skill => skill.to_owned(),
    };
    format!("{at_least} ({of})")
}

fn range(value: &Value, min: &str, max: &str, unit: &str) -> String {
    let min = &value[min];
    match &value[max] {
        Value::Null => format!("from {min} {unit}"),
        max if max == min => format!("{min} {unit}"),
        max => format!("{min}–{max} {unit}"),
    }
}

fn hours(time: &Value) -> String {
    let hours = |minutes: &Value| {
        let minutes = minutes.as_u64().unwrap_or_default();
        match minutes % 60 {
            0 => (minutes / 60).to_string(),
            rest => format!("{}:{rest:02}", minutes / 60),
        }
    };
    let min = hours(&time["min_minutes_per_week"]);
    match &time["max_minutes_per_week"] {
        Value::Null => format!("from {min} hours a week"),
        max if *max == time["min_minutes_per_week"] => format!("{min} hours a week"),
        max => format!("{min}–{} hours a week", hours(max)),
    }
}

fn live_in(location: &Value) -> String {
    if location["worldwide"] == Value::Bool(true) {
        return "anywhere".to_owned();
    }
    let codes = |field: &str| -> Vec<String> {
        let list = location[field].as_array().map(Vec::as_slice);
        let list = list.unwrap_or_default();
        list.iter().map(|code| string(code).to_owned()).collect()
    };
    let mut said = codes("countries");
    said.extend(codes("regions"));
    let zones = (&location["tz_min_minutes"], &location["tz_max_minutes"]);
    if let (Some(from), Some(to)) = (zones.0.as_i64(), zones.1.as_i64()) {
        said.push(format!("UTC{}–{}", offset(from), offset(to)));
    }
    said.join(", ")
}

fn offset(minutes: i64) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    match rest {
        0 => format!("{sign}{hours}"),
        rest => format!("{sign}{hours}:{rest:02}"),
    }
}

fn applicants(counted: &Value) -> String {
    let floor = counted["is_floor"] == Value::Bool(true);
    let at_least = if floor { "at least " } else { "" };
    format!("{at_least}{}", counted["count"])
}

fn education(asked: &Value) -> String {
    let mut said = lower(&asked["level"]);
    if asked["preferred"] == Value::Bool(true) {
        said.push_str(" (preferred)");
    }
    if asked["or_experience"] == Value::Bool(true) {
        said.push_str(" or experience");
    }
    said
}

fn spoken(asked: &Value) -> String {
    let language = string(&asked["language"]);
    match string(&asked["cefr"]) {
        "" => format!("{language} ({})", lower(&asked["tier"])),
        cefr => format!("{language} {cefr} ({})", lower(&asked["tier"])),
    }
}

fn clearance(asked: &Value) -> String {
    let name = match string(&asked["name"]) {
        "" => "government clearance",
        name => name,
    };
    if asked["obtainable"] == Value::Bool(true) {
        format!("{name} (obtainable)")
    } else {
        name.to_owned()
    }
}

fn role(family: &Value) -> String {
    match string(&family["isco08"]) {
        "" => string(&family["name"]).to_owned(),
        code => format!("{} (ISCO {code})", string(&family["name"])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_kind_of_fact_reads_like_a_sentence() {
        let cases = [
            (
                json!({"skill": {"name": "SQL", "tier": "MUST"}}),
                "SQL (must)",
            ),
            (
                json!({"working_time": {"min_minutes_per_week": 1920, "max_minutes_per_week": 2250}}),
                "32–37:30 hours a week",
            ),
            (
                json!({"applicant_location": {"countries": ["CA", "US"], "tz_min_minutes": -480,
                    "tz_max_minutes": 330}}),
                "CA, US, UTC-8–+5:30",
            ),
            (
                json!({"work_eligibility": "SPONSORSHIP_REFUSED"}),
                "sponsorship refused",
            ),
            (
                json!({"education": {"level": "BACHELOR", "or_experience": true}}),
                "bachelor or experience",
            ),
            (
                json!({"onsite_days": {"min_per_week": 3, "max_per_week": null}}),
                "from 3 days a week",
            ),
            (
                json!({"applicants": {"count": 200, "is_floor": true}}),
                "at least 200",
            ),
        ];
        for (fact, expected) in cases {
            assert_eq!(described(&fact).1, expected);
        }
    }

    #[test]
    fn a_kind_of_fact_that_nobody_has_put_into_words_is_still_said() {
        let of = |fact| described(&fact);
        let said = |what: &str, value: &str| (what.to_owned(), value.to_owned());
        let fact = json!({"rule": "x", "travel_share": {"max_percent": 20, "abroad": null}});
        assert_eq!(of(fact), said("travel share", "max percent 20"));
        let fact = json!({"quote": "x", "contract_form": "OPEN_ENDED"});
        assert_eq!(of(fact), said("contract form", "open ended"));
        assert_eq!(of(json!({"rule": "x"})), said("fact", ""));
        let line = super::of(&json!({"rule": "x", "travel_share": {"max_percent": 20}}));
        assert!(line.starts_with("travel share max percent 20"), "{line}");
    }
}
