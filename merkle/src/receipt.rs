//! Receipts (`docs/proof-format.md` §10): the log's signed promise to whoever recorded an event.

use serde_json::json;
use uuid::Uuid;

use crate::bundle::{Disclosure, disclosures_value};
use crate::canonical::{self, ProfileError};
use crate::entry::is_origin;
use crate::hash::{Hash, to_base64url, to_hex};
use crate::instant;
use crate::note::NoteKey;

pub use crate::note::NoteError as ReceiptError;

/// The event is at its place in the log, and will be anchored by an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Origin of the log.
    pub log: String,
    /// Event id.
    pub id: Uuid,
    /// Position in the log.
    pub seq: u64,
    /// Leaf hash of the entry.
    pub leaf: Hash,
    /// When it was recorded, milliseconds since 1970-01-01 UTC.
    pub at: i64,
    /// When it is anchored at the latest, milliseconds since 1970-01-01 UTC.
    pub anchor_by: i64,
}

impl Receipt {
    /// The note's body.
    ///
    /// # Errors
    /// [`ReceiptError::Origin`] and [`ReceiptError::Instant`]; neither for an entry of the log that is due before the
    /// year 10000.
    pub fn body(&self) -> Result<String, ReceiptError> {
        if !is_origin(&self.log) {
            return Err(ReceiptError::Origin);
        }
        let instant = |at| instant::format(at).ok_or(ReceiptError::Instant);
        Ok(format!(
            "smart-tenders/receipt@v1\n{}\n{}\n{}\n{}\n{}\n{}\n",
            self.log,
            self.id,
            self.seq,
            to_hex(&self.leaf),
            instant(self.at)?,
            instant(self.anchor_by)?,
        ))
    }
}

/// The use of a key that signs receipts.
#[derive(Debug, Clone)]
pub struct Receipts;

/// The key that signs receipts.
pub type ReceiptKey = NoteKey<Receipts>;

impl ReceiptKey {
    /// The signed note; the same receipt makes the same bytes.
    ///
    /// # Errors
    /// [`ReceiptError::Origin`] when the receipt is of another log; see [`Receipt::body`].
    pub fn sign(&self, receipt: &Receipt) -> Result<String, ReceiptError> {
        if receipt.log != self.origin() {
            return Err(ReceiptError::Origin);
        }
        self.sign_body(receipt.body()?.as_bytes())
    }
}

/// The author's file: receipt, entry and what the entry commits to, so that its author can prove what was recorded.
///
/// Canonical JSON without a line break at the end; `note` is what [`ReceiptKey::sign`] made.
///
/// # Errors
/// When a disclosed value is outside the profile.
pub fn file(note: &str, entry: &[u8], disclosures: &[Disclosure]) -> Result<Vec<u8>, ProfileError> {
    canonical::to_bytes(&json!({
        "v": "smart-tenders/receipt-file@v1",
        "receipt": note,
        "entry": to_base64url(entry),
        "disclosures": disclosures_value(disclosures),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use signed_note::{Note, StandardVerifier, VerifierList};

    use super::*;
    use crate::commitment::Salt;

    fn receipt() -> Receipt {
        Receipt {
            log: "log.example/test".into(),
            id: "01920000-0000-7000-8000-000000000001".parse().unwrap(),
            seq: 73_894,
            leaf: [0xab; 32],
            at: 1_523_541_600_123,
            anchor_by: 1_523_542_200_123,
        }
    }

    fn key() -> ReceiptKey {
        ReceiptKey::from_seed("log.example/test", &[4; 32]).unwrap()
    }

    #[test]
    fn the_body_has_a_line_for_each_member() {
        let body = format!(
            "smart-tenders/receipt@v1\nlog.example/test\n01920000-0000-7000-8000-000000000001\n\
             73894\n0x{}\n2018-04-12T14:00:00.123Z\n2018-04-12T14:10:00.123Z\n",
            "ab".repeat(32)
        );
        assert_eq!(receipt().body().unwrap(), body);
    }

    #[test]
    fn a_receipt_is_a_note_that_others_verify_and_the_same_each_time() {
        let note = key().sign(&receipt()).unwrap();
        assert_eq!(key().sign(&receipt()).unwrap(), note);
        let parsed = Note::from_bytes(note.as_bytes()).unwrap();
        assert_eq!(parsed.text(), receipt().body().unwrap().as_bytes());
        let known = StandardVerifier::new(key().verifier()).unwrap();
        let (verified, unverified) =
            parsed.verify(&VerifierList::new(vec![Box::new(known)])).unwrap();
        assert_eq!((verified.len(), unverified.len()), (1, 0));
    }

    #[test]
    fn a_key_signs_receipts_of_its_own_log_only() {
        let other = Receipt { log: "log.example/other".into(), ..receipt() };
        assert!(matches!(key().sign(&other), Err(ReceiptError::Origin)));
    }

    #[test]
    fn a_receipt_that_no_reader_could_take_apart_is_not_signed() {
        let broken = Receipt { log: "log.example/test\n5".into(), ..receipt() };
        assert!(matches!(broken.body(), Err(ReceiptError::Origin)));
        let endless = Receipt { anchor_by: i64::MAX, ..receipt() };
        assert!(matches!(key().sign(&endless), Err(ReceiptError::Instant)));
    }

    #[test]
    fn the_text_form_of_a_key_is_read_back() {
        let again = ReceiptKey::parse(&format!("{}\n", key().secret())).unwrap();
        assert_eq!(again.verifier(), key().verifier());
    }

    #[test]
    fn the_authors_file_holds_note_entry_and_sorted_disclosures() {
        let disclosure = |path: &str| Disclosure {
            path: path.into(),
            salt: Salt([1; 32]),
            value: json!({"total": "185000000"}),
        };
        let note = key().sign(&receipt()).unwrap();
        let disclosures = [disclosure("/data/economic"), disclosure("/actor"), disclosure("")];
        let file = file(&note, b"entry", &disclosures).unwrap();
        let value: Value = canonical::from_bytes(&file).unwrap();
        assert_eq!(value["v"], "smart-tenders/receipt-file@v1");
        assert_eq!(value["receipt"], note);
        assert_eq!(value["entry"], "ZW50cnk");
        let paths: Vec<&str> = value["disclosures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|disclosure| disclosure["path"].as_str().unwrap())
            .collect();
        assert_eq!(paths, ["", "/actor", "/data/economic"]);
    }
}
