//! Ids that are functions of content: never of a sequence, a clock or chance.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 over parts, each preceded by its length, so that no two lists of parts collide.
pub fn sha256_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// A UUIDv8 made of the first 16 bytes of a hash. Source: RFC 9562 §5.8.
pub fn uuid_of(hash: [u8; 32]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Id of the `receipt`-th publishing of an export.
pub fn receipt_id(tenant: &str, export_id: &[u8], receipt: u32) -> Uuid {
    uuid_of(sha256_of(&[
        b"receipt",
        tenant.as_bytes(),
        export_id,
        &receipt.to_be_bytes(),
    ]))
}

/// Id of a job: `key` names it on its platform.
pub fn job_id(tenant: &str, platform: &str, key: &str) -> Uuid {
    uuid_of(sha256_of(&[
        b"job",
        tenant.as_bytes(),
        platform.as_bytes(),
        key.as_bytes(),
    ]))
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads hex of either case; `None` when it is not hex of whole bytes.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

/// Reads a UUID off the wire; nil when there are not 16 bytes.
pub fn uuid_from(bytes: &[u8]) -> Uuid {
    Uuid::from_slice(bytes).unwrap_or(Uuid::nil())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuid_version_8() {
        let id = job_id("default", "indeed", "abc");
        assert_eq!(id.get_version_num(), 8);
        assert_eq!(id, job_id("default", "indeed", "abc"));
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(job_id("default", "ab", "c"), job_id("default", "a", "bc"));
        assert_ne!(sha256_of(&[b"a", b""]), sha256_of(&[b"", b"a"]));
    }

    #[test]
    fn hex_is_read_back() {
        assert_eq!(from_hex(&hex(&[0, 171, 255])), Some(vec![0, 171, 255]));
        assert_eq!(from_hex("0g"), None);
        assert_eq!(from_hex("é"), None);
    }
}
