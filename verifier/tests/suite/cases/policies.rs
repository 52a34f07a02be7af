//! The policies of the cases, by name.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{BATCH, HONEST, dossiers};
use crate::world::chain::{Draft, LAST_BLOCK, hex};
use crate::world::{BLOCKS, World, note_key, receipt};

/// The honest policy after an edit.
fn edited(edit: impl FnOnce(&mut Value)) -> Value {
    let mut policy = HONEST.policy();
    edit(&mut policy);
    policy
}

fn delay(seconds: &str, tolerance: &str) -> Value {
    edited(|policy| {
        policy["maxDelaySeconds"] = seconds.into();
        policy["toleranceSeconds"] = tolerance.into();
    })
}

fn quorum(witnesses: u64) -> Value {
    edited(|policy| policy["witnessQuorum"] = witnesses.into())
}

fn contract(member: &str, value: &str) -> Value {
    edited(|policy| policy["contracts"][0][member] = value.into())
}

/// The honest signers up to a height, and all but the first from there on.
fn changing_at(height: u64) -> Value {
    edited(|policy| {
        let sets = policy["chain"]["signers"].as_array_mut().unwrap();
        let mut later = sets[0].clone();
        sets[0]["toBlock"] = height.to_string().into();
        later["fromBlock"] = height.to_string().into();
        later["signers"].as_array_mut().unwrap().remove(0);
        sets.push(later);
    })
}

/// A policy whose chain nobody seals.
pub fn development(mut policy: Value) -> Value {
    policy["chain"]["consensus"] = "dev".into();
    policy["chain"]["period"] = "0".into();
    policy["chain"]["epoch"] = "0".into();
    policy["chain"]["signers"] = json!([]);
    policy
}

/// The receipt world's policy with another name for the log.
fn other_log() -> Value {
    let world = receipt::honest();
    let mut policy = receipt::policy(&world);
    for (member, key) in [("logKey", &world.log_key), ("receiptKey", &receipt::receipt_key())] {
        policy[member] = note_key("other.example/log", 1, key).into();
    }
    policy["origin"] = "other.example/log".into();
    policy
}

fn receipts_renamed() -> Value {
    let mut policy = receipt::policy(&receipt::honest());
    policy["receiptKey"] = note_key("receipts", 1, &receipt::receipt_key()).into();
    policy
}

/// Every policy a case names.
pub fn all() -> BTreeMap<&'static str, Value> {
    let stranger = ed25519_dalek::SigningKey::from_bytes(&[99; 32]);
    let mut all = BTreeMap::from([
        ("honest", HONEST.policy()),
        ("foreign signers", World::with_sealers([11, 12, 13]).policy()),
        ("five signers", World::with_five_sealers().policy()),
        ("quorum 1", quorum(1)),
        ("quorum 2", quorum(2)),
        ("delay 60, tolerance 0", delay("60", "0")),
        ("delay 59, tolerance 0", delay("59", "0")),
        ("delay 50, tolerance 10", delay("50", "10")),
        ("delay 0, tolerance 59", delay("0", "59")),
        ("endless delay and tolerance", delay("18446744073709551615", "18446744073709551615")),
        ("development", development(HONEST.policy())),
        ("another log key", {
            edited(|policy| policy["logKey"] = note_key(HONEST.origin, 1, &stranger).into())
        }),
        ("another origin", {
            edited(|policy| {
                policy["origin"] = "other.example/log".into();
                policy["logKey"] = note_key("other.example/log", 1, &HONEST.log_key).into();
            })
        }),
        ("another chain id", edited(|policy| policy["chain"]["chainId"] = "2027".into())),
        ("leading zero", World::with_leading_zero().policy()),
        ("period 6", edited(|policy| policy["chain"]["period"] = "6".into())),
        ("another contract", contract("address", &hex(&[0xbb; 20]))),
        ("another code", contract("codeHash", &hex(&[0xc1; 32]))),
        ("contract to size 7", contract("toSize", "7")),
        ("contract to size 8", contract("toSize", "8")),
        ("contract from size 8", contract("fromSize", "8")),
        ("contract from size 7", contract("fromSize", "7")),
        ("no contract", edited(|policy| policy["contracts"] = json!([]))),
        ("signers change after the bundle", changing_at(LAST_BLOCK)),
        ("signers change after the anchoring block", changing_at(BLOCKS[BATCH] + 1)),
        ("signers end at the anchoring block", {
            edited(|policy| {
                policy["chain"]["signers"][0]["toBlock"] = BLOCKS[BATCH].to_string().into();
            })
        }),
        ("receipts", receipt::policy(&receipt::honest())),
        ("receipts, development", development(receipt::policy(&receipt::honest()))),
        ("receipts of another log", other_log()),
        ("receipts under another name", receipts_renamed()),
        ("genesis of the same signers", {
            let mut policy = HONEST.policy();
            policy["chain"]["genesisHeader"] =
                hex(&Draft::genesis_of(&HONEST.chain.sealers, [8; 32])).into();
            policy
        }),
    ]);
    all.extend(dossiers::POLICIES.clone());
    all
}
