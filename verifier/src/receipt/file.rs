//! The receipt file and the note in it, §10: read so strictly that it has one spelling.

use super::Acknowledged;
use crate::bundle::{Disclosure, read_disclosures};
use crate::disclosure;
use crate::encoding::{self, instant};
use crate::entry::{Entry, Envelope, origin};
use crate::json::{self, JsonError, Rules};
use crate::members::{Members, ShapeError};
use crate::merkle::Hash;
use crate::note::verify_signed;
use crate::policy::Policy;
use crate::refusal::{At as _, Cause, Check, Refusal, require};
use crate::verdict::EventFacts;

/// The largest receipt file, in bytes.
pub const RECEIPT_BYTES_MAX: usize = 1024 * 1024;
const FILE_VERSION: &str = "smart-tenders/receipt-file@v1";
const NOTE_VERSION: &str = "smart-tenders/receipt@v1";

/// Why a receipt, or what is held against it, was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Too long.
    #[error("the receipt file has {0} bytes, more than 1 MiB")]
    TooLong(usize),
    /// Not JSON of the profile.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Not exactly its own canonical form.
    #[error("the receipt file is not exactly its own canonical form")]
    NotCanonical,
    /// Members are missing, unknown or of the wrong kind.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The disclosures are not sorted by path, or a path occurs twice.
    #[error("the disclosures are not strictly sorted by path")]
    DisclosureOrder,
    /// The policy trusts no key for receipts.
    #[error("the policy's receiptKey is null: ask whoever gave you the policy for one that has it")]
    NoKey,
    /// The key for receipts has another name than the log.
    #[error("the policy's receiptKey is named {0:?}, not as the log")]
    KeyName(String),
    /// The signed text is not the seven lines of a receipt.
    #[error("the signed text is not the seven lines of a receipt")]
    Body,
    /// The receipt and the entry in the file differ.
    #[error("the receipt has another {0} than the entry in its file")]
    OtherMember(&'static str),
    /// The promised instant is before the recording, or later than the policy allows.
    #[error(
        "the receipt promises anchoring by {} of what was recorded at {}, the policy's delay is {max_delay_s} s",
        instant((*.anchor_by_ms).into()),
        instant((*.at_ms).into())
    )]
    Promise {
        /// The recording, milliseconds since 1970.
        at_ms: i64,
        /// The promise, milliseconds since 1970.
        anchor_by_ms: i64,
        /// The policy's maximum delay, in seconds.
        max_delay_s: u64,
    },
    /// The proof is of another entry.
    #[error("the proof is of position {found}, the receipt of position {wanted}")]
    OtherPosition {
        /// Position in the proof.
        found: u64,
        /// Position in the receipt.
        wanted: u64,
    },
    /// No contract of the policy anchors the position.
    #[error("no contract of the policy anchors position {seq}")]
    NoContract {
        /// The position.
        seq: u64,
    },
}

/// The signed text of a receipt.
struct Body {
    log: String,
    id: String,
    seq: u64,
    leaf: Hash,
    at_ms: i64,
    anchor_by_ms: i64,
}

impl Body {
    fn read(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.strip_suffix('\n')?.split('\n').collect();
        let [version, log, id, seq, leaf, at, anchor_by] = lines.as_slice() else { return None };
        if *version != NOTE_VERSION || !encoding::is_event_id(id) {
            return None;
        }
        Some(Self {
            log: origin(log)?,
            id: (*id).to_owned(),
            seq: encoding::position(seq)?,
            leaf: encoding::unhex_array(leaf)?,
            at_ms: encoding::instant_ms(at)?,
            anchor_by_ms: encoding::instant_ms(anchor_by)?,
        })
    }
}

/// A receipt file whose form was checked, and nothing else.
struct File {
    receipt: String,
    entry: Vec<u8>,
    disclosures: Vec<Disclosure>,
}

impl File {
    fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if bytes.len() > RECEIPT_BYTES_MAX {
            return Err(ReceiptError::TooLong(bytes.len()));
        }
        let value = json::parse(bytes, Rules::Profile)?;
        if json::canonical_profile(&value).as_bytes() != bytes {
            return Err(ReceiptError::NotCanonical);
        }
        let names = ["v", "receipt", "entry", "disclosures"];
        let members = Members::exactly(&value, "receipt file", &names)?;
        members.read("v", FILE_VERSION, |v| (v == FILE_VERSION).then_some(()))?;
        Ok(Self {
            receipt: members.string("receipt")?.to_owned(),
            entry: members.read("entry", "base64url", encoding::unbase64url)?,
            disclosures: read_disclosures(members.array("disclosures")?)?
                .ok_or(ReceiptError::DisclosureOrder)?,
        })
    }
}

/// Checks a receipt file by itself, in the order of §11.
pub(super) fn check(bytes: &[u8], policy: &Policy) -> Result<Acknowledged, Refusal> {
    let file = File::parse(bytes).at(Check::Limits)?;
    let key = policy.receipt_key.as_ref().ok_or(ReceiptError::NoKey).at(Check::Receipt)?;
    require(key.name() == policy.origin, Check::Receipt, || {
        ReceiptError::KeyName(key.name().to_owned()).into()
    })?;
    let text = verify_signed(&file.receipt, key).at(Check::Receipt)?;
    let body = Body::read(text).ok_or(ReceiptError::Body).at(Check::Receipt)?;
    check_promise(&body, policy).at(Check::Receipt)?;

    let entry = Entry::parse(&file.entry).at(Check::Leaf)?;
    let envelope = entry.envelope().at(Check::Profile)?;
    let header = envelope.header();
    require(header.log == policy.origin, Check::Profile, || Cause::OtherLog {
        found: header.log.clone(),
        wanted: policy.origin.clone(),
    })?;
    for (name, same) in [
        ("leaf", body.leaf == entry.leaf()),
        ("id", body.id == header.id),
        ("seq", body.seq == header.seq),
        ("at", body.at_ms == header.at_ms),
        ("log", body.log == header.log),
    ] {
        require(same, Check::Receipt, || ReceiptError::OtherMember(name).into())?;
    }
    let inner = disclosure::check(&envelope, &file.disclosures).at(Check::Disclosures)?;
    let event = EventFacts::new(&envelope, inner.as_ref(), entry.leaf(), &file.disclosures);
    let envelope = match envelope {
        Envelope::Open(open) => Some(*open),
        Envelope::Sealed(_) => inner,
    };
    let (anchor_by_ms, disclosures) = (body.anchor_by_ms, file.disclosures);
    Ok(Acknowledged { event, anchor_by_ms, envelope, disclosures })
}

/// A promise is never earlier than the recording, and never longer than the policy's delay: the
/// delay may have been shorter when the receipt was signed.
fn check_promise(body: &Body, policy: &Policy) -> Result<(), ReceiptError> {
    let (at_ms, anchor_by_ms, max_delay_s) = (body.at_ms, body.anchor_by_ms, policy.max_delay_s);
    let delay_ms = i128::from(anchor_by_ms) - i128::from(at_ms);
    if (0..=i128::from(max_delay_s) * 1000).contains(&delay_ms) {
        Ok(())
    } else {
        Err(ReceiptError::Promise { at_ms, anchor_by_ms, max_delay_s })
    }
}
