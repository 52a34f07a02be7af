//! Proofs of another slot, block or account, and nodes too many or too few.

use serde_json::{Value, json};

use super::{BATCH, Cases, HONEST, SEQ};
use crate::world::BLOCKS;
use crate::world::chain::hex;

pub fn add(cases: &mut Cases) {
    other_state(cases);
    nodes(cases);
}

fn anchor(cases: &mut Cases, name: &str, ending: &'static str, edit: impl FnOnce(&mut Value)) {
    cases.edit(name, ending, |bundle| edit(&mut bundle["anchor"]));
}

fn hexes(nodes: &[Vec<u8>]) -> Value {
    nodes.iter().map(|node| hex(node)).collect()
}

fn other_state(cases: &mut Cases) {
    let (chain, block) = (&HONEST.chain, BLOCKS[BATCH]);
    cases.of(&["A32"]);
    anchor(cases, "the storage proof of another batch", "storage", |anchor| {
        anchor["storageProof"] = chain.anchor(0, block, 3)["storageProof"].clone();
    });
    for slot in 0..2u8 {
        anchor(cases, &format!("the storage proof of slot {slot}"), "storage", |anchor| {
            let mut word = [0; 32];
            word[31] = slot;
            anchor["storageProof"] = hexes(&chain.slot_proof(block, &word).1);
        });
    }
    cases.of(&["A33"]);
    anchor(cases, "the storage proof of another block", "storage", |anchor| {
        anchor["storageProof"] = chain.anchor(BATCH, 22, 3)["storageProof"].clone();
    });
    anchor(cases, "the account proof of another block", "storage", |anchor| {
        anchor["accountProof"] = chain.anchor(BATCH, 22, 3)["accountProof"].clone();
    });
    anchor(cases, "both proofs of another block", "storage", |anchor| {
        let headers = anchor["headers"].clone();
        *anchor = chain.anchor(BATCH, 22, 3);
        anchor["headers"] = headers;
    });
    cases.of(&["A51"]);
    anchor(cases, "the block before the anchoring one", "storage", |anchor| {
        *anchor = chain.anchor(BATCH, block - 1, 3);
    });
    cases.of(&[]);
    anchor(cases, "the block after the anchoring one", "anchored", |anchor| {
        *anchor = chain.anchor(BATCH, block + 1, 3);
    });
    cases.of(&["A31"]);
    anchor(cases, "the account proof of a look-alike", "storage", |anchor| {
        anchor["accountProof"] = hexes(&chain.state(block, &[0xbb; 20]).1);
    });
    cases.of(&["A30", "A31"]);
    anchor(cases, "a look-alike that is named as such", "anchor", |anchor| {
        anchor["contract"] = hex(&[0xbb; 20]).into();
        anchor["accountProof"] = hexes(&chain.state(block, &[0xbb; 20]).1);
    });
    let mut look_alike = HONEST.bundle(SEQ);
    look_alike["anchor"]["contract"] = hex(&[0xbb; 20]).into();
    look_alike["anchor"]["accountProof"] = hexes(&chain.state(block, &[0xbb; 20]).1);
    let name = "a look-alike under a policy with its address";
    cases.under("another contract", name, &look_alike, "storage");
    anchor(cases, "the account proof of somebody without code", "storage", |anchor| {
        anchor["accountProof"] = hexes(&chain.state(block, &[2; 20]).1);
    });
    cases.of(&[]);
}

fn nodes(cases: &mut Cases) {
    for part in ["accountProof", "storageProof"] {
        let mut edit = |attacks, name: &str, edit: &dyn Fn(&mut Vec<Value>)| {
            cases.of(attacks);
            anchor(cases, &format!("{name} in {part}"), "storage", |anchor| {
                edit(anchor[part].as_array_mut().unwrap());
            });
        };
        edit(&["A51"], "no node", &|nodes| nodes.clear());
        edit(&["A51"], "an empty trie", &|nodes| *nodes = vec!["0x80".into()]);
        edit(&["A24"], "a node before", &|nodes| nodes.insert(0, nodes[0].clone()));
        edit(&["A23"], "a node after", &|nodes| nodes.push(nodes[nodes.len() - 1].clone()));
        edit(&["A23"], "an empty node after", &|nodes| nodes.push("0x80".into()));
        edit(&["A33"], "the last node missing", &|nodes| drop(nodes.pop()));
        edit(&["A33"], "the first node missing", &|nodes| drop(nodes.remove(0)));
        edit(&["A33"], "nodes in the other order", &|nodes| nodes.reverse());
        edit(&["A28"], "100 nodes", &|nodes| *nodes = vec![json!("0xc0"); 100]);
        edit(&[], "a node of no bytes", &|nodes| *nodes = vec![json!("0x")]);
        edit(&[], "a byte after a node", &|nodes| {
            let last = nodes.len() - 1;
            nodes[last] = format!("{}00", nodes[last].as_str().unwrap()).into();
        });
    }
    cases.of(&[]);
}
