//! Which check refuses a bundle in which one byte was changed, for each byte.

use serde_json::{Value, json};
use verifier::policy::Policy;
use verifier::verdict::Outcome;
use verifier::verify_bundle;

use super::{Case, policies};
use crate::world::jcs;

/// Bundles that together have every member of the format.
const OF: [(&str, u8); 4] = [
    ("everything withheld, disclosed", 1),
    ("everything withheld, disclosed", 2),
    ("a sealed entry, everything disclosed", 1),
    ("cosigned by both witnesses wanted", 1),
];

/// The check that refuses `bundle` with the byte at an offset exclusive-or `mask`; `none` if none.
pub fn check(bundle: &[u8], at: usize, mask: u8, policy: &Policy) -> String {
    let mut changed = bundle.to_vec();
    changed[at] ^= mask;
    match verify_bundle(&changed, policy).outcome {
        Outcome::Refused(refusal) => refusal.check.to_string(),
        _ => "none".to_owned(),
    }
}

/// The check for each byte of `bundle`, as runs.
fn runs(bundle: &[u8], mask: u8, policy: &Policy) -> Vec<(String, usize)> {
    let mut runs: Vec<(String, usize)> = Vec::new();
    for at in 0..bundle.len() {
        let check = check(bundle, at, mask, policy);
        match runs.last_mut() {
            Some((last, count)) if *last == check => *count += 1,
            _ => runs.push((check, 1)),
        }
    }
    runs
}

/// The vectors. Their checks are this verifier's, so they are made anew only to be written.
pub fn all(cases: &[Case]) -> Value {
    let policies = policies::all();
    let mut vectors = Vec::new();
    for (name, mask) in OF {
        let case = cases.iter().find(|case| case.name == name).unwrap();
        let policy = Policy::parse(jcs(&policies[case.policy]).as_bytes()).unwrap();
        let runs = runs(&case.bundle, mask, &policy);
        vectors.push(json!({"bundle": name, "mask": mask, "checks": runs}));
    }
    vectors.into()
}
