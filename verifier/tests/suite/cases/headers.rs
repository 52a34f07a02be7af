//! Headers that do not follow each other, seals that are not a signer's, too few descendants, and
//! blocks before the recording.

use alloy_primitives::{U256, keccak256, uint};
use serde_json::{Value, json};

use super::{BATCH, Cases, HONEST, SEQ};
use crate::world::chain::{Draft, Sealer, hex};
use crate::world::{self, BLOCKS, EPOCH, SIZES, World};

/// Of secp256k1.
const ORDER: U256 = uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);

pub fn add(cases: &mut Cases) {
    links(cases);
    encodings(cases);
    seals(cases);
    spellings_of_a_seal(cases);
    rules(cases);
    epochs(cases);
    ranges(cases);
    turns_of_five(cases);
    times(cases);
}

fn list(cases: &mut Cases, name: &str, ending: &'static str, edit: &dyn Fn(&mut Vec<Value>)) {
    cases.edit(name, ending, |bundle| edit(bundle["anchor"]["headers"].as_array_mut().unwrap()));
}

fn links(cases: &mut Cases) {
    cases.of(&["A36", "A51"]);
    list(cases, "no header", "headers", &|list| list.clear());
    list(cases, "the anchoring block alone", "confirmations", &|list| list.truncate(1));
    cases.of(&[]);
    list(cases, "the anchoring block and one descendant", "anchored", &|list| list.truncate(2));
    cases.of(&["A34"]);
    list(cases, "a header missing in between", "headers", &|list| drop(list.remove(1)));
    list(cases, "two headers swapped", "headers", &|list| list.swap(1, 2));
    list(cases, "the last header twice", "headers", &|list| list.push(list[2].clone()));
    cases.of(&["A33"]);
    list(cases, "the anchoring block missing", "storage", &|list| drop(list.remove(0)));
    cases.of(&["A34"]);
    cases.under("period 6", "headers closer than the period", &HONEST.bundle(SEQ), "headers");
    header(cases, "a header sooner than a period", "headers", &|draft| draft.time -= 1);
    header(cases, "a header much later than a period", "anchored", &|draft| draft.time += 100);
    header(cases, "a header with another number", "headers", &|draft| draft.number += 1);
    header(cases, "a header with another parent", "headers", &|draft| draft.parent = [1; 32]);
    cases.of(&[]);
}

/// Headers that cannot be decoded, wherever they stand.
fn encodings(cases: &mut Cases) {
    let mut last = |name: &str, edit: &dyn Fn(&[u8]) -> Vec<u8>| {
        let header = edit(HONEST.chain.header(BLOCKS[BATCH] + 2));
        list(cases, name, "headers", &|list| list[2] = hex(&header).into());
    };
    last("an empty list for a header", &|_| vec![0xc0]);
    last("a string for a header", &|_| vec![0x80]);
    last("no bytes for a header", &|_| Vec::new());
    last("a byte after a header", &|header| [header, &[0]].concat());
    last("a header without its last byte", &|header| header[..header.len() - 1].to_vec());
    last("a header whose length has a leading zero", &|header| [&[0xfa, 0], &header[1..]].concat());
    last("a header of 14 fields", &|header| relisted(&header[3..header.len() - 10]));
    last("a header with a list among its fields", &|header| {
        relisted(&[&header[3..], &[0xc0]].concat())
    });
    last("a header of 22 fields", &|header| relisted(&[&header[3..], &[1; 6]].concat()));
    last("a header with an integer that has a leading zero", &|header| {
        // The gas used, between its limit and the time: zero as one byte, not as none.
        relisted(&replaced(&header[3..], &[0x47, 0xb7, 0x60, 0x80], &[0x47, 0xb7, 0x60, 0x00]))
    });
    let first = relisted(&HONEST.chain.header(BLOCKS[BATCH])[3..600]);
    list(cases, "a first header that breaks off", "headers", &|list| list[0] = hex(&first).into());
    list(cases, "a header of 21 fields", "seals", &|list| {
        let header = HONEST.chain.header(BLOCKS[BATCH] + 2);
        list[2] = hex(&relisted(&[&header[3..], &[1; 5]].concat())).into();
    });
}

