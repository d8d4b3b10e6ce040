//! What people write into a résumé, and what becomes of it.

use super::*;
use jmip_core::event::{EmploymentType, PayUnit, Workplace};
use proptest::prelude::*;

fn known(name: &str) -> Option<(String, String)> {
    match name.to_lowercase().as_str() {
        "postgres" | "postgresql" => Some(("postgresql".into(), "PostgreSQL".into())),
        "k8s" | "kubernetes" => Some(("kubernetes".into(), "Kubernetes".into())),
        _ => None,
    }
}

fn read(json: &str) -> Result<Profile, ResumeError> {
    import(json.as_bytes(), "2024-09-07", &known)
}

fn months(work: &str) -> u32 {
    read(&format!("{{\"work\": {work}}}"))
        .unwrap()
        .experience_months
}

fn refusal(json: &str) -> String {
    read(json).unwrap_err().to_string()
}

#[test]
fn the_example_is_a_whole_profile() {
    let json = include_bytes!("../../examples/profile.json");
    let profile = import(json, "2024-09-07", &known).unwrap();
    assert_eq!(profile.headline, "Data and Platform Engineer");
    assert!(profile.skills.len() >= 10);
    assert_eq!(profile.experience_months, 81);
    assert!(profile.portfolio.len() >= 3);
    let wishes = profile.preferences.unwrap();
    assert_eq!(wishes.countries, ["NL"]);
    assert_eq!(wishes.pay_unit, i32::from(PayUnit::Year));
}

#[test]
fn the_example_in_the_manual_works() {
    let manual = include_str!("../../PROFILE.md");
    let json = manual.split("```json").nth(1).unwrap();
    let profile = read(json.split("```").next().unwrap()).unwrap();
    assert_eq!(profile.skills.len(), 4);
    assert_eq!(profile.preferences.unwrap().localities, ["Utrecht"]);
}

#[test]
fn skills_are_the_dictionarys_else_the_folded_name_each_once() {
    let profile = read(
        r#"{"skills": [{"name": "Databases", "keywords": ["Postgres", "PostgreSQL", " Duck  DB"]},
            {"name": "k8s"}, {"keywords": [""]}]}"#,
    )
    .unwrap();
    let ids: Vec<_> = profile.skills.iter().map(|s| s.skill_id.as_str()).collect();
    assert_eq!(ids, ["databases", "postgresql", "duck db", "kubernetes"]);
    assert_eq!(profile.skills[1].name, "Postgres");
}

#[test]
fn jobs_held_at_the_same_time_count_once() {
    for (work, expected) in [
        (
            r#"[{"startDate": "2020-01-15", "endDate": "2020-12-31"}]"#,
            12,
        ),
        (r#"[{"startDate": "2020", "endDate": "2021"}]"#, 24),
        (
            r#"[{"startDate": "2020-01", "endDate": "2020-06"},
             {"startDate": "2020-04", "endDate": "2020-09"}]"#,
            9,
        ),
        (
            r#"[{"startDate": "2020-01", "endDate": "2020-12"},
             {"startDate": "2020-03", "endDate": "2020-04"}]"#,
            12,
        ),
        (
            r#"[{"startDate": "2020-01", "endDate": "2020-02"},
             {"startDate": "2019-01", "endDate": "2019-02"}]"#,
            4,
        ),
        (r#"[{"startDate": "2024-07"}]"#, 3),
        (r#"[{"startDate": "2024-07", "endDate": ""}]"#, 3),
        (r#"[{"startDate": "2024-07", "endDate": "2030-01"}]"#, 3),
        (r#"[{"startDate": "2025-01"}]"#, 0),
        (r#"[{"endDate": "2020-01"}]"#, 0),
        ("[]", 0),
    ] {
        assert_eq!(months(work), expected, "{work}");
    }
}

#[test]
fn projects_and_own_items_are_portfolio_items_with_unique_ids() {
    let profile = read(
        r#"{"projects": [{"name": "Köln Pipeline!", "description": "d", "url": "u",
                          "keywords": ["k8s", "K8S", "Go"]}, {"name": "***"}],
            "x-jmip": {"portfolio": [{"title": "Koln Pipeline", "skills": ["Postgres"]}]}}"#,
    )
    .unwrap();
    let ids: Vec<_> = profile.portfolio.iter().map(|i| &*i.item_id).collect();
    assert_eq!(ids, ["koln-pipeline", "koln-pipeline-2", "item"]);
    assert_eq!(profile.portfolio[0].skill_ids, ["postgresql"]);
    assert_eq!(profile.portfolio[1].skill_ids, ["kubernetes", "go"]);
    assert_eq!(profile.portfolio[1].summary, "d");
}

#[test]
fn long_titles_still_give_ids_that_fit() {
    let title = "x".repeat(200);
    let item = format!("{{\"title\": \"{title}\"}}");
    let json = format!("{{\"x-jmip\": {{\"portfolio\": [{item}, {item}]}}}}");
    for item in read(&json).unwrap().portfolio {
        assert_eq!(item.item_id.len(), 64);
    }
}

