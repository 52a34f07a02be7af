//! A tender with sealed proposals and their opening, and receipts for its entries.

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use super::chain::{Sealer, hex};
use super::tree::leaf;
use super::{
    START_S, World, b64u, commit, disclosure, entry, envelope, instant, jcs, note_key, sealed,
    signature_line,
};

pub const ORIGIN: &str = "tenders.example/log";
pub const TENDER: &str = "019b8e00-0000-4000-8000-0000000000aa";
/// Two bidders: one submits and replaces, the other submits and withdraws.
pub const SUBMITTED: u64 = 4;
pub const REPLACED: u64 = 6;
pub const OTHER_SUBMITTED: u64 = 7;
pub const WITHDRAWN: u64 = 9;
pub const OPENING: u64 = 12;
/// A proposal that came after the opening.
pub const TOO_LATE: u64 = 13;
/// An ordinary event, in the batch of the first proposal.
pub const ORDINARY: u64 = 5;

/// What the opening says of each position, if it is right.
pub fn honest_listings() -> Value {
    json!([
        {"position": "4", "disposition": "replaced", "by": "6"},
        {"position": "6", "disposition": "opened", "mask": "A"},
        {"position": "7", "disposition": "withdrawn", "by": "9"},
        {"position": "9", "disposition": "withdrawal"},
    ])
}

/// What a proposal hides, before it is sealed.
pub fn proposal(seq: u64, before: &[Vec<u8>]) -> Value {
    let kind = match seq {
        REPLACED => "ProposalReplaced",
        WITHDRAWN => "ProposalWithdrawn",
        _ => "ProposalSubmitted",
    };
    let mut inner = envelope(ORIGIN, seq, before);
    inner["stream"] = format!("proposal-{}", seq / 7).into();
    inner["type"] = kind.into();
    inner["data"] = json!({"tenderId": TENDER});
    inner["cm"] = json!({
        "/data/economic": commit("/data/economic", &json!("price")),
        "/data/technical": commit("/data/technical", &json!("plan")),
    });
    inner
}

/// Everything a bidder's file may disclose of a proposal.
pub fn shown(world: &World, seq: u64) -> Value {
    json!([
        disclosure("", &proposal(seq, &world.entries)),
        disclosure("/data/economic", &json!("price")),
        disclosure("/data/technical", &json!("plan")),
    ])
}

/// The world whose opening is right.
pub fn honest() -> World {
    tender(&honest_listings())
}

/// The world whose opening says `listings`.
pub fn tender(listings: &Value) -> World {
    opened(|data| data["proposals"] = listings.clone())
}

/// The world whose opening's data were edited.
pub fn opened(edit: impl FnOnce(&mut Value)) -> World {
    let mut data = json!({
        "tenderId": TENDER, "ocid": "ocds-000000-DGA-2026-1", "proposals": honest_listings(),
        "witness": "present",
    });
    edit(&mut data);
    let mut entries = Vec::new();
    for seq in 0..super::SIZES[2] {
        entries.push(entry(&match seq {
            SUBMITTED | REPLACED | OTHER_SUBMITTED | WITHDRAWN | TOO_LATE => {
                sealed(&proposal(seq, &entries))
            }
            OPENING => {
                let mut event = envelope(ORIGIN, seq, &entries);
                event["type"] = "ProposalsOpened".into();
                event["data"] = data.clone();
                event
            }
            _ => envelope(ORIGIN, seq, &entries),
        }));
    }
    World::from_entries(ORIGIN, entries, Sealer::three([1, 2, 3]), 2026)
}

pub fn receipt_key() -> SigningKey {
    SigningKey::from_bytes(&[60; 32])
}

/// The world's policy, which trusts the key for receipts.
pub fn policy(world: &World) -> Value {
    let mut policy = world.policy();
    policy["receiptKey"] = note_key(ORIGIN, 1, &receipt_key()).into();
    policy
}

/// The seven lines for the entry at `seq`, to be anchored so many seconds after the start.
pub fn body(world: &World, seq: u64, anchor_by: u64) -> String {
    let bytes = &world.entries[usize::try_from(seq).unwrap()];
    let event: Value = serde_json::from_slice(&bytes[23..]).unwrap();
    format!(
        "smart-tenders/receipt@v1\n{ORIGIN}\n{}\n{seq}\n{}\n{}\n{}\n",
        event["id"].as_str().unwrap(),
        hex(&leaf(bytes)),
        event["at"].as_str().unwrap(),
        instant(START_S + anchor_by)
    )
}

pub fn signed(text: &str, key: &SigningKey) -> String {
    format!("{text}\n{}", signature_line(ORIGIN, 1, key, text))
}

/// The receipt file for the entry at `seq`, with everything it may disclose.
pub fn file(world: &World, seq: u64, anchor_by: u64) -> Value {
    let bytes = &world.entries[usize::try_from(seq).unwrap()];
    let is_sealed = bytes.len() == 1024;
    json!({
        "v": "smart-tenders/receipt-file@v1",
        "receipt": signed(&body(world, seq, anchor_by), &receipt_key()),
        "entry": b64u(bytes),
        "disclosures": if is_sealed { shown(world, seq) } else { json!([]) },
    })
}

pub fn bytes(file: &Value) -> Vec<u8> {
    jcs(file).into_bytes()
}