/// The RLP list with this payload.
fn relisted(payload: &[u8]) -> Vec<u8> {
    let mut rlp = Vec::new();
    alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut rlp);
    [&rlp, payload].concat()
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

/// The bundle whose second header is drafted by the attacker and sealed by whom `seal` names.
fn second(block: u64, seal: impl FnOnce(&mut Draft) -> Vec<u8>) -> Value {
    let mut bundle = HONEST.bundle(SIZES[BATCH] - 1);
    let mut draft = HONEST.chain.draft(block + 1, keccak256(HONEST.chain.header(block)).0);
    let header = seal(&mut draft);
    bundle["anchor"] = HONEST.chain.anchor(BATCH, block, 1);
    bundle["anchor"]["headers"].as_array_mut().unwrap().push(hex(&header).into());
    bundle
}

/// The same, sealed by the signer in turn.
fn header(cases: &mut Cases, name: &str, ending: &'static str, edit: &dyn Fn(&mut Draft)) {
    let bundle = second(BLOCKS[BATCH], |draft| {
        edit(draft);
        draft.sealed(HONEST.chain.in_turn(draft.number))
    });
    cases.judge(name, &bundle, ending);
}

fn sealed_by(
    cases: &mut Cases,
    name: &str,
    sealer: &Sealer,
    difficulty: u64,
    ending: &'static str,
) {
    let bundle = second(BLOCKS[BATCH], |draft| {
        draft.difficulty = difficulty;
        draft.sealed(sealer)
    });
    cases.judge(name, &bundle, ending);
}

fn seals(cases: &mut Cases) {
    let turn = |offset: u64| HONEST.chain.in_turn(BLOCKS[BATCH] + 1 + offset);
    sealed_by(cases, "a header sealed in turn", turn(0), 2, "anchored");
    sealed_by(cases, "a header sealed out of turn", turn(1), 1, "anchored");
    cases.of(&["A34"]);
    sealed_by(cases, "a header sealed by a stranger", &Sealer::new(99), 2, "seals");
    cases.of(&["A35"]);
    let mut seals = |name, sealer, difficulty| sealed_by(cases, name, sealer, difficulty, "seals");
    seals("a header out of turn with the difficulty of the turn", turn(1), 2);
    seals("a header in turn with the difficulty of another's turn", turn(0), 1);
    seals("a header of difficulty 3", turn(0), 3);
    seals("a header of no difficulty", turn(0), 0);
    seals("a header by the signer of the one before", turn(2), 1);
    cases.of(&[]);
}

/// The last header with the same seal in other bytes, or with none.
fn spellings_of_a_seal(cases: &mut Cases) {
    cases.of(&["A34"]);
    let mut last = |name: &str, edit: &dyn Fn(&mut [u8; 65])| {
        let number = BLOCKS[BATCH] + 2;
        let mut seal = Draft::seal_of(HONEST.chain.header(number));
        edit(&mut seal);
        let parent = keccak256(HONEST.chain.header(number - 1)).0;
        let header = HONEST.chain.draft(number, parent).with_seal(&seal);
        list(cases, name, "seals", &|list| list[2] = hex(&header).into());
    };
    last("a seal with the high S", &|seal| {
        let s = ORDER - U256::from_be_slice(&seal[32..64]);
        seal[32..64].copy_from_slice(&s.to_be_bytes::<32>());
        seal[64] ^= 1;
    });
    last("a seal with a recovery id as in transactions", &|seal| seal[64] += 27);
    last("a seal with a recovery id of a reduced x", &|seal| seal[64] |= 2);
    last("a seal with the other recovery id", &|seal| seal[64] ^= 1);
    last("a seal whose R is zero", &|seal| seal[..32].fill(0));
    last("a seal whose S is zero", &|seal| seal[32..64].fill(0));
    last("a seal whose R is the order", &|seal| {
        seal[..32].copy_from_slice(&ORDER.to_be_bytes::<32>());
    });
    last("a seal of zeros", &|seal| seal.fill(0));
    cases.of(&[]);
}

