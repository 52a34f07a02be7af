//! Whole files: policies, bundles, receipts, releases, dossiers.

use std::collections::BTreeSet;

use serde_json::Value;
use verifier::dossier::verify_dossier;
use verifier::policy::Policy;
use verifier::receipt::{Evidence, ReceiptOutcome, verify_receipt};
use verifier::verdict::Outcome;
use verifier::verify_bundle;
use zip::CompressionMethod::{Deflated, Stored};

use super::engine::holds;
use super::mutate::Mutator;
use super::{BUNDLES, files, policy};
use crate::vectors::{decoded, read, read_list};
use crate::world::dossier::zip;
use crate::world::{jcs, story};

#[test]
fn a_mutated_policy_is_another_policy_or_none() {
    let mut seeds: Vec<Vec<u8>> =
        read("policies.json").as_object().unwrap().values().map(|p| jcs(p).into_bytes()).collect();
    seeds.extend(read_list("no-policies.json").iter().map(|vector| decoded(&vector["policy"])));
    let known: BTreeSet<_> =
        seeds.iter().filter_map(|seed| Policy::parse(seed).ok()).map(|p| p.fingerprint).collect();
    let texts: BTreeSet<_> = seeds
        .iter()
        .filter_map(|seed| serde_json::from_slice::<Value>(seed).ok())
        .map(|value| jcs(&value))
        .collect();
    holds("policy", Mutator::json(seeds), |input| {
        let Ok(policy) = Policy::parse(input) else { return Ok(false) };
        let Ok(value) = serde_json::from_slice::<Value>(input) else {
            return Err("a policy that is no JSON".to_owned());
        };
        let same = known.contains(&policy.fingerprint);
        if same && !texts.contains(&jcs(&value)) {
            return Err("another policy with the fingerprint of a known one".to_owned());
        }
        Ok(true)
    });
}

/// What an anchored bundle claims, apart from spare proof: entry, batch, log and anchoring block.
fn claim(bundle: &Value) -> String {
    let (log, batch) = (&bundle["log"], &bundle["batch"]);
    let block = &bundle["anchor"]["headers"][0];
    let entry = &bundle["entry"];
    format!("{entry} {batch} {} {} {} {block}", log["size"], log["root"], log["path"])
}

#[test]
fn a_mutated_bundle_is_never_anchored_for_what_was_not() {
    let policy = policy("honest");
    let mut seeds = files(&BUNDLES, "bundle", "anchored");
    let read = |bundle: &[u8]| serde_json::from_slice::<Value>(bundle).unwrap();
    let claims: BTreeSet<_> = seeds.iter().map(|seed| claim(&read(seed))).collect();
    let shown = |bundle: &Value| -> Vec<String> {
        let list = bundle["disclosures"].as_array().unwrap();
        list.iter().map(|item| format!("{} {item}", bundle["entry"])).collect()
    };
    let disclosures: BTreeSet<_> = seeds.iter().flat_map(|seed| shown(&read(seed))).collect();
    seeds.extend(files(&BUNDLES, "bundle", "refused"));
    holds("bundle", Mutator::json(seeds), |input| {
        match verify_bundle(input, &policy).outcome {
            Outcome::Refused(_) | Outcome::NotAnchored => return Ok(false),
            Outcome::Unsealed { .. } => return Err("unsealed in a sealed chain".to_owned()),
            Outcome::Anchored { .. } => {}
        }
        let bundle = read(input);
        if !claims.contains(&claim(&bundle)) {
            return Err("anchored, and nobody anchored it".to_owned());
        }
        match shown(&bundle).into_iter().find(|shown| !disclosures.contains(shown)) {
            Some(shown) => Err(format!("anchored with a disclosure nobody made: {shown}")),
            None => Ok(true),
        }
    });
}

#[test]
fn a_mutated_receipt_acknowledges_nothing_else() {
    let policy = policy("receipts");
    let mut vectors = read_list("receipts.json");
    vectors.retain(|vector| vector["policy"] == "receipts");
    let read = |file: &[u8]| serde_json::from_slice::<Value>(file).unwrap();
    let said = |file: &Value| format!("{} {}", file["receipt"], file["entry"]);
    let seeds: Vec<_> = vectors.iter().map(|vector| decoded(&vector["receipt"])).collect();
    let refuses = |file: &[u8]| {
        let report = verify_receipt(file, &Evidence::default(), &policy).unwrap();
        matches!(report.outcome, ReceiptOutcome::Refused { .. })
    };
    let known: BTreeSet<_> =
        seeds.iter().filter(|seed| !refuses(seed)).map(|seed| said(&read(seed))).collect();
    holds("receipt", Mutator::json(seeds.clone()), |input| {
        if refuses(input) {
            return Ok(false);
        }
        if known.contains(&said(&read(input))) {
            return Ok(true);
        }
        Err("a receipt for what nobody acknowledged".to_owned())
    });
}

#[test]
fn a_mutated_dossier_is_proven_only_if_it_says_the_same() {
    let dossier = story::honest();
    let policy = Policy::parse(jcs(&dossier.policy).as_bytes()).unwrap();
    let seeds: Vec<_> =
        [Stored, Deflated].map(|method| zip(&dossier.all(), method)).into_iter().collect();
    let honest = verify_dossier(&seeds[0], &policy).unwrap();
    assert_eq!(honest.exit_code(), 0);
    let honest = honest.to_json();
    holds("dossier", Mutator::bytes(seeds), |input| {
        let Ok(opinion) = verify_dossier(input, &policy) else { return Ok(false) };
        if opinion.exit_code() == 0 && opinion.to_json() != honest {
            return Err("proven, and something else than the honest dossier".to_owned());
        }
        Ok(opinion.exit_code() == 0)
    });
}
