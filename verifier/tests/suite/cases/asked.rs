//! Receipts that are held against a chain node, with what it answers (§11).

use serde_json::{Map, Value, json};

use super::receipts::{Ending, IN_TIME, TOO_SHORT};
use crate::world::chain::{CONTRACT, LAST_BLOCK, hex, word};
use crate::world::receipt::{ORDINARY, SUBMITTED, bytes, file, honest};
use crate::world::server::node;
use crate::world::{World, b64u};

use Ending::{Acknowledged, Breach, Refused};

/// What a node says whose newest block is `newest`, of the state after block `state`.
fn recorded(world: &World, newest: u64, state: u64) -> Value {
    let ask = node(world.clone());
    let named = |number: u64| format!("{number:#x}");
    let block =
        |number: u64| (named(number), ask("eth_getBlockByNumber", &json!([named(number), false])));
    let blocks: Map<_, _> = [0].into_iter().chain(state..=newest).map(block).collect();
    let slots = [hex(&word(0)), hex(&word(1))];
    let proof = ask("eth_getProof", &json!([hex(&CONTRACT), slots, named(state)]));
    let kept = proof["storageProof"].as_array().unwrap().clone();
    let slots: Map<_, _> = slots.into_iter().zip(kept).collect();
    let proofs = json!({"accountProof": proof["accountProof"], "slots": slots});
    json!({"chainId": ask("eth_chainId", &json!([])), "newest": named(newest), "blocks": blocks,
        "logs": [], "proofs": {hex(&CONTRACT): proofs}})
}

struct Cases {
    world: World,
    all: Vec<Value>,
}

impl Cases {
    /// The receipt of `seq`, the node, and the proof if there is one.
    fn add(
        &mut self,
        name: &str,
        (seq, anchor_by): (u64, u64),
        proof: Option<&Value>,
        node: &Value,
        ending: Ending,
    ) {
        let (verdict, breach, check) = match ending {
            Ending::Anchored => ("anchored", None, None),
            Acknowledged => ("acknowledged", None, None),
            Breach(breach) => ("breach", Some(breach), None),
            Refused(check) => ("refused", None, Some(check)),
        };
        let receipt = bytes(&file(&self.world, seq, anchor_by));
        self.all.push(json!({
            "name": name, "policy": "receipts", "receipt": b64u(&receipt),
            "proof": proof.map(|proof| b64u(&bytes(proof))), "node": node,
            "verdict": verdict, "breach": breach, "check": check,
        }));
    }

    fn under(&mut self, policy: &str) {
        self.all.last_mut().unwrap()["policy"] = policy.into();
    }

    /// The bundle of the first proposal, anchored in `block`.
    fn proof_of(&self, block: u64) -> Value {
        let mut proof = self.world.bundle(SUBMITTED);
        proof["anchor"] = self.world.chain.anchor(1, block, 3);
        proof
    }
}

/// Every case of a receipt with a node.
pub fn all() -> Value {
    let mut cases = Cases { world: honest(), all: Vec::new() };
    late(&mut cases);
    newest(&mut cases);
    lies(&mut cases);
    cases.all.into()
}

fn late(cases: &mut Cases) {
    let (first, later) = (cases.proof_of(17), cases.proof_of(20));
    let receipt = (SUBMITTED, TOO_SHORT);
    let [before, had] = [16, 19].map(|state| recorded(&cases.world, LAST_BLOCK, state));
    let breach = Breach("late-anchoring");
    cases.add("the block before had not the position", receipt, Some(&first), &before, breach);
    cases.add("the block before had it", receipt, Some(&later), &had, Acknowledged);
    let in_time = (SUBMITTED, IN_TIME);
    cases.add(
        "in time, whatever a node says",
        in_time,
        Some(&first),
        &Value::Null,
        Ending::Anchored,
    );
    let mut shifted = had.clone();
    shifted["blocks"]["0x13"] = before["blocks"]["0x10"].clone();
    cases.add("another block as the parent", receipt, Some(&later), &shifted, Refused("headers"));
    let mut stale = had;
    stale["proofs"] = before["proofs"].clone();
    cases.add("another state of the parent", receipt, Some(&later), &stale, Refused("storage"));
    let another = cases.world.bundle(ORDINARY);
    let name = "a proof of another position";
    cases.add(name, receipt, Some(&another), &before, Refused("receipt"));
}

fn newest(cases: &mut Cases) {
    // Block 18 confirms block 17, of second 85, which has 8 entries.
    let state = recorded(&cases.world, 18, 17);
    let breach = Breach("not-anchored-in-time");
    cases.add("the promise passed in the chain", (8, TOO_SHORT), None, &state, breach);
    cases.add("a second after the tolerance", (8, 69), None, &state, breach);
    cases.add("the last second of the tolerance", (8, 70), None, &state, Acknowledged);
    let anchored = (7, TOO_SHORT);
    cases.add("something is anchored there", anchored, None, &state, Acknowledged);
    cases.add("the chain is its genesis block", (8, TOO_SHORT), None, &start(&state), Acknowledged);
    let name = "the promise passed in a development chain";
    cases.add(name, (8, TOO_SHORT), None, &recorded(&cases.world, 17, 17), Acknowledged);
    cases.under("receipts, development");
}

/// The same node, whose chain has only its first block.
fn start(node: &Value) -> Value {
    let mut node = node.clone();
    node["newest"] = "0x0".into();
    node
}

fn lies(cases: &mut Cases) {
    let state = recorded(&cases.world, 18, 17);
    let account = hex(&CONTRACT);
    let mut lie = |name: &str, edit: &dyn Fn(&mut Value), check: &'static str| {
        let mut node = state.clone();
        edit(&mut node);
        cases.add(name, (14, TOO_SHORT), None, &node, Refused(check));
    };
    lie("another chain id", &|node| node["chainId"] = "0x1".into(), "anchor");
    lie(
        "another genesis block",
        &|node| node["blocks"]["0x0"] = node["blocks"]["0x11"].clone(),
        "anchor",
    );
    let slot = hex(&word(0));
    lie(
        "fewer entries than are proven",
        &|node| node["proofs"][&account]["slots"][&slot]["value"] = "0x1".into(),
        "storage",
    );
    lie(
        "a proof without its first node",
        &|node| drop(node["proofs"][&account]["accountProof"].as_array_mut().unwrap().remove(0)),
        "storage",
    );
    lie(
        "one block for two",
        &|node| node["blocks"]["0x12"] = node["blocks"]["0x11"].clone(),
        "headers",
    );
}