fn rules(cases: &mut Cases) {
    cases.of(&["A34"]);
    header(cases, "a header with a mix digest", "seals", &|draft| draft.mix = [1; 32]);
    header(cases, "a header with uncles", "seals", &|draft| draft.uncles = [1; 32]);
    header(cases, "a header with another nonce", "seals", &|draft| draft.nonce = [1; 8]);
    header(cases, "a header that lists signers between epochs", "seals", &|draft| {
        draft.listed = vec![[1; 20]];
    });
    header(cases, "a header of a later fork", "seals", &|draft| draft.withdrawals = true);
    cases.of(&[]);
    header(cases, "a header that votes to let somebody in", "anchored", &|draft| {
        draft.nonce = [0xff; 8];
        draft.miner = [1; 20];
    });
    header(cases, "a header that votes to put somebody out", "anchored", &|draft| {
        draft.miner = [1; 20];
    });
}

/// A block at a multiple of the epoch lists the policy's signers and does not vote.
fn epochs(cases: &mut Cases) {
    let mut epoch = |name: &str, ending, edit: &dyn Fn(&mut Draft)| {
        let bundle = second(EPOCH - 1, |draft| {
            edit(draft);
            draft.sealed(HONEST.chain.in_turn(draft.number))
        });
        cases.judge(format!("an epoch block {name}"), &bundle, ending);
    };
    epoch("that lists the signers", "anchored", &|_| ());
    epoch("without list", "seals", &|draft| draft.listed.clear());
    epoch("that lists one signer less", "seals", &|draft| draft.listed.truncate(2));
    epoch("that lists a signer more", "seals", &|draft| draft.listed.push([0xff; 20]));
    epoch("that lists the signers in another order", "seals", &|draft| draft.listed.swap(0, 1));
    epoch("with the nonce of a vote", "seals", &|draft| draft.nonce = [0xff; 8]);
    epoch("with the subject of a vote", "seals", &|draft| draft.miner = [1; 20]);
}

/// Signers count in their range of blocks.
fn ranges(cases: &mut Cases) {
    let bundle = HONEST.bundle(SEQ);
    for (policy, ending) in [
        ("signers change after the bundle", "anchored"),
        ("signers change after the anchoring block", "seals"),
        ("signers end at the anchoring block", "seals"),
    ] {
        cases.under(policy, format!("{policy} in the policy"), &bundle, ending);
    }
}

/// With five signers three must stand behind a block, and nobody seals two of three in a row.
fn turns_of_five(cases: &mut Cases) {
    let world = World::with_five_sealers();
    let policy = "five signers";
    let block = BLOCKS[BATCH];
    let mut bundle = world.bundle(SEQ);
    cases.under(policy, "three of five signers", &bundle, "anchored");
    cases.of(&["A36"]);
    let headers = bundle["anchor"]["headers"].as_array_mut().unwrap();
    headers.truncate(2);
    cases.under(policy, "two of five signers", &bundle, "confirmations");
    cases.of(&["A35"]);
    let mut draft = world.chain.draft(block + 2, keccak256(world.chain.header(block + 1)).0);
    draft.difficulty = 1;
    let recent = draft.sealed(world.chain.in_turn(block));
    bundle["anchor"]["headers"].as_array_mut().unwrap().push(hex(&recent).into());
    cases.under(policy, "the signer of the block before the last, of five", &bundle, "seals");
    cases.of(&[]);
}

fn times(cases: &mut Cases) {
    // Batch 0 is in block 12, 60 seconds after the start; the tolerance is 15 seconds.
    for (seconds, ending, attacks) in
        [(74, "anchored", [].as_slice()), (75, "times", &["A51"]), (86_400, "times", &["A51"])]
    {
        let world = HONEST.edited(0, |envelope| {
            envelope["at"] = world::instant(world::START_S + seconds).into();
        });
        cases.of(attacks);
        let name = format!("recorded {seconds} seconds after the start, anchored after 60");
        cases.judge(name, &world.bundle(0), ending);
    }
    cases.of(&["A51"]);
    let world = HONEST.edited(0, |envelope| envelope["at"] = "9999-12-31T23:59:59.999Z".into());
    cases.judge("recorded in the last year there is", &world.bundle(0), "times");
    let mut development = world.bundle(0);
    development["anchor"]["consensus"] = json!("dev");
    let name = "recorded after its block in a development chain";
    cases.under("development", name, &development, "times");
    cases.of(&[]);
}
