//! Facts as the read models keep them.

use jmip_core::event::Fact;
use jmip_proto::Said;
use serde_json::Value;

/// Facts in their order.
///
/// Shape: an array of objects with the fields of `jmip.event.v1.Fact`, enums by name without their
/// prefix, unstated values null; the value of each under the name of its kind.
pub fn facts(facts: &[Fact]) -> Value {
    facts.said()
}
