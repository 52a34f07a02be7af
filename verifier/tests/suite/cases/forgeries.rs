//! Forgeries that fit together in themselves: an edited log, a chain of one's own, another policy.

use ed25519_dalek::SigningKey;
use serde_json::Value;

use super::{BATCH, Cases, HONEST, SEQ};
use crate::world::chain::{Draft, Sealer, hex};
use crate::world::{BLOCKS, SIZES, World};

pub fn add(cases: &mut Cases) {
    edited_entry(cases);
    foreign_chain(cases);
    swapped_policy(cases);
}

/// An entry was edited and rehashed, and every path, root and checkpoint was built again.
fn edited_entry(cases: &mut Cases) {
    cases.of(&["A47"]);
    let forged = HONEST.edited(SEQ, |envelope| envelope["data"]["title"] = "Otra".into());
    let mut own_key = forged.clone();
    own_key.log_key = SigningKey::from_bytes(&[99; 32]);
    let honest = HONEST.bundle(SEQ);
    let mut bundle = own_key.bundle(SEQ);
    cases.judge(
        "an edited log with a key, a contract and a chain of its own",
        &bundle,
        "checkpoint",
    );
    bundle["anchor"] = honest["anchor"].clone();
    cases.judge("an edited log signed by another key", &bundle, "checkpoint");
    bundle["log"]["checkpoint"] = honest["log"]["checkpoint"].clone();
    cases.judge("an edited log with the honest checkpoint", &bundle, "checkpoint");
    bundle["log"] = honest["log"].clone();
    cases.judge("an edited batch in the honest log", &bundle, "log path");
    let mut stolen = forged.bundle(SEQ);
    stolen["anchor"] = honest["anchor"].clone();
    cases.judge("an edited log signed by the log's own key", &stolen, "storage");
    let mut half = stolen.clone();
    half["batch"]["root"] = honest["batch"]["root"].clone();
    cases.judge("an edited log that claims the honest batch root", &half, "batch path");
    let rewritten = HONEST.rewritten(1, |envelope| envelope["data"]["title"] = "Otra".into());
    for seq in [1, 2, SEQ, SIZES[2] - 1] {
        let mut bundle = rewritten.bundle(seq);
        bundle["anchor"] = HONEST.bundle(seq)["anchor"].clone();
        let name = format!("a log rewritten from position 1 on, at position {seq}");
        cases.judge(name, &bundle, "storage");
    }
    // The forged digest in a forged state, under headers that the attacker links and seals.
    let mut resealed = forged.bundle(SEQ);
    resealed["anchor"]["headers"] = sealed_by(&forged, &Sealer::three([11, 12, 13]));
    cases.judge("an edited log under headers that strangers sealed", &resealed, "seals");
    resealed["anchor"]["headers"] = borrowed_seals(&forged);
    cases.judge("an edited log under headers with borrowed seals", &resealed, "seals");
    // With the keys of log and chain there is nothing left to see: only the whole log shows it.
    cases.of(&[]);
    let name = "an edited log signed by the log's own key and sealed by the chain's own signers";
    cases.judge(name, &forged.bundle(SEQ), "anchored");
}

/// The headers of a world's anchoring block and its descendants, sealed by others in turn.
fn sealed_by(world: &World, sealers: &[Sealer]) -> Value {
    let mut parent = [0xaa; 32];
    let headers = (BLOCKS[BATCH]..BLOCKS[BATCH] + 3).map(|number| {
        let draft = world.chain.draft(number, parent);
        let header = draft.sealed(&sealers[usize::try_from(number % 3).unwrap()]);
        parent = alloy_primitives::keccak256(&header).0;
        Value::from(hex(&header))
    });
    headers.collect()
}

/// The headers of a forged world, each with the seal of the honest header of its height.
fn borrowed_seals(forged: &World) -> Value {
    let mut parent = [0xaa; 32];
    let headers = (BLOCKS[BATCH]..BLOCKS[BATCH] + 3).map(|number| {
        let honest = HONEST.chain.header(number);
        let header = forged.chain.draft(number, parent).with_seal(&Draft::seal_of(honest));
        parent = alloy_primitives::keccak256(&header).0;
        Value::from(hex(&header))
    });
    headers.collect()
}

/// A chain whose genesis block names the attacker's signers, consistent from there on.
fn foreign_chain(cases: &mut Cases) {
    cases.of(&["A48"]);
    let foreign = World::with_sealers([11, 12, 13]);
    let honest = HONEST.bundle(SEQ);
    let mut bundle = foreign.bundle(SEQ);
    cases.judge("a chain of the attacker's own", &bundle, "anchor");
    bundle["anchor"]["genesisHash"] = honest["anchor"]["genesisHash"].clone();
    cases.judge("a chain of the attacker's own that claims the genesis", &bundle, "seals");
    let mut edited =
        foreign.edited(SEQ, |envelope| envelope["data"]["title"] = "Otra".into()).bundle(SEQ);
    cases.judge("an edited log in a chain of the attacker's own", &edited, "anchor");
    edited["anchor"]["genesisHash"] = honest["anchor"]["genesisHash"].clone();
    let name = "an edited log in a chain of the attacker's own that claims the genesis";
    cases.judge(name, &edited, "seals");
    cases.of(&[]);
}

/// The same bundles under policies that somebody else wrote.
fn swapped_policy(cases: &mut Cases) {
    let honest = HONEST.bundle(SEQ);
    cases.of(&["A49"]);
    for (policy, ending) in [
        ("foreign signers", "anchor"),
        ("genesis of the same signers", "anchor"),
        ("another log key", "checkpoint"),
        ("another origin", "profile"),
        ("another chain id", "anchor"),
        ("another contract", "anchor"),
        ("another code", "storage"),
        ("no contract", "anchor"),
    ] {
        cases.under(
            policy,
            format!("an honest bundle under the policy {policy:?}"),
            &honest,
            ending,
        );
    }
    // Whoever believes the attacker's policy believes the attacker; the fingerprint is another.
    let foreign = World::with_sealers([11, 12, 13]);
    let name = "a chain of the attacker's own under the attacker's policy";
    cases.under("foreign signers", name, &foreign.bundle(SEQ), "anchored");
    cases.of(&[]);
}
