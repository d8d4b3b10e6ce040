//! Facts as JSON: the fields of the contract, enums by name without their prefix.
//!
//! What says each message is written by the build script out of the contract.

use crate::event::v1;
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::Value;

/// Says a value of the contract as JSON, as read models and APIs show it.
///
/// Shape: messages as objects with every field, of a choice only the one that is there; enums by name
/// without their prefix; unstated values null; numbers as numbers.
///
/// ```
/// use jmip_proto::Said;
/// use jmip_proto::event::v1::{Fact, JobDuration, fact};
///
/// let lasts = JobDuration { min_months: 6, max_months: None };
/// let fact = Fact { value: Some(fact::Value::JobDuration(lasts)), ..Default::default() };
/// assert_eq!(fact.said()["job_duration"]["min_months"], 6);
/// assert!(fact.said()["job_duration"]["max_months"].is_null());
/// ```
pub trait Said {
    /// Says the value to whoever writes JSON.
    ///
    /// Errors: as that writes them.
    fn say<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;

    /// The value as JSON.
    fn said(&self) -> Value {
        serde_json::to_value(Saying(self)).expect("every name is a text")
    }

    /// The value as the text of its JSON, which no tree is made for.
    fn said_text(&self) -> String {
        serde_json::to_string(&Saying(self)).expect("every name is a text")
    }
}

/// A value on its way.
struct Saying<'a, T: ?Sized>(&'a T);

impl<T: Said + ?Sized> Serialize for Saying<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.say(to)
    }
}

macro_rules! as_itself {
    ($($kind:ty),+) => {$(
        impl Said for $kind {
            fn say<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                self.serialize(to)
            }
        }
    )+};
}
as_itself!(bool, i32, i64, u32, u64);

impl<T: Said> Said for &T {
    fn say<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (*self).say(to)
    }
}

impl Said for String {
    fn say<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let text = Some(self.as_str()).filter(|text| !text.is_empty());
        text.serialize(to)
    }
}

impl<T: Said> Said for Option<T> {
    fn say<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Saying).serialize(to)
    }
}

impl<T: Said> Said for [T] {
    fn say<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(Saying))
    }
}

impl<T: Said> Said for Vec<T> {
    fn say<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.as_slice().say(to)
    }
}

fn word<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let word = name.strip_prefix(prefix).unwrap_or(name);
    (word != "UNSPECIFIED").then_some(word)
}

include!(concat!(env!("OUT_DIR"), "/said.rs"));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DESCRIPTORS;
    use prost_reflect::{DynamicMessage, Kind, Value as Reflected};
    use serde_json::json;
    use v1::fact::Value as Of;
    use v1::*;

    #[test]
    fn a_fact_is_said_with_all_its_fields() {
        let fact = Fact {
            rule: "pay_in_text".to_owned(),
            rule_version: 4,
            state: FactState::Stated.into(),
            method: FactMethod::Rule.into(),
            confidence_bp: 9000,
            span: Some(Span {
                field: TextField::Description.into(),
                start: 1,
                end: 5,
            }),
            quote: "4000".to_owned(),
            value: Some(Of::Pay(Pay {
                min_minor: Some(400_000),
                currency: "EUR".to_owned(),
                unit: PayUnit::Month.into(),
                annual: Some(AnnualPay {
                    min_minor: Some(4_800_000),
                    max_minor: None,
                    policy_version: 1,
                }),
                ..Pay::default()
            })),
        };
        assert_eq!(
            fact.said(),
            json!({
                "rule": "pay_in_text",
                "rule_version": 4,
                "state": "STATED",
                "method": "RULE",
                "confidence_bp": 9000,
                "span": {"field": "DESCRIPTION", "start": 1, "end": 5},
                "quote": "4000",
                "pay": {
                    "min_minor": 400_000,
                    "max_minor": null,
                    "currency": "EUR",
                    "unit": "MONTH",
                    "origin": null,
                    "annual": {"min_minor": 4_800_000, "max_minor": null, "policy_version": 1},
                    "currency_evidence": null,
                    "applies_to": null,
                },
            })
        );
    }

    #[test]
    fn values_of_every_shape_are_said_as_they_are() {
        let said = |value| {
            Fact {
                value: Some(value),
                ..Fact::default()
            }
            .said()
        };
        let cases = [
            (
                Of::Workplace(Workplace::Remote.into()),
                json!({"workplace": "REMOTE"}),
            ),
            (Of::Benefit(0), json!({"benefit": null})),
            (Of::Language("nl".to_owned()), json!({"language": "nl"})),
            (
                Of::ApplicantLocation(ApplicantLocation {
                    countries: vec!["NL".to_owned()],
                    tz_min_minutes: Some(-60),
                    ..Default::default()
                }),
                json!({"applicant_location": {
                    "worldwide": false, "countries": ["NL"], "regions": [],
                    "tz_min_minutes": -60, "tz_max_minutes": null,
                }}),
            ),
            (
                Of::LanguageRequirement(LanguageRequirement {
                    language: "de".to_owned(),
                    cefr: CefrLevel::B2.into(),
                    tier: SkillTier::Must.into(),
                }),
                json!({"language_requirement": {"language": "de", "cefr": "B2", "tier": "MUST"}}),
            ),
        ];
        for (value, expected) in cases {
            let said = said(value);
            for (name, expected) in expected.as_object().unwrap() {
                assert_eq!(&said[name], expected, "{name}");
            }
            assert_eq!(said.as_object().unwrap().len(), 8, "{said}");
        }
    }

    /// Each value there can be: of a message with nothing in it, of an enum its second word.
    fn every_fact() -> Vec<(String, Fact)> {
        let descriptor = DESCRIPTORS
            .get_message_by_name("jmip.event.v1.Fact")
            .unwrap();
        let choice = descriptor.oneofs().next().unwrap();
        let facts = choice.fields().map(|field| {
            let value = match field.kind() {
                Kind::Message(message) => Reflected::Message(DynamicMessage::new(message)),
                Kind::Enum(_) => Reflected::EnumNumber(1),
                Kind::String => Reflected::String("x".to_owned()),
                other => panic!("{other:?} is a new kind of value"),
            };
            let mut fact = DynamicMessage::new(descriptor.clone());
            fact.set_field(&field, value);
            let fact: Fact = fact.transcode_to().unwrap();
            (field.name().to_owned(), fact)
        });
        facts.collect()
    }

    #[test]
    fn every_fact_of_the_contract_is_said_under_its_name() {
        let facts = every_fact();
        assert!(facts.len() >= 20);
        for (name, fact) in facts {
            assert!(!fact.said()[&name].is_null(), "{name}");
            assert_eq!(fact.value.is_some(), fact.said().get(&name).is_some());
        }
    }
}
