//! Checkpoints signed or written otherwise.

use alloy_primitives::{U256, U512, uint};
use ed25519_dalek::SigningKey;
use sha2::{Digest as _, Sha512};

use super::{BATCH, Cases, HONEST};
use crate::world::{self, SIZES};

/// Of the group that Ed25519 works in.
const ORDER: U256 = uint!(0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed_U256);

pub fn add(cases: &mut Cases) {
    let note = HONEST.checkpoint(SIZES[BATCH]);
    let text = format!("{}\n", note.split("\n\n").next().unwrap());
    forms(cases, &note, &text);
    signers(cases, &note, &text);
    signatures(cases, &note, &text);
}

fn with(cases: &mut Cases, name: &str, note: &str) {
    cases.edit(name, "checkpoint", |bundle| bundle["log"]["checkpoint"] = note.into());
}

fn forms(cases: &mut Cases, note: &str, text: &str) {
    let sign = |text: &str| HONEST.sign(text);
    for (name, forged) in [
        ("a checkpoint without signature line", format!("{text}\n")),
        ("a checkpoint without signatures", text.to_owned()),
        ("a checkpoint with a line feed more", format!("{note}\n")),
        ("a checkpoint without its last line feed", note.trim_end().to_owned()),
        ("a checkpoint with a carriage return", note.replacen('\n', "\r\n", 1)),
        ("a checkpoint with an extension line", sign(&format!("{text}extension\n"))),
        ("a checkpoint with an empty line", sign(&format!("{text}\n"))),
        ("a checkpoint of another origin", sign(&text.replacen("tenders", "others", 1))),
        ("a size with a leading zero", sign(&text.replacen("\n8\n", "\n08\n", 1))),
        ("a signed size that is another", sign(&text.replacen("\n8\n", "\n9\n", 1))),
        ("a root without padding", sign(&text.replace('=', ""))),
        ("a root in base64url", sign(&text.replace(['+', '/'], "_"))),
        ("an empty note", String::new()),
        ("a note of two line feeds", "\n\n".to_owned()),
        ("a note of 70,000 bytes", "x".repeat(70_000)),
        ("a signature line with a hyphen for its dash", note.replacen('\u{2014}', "-", 1)),
    ] {
        with(cases, name, &forged);
    }
    cases.of(&["A19"]);
    with(cases, "the checkpoint of another size", &HONEST.checkpoint(SIZES[0]));
    cases.of(&["A28"]);
    let line = note.rsplit_once("\n\n").unwrap().1;
    with(cases, "101 signature lines", &format!("{text}\n{}", line.repeat(101)));
    cases.of(&[]);
}

fn signers(cases: &mut Cases, note: &str, text: &str) {
    let stranger = SigningKey::from_bytes(&[99; 32]);
    let by = |name: &str, algorithm, key| world::signature_line(name, algorithm, key, text);
    let (origin, witness) = (HONEST.origin, &HONEST.witnesses[0]);
    for (name, forged) in [
        ("signed by a stranger", format!("{text}\n{}", by(origin, 1, &stranger))),
        ("also signed by an unknown witness", format!("{note}{}", by("witness-c", 4, &stranger))),
        (
            "also signed by a stranger as a witness",
            format!("{note}{}", by("witness-a", 4, &stranger)),
        ),
        ("also signed by a witness as a log", format!("{note}{}", by("witness-a", 1, witness))),
        (
            "also signed by a witness under another name",
            format!("{note}{}", by("witness-b", 4, witness)),
        ),
        ("signed twice by the log", format!("{note}{}", by(origin, 1, &HONEST.log_key))),
        ("cosigned by the log's own key", format!("{note}{}", by(origin, 4, &HONEST.log_key))),
        ("signed by a witness alone", format!("{text}\n{}", by("witness-a", 4, witness))),
    ] {
        with(cases, &format!("a checkpoint {name}"), &forged);
    }
    let mut bundle = HONEST.bundle(super::SEQ);
    bundle["log"]["checkpoint"] =
        format!("{text}\n{}{}", by("witness-a", 4, witness), by(origin, 1, &HONEST.log_key)).into();
    cases.judge("a checkpoint whose witness signs before the log", &bundle, "anchored");
}

/// The same signature in another spelling, and signatures that are too short or too long.
fn signatures(cases: &mut Cases, note: &str, text: &str) {
    let (prefix, encoded) = note.trim_end().rsplit_once(' ').unwrap();
    let bytes = unbase64(encoded);
    let with_bytes = |bytes: &[u8]| format!("{prefix} {}\n", world::b64(bytes));
    assert_eq!(with_bytes(&bytes), note);
    let s = U256::from_le_slice(&bytes[36..]) + ORDER;
    let malleable = [&bytes[..36], s.to_le_bytes::<32>().as_slice()].concat();
    with(cases, "a signature whose S is beyond the order", &with_bytes(&malleable));
    with(cases, "a signature of 63 bytes", &with_bytes(&bytes[..67]));
    with(cases, "a signature of 65 bytes", &with_bytes(&[&bytes[..], &[0]].concat()));
    with(cases, "a signature of zeros", &with_bytes(&[&bytes[..4], &[0; 64]].concat()));
    with(cases, "no signature behind the key id", &with_bytes(&bytes[..4]));
    with(cases, "half a key id", &with_bytes(&bytes[..2]));
    // With R the neutral element and S the hash times the key the equation holds all the same.
    let neutral = [&bytes[..4], &small_order_signature(text)].concat();
    with(cases, "a signature whose R is of small order", &with_bytes(&neutral));
    let line = world::signature_line("witness-a", 4, &HONEST.witnesses[0], text);
    let (prefix, encoded) = line.trim_end().rsplit_once(' ').unwrap();
    let mut bytes = unbase64(encoded);
    bytes[11] ^= 1;
    let line = format!("{prefix} {}\n", world::b64(&bytes));
    with(cases, "a cosignature of another time", &format!("{note}{line}"));
}

/// What the log's own key can sign with `R` the neutral element.
fn small_order_signature(text: &str) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[0] = 1;
    let key = &HONEST.log_key;
    let hash = Sha512::new()
        .chain_update(&signature[..32])
        .chain_update(key.verifying_key().as_bytes())
        .chain_update(text)
        .finalize();
    let hash = U512::from_le_slice(&hash) % U512::from(ORDER);
    // RFC 8032 §5.1.5: the scalar is half of the seed's hash, with some bits set and cleared.
    let mut scalar = key.to_scalar_bytes();
    scalar[0] &= 0xf8;
    scalar[31] = scalar[31] & 0x7f | 0x40;
    let scalar = U256::from_le_bytes(scalar);
    let s = hash.to::<U256>().mul_mod(scalar, ORDER);
    signature[32..].copy_from_slice(&s.to_le_bytes::<32>());
    signature
}

fn unbase64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}
