//! Writes how the values of facts are said as JSON, out of the contract itself: a fact that is added
//! there is said without a line of code.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use std::fmt::{self, Write as _};

/// The file whose messages and enums are said.
const FILE: &str = "jmip/event/v1/fact.proto";

/// How each of them begins.
const SAY: &str = "fn say<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {";

/// An `impl Said` for each message and enum of [`FILE`].
///
/// Shape: the messages of that file have no nested types, maps or bytes, and refer to no other file.
/// Errors: none but that of writing to a string.
pub fn code(set: &FileDescriptorSet) -> Result<String, fmt::Error> {
    let mut out = String::new();
    for file in set.file.iter().filter(|file| file.name() == FILE) {
        for one in &file.enum_type {
            enumeration(&mut out, one)?;
        }
        for one in &file.message_type {
            message(&mut out, one)?;
        }
    }
    Ok(out)
}

/// A word without the name of its enum; null for the unspecified one.
fn enumeration(out: &mut String, one: &EnumDescriptorProto) -> fmt::Result {
    let name = one.name();
    writeln!(out, "impl Said for v1::{name} {{")?;
    writeln!(out, "    {SAY}")?;
    let prefix = prefix(name);
    writeln!(
        out,
        "        word(self.as_str_name(), {prefix:?}).serialize(to)"
    )?;
    writeln!(out, "    }}\n}}")
}

/// An object of the fields by their names; of a choice the one that is there.
fn message(out: &mut String, one: &DescriptorProto) -> fmt::Result {
    let name = one.name();
    writeln!(out, "impl Said for v1::{name} {{")?;
    writeln!(out, "    {SAY}")?;
    writeln!(out, "        let mut object = to.serialize_map(None)?;")?;
    for field in one.field.iter().filter(|field| !is_of_choice(field)) {
        let value = format!("self.{}", field.name());
        writeln!(out, "        {}", entry(field, &value, &value))?;
    }
    for (at, choice) in one.oneof_decl.iter().enumerate() {
        let fields = one.field.iter();
        let mut fields = fields
            .filter(|field| is_of_choice(field) && field.oneof_index == i32::try_from(at).ok())
            .peekable();
        if fields.peek().is_none() {
            continue;
        }
        writeln!(out, "        match &self.{} {{", choice.name())?;
        for field in fields {
            let (module, kind) = (snake(name), camel(choice.name()));
            let variant = camel(field.name());
            writeln!(
                out,
                "            Some(v1::{module}::{kind}::{variant}(value)) => {{ {} }}",
                entry(field, "value", "*value"),
            )?;
        }
        writeln!(out, "            None => {{}}\n        }}")?;
    }
    writeln!(out, "        object.end()\n    }}\n}}")
}

/// Whether a field is one of several of which one is there; an optional one alone is not.
fn is_of_choice(field: &FieldDescriptorProto) -> bool {
    field.oneof_index.is_some() && !field.proto3_optional()
}

/// `number` is the value where it is that of an enum.
fn entry(field: &FieldDescriptorProto, value: &str, number: &str) -> String {
    let said = match field.r#type() {
        Type::Enum if field.label() != Label::Repeated && !field.proto3_optional() => {
            let kind = field.type_name().rsplit('.').next().unwrap_or_default();
            format!("v1::{kind}::try_from({number}).unwrap_or_default()")
        }
        _ => value.to_owned(),
    };
    format!(
        "object.serialize_entry({:?}, &Saying(&{said}))?;",
        field.name()
    )
}

/// `PayUnit` as its values begin: `PAY_UNIT_`.
fn prefix(name: &str) -> String {
    snake(name).to_uppercase() + "_"
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn camel(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}
