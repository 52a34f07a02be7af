//! Salted commitments, as `docs/proof-format.md` §2.1 says: the evaluator's side, written from the document alone.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Where a ballot's commitment stands.
const PATH: &str = "/data/ballot";

/// The commitment to a ballot, unpadded base64url.
pub fn commitment(salt: &[u8; 32], ballot: &Value) -> String {
    let value = canonical(ballot);
    let mut hash = Sha256::new();
    hash.update(b"smart-tenders/commit@v1\0");
    hash.update(u32::try_from(PATH.len()).unwrap_or(u32::MAX).to_be_bytes());
    hash.update(PATH);
    hash.update(salt);
    hash.update((value.len() as u64).to_be_bytes());
    hash.update(value);
    base64url(&hash.finalize())
}

/// A salt that depends on the log and the step only, so that a play can be resumed. A person draws it at random.
pub fn salt(origin: &str, step: &str) -> [u8; 32] {
    sha256(format!("{origin}/{step}/salt").as_bytes())
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// `0x` and lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// Unpadded base64url.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// RFC 8785 for what a ballot holds: ASCII names, texts, small integers.
fn canonical(value: &Value) -> String {
    match value {
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(canonical).collect();
            format!("[{}]", values.join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            let member = |(name, value): (&String, &Value)| {
                format!("{}:{}", Value::from(name.as_str()), canonical(value))
            };
            let members: Vec<String> = members.into_iter().map(member).collect();
            format!("{{{}}}", members.join(","))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_sorted_and_nothing_is_spaced() {
        assert_eq!(canonical(&json!({"b": [1, "ñ"], "a": {}})), r#"{"a":{},"b":[1,"ñ"]}"#);
    }
}
