//! Entries and their envelopes, §2.

mod envelope;
mod paths;
#[cfg(test)]
mod tests;

pub(crate) use envelope::origin;
pub use envelope::{Clock, Envelope, Header, OpenEnvelope, SealedEnvelope};
pub use paths::PathError;

use crate::json::{self, JsonError, Rules, Value};
use crate::members::ShapeError;
use crate::merkle::{self, Hash};

/// The first line of every entry.
pub const FIRST_LINE: &[u8] = b"smart-tenders/event@v1\n";
/// The shortest and the longest entry, in bytes.
pub const ENTRY_BYTES: std::ops::RangeInclusive<usize> = 24..=65_535;
/// The length of every sealed entry, in bytes.
pub const SEALED_ENTRY_BYTES: usize = 1024;

/// Why bytes are not an entry (check `leaf`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Too short or too long.
    #[error("the entry has {0} bytes, not 24 to 65535")]
    Length(usize),
    /// The first line is another.
    #[error("the entry does not start with the line smart-tenders/event@v1")]
    FirstLine,
    /// The envelope is not JSON of the profile.
    #[error("the envelope: {0}")]
    Json(#[from] JsonError),
    /// The envelope is not its own canonical form.
    #[error("the envelope is not in canonical form")]
    NotCanonical,
}

/// Why an envelope is not one (check `profile`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Members are missing, unknown or of the wrong kind.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// `prev` is null exactly when `ver` is 1.
    #[error("prev is null exactly when ver is 1, but ver is {ver}")]
    Previous {
        /// Version in the stream.
        ver: u64,
    },
    /// A path in `cm` breaks a rule.
    #[error("cm path {path:?}: {cause}")]
    Path {
        /// The path.
        path: String,
        /// Which rule.
        cause: PathError,
    },
    /// A sealed entry has another length than 1,024 bytes.
    #[error("a sealed entry has 1024 bytes, this one {0}")]
    SealedLength(usize),
    /// A sealed entry's padding is not all `0`.
    #[error("the padding of a sealed entry is not all zeros")]
    Padding,
    /// The `cm` of a sealed entry does not have exactly the path `""`.
    #[error("the cm of a sealed entry has exactly the path \"\"")]
    SealedCommitments,
}

/// Bytes that are an entry by form: first line, length and canonical JSON.
#[derive(Debug, Clone)]
pub struct Entry {
    bytes: usize,
    leaf: Hash,
    envelope: Value,
}

impl Entry {
    /// Reads the stored bytes of an entry.
    ///
    /// # Errors
    /// If the form is wrong; what the envelope says is not looked at.
    pub fn parse(bytes: &[u8]) -> Result<Self, LeafError> {
        if !ENTRY_BYTES.contains(&bytes.len()) {
            return Err(LeafError::Length(bytes.len()));
        }
        let text = bytes.strip_prefix(FIRST_LINE).ok_or(LeafError::FirstLine)?;
        let envelope = json::parse(text, Rules::Profile)?;
        if json::canonical_profile(&envelope).as_bytes() != text {
            return Err(LeafError::NotCanonical);
        }
        Ok(Self { bytes: bytes.len(), leaf: merkle::leaf_hash(bytes), envelope })
    }

    /// The leaf hash of the stored bytes.
    #[must_use]
    pub const fn leaf(&self) -> Hash {
        self.leaf
    }

    /// Reads the envelope.
    ///
    /// # Errors
    /// If it breaks a rule of §1 or §2.
    pub fn envelope(&self) -> Result<Envelope, EnvelopeError> {
        if self.envelope.get("type").and_then(Value::as_str) != Some("Sealed") {
            return OpenEnvelope::read(&self.envelope).map(|open| Envelope::Open(Box::new(open)));
        }
        if self.bytes != SEALED_ENTRY_BYTES {
            return Err(EnvelopeError::SealedLength(self.bytes));
        }
        SealedEnvelope::read(&self.envelope).map(Envelope::Sealed)
    }
}
