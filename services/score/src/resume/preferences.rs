//! What the user wants: `x-jmip.preferences`.

use super::ResumeError;
use super::node::Node;

use jmip_core::event::{EmploymentType, PayUnit, Preferences, Workplace};
use jmip_core::organization;
use jmip_market::words::folded;
use serde_json::Value;

/// Most pay that is believed. Units: major units.
const AMOUNT_MAX_MAJOR: i64 = 1_000_000_000;

/// Reads preferences; a key that is not known is refused.
pub(super) fn read(node: &Node<'_>) -> Result<Preferences, ResumeError> {
    node.only(&[
        "countries",
        "localities",
        "workplaces",
        "employmentTypes",
        "payMin",
        "excludedTitleWords",
        "excludedOrganizations",
    ])?;
    let mut preferences = Preferences {
        countries: each(node, "countries", country)?,
        localities: each(node, "localities", some_text)?,
        workplaces: each(node, "workplaces", workplace)?,
        employment_types: each(node, "employmentTypes", employment_type)?,
        excluded_title_words: each(node, "excludedTitleWords", |n| {
            not_empty(n, folded(&n.text()?))
        })?,
        excluded_organizations: each(node, "excludedOrganizations", |n| {
            not_empty(n, organization::key(&n.text()?))
        })?,
        ..Default::default()
    };
    if let Some(pay) = node.get("payMin") {
        pay.only(&["amount", "currency", "unit"])?;
        preferences.pay_min_minor = Some(minor_units(&required(&pay, "amount")?)?);
        preferences.pay_currency = currency(&required(&pay, "currency")?)?;
        preferences.pay_unit = pay_unit(&required(&pay, "unit")?)?.into();
    }
    Ok(preferences)
}

fn each<T: PartialEq>(
    node: &Node<'_>,
    key: &str,
    read: impl Fn(&Node<'_>) -> Result<T, ResumeError>,
) -> Result<Vec<T>, ResumeError> {
    let mut all = vec![];
    for entry in node.list_of(key)? {
        let value = read(&entry)?;
        if !all.contains(&value) {
            all.push(value);
        }
    }
    Ok(all)
}

fn required<'a>(node: &Node<'a>, key: &str) -> Result<Node<'a>, ResumeError> {
    node.get(key)
        .ok_or_else(|| node.wrong(&format!("{key} is missing")))
}

fn some_text(node: &Node<'_>) -> Result<String, ResumeError> {
    not_empty(node, node.text()?)
}

fn not_empty(node: &Node<'_>, text: String) -> Result<String, ResumeError> {
    if text.is_empty() {
        return Err(node.wrong("is empty"));
    }
    Ok(text)
}

fn country(node: &Node<'_>) -> Result<String, ResumeError> {
    letters(node, 2, "expected an ISO 3166-1 alpha-2 code such as NL")
}

fn currency(node: &Node<'_>) -> Result<String, ResumeError> {
    letters(node, 3, "expected an ISO 4217 code such as EUR")
}

fn letters(node: &Node<'_>, count: usize, expected: &str) -> Result<String, ResumeError> {
    let text = node.text()?;
    if text.len() != count || !text.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Err(node.wrong(expected));
    }
    Ok(text.to_ascii_uppercase())
}

/// `full-time`, `Full time` and `FULL_TIME` are one word.
fn word(node: &Node<'_>) -> Result<String, ResumeError> {
    Ok(folded(&node.text()?).replace(' ', "_"))
}

fn workplace(node: &Node<'_>) -> Result<i32, ResumeError> {
    let workplace = match word(node)?.as_str() {
        "onsite" | "on_site" => Workplace::Onsite,
        "hybrid" => Workplace::Hybrid,
        "remote" => Workplace::Remote,
        _ => return Err(node.wrong("expected onsite, hybrid or remote")),
    };
    Ok(workplace.into())
}

fn employment_type(node: &Node<'_>) -> Result<i32, ResumeError> {
    let kind = match word(node)?.as_str() {
        "full_time" | "fulltime" => EmploymentType::FullTime,
        "part_time" | "parttime" => EmploymentType::PartTime,
        "contractor" | "contract" | "freelance" => EmploymentType::Contractor,
        "temporary" => EmploymentType::Temporary,
        "intern" | "internship" => EmploymentType::Intern,
        "volunteer" => EmploymentType::Volunteer,
        "per_diem" => EmploymentType::PerDiem,
        _ => {
            let known =
                "FULL_TIME, PART_TIME, CONTRACTOR, TEMPORARY, INTERN, VOLUNTEER or PER_DIEM";
            return Err(node.wrong(&format!("expected one of {known}")));
        }
    };
    Ok(kind.into())
}

fn pay_unit(node: &Node<'_>) -> Result<PayUnit, ResumeError> {
    match word(node)?.as_str() {
        "hour" => Ok(PayUnit::Hour),
        "day" => Ok(PayUnit::Day),
        "week" => Ok(PayUnit::Week),
        "month" => Ok(PayUnit::Month),
        "year" => Ok(PayUnit::Year),
        _ => Err(node.wrong("expected HOUR, DAY, WEEK, MONTH or YEAR")),
    }
}

/// An amount in major units, as a number or a text, with at most two decimals that say something.
fn minor_units(node: &Node<'_>) -> Result<i64, ResumeError> {
    let text = match node.value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return Err(node.wrong("expected a number")),
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let decimals = decimals.trim_end_matches('0');
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let major = whole.parse::<i64>().ok().filter(|_| digits(whole));
    match (major, decimals.len()) {
        (Some(major @ 0..=AMOUNT_MAX_MAJOR), 0..=2) if digits(decimals) => {
            let cents = format!("{decimals:0<2}").parse::<i64>();
            let minor = major * 100 + cents.expect("two digits are a number");
            if minor == 0 {
                return Err(node.wrong("expected more than 0"));
            }
            Ok(minor)
        }
        _ => Err(node.wrong("expected an amount such as 65000 or 31.50, at most 1000000000")),
    }
}
