//! Salted commitments: the log holds a hash of what may have to be erased one day, never the value.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::canonical::{self, ProfileError};
use crate::hash::{Hash, hash_from_base64url, to_base64url};

/// 32 random bytes that make a commitment say nothing about its value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

impl std::fmt::Debug for Salt {
    /// A salt in a log line would undo an erasure.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Salt(…)")
    }
}

/// A commitment to a value at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitment(pub Hash);

impl Commitment {
    /// Commits to `value` at `path` (an RFC 6901 pointer into the envelope).
    ///
    /// # Errors
    /// When `value` is outside the profile.
    pub fn to(path: &str, salt: &Salt, value: &Value) -> Result<Self, ProfileError> {
        let value = canonical::to_bytes(value)?;
        // A path of 4 GiB fits in no entry.
        let path_length = u32::try_from(path.len()).unwrap_or(u32::MAX);
        let hash = Sha256::new()
            .chain_update(b"smart-tenders/commit@v1\0")
            .chain_update(path_length.to_be_bytes())
            .chain_update(path)
            .chain_update(salt.0)
            .chain_update((value.len() as u64).to_be_bytes())
            .chain_update(&value)
            .finalize();
        Ok(Self(hash.into()))
    }

    /// As it stands in an entry.
    #[must_use]
    pub fn to_text(self) -> String {
        to_base64url(&self.0)
    }

    /// Reads what [`Commitment::to_text`] wrote.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        hash_from_base64url(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn path_salt_and_value_are_all_bound() {
        let salt = Salt([7; 32]);
        let commitment = Commitment::to("/data/contact", &salt, &json!({"a": "b"})).unwrap();
        for (path, salt, value) in [
            ("/data/contac", salt, json!({"a": "b"})),
            ("/data/contact", Salt([8; 32]), json!({"a": "b"})),
            ("/data/contact", salt, json!({"a": "c"})),
        ] {
            assert_ne!(Commitment::to(path, &salt, &value).unwrap(), commitment);
        }
        assert_eq!(Commitment::from_text(&commitment.to_text()), Some(commitment));
    }
}
