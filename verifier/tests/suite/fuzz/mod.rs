//! Mutated files: nothing makes the verifier panic, be slow, or believe what nobody recorded.
//!
//! Each target runs some two seconds; `VERIFIER_FUZZ_SECONDS=600` makes it longer, and
//! `VERIFIER_FUZZ_SEED` repeats a run, whose seed is printed. The seeds are the shared vectors.

mod chain;
mod engine;
mod files;
mod json;
mod mutate;
mod notes;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;
use verifier::policy::Policy;

use crate::vectors::{decoded, read, read_list};

/// The shared vectors of bundles under the honest policy, which are the seeds.
static BUNDLES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut bundles = read_list("bundles.json");
    // The three giants would take the time of hundreds of others.
    bundles.retain(|vector| vector["bundle"].as_str().unwrap().len() < 30_000);
    bundles.retain(|vector| vector["policy"] == "honest");
    bundles
});

fn policy(name: &str) -> Policy {
    Policy::parse(read("policies.json")[name].to_string().as_bytes()).unwrap()
}

/// The files of vectors that end as `verdict`.
fn files(vectors: &[Value], member: &str, verdict: &str) -> Vec<Vec<u8>> {
    let fitting = vectors.iter().filter(|vector| vector["verdict"] == verdict);
    fitting.map(|vector| decoded(&vector[member])).collect()
}

/// The honest bundles, as JSON.
fn honest() -> Vec<Value> {
    let files = files(&BUNDLES, "bundle", "anchored");
    files.iter().map(|bundle| serde_json::from_slice(bundle).unwrap()).collect()
}

/// The hexadecimal lists at a member of the honest bundles' anchors.
fn lists(member: &str) -> BTreeMap<Vec<Vec<u8>>, Value> {
    let unhexed = |item: &Value| verifier::encoding::unhex(item.as_str().unwrap()).unwrap();
    let anchored = honest().into_iter();
    anchored
        .map(|bundle| {
            let list = bundle["anchor"][member].as_array().unwrap().iter().map(unhexed);
            (list.collect(), bundle)
        })
        .collect()
}
