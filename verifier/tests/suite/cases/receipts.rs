//! Receipts alone, with a proof and with an opening; those that need a chain node are elsewhere.

use serde_json::{Value, json};

use crate::world::receipt::{
    OPENING, ORDINARY, ORIGIN, OTHER_SUBMITTED, REPLACED, SUBMITTED, TOO_LATE, WITHDRAWN, body,
    bytes, file, honest, honest_listings, opened, receipt_key, shown, signed, tender,
};
use crate::world::{self, disclosure};
use ed25519_dalek::SigningKey;

/// Long enough for every block of the world.
pub const IN_TIME: u64 = 500;
/// Before the block that anchors the first proposal, tolerance included.
pub const TOO_SHORT: u64 = 20;

/// A receipt, what it is held against, and how that must end.
pub struct ReceiptCase {
    pub name: String,
    pub policy: &'static str,
    pub receipt: Vec<u8>,
    pub proof: Option<Vec<u8>>,
    pub opening: Option<Vec<u8>>,
    pub ending: Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Anchored,
    Acknowledged,
    Breach(&'static str),
    /// By the check of that name.
    Refused(&'static str),
}

use Ending::{Acknowledged, Anchored, Breach, Refused};

#[derive(Default)]
struct Cases(Vec<ReceiptCase>);

impl Cases {
    fn alone(&mut self, name: impl Into<String>, receipt: &Value, ending: Ending) {
        self.with(name, receipt, None, None, ending);
    }

    fn with(
        &mut self,
        name: impl Into<String>,
        receipt: &Value,
        proof: Option<&Value>,
        opening: Option<&Value>,
        ending: Ending,
    ) {
        let (proof, opening) = (proof.map(bytes), opening.map(bytes));
        let (name, receipt) = (name.into(), bytes(receipt));
        self.0.push(ReceiptCase { name, policy: "receipts", receipt, proof, opening, ending });
    }

    /// The last case, under another policy.
    fn under(&mut self, policy: &'static str) {
        self.0.last_mut().unwrap().policy = policy;
    }
}

/// Every case of a receipt.
pub fn all() -> Vec<ReceiptCase> {
    let mut cases = Cases::default();
    alone(&mut cases);
    disclosures(&mut cases);
    signers(&mut cases);
    texts(&mut cases);
    promises(&mut cases);
    logs(&mut cases);
    files(&mut cases);
    proofs(&mut cases);
    openings(&mut cases);
    contradictions(&mut cases);
    not_openings(&mut cases);
    development(&mut cases);
    cases.0
}

fn alone(cases: &mut Cases) {
    let world = honest();
    for (name, seq) in [("a sealed proposal", SUBMITTED), ("an ordinary event", ORDINARY)] {
        cases.alone(name, &file(&world, seq, IN_TIME), Acknowledged);
    }
    cases.alone(
        "a policy without receiptKey",
        &file(&world, SUBMITTED, IN_TIME),
        Refused("receipt"),
    );
    cases.under("honest");
    cases.alone(
        "a receiptKey of another name",
        &file(&world, SUBMITTED, IN_TIME),
        Refused("receipt"),
    );
    cases.under("receipts under another name");
}

fn disclosures(cases: &mut Cases) {
    let world = honest();
    let mut with = |name: &str, disclosures: Value, ending| {
        let mut file = file(&world, SUBMITTED, IN_TIME);
        file["disclosures"] = disclosures;
        cases.alone(name, &file, ending);
    };
    let all = shown(&world, SUBMITTED);
    with("nothing disclosed", json!([]), Acknowledged);
    with("the envelope disclosed", json!([all[0]]), Acknowledged);
    with("one value of two disclosed", json!([all[0], all[2]]), Acknowledged);
    with("values without their envelope", json!([all[1], all[2]]), Refused("disclosures"));
    with("disclosures not sorted", json!([all[0], all[2], all[1]]), Refused("limits"));
    with("a disclosure twice", json!([all[0], all[0]]), Refused("limits"));
    with("what another proposal hid", shown(&world, OTHER_SUBMITTED), Refused("disclosures"));
    let other = disclosure("/data/economic", &json!("another price"));
    with("another value", json!([all[0], other]), Refused("disclosures"));
    let more = disclosure("/data/x", &json!(1));
    with("a path without commitment", json!([all[0], more]), Refused("disclosures"));
}

fn signers(cases: &mut Cases) {
    let world = honest();
    let text = body(&world, SUBMITTED, IN_TIME);
    let key = receipt_key();
    let line = |key: &SigningKey| world::signature_line(ORIGIN, 1, key, &text);
    let other = body(&world, SUBMITTED, IN_TIME + 1);
    for (name, note) in [
        ("signed by a stranger", signed(&text, &SigningKey::from_bytes(&[99; 32]))),
        ("signed by the log's key", signed(&text, &world.log_key)),
        ("signed twice", format!("{text}\n{}{}", line(&key), line(&key))),
        ("also signed by the log's key", format!("{text}\n{}{}", line(&key), line(&world.log_key))),
        ("signed under another name", {
            format!("{text}\n{}", world::signature_line("other", 1, &key, &text))
        }),
        ("signed as a witness", {
            format!("{text}\n{}", world::signature_line(ORIGIN, 4, &key, &text))
        }),
        ("not signed", format!("{text}\n")),
        ("the right signature under another text", format!("{other}\n{}", line(&key))),
    ] {
        let mut file = file(&world, SUBMITTED, IN_TIME);
        file["receipt"] = note.into();
        cases.alone(name, &file, Refused("receipt"));
    }
}

/// The seven lines in another spelling, or of another entry.
fn texts(cases: &mut Cases) {
    let world = honest();
    let honest = body(&world, SUBMITTED, IN_TIME);
    let mut signed_text = |name: String, text: &str| {
        let mut file = file(&world, SUBMITTED, IN_TIME);
        file["receipt"] = signed(text, &receipt_key()).into();
        cases.alone(name, &file, Refused("receipt"));
    };
    for (text, forged) in [
        ("receipt@v1", "receipt@v2"),
        ("\n4\n", "\n04\n"),
        ("\n4\n", "\n"),
        ("\n4\n", "\n4\n\n"),
        ("\n4\n", "\n4\n4\n"),
        ("\n0x", "\n0X"),
        ("\n019b8e00", "\n019B8E00"),
        ("Z\n", "+00:00\n"),
        (ORIGIN, "tenders example"),
        (ORIGIN, "other.example/log"),
    ] {
        assert!(honest.contains(text), "{honest}");
        signed_text(format!("{text:?} became {forged:?}"), &honest.replacen(text, forged, 1));
    }
    let other = body(&world, ORDINARY, IN_TIME);
    let lines: Vec<_> = honest.lines().zip(other.lines()).collect();
    for (index, member) in [(2, "id"), (3, "seq"), (4, "leaf"), (5, "at")] {
        let (from, to) = lines[index];
        let text = honest.replacen(&format!("\n{from}\n"), &format!("\n{to}\n"), 1);
        signed_text(format!("the {member} of another entry"), &text);
    }
}

fn promises(cases: &mut Cases) {
    let world = honest();
    for (anchor_by, ending) in [
        (SUBMITTED, Acknowledged),
        (SUBMITTED - 1, Refused("receipt")),
        (SUBMITTED + 600, Acknowledged),
        (SUBMITTED + 601, Refused("receipt")),
    ] {
        let name = format!("recorded at second {SUBMITTED}, promised by {anchor_by}");
        cases.alone(name, &file(&world, SUBMITTED, anchor_by), ending);
    }
}

fn logs(cases: &mut Cases) {
    let world = honest();
    let mut file = file(&world, SUBMITTED, IN_TIME);
    cases.alone("a receipt of another log than the policy's", &file, Refused("receipt"));
    cases.under("receipts of another log");
    let text = body(&world, SUBMITTED, IN_TIME);
    let line = world::signature_line("other.example/log", 1, &receipt_key(), &text);
    file["receipt"] = format!("{text}\n{line}").into();
    cases.alone("another log's signature under an entry of this one", &file, Refused("profile"));
    cases.under("receipts of another log");
}

fn files(cases: &mut Cases) {
    let honest = file(&honest(), SUBMITTED, IN_TIME);
    for (member, value, ending) in [
        ("v", json!("smart-tenders/receipt-file@v2"), Refused("limits")),
        ("receipt", json!(null), Refused("limits")),
        ("receipt", json!(""), Refused("receipt")),
        ("entry", json!(0), Refused("limits")),
        ("entry", json!(""), Refused("leaf")),
        ("disclosures", json!({}), Refused("limits")),
        ("more", json!(1), Refused("limits")),
    ] {
        let mut forged = honest.clone();
        forged[member] = value.clone();
        cases.alone(format!("a file whose {member} is {value}"), &forged, ending);
    }
    let mut forged = honest.clone();
    forged.as_object_mut().unwrap().remove("disclosures");
    cases.alone("a file without disclosures", &forged, Refused("limits"));
    cases.alone("a receipt file that is continued", &honest, Refused("limits"));
    cases.0.last_mut().unwrap().receipt.push(b'\n');
}

fn proofs(cases: &mut Cases) {
    let world = honest();
    let mut with = |name: &str, receipt: &Value, proof: &Value, ending| {
        cases.with(name, receipt, Some(proof), None, ending);
    };
    for (name, seq) in [
        ("a sealed proposal and its proof", SUBMITTED),
        ("an ordinary event and its proof", ORDINARY),
        ("a withdrawal and its proof", WITHDRAWN),
    ] {
        with(name, &file(&world, seq, IN_TIME), &world.bundle(seq), Anchored);
    }
    // The block is of second 85, the promise ends a quarter after its second, the tolerance is 15.
    let proof = world.bundle(SUBMITTED);
    with("anchored just in time", &file(&world, SUBMITTED, 70), &proof, Anchored);
    // Anybody can make a bundle of a later block, so this is no breach without a node.
    with("a proof of a late block", &file(&world, SUBMITTED, 69), &proof, Acknowledged);
    let receipt = file(&world, SUBMITTED, TOO_SHORT);
    with("the proof of another position", &receipt, &world.bundle(ORDINARY), Refused("receipt"));
    with("a proof that is none", &receipt, &json!({}), Refused("limits"));
    let mut unconfirmed = proof.clone();
    unconfirmed["anchor"]["headers"].as_array_mut().unwrap().truncate(1);
    with("a proof that is not confirmed", &receipt, &unconfirmed, Refused("confirmations"));
    let mut included = proof;
    included["anchor"] = Value::Null;
    with("a proof that is not anchored", &receipt, &included, Acknowledged);
    let receipt = file(&world, ORDINARY, IN_TIME);
    let forged = world.edited(ORDINARY, |envelope| envelope["data"]["title"] = "Otra".into());
    let mut proof = forged.bundle(ORDINARY);
    with("another entry, anchored", &receipt, &proof, Breach("another-entry"));
    proof["anchor"] = Value::Null;
    with("another entry, not anchored", &receipt, &proof, Acknowledged);
}

fn openings(cases: &mut Cases) {
    let world = honest();
    let opening = world.bundle(OPENING);
    for (name, seq) in [
        ("a replaced proposal", SUBMITTED),
        ("an opened proposal", REPLACED),
        ("a withdrawn proposal", OTHER_SUBMITTED),
        ("a withdrawal", WITHDRAWN),
    ] {
        let (receipt, proof) = (file(&world, seq, IN_TIME), world.bundle(seq));
        let alone = format!("{name} and the opening");
        cases.with(alone, &receipt, None, Some(&opening), Acknowledged);
        let both = format!("{name}, its proof and the opening");
        cases.with(both, &receipt, Some(&proof), Some(&opening), Anchored);
    }
    for seq in [SUBMITTED, REPLACED, OTHER_SUBMITTED] {
        let (mut listings, position) = (honest_listings(), json!(seq.to_string()));
        listings.as_array_mut().unwrap().retain(|item| item["position"] != position);
        listed(cases, seq, &listings, Breach("left-out"));
    }
    let ignored = json!([{"position": "7", "disposition": "opened", "mask": "A"}]);
    listed(cases, WITHDRAWN, &ignored, Breach("withdrawal-ignored"));
}

/// The receipt of `seq` and an opening that says `listings`.
fn listed(cases: &mut Cases, seq: u64, listings: &Value, ending: Ending) {
    let world = tender(listings);
    let name = format!("the receipt of position {seq} and an opening that lists {listings}");
    let opening = world.bundle(OPENING);
    cases.with(name, &file(&world, seq, IN_TIME), None, Some(&opening), ending);
}

/// What an opening says of a position and cannot be.
pub fn contradictory_listings() -> Vec<(u64, Value, &'static str)> {
    let replaced = |by: &str| json!({"position": "4", "disposition": "replaced", "by": by});
    let withdrawn = |by: &str| json!({"position": "4", "disposition": "withdrawn", "by": by});
    let opened = |at: &str| json!({"position": at, "disposition": "opened", "mask": "A"});
    let withdrawal = |at: &str| json!({"position": at, "disposition": "withdrawal"});
    let unopenable = json!({"position": "4", "disposition": "unopenable", "reason": "key"});
    vec![
        (4, json!([replaced("4")]), "not between"),
        (4, json!([replaced("3"), opened("3")]), "not between"),
        (4, json!([replaced("12"), opened("12")]), "not between"),
        (4, json!([replaced("6")]), "which the opening does not list"),
        (4, json!([withdrawn("4")]), "not between"),
        (4, json!([withdrawn("2")]), "not between"),
        (4, json!([withdrawn("13")]), "not between"),
        (4, json!([withdrawn("6"), opened("6")]), "lists as a proposal"),
        (4, json!([opened("4"), replaced("6"), opened("6")]), "more than once"),
        (4, json!([unopenable]), "as unopenable, although"),
        (9, json!([opened("9")]), "although it is a withdrawal"),
        (9, json!([opened("9"), withdrawal("9")]), "although it is a withdrawal"),
        (4, json!([withdrawal("4")]), "although it is a proposal"),
        (4, json!([replaced("6"), withdrawal("6")]), "which the opening does not list"),
    ]
}

fn contradictions(cases: &mut Cases) {
    for (seq, listings, _) in contradictory_listings() {
        listed(cases, seq, &listings, Breach("contradicted"));
    }
    let world = tender(&json!([{"position": "4", "disposition": "unopenable", "reason": "key"}]));
    let opening = world.bundle(OPENING);
    let all = shown(&world, SUBMITTED);
    for less in [json!([all[0]]), json!([all[0], all[1]]), json!([all[0], all[2]])] {
        let mut receipt = file(&world, SUBMITTED, IN_TIME);
        let shown = less.as_array().unwrap().len() - 1;
        let last = less[shown]["path"].as_str().unwrap().to_owned();
        receipt["disclosures"] = less;
        let name = format!("called unopenable, and {shown} values shown up to {last:?}");
        cases.with(name, &receipt, None, Some(&opening), Acknowledged);
    }
}

fn not_openings(cases: &mut Cases) {
    let world = honest();
    let opening = world.bundle(OPENING);
    let mut receipt = file(&world, SUBMITTED, IN_TIME);
    let mut with = |name: &str, receipt: &Value, opening: &Value, check| {
        cases.with(name, receipt, None, Some(opening), Refused(check));
    };
    with("an ordinary event as the opening", &receipt, &world.bundle(ORDINARY), "opening");
    with("a sealed entry as the opening", &receipt, &world.bundle(SUBMITTED), "opening");
    with("an opening that is no bundle", &receipt, &json!({}), "limits");
    let ordinary = file(&world, ORDINARY, IN_TIME);
    with("an ordinary event's receipt and an opening", &ordinary, &opening, "opening");
    let late = file(&world, TOO_LATE, IN_TIME);
    with("a proposal recorded after the opening", &late, &opening, "opening");
    let renamed = world.edited(OPENING, |envelope| envelope["type"] = "ProposalsCounted".into());
    with("an opening of another type", &receipt, &renamed.bundle(OPENING), "opening");
    let other = opened(|data| data["tenderId"] = "019b8e00-0000-4000-8000-0000000000bb".into());
    let theirs = file(&other, SUBMITTED, IN_TIME);
    with("the opening of another tender", &theirs, &other.bundle(OPENING), "opening");
    receipt["disclosures"] = json!([]);
    with("a receipt that does not show its proposal", &receipt, &opening, "opening");
    for (name, edit) in [
        ("no list", (|data| data["proposals"] = json!({})) as fn(&mut Value)),
        ("a position as a number", |data| {
            data["proposals"] = json!([{"position": 4, "disposition": "opened"}]);
        }),
        ("an unknown disposition", |data| {
            data["proposals"] = json!([{"position": "4", "disposition": "lost"}]);
        }),
        ("replaced by nothing", |data| {
            data["proposals"] = json!([{"position": "4", "disposition": "replaced"}]);
        }),
        ("no disposition", |data| data["proposals"] = json!([{"position": "4"}])),
        ("no UUID for its tender", |data| data["tenderId"] = "x".into()),
        ("no proposals", |data| drop(data.as_object_mut().unwrap().remove("proposals"))),
    ] {
        let world = opened(edit);
        let receipt = file(&world, SUBMITTED, IN_TIME);
        let name = format!("an opening with {name}");
        cases.with(name, &receipt, None, Some(&world.bundle(OPENING)), Refused("opening"));
    }
}

/// What is not anchored, or only in a development chain, proves no breach.
fn development(cases: &mut Cases) {
    let world = tender(&json!([]));
    let receipt = file(&world, SUBMITTED, TOO_SHORT);
    let (mut proof, mut opening) = (world.bundle(SUBMITTED), world.bundle(OPENING));
    opening["anchor"] = Value::Null;
    let name = "left out of an opening that is not anchored";
    cases.with(name, &file(&world, SUBMITTED, IN_TIME), None, Some(&opening), Acknowledged);
    opening = world.bundle(OPENING);
    for bundle in [&mut proof, &mut opening] {
        bundle["anchor"]["consensus"] = "dev".into();
    }
    let name = "late in a development chain, and left out of its opening";
    cases.with(name, &receipt, Some(&proof), Some(&opening), Acknowledged);
    cases.under("receipts, development");
}
