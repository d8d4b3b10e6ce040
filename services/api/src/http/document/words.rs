//! Words of the page: escaped text, types of schemas in short.

use serde_json::Value;

/// Text that cannot be markup.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c => out.push(c),
        }
    }
    out
}

/// Text of the document: what stands between back quotes is code.
pub(super) fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(number, part)| match number % 2 {
            1 => format!("<code>{}</code>", escaped(part)),
            _ => escaped(part),
        })
        .collect()
}

/// A text member of an object; empty when it has none.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_default()
}

/// The name at the end of a reference.
pub(super) fn referred(value: &Value) -> Option<&str> {
    value["$ref"].as_str()?.rsplit('/').next()
}

/// What a schema allows, in short; schemas with a name are linked.
pub(super) fn type_of(schema: &Value) -> String {
    if let Some(name) = referred(schema) {
        let name = escaped(name);
        return format!(r##"<a href="#schema-{name}">{name}</a>"##);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[choice].as_array() {
            let types: Vec<_> = choices.iter().map(type_of).collect();
            return types.join(" or ");
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let words = values.iter().map(|value| match value {
            Value::String(text) => format!("<code>{}</code>", escaped(text)),
            other => other.to_string(),
        });
        return words.collect::<Vec<_>>().join(" | ");
    }
    let names = match &schema["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => vec!["any"],
    };
    let named = names.iter().map(|name| match *name {
        "array" => format!("list of {}", type_of(&schema["items"])),
        "string" => match text(schema, "format") {
            "" => "string".to_owned(),
            format => escaped(format),
        },
        other => other.to_owned(),
    });
    let named = named.collect::<Vec<_>>().join(" or ");
    format!("{named}{}", bounds(schema))
}

/// From where to where, where the document says so.
fn bounds(schema: &Value) -> String {
    let whole = |name: &str| schema[name].as_u64();
    match (whole("minimum"), whole("maximum"), whole("maxLength")) {
        (Some(min), Some(max), _) => format!(", {min} to {max}"),
        (Some(min), None, _) if min > 0 => format!(", at least {min}"),
        (_, _, Some(max)) => format!(", at most {max} characters"),
        _ => String::new(),
    }
}

/// An example as people read it: text as it is, all else as JSON.
pub(super) fn example(value: &Value) -> String {
    match value {
        Value::String(text) => escaped(text),
        other => escaped(&serde_json::to_string_pretty(other).unwrap_or_default()),
    }
}
