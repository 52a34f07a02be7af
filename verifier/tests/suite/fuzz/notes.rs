//! Signed notes and keys.

use std::collections::BTreeSet;

use serde_json::Value;
use verifier::note::{NoteKey, verify_checkpoint, verify_signed};

use super::engine::holds;
use super::mutate::Mutator;
use super::{BUNDLES, policy};
use crate::vectors::{decoded, read_list};

#[test]
fn a_mutated_checkpoint_is_of_a_tree_that_the_log_signed() {
    let policy = policy("honest");
    let signed = |note: &str| {
        verify_checkpoint(note, &policy.log_key, &policy.witness_keys, 0)
            .ok()
            .map(|checkpoint| (checkpoint.origin, checkpoint.size, checkpoint.root))
    };
    let member = |vector: &Value| {
        let bundle: Value = serde_json::from_slice(&decoded(&vector["bundle"])).ok()?;
        Some(bundle["log"]["checkpoint"].as_str()?.to_owned())
    };
    let mut notes: BTreeSet<String> = BUNDLES.iter().filter_map(member).collect();
    notes.retain(|note| note.len() < 2000);
    let known: BTreeSet<_> = notes.iter().filter_map(|note| signed(note)).collect();
    assert!(known.len() > 5, "{} trees", known.len());
    let seeds = notes.into_iter().map(String::into_bytes).collect();
    holds("checkpoint", Mutator::bytes(seeds), |input| {
        match signed(&String::from_utf8_lossy(input)) {
            Some(tree) if known.contains(&tree) => Ok(true),
            Some(tree) => Err(format!("a tree that nobody signed: {tree:?}")),
            None => Ok(false),
        }
    });
}

#[test]
fn a_mutated_note_has_a_text_that_its_key_signed() {
    let policy = policy("receipts");
    let key = policy.receipt_key.as_ref().unwrap();
    let notes: BTreeSet<String> = read_list("receipts.json")
        .iter()
        .filter_map(|vector| {
            let file: Value = serde_json::from_slice(&decoded(&vector["receipt"])).ok()?;
            Some(file["receipt"].as_str()?.to_owned())
        })
        .collect();
    let texts: BTreeSet<String> =
        notes.iter().filter_map(|note| verify_signed(note, key).ok()).map(str::to_owned).collect();
    let seeds = notes.iter().map(|note| note.clone().into_bytes()).collect();
    holds("note", Mutator::bytes(seeds), |input| {
        match verify_signed(&String::from_utf8_lossy(input), key) {
            Ok(text) if texts.contains(text) => Ok(true),
            Ok(text) => Err(format!("a text that nobody signed: {text:?}")),
            Err(_) => Ok(false),
        }
    });
}

#[test]
fn a_mutated_key_is_another_key_or_none() {
    let policies = crate::vectors::read("policies.json");
    let keys: BTreeSet<String> = policies
        .as_object()
        .unwrap()
        .values()
        .filter_map(|policy| Some(policy["logKey"].as_str()?.to_owned()))
        .collect();
    let known: Vec<_> = keys.iter().map(|text| (text, NoteKey::parse(text).unwrap())).collect();
    let seeds = keys.iter().map(|key| key.clone().into_bytes()).collect();
    holds("key", Mutator::bytes(seeds), |input| {
        let text = String::from_utf8_lossy(input);
        let Ok(key) = NoteKey::parse(&text) else { return Ok(false) };
        match known.iter().find(|(known, parsed)| *parsed == key && **known != text) {
            Some((known, _)) => Err(format!("{text:?} is the same key as {known:?}")),
            None => Ok(true),
        }
    });
}
