//! The contract: every event JMIP stores, as generated from `jmip/event/v1/*.proto`.
//!
//! Consumed by all, depends on none. Old bytes decode for ever; `golden/` holds real ones.
//!
//! ```
//! use jmip_proto::{Message, event::v1::Envelope};
//!
//! let bytes = Envelope { tenant: "default".into(), ..Default::default() }.encode_to_vec();
//! assert_eq!(Envelope::decode(bytes.as_slice()).map(|e| e.tenant), Ok("default".to_owned()));
//! ```

mod said;

pub use said::Said;

use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use std::sync::LazyLock;

pub use prost::Message;
pub use prost_types::Timestamp;

/// Generated event types.
pub mod event {
    /// Version 1 of the event package.
    pub mod v1 {
        #![allow(
            clippy::all,
            missing_docs,
            clippy::allow_attributes,
            reason = "generated; the .proto files carry the docs"
        )]
        include!(concat!(env!("OUT_DIR"), "/jmip.event.v1.rs"));
    }
}

/// The compiled `.proto` files, comments included.
///
/// Source: `descriptors.bin` as written by this crate's build script.
pub static DESCRIPTORS: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin")).as_ref())
        .expect("the build script wrote these bytes from a valid descriptor set")
});

/// Renders the bytes of an `Envelope` as canonical protobuf JSON with field names as in `.proto`.
///
/// Errors: when the bytes are no envelope.
pub fn envelope_json(bytes: &[u8]) -> Result<serde_json::Value, prost::DecodeError> {
    let descriptor = DESCRIPTORS
        .get_message_by_name("jmip.event.v1.Envelope")
        .expect("envelope.proto declares it");
    let message = DynamicMessage::decode(descriptor, bytes)?;
    let options = SerializeOptions::new().use_proto_field_name(true);
    Ok(message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .expect("every decoded message has a JSON form"))
}

/// Reads an `Envelope` from its protobuf JSON; the inverse of [`envelope_json`].
///
/// Errors: when the text is no JSON or names a field the contract does not have.
pub fn envelope_from_json(text: &str) -> Result<event::v1::Envelope, serde_json::Error> {
    let descriptor = DESCRIPTORS
        .get_message_by_name("jmip.event.v1.Envelope")
        .expect("envelope.proto declares it");
    let mut reader = serde_json::Deserializer::from_str(text);
    let message = DynamicMessage::deserialize(descriptor, &mut reader)?;
    reader.end()?;
    Ok(message
        .transcode_to()
        .expect("both come from the same descriptor"))
}