#[test]
fn wishes_are_read_however_they_are_spelt() {
    let wishes = read(
        r#"{"x-jmip": {"preferences": {"countries": ["nl", "NL"], "localities": ["Den Haag"],
            "workplaces": ["Remote", "on-site"], "employmentTypes": ["full-time", "CONTRACTOR"],
            "payMin": {"amount": 31.5, "currency": "eur", "unit": "HOUR"},
            "excludedTitleWords": ["Stage", "Vice-President"],
            "excludedOrganizations": ["Acme Holding B.V."]}}}"#,
    )
    .unwrap()
    .preferences
    .unwrap();
    assert_eq!(wishes.countries, ["NL"]);
    assert_eq!(
        wishes.workplaces,
        [Workplace::Remote as i32, Workplace::Onsite as i32]
    );
    let types = [
        EmploymentType::FullTime as i32,
        EmploymentType::Contractor as i32,
    ];
    assert_eq!(wishes.employment_types, types);
    assert_eq!(
        (wishes.pay_min_minor, &*wishes.pay_currency),
        (Some(3150), "EUR")
    );
    assert_eq!(wishes.excluded_title_words, ["stage", "vice president"]);
    assert_eq!(wishes.excluded_organizations, ["acme holding"]);
}

#[test]
fn a_wrong_value_is_refused_by_its_path_and_reason() {
    for (json, expected) in [
        ("[]", "document: expected an object"),
        ("{", "not JSON: EOF"),
        (r#"{"skills": {}}"#, "skills: expected a list"),
        (
            r#"{"skills": [{"keywords": [1]}]}"#,
            "skills[0].keywords[0]: expected a text",
        ),
        (
            r#"{"basics": {"label": "a\u0000b"}}"#,
            "basics.label: contains a NUL",
        ),
        (
            r#"{"work": [{}, {"startDate": "June"}]}"#,
            "work[1].startDate: expected a date",
        ),
        (
            r#"{"work": [{"startDate": "2020", "endDate": "2019"}]}"#,
            "work[0]: endDate lies before",
        ),
        (r#"{"projects": [{}]}"#, "projects[0]: name is missing"),
        (
            r#"{"x-jmip": {"wishes": {}}}"#,
            "x-jmip: unknown key \"wishes\"; known are",
        ),
        (
            r#"{"x-jmip": {"preferences": {"country": []}}}"#,
            "x-jmip.preferences: unknown key",
        ),
        (
            r#"{"x-jmip": {"preferences": {"countries": ["Holland"]}}}"#,
            "x-jmip.preferences.countries[0]: expected an ISO 3166-1",
        ),
        (
            r#"{"x-jmip": {"preferences": {"workplaces": ["home"]}}}"#,
            "workplaces[0]: expected onsite, hybrid or remote",
        ),
        (
            r#"{"x-jmip": {"preferences": {"payMin": {"amount": 1}}}}"#,
            "payMin: currency is missing",
        ),
        (
            r#"{"x-jmip": {"preferences": {"payMin": {"amount": -1}}}}"#,
            "payMin.amount: expected an amount",
        ),
        (
            r#"{"x-jmip": {"preferences": {"payMin": {"amount": "1.005"}}}}"#,
            "payMin.amount: expected an amount",
        ),
        (
            r#"{"x-jmip": {"preferences": {"excludedTitleWords": ["!"]}}}"#,
            "excludedTitleWords[0]: is empty",
        ),
    ] {
        let refusal = refusal(json);
        assert!(refusal.contains(expected), "{json}: {refusal}");
    }
    let too_large = vec![b' '; SIZE_MAX_BYTES + 1];
    assert!(matches!(
        import(&too_large, "2024-09-07", &known),
        Err(ResumeError::TooLarge(_))
    ));
    assert!(matches!(
        import(b"{}", "today", &known),
        Err(ResumeError::NoDate(_))
    ));
}

#[test]
fn what_must_not_decide_is_not_read() {
    let with = read(
        r#"{"basics": {"label": "Cook", "name": "A", "image": "i.png", "location": {"city": "X"},
            "birthDate": "1960-01-01", "gender": "f", "nationality": "NL"},
            "languages": [{"language": "Dutch"}], "interests": [{"name": "church"}]}"#,
    );
    assert_eq!(with, read(r#"{"basics": {"label": "Cook"}}"#));
}

proptest! {
    #[test]
    fn any_bytes_are_a_profile_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = import(&bytes, "2024-09-07", &known);
    }

    #[test]
    fn any_amount_and_date_is_read_or_refused(amount in "\\PC{0,12}", date in "[0-9x-]{0,12}") {
        let amount = serde_json::Value::String(amount);
        let pay = format!("{{\"amount\": {amount}, \"currency\": \"EUR\", \"unit\": \"YEAR\"}}");
        let work = format!("[{{\"startDate\": \"{date}\", \"endDate\": \"{date}\"}}]");
        let _ = read(&format!(
            "{{\"work\": {work}, \"x-jmip\": {{\"preferences\": {{\"payMin\": {pay}}}}}}}"
        ));
    }
}
