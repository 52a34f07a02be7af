//! No changed byte survives.

use std::ops::Range;

use crate::world::{self, SEALED, World, disclosure, jcs, receipt};
use verifier::policy::Policy;
use verifier::receipt::{Evidence, ReceiptOutcome, verify_receipt};
use verifier::verdict::Outcome;
use verifier::verify_bundle;

/// The lowest bit, the one that changes the case of letters, the one that leaves ASCII, all bits.
const MASKS: [u8; 4] = [0x01, 0x20, 0x80, 0xff];
/// Every single bit, and all of them: with `VERIFIER_FLIPS=all`, some minutes.
const ALL_MASKS: [u8; 9] = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff];

fn masks() -> &'static [u8] {
    let all = std::env::var_os("VERIFIER_FLIPS").is_some_and(|which| which == "all");
    if all { &ALL_MASKS } else { &MASKS }
}

fn bundle_and_policy() -> (Vec<u8>, Policy) {
    let world = World::new();
    let mut bundle = world.bundle(SEALED);
    let inner = world::inner(world.origin, &world.entries);
    bundle["disclosures"] = serde_json::json!([disclosure("", &inner)]);
    let policy = Policy::parse(jcs(&world.policy()).as_bytes()).unwrap();
    (jcs(&bundle).into_bytes(), policy)
}

/// The changes that `refuses` does not refuse.
fn survivors(
    bytes: &[u8],
    positions: Range<usize>,
    refuses: impl Fn(&[u8]) -> bool,
) -> Vec<(usize, u8)> {
    let mut survivors = Vec::new();
    let mut changed = bytes.to_vec();
    for at in positions {
        for mask in masks() {
            changed[at] ^= mask;
            if !refuses(&changed) {
                survivors.push((at, *mask));
            }
            changed[at] ^= mask;
        }
    }
    survivors
}

#[test]
fn a_bundle_with_any_byte_changed_is_refused() {
    let (bytes, policy) = bundle_and_policy();
    assert!(matches!(verify_bundle(&bytes, &policy).outcome, Outcome::Anchored { .. }));
    no_change_survives(&bytes, |changed| {
        matches!(verify_bundle(changed, &policy).outcome, Outcome::Refused(_))
    });
}

fn no_change_survives(bytes: &[u8], refuses: impl Fn(&[u8]) -> bool + Sync) {
    let half = bytes.len() / 2;
    let found = std::thread::scope(|scope| {
        let first = scope.spawn(|| survivors(bytes, 0..half, &refuses));
        let second = survivors(bytes, half..bytes.len(), &refuses);
        [first.join().unwrap(), second].concat()
    });
    println!("{} bytes, {} changes", bytes.len(), bytes.len() * masks().len());
    assert_eq!(found, [], "changes that were not noticed");
}

fn receipt_and_policy() -> (Vec<u8>, Policy) {
    let world = receipt::tender(&receipt::honest_listings());
    let policy = Policy::parse(jcs(&receipt::policy(&world)).as_bytes()).unwrap();
    (receipt::bytes(&receipt::file(&world, receipt::SUBMITTED, 500)), policy)
}

fn refuses_receipt(bytes: &[u8], policy: &Policy) -> bool {
    let report = verify_receipt(bytes, &Evidence::default(), policy).unwrap();
    matches!(report.outcome, ReceiptOutcome::Refused { .. })
}

#[test]
fn a_receipt_with_any_byte_changed_is_refused() {
    let (bytes, policy) = receipt_and_policy();
    assert!(!refuses_receipt(&bytes, &policy));
    no_change_survives(&bytes, |changed| refuses_receipt(changed, &policy));
}

#[test]
fn a_receipt_cut_anywhere_or_continued_is_refused() {
    let (bytes, policy) = receipt_and_policy();
    for end in 0..bytes.len() {
        assert!(refuses_receipt(&bytes[..end], &policy), "cut at {end}");
    }
    for tail in [b"\n".as_slice(), b" ", b"\0", b"{}"] {
        assert!(refuses_receipt(&[&bytes, tail].concat(), &policy), "continued with {tail:?}");
    }
}

#[test]
fn a_bundle_cut_anywhere_or_continued_is_refused() {
    let (bytes, policy) = bundle_and_policy();
    for end in 0..bytes.len() {
        let report = verify_bundle(&bytes[..end], &policy);
        assert!(matches!(report.outcome, Outcome::Refused(_)), "cut at {end}");
    }
    for tail in [b"\n".as_slice(), b" ", b"\0", b"{}"] {
        let report = verify_bundle(&[&bytes, tail].concat(), &policy);
        assert!(matches!(report.outcome, Outcome::Refused(_)), "continued with {tail:?}");
    }
}
