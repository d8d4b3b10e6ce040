//! Reads base pay from title and description: amounts with bounds, currency and period; holds it
//! against what the record's columns say.
//!
//! A number is pay when a currency, a period or a label says so and the words around it do not
//! name other money (funding, revenue, benefits, bonus, equity). The first plausible one leads;
//! further ones (zones, levels) follow with less trust and with the words that say whom they are
//! for. Source of the words: `knowledge/pay.toml`.

mod candidate;
mod column;
mod currency;
mod evidence;
mod level;
mod offer;
mod read;
mod words;

use crate::amounts::{Amount, amounts};
use crate::reading::{Reading, Text};
use crate::rule::{Finding, KnowledgeFile, Rule};
use candidate::Candidate;
use jmip_core::event::fact::Value;
use offer::{Offer, text_of};
use words::Words;

/// The rule.
pub const RULE: Rule = Rule {
    name: "pay_in_text",
    version: 4,
    compile: |knowledge| {
        knowledge.covers(jmip_core::currency::TABLE);
        knowledge.rule(FILE, Words::new, apply)
    },
};

const FILE: KnowledgeFile = KnowledgeFile {
    name: "pay.toml",
    text: include_str!("../../knowledge/pay.toml"),
};

/// Most facts of one posting: zones and levels; more is a price list.
const FACTS_MAX: usize = 8;

fn apply(words: &Words, reading: &Reading<'_>) -> Vec<Finding> {
    let mut found: Vec<Offer> = Vec::new();
    for text in [&reading.title, &reading.description] {
        for offer in offers(words, reading, text) {
            if found.len() < FACTS_MAX && !found.iter().any(|known| known.pay == offer.pay) {
                found.push(offer);
            }
        }
    }
    rank(&mut found);
    if found.len() > 1 {
        for offer in &mut found {
            offer.pay.applies_to = level::named(words, text_of(reading, offer.field), offer);
        }
    }
    let column = column::judge(words, reading, &mut found);
    let mut findings: Vec<Finding> = found
        .into_iter()
        .map(|offer| offer.finding(reading))
        .chain(column)
        .collect();
    for finding in &mut findings {
        if let Value::Pay(pay) = &mut finding.value {
            pay.annual = words.annual.of(pay);
        }
    }
    findings
}

/// The first offer with a lower bound leads: "up to 70/hr" in a title must not outweigh the range
/// the text gives. The others are trusted less than it and in order.
fn rank(found: &mut [Offer]) {
    /// Taken off every offer but the first.
    const FOLLOWER_BP: u32 = 3000;
    let lead = found
        .iter()
        .position(|offer| offer.pay.min_minor.is_some())
        .unwrap_or(0);
    let Some(most) = found.get(lead).map(|offer| offer.confidence_bp) else {
        return;
    };
    for (index, offer) in found.iter_mut().enumerate() {
        if index != lead {
            offer.confidence_bp = (offer.confidence_bp - FOLLOWER_BP).min(most - 1);
        }
    }
}

fn offers(words: &Words, reading: &Reading<'_>, text: &Text<'_>) -> Vec<Offer> {
    let is_capital = |at| text.is_capital(at);
    let mut numbers = amounts(text.folded(), &words.currencies.signs, is_capital);
    numbers.retain(|number| {
        !is_retirement_plan(text.folded(), number) && !words.is_count(text, number)
    });
    let mut found = Vec::new();
    let mut rest = numbers.as_slice();
    let mut previous_end = 0;
    while let [first, tail @ ..] = rest {
        let second = tail
            .first()
            .filter(|second| words.joins(text, first, second));
        let candidate = Candidate {
            text,
            first,
            second,
            previous_end,
        };
        found.extend(candidate.offer(words, reading));
        // "Scale 7 (3.180 - 4.540)": a plain number takes no words away from the next.
        if !candidate.is_plain() {
            previous_end = candidate.range().end;
        }
        rest = if second.is_some() { &tail[1..] } else { tail };
    }
    found
}

/// "401k" and "403(b)" are retirement plans.
fn is_retirement_plan(text: &str, number: &Amount) -> bool {
    let plan = text[number.range.clone()].trim_start_matches('$');
    plan.starts_with("401") || plan.starts_with("403") && text[number.range.end..].starts_with("(b")
}
