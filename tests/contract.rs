//! The contract: bytes of every event that was ever stored decode for ever, and every event and
//! field says what it means.

use jmip_core::{Event, Message as _, subjects};
use jmip_proto::event::v1::Envelope;
use jmip_proto::{DESCRIPTORS, envelope_from_json, envelope_json};
use prost_reflect::{DescriptorPool, MessageDescriptor};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/golden")
}

fn cases() -> Vec<PathBuf> {
    let mut cases = vec![];
    for kind in std::fs::read_dir(golden()).unwrap() {
        for file in std::fs::read_dir(kind.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                cases.push(path);
            }
        }
    }
    cases.sort();
    cases
}

#[test]
fn bytes_that_were_stored_decode_to_what_they_said() {
    for case in cases() {
        let text = std::fs::read_to_string(&case).unwrap();
        let binary = case.with_extension("bin");
        if std::env::var_os("UPDATE_GOLDEN").is_some() && !binary.exists() {
            // Only new cases: bytes that were stored once are never rewritten.
            let envelope = envelope_from_json(&text).unwrap();
            std::fs::write(&binary, envelope.encode_to_vec()).unwrap();
        }
        let bytes = std::fs::read(&binary).unwrap();
        let said: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(envelope_json(&bytes).unwrap(), said, "{}", case.display());
        let decoded = Envelope::decode(bytes.as_slice()).unwrap();
        assert_eq!(decoded.encode_to_vec(), bytes, "{}", case.display());
    }
}

#[test]
fn every_kind_of_event_has_golden_bytes_under_its_name() {
    let mut found = BTreeSet::new();
    for case in cases() {
        let envelope = envelope_from_json(&std::fs::read_to_string(&case).unwrap()).unwrap();
        let event: Event = envelope.event.unwrap();
        let kind = subjects::kind_of(&event).name();
        assert_eq!(case.parent().unwrap().file_name().unwrap(), kind.as_str());
        found.insert(kind);
    }
    let all: BTreeSet<String> = subjects::ALL.iter().map(subjects::Kind::name).collect();
    assert_eq!(found, all);
}

#[test]
fn every_message_field_and_enum_value_is_documented() {
    let pool: &DescriptorPool = &DESCRIPTORS;
    let ours = |package: &str| package == "jmip.event.v1";
    let mut bare = vec![];
    for message in pool
        .all_messages()
        .filter(|message| ours(message.package_name()))
    {
        let name = message.full_name().to_owned();
        if is_bare(&message, message.path()) {
            bare.push(name.clone());
        }
        for field in message
            .fields()
            .filter(|field| is_bare(&message, field.path()))
        {
            bare.push(format!("{name}.{}", field.name()));
        }
    }
    bare.retain(|name| !name.ends_with("ExtraEntry") && !name.contains("ExtraEntry."));
    assert!(bare.is_empty(), "no comment: {bare:?}");
}

fn is_bare(message: &MessageDescriptor, path: &[i32]) -> bool {
    let file = message.parent_file().file_descriptor_proto().clone();
    let locations = file.source_code_info.unwrap().location;
    let location = locations.iter().find(|location| location.path == path);
    location.is_none_or(|location| location.leading_comments().trim().is_empty())
}

#[test]
fn enum_zero_means_unspecified() {
    for one in DESCRIPTORS
        .all_enums()
        .filter(|one| one.package_name() == "jmip.event.v1")
    {
        let zero = one.get_value(0).unwrap();
        assert!(zero.name().ends_with("_UNSPECIFIED"), "{}", one.full_name());
    }
}
