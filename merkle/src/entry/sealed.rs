//! The sealed entry (`docs/proof-format.md` §2.2): what is not public yet, at its place and time.

use serde_json::{Value, json};
use uuid::Uuid;

use super::members::Members;
use super::{Clock, EntryError, Envelope, entry_of, is_origin};
use crate::commitment::Commitment;
use crate::instant;

/// Length of every sealed entry, in bytes, so that it does not say how much is in it.
pub const SEALED_ENTRY_BYTES: usize = 1_024;
/// The type of every sealed entry.
pub(super) const TYPE: &str = "Sealed";

/// An event of which the log shows its place and time, and a commitment to everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEnvelope {
    /// Origin of the log.
    pub log: String,
    /// Position in the log, from 0.
    pub seq: u64,
    /// Event id, `UUIDv7`.
    pub id: Uuid,
    /// Wall clock, milliseconds since 1970-01-01 UTC.
    pub at: i64,
    /// What the business clock is worth.
    pub clock: Clock,
    /// Version of the sealed entry's form: 1.
    pub schema: u16,
    /// Commitment to the inner envelope, at the path `""`.
    pub commitment: Commitment,
}

impl SealedEnvelope {
    /// Seals `inner`, to whose value `commitment` binds.
    #[must_use]
    pub fn of(inner: &Envelope, commitment: Commitment) -> Self {
        Self {
            log: inner.log.clone(),
            seq: inner.seq,
            id: inner.id,
            at: inner.at,
            clock: inner.clock,
            schema: 1,
            commitment,
        }
    }

    /// Whether place and time of `inner` are those of this entry.
    #[must_use]
    pub fn fits(&self, inner: &Envelope) -> bool {
        let outer = Self::of(inner, self.commitment);
        *self == Self { schema: self.schema, ..outer }
    }

    /// The entry's bytes, [`SEALED_ENTRY_BYTES`] of them.
    ///
    /// # Errors
    /// When a member breaks the format.
    pub fn to_entry(&self) -> Result<Vec<u8>, EntryError> {
        let bytes = entry_of(&self.padded(0)?)?.len();
        // An origin has 128 bytes at most, so that it fits even if JSON escapes each of them.
        let pad = SEALED_ENTRY_BYTES.checked_sub(bytes).ok_or(EntryError::TooLarge { bytes })?;
        entry_of(&self.padded(pad)?)
    }

    fn padded(&self, pad: usize) -> Result<Value, EntryError> {
        let ensure =
            |holds: bool, member| if holds { Ok(()) } else { Err(EntryError::Member(member)) };
        ensure(is_origin(&self.log), "log")?;
        ensure(self.id.get_version_num() == 7, "id")?;
        ensure(self.schema > 0, "schema")?;
        Ok(json!({
            "log": self.log,
            "seq": self.seq.to_string(),
            "id": self.id.to_string(),
            "type": TYPE,
            "schema": self.schema.to_string(),
            "at": instant::format(self.at).ok_or(EntryError::Member("at"))?,
            "clock": self.clock,
            "cm": {"": self.commitment.to_text()},
            "pad": "0".repeat(pad),
        }))
    }

    /// Reads the envelope of `entry`.
    pub(super) fn from_value(value: Value, entry: &[u8]) -> Result<Self, EntryError> {
        let mut members = Members::of(value)?;
        let mut cm = Members::of(members.parsed("cm")?).map_err(|_| EntryError::Member("cm"))?;
        let sealed = Self {
            log: members.text("log")?,
            seq: members.position("seq")?,
            id: members.uuid("id")?,
            at: members.instant("at")?,
            clock: members.parsed("clock")?,
            schema: members
                .position("schema")?
                .try_into()
                .map_err(|_| EntryError::Member("schema"))?,
            commitment: cm
                .text("")
                .ok()
                .and_then(|text| Commitment::from_text(&text))
                .ok_or(EntryError::Member("cm"))?,
        };
        // Everything else follows from these members, the padding and the length too.
        if sealed.to_entry()? == entry { Ok(sealed) } else { Err(EntryError::Member("envelope")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commitment::Salt;
    use crate::entry::Entry;

    fn sealed() -> SealedEnvelope {
        SealedEnvelope {
            log: "log.example/test".into(),
            seq: 73_894,
            id: "01920000-0000-7000-8000-000000000001".parse().unwrap(),
            at: 1_523_541_600_123,
            clock: Clock::Simulated,
            schema: 1,
            commitment: Commitment::to("", &Salt([1; 32]), &json!({})).unwrap(),
        }
    }

    #[test]
    fn a_sealed_entry_has_its_length_whatever_is_in_it_and_is_read_back() {
        for (log, seq) in [("a", 0), ("log.example/test", 73_894), (&*"\"".repeat(128), u64::MAX)] {
            let sealed = SealedEnvelope { log: log.into(), seq, ..sealed() };
            let entry = sealed.to_entry().unwrap();
            assert_eq!(entry.len(), SEALED_ENTRY_BYTES);
            assert_eq!(Entry::from_entry(&entry).unwrap(), Entry::Sealed(sealed));
        }
    }

    #[test]
    fn no_byte_of_a_sealed_entry_can_change_unseen() {
        let entry = sealed().to_entry().unwrap();
        for index in 0..entry.len() {
            for mask in [0x01, 0x20, 0x80] {
                let mut changed = entry.clone();
                changed[index] ^= mask;
                let read = Entry::from_entry(&changed);
                assert!(!read.is_ok_and(|read| read == Entry::Sealed(sealed())), "byte {index}");
            }
        }
    }

    #[test]
    fn a_sealed_entry_of_another_form_is_refused() {
        let entry = String::from_utf8(sealed().to_entry().unwrap()).unwrap();
        for (from, to) in [
            ("0000\"", "000\""),
            ("0000\"", "00000\""),
            ("0000\"", "0001\""),
            ("\"clock\"", "\"clocks\""),
            ("\"schema\":\"1\"", "\"schema\":\"0\""),
            ("\"cm\":{\"\"", "\"cm\":{\"/\""),
            ("\"cm\":{", "\"cm\":{\"\":1,"),
            ("00000000000000\",\"schema\"", "\",\"s\":\"0000000\",\"schema\""),
        ] {
            let changed = entry.replacen(from, to, 1);
            assert_ne!(changed, entry, "{from}");
            assert!(Entry::from_entry(changed.as_bytes()).is_err(), "{to}");
        }
    }

    #[test]
    fn a_sealed_entry_is_no_open_one() {
        assert!(Envelope::from_entry(&sealed().to_entry().unwrap()).is_err());
    }
}
