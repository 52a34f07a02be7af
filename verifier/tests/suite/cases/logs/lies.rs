//! Checkpoints, tiles and nodes that lie, and contracts that are not what they should be.

use serde_json::{Value, json};

use super::recording::{Contract, files, head, record};
use super::{Ending, HONEST, LONG, Logs};
use crate::cases::policies::development;
use crate::world::chain::{CONTRACT, Draft, Sealer, hex, word};
use crate::world::server::block;
use crate::world::tree::root;
use crate::world::{self, SIZES, b64u, checkpoint_text, signature_line};

const CHECKPOINT: &str = "/log/~1log~1checkpoint";
const TILE: &str = "/log/~1log~1tile~10~1000.p~115";
const ENTRIES: &str = "/log/~1log~1tile~1entries~1000.p~115";
const HIGHER: &str = "/log/~1log~1tile~11~1000.p~11";
const LONG_NAME: &str = "honest, of two tiles";
const WHOLE: Ending = Ending::Anchored(3, 15, 0, 0);
const SUCCESSOR: [u8; 20] = [0xbc; 20];

pub fn add(logs: &mut Logs) {
    checkpoints(logs);
    tiles(logs);
    nodes(logs);
    blocks(logs);
    events(logs);
    proofs(logs);
    contracts(logs);
    successors(logs);
}

fn checkpoints(logs: &mut Logs) {
    let text = |size| checkpoint_text(HONEST.origin, size, &root(&HONEST.leaves()));
    let whole = text(15);
    let stranger = ed25519_dalek::SigningKey::from_bytes(&[99; 32]);
    let other_key = signature_line(HONEST.origin, 1, &stranger, &whole);
    let witness = signature_line("witness-a", 4, &HONEST.witnesses[0], &whole);
    let cosigned = HONEST.sign(&whole) + &witness;
    let other_root = checkpoint_text(HONEST.origin, 15, &[0; 32]);
    for (name, note, ending) in [
        ("a checkpoint of another root", HONEST.sign(&other_root), Ending::By("replay")),
        ("a checkpoint by another key", format!("{whole}\n{other_key}"), Ending::By("checkpoint")),
        (
            "a checkpoint of another log",
            HONEST.sign(&whole.replacen("tenders", "others", 1)),
            Ending::By("checkpoint"),
        ),
        ("a checkpoint that is no note", "hello".to_owned(), Ending::By("checkpoint")),
        ("a checkpoint of less than is anchored", HONEST.sign(&text(14)), Ending::By("replay")),
        (
            "a checkpoint with one line more",
            HONEST.sign(&(whole.clone() + "x\n")),
            Ending::By("checkpoint"),
        ),
        ("a checkpoint that a witness signed", cosigned.clone(), WHOLE),
    ] {
        logs.case(name, "honest", [(CHECKPOINT, b64u(note.as_bytes()).into())], ending);
    }
    let bytes = b64u(&[0xff; 9]).into();
    let name = "a checkpoint that is no text";
    logs.case(name, "honest", [(CHECKPOINT, bytes)], Ending::By("checkpoint"));
    let name = "no checkpoint";
    logs.case(name, "honest", [(CHECKPOINT, Value::Null)], Ending::Unreadable);
    let one = ("/policy/witnessQuorum", json!(1));
    logs.case("a witness is missing", "honest", [one.clone()], Ending::By("checkpoint"));
    let note = b64u(cosigned.as_bytes()).into();
    logs.case("a witness signed", "honest", [one, (CHECKPOINT, note)], WHOLE);
}

fn tiles(logs: &mut Logs) {
    let long = files(&LONG, 270);
    let bytes = |path: &str, of: &Value| crate::vectors::decoded(&of[path]);
    let short = files(&HONEST, 15);
    let [tile, entries] =
        ["/log/tile/0/000.p/15", "/log/tile/entries/000.p/15"].map(|path| bytes(path, &short));
    let mut flipped = tile.clone();
    flipped[5 * 32] ^= 1;
    let mut higher = bytes("/log/tile/1/000.p/1", &long);
    higher[9] ^= 1;
    let more = [entries.as_slice(), b"\0\x03abc"].concat();
    for (name, recording, at, bytes, ending) in [
        ("a hash of a tile changed", "honest", TILE, flipped, Ending::Position(5)),
        (
            "a tile with a byte more",
            "honest",
            TILE,
            [&tile[..], &[0]].concat(),
            Ending::By("replay"),
        ),
        ("a tile with a hash less", "honest", TILE, tile[32..].to_vec(), Ending::By("replay")),
        ("a tile with a hash more", "honest", TILE, [&tile[..], &[0; 32]].concat(), WHOLE),
        ("a tile without end", "honest", TILE, vec![0; 100_000], Ending::Unreadable),
        ("an entry bundle of nothing", "honest", ENTRIES, Vec::new(), Ending::By("replay")),
        (
            "an entry bundle that ends early",
            "honest",
            ENTRIES,
            entries[..99].to_vec(),
            Ending::By("replay"),
        ),
        (
            "an entry bundle with a byte more",
            "honest",
            ENTRIES,
            [&entries[..], &[0]].concat(),
            Ending::By("replay"),
        ),
        ("an entry bundle with an entry more", "honest", ENTRIES, more, WHOLE),
        ("a hash of a higher tile changed", LONG_NAME, HIGHER, higher, Ending::By("replay")),
    ] {
        logs.case(name, recording, [(at, b64u(&bytes).into())], ending);
    }
    for (name, recording, at) in [
        ("a tile is missing", "honest", TILE),
        ("an entry bundle is missing", "honest", ENTRIES),
        ("a higher tile is missing", LONG_NAME, HIGHER),
    ] {
        logs.case(name, recording, [(at, Value::Null)], Ending::Unreadable);
    }
}

fn nodes(logs: &mut Logs) {
    let foreign = block(&Draft::genesis(&Sealer::three([11, 12, 13])));
    let unsealed = development(HONEST.policy())["chain"].clone();
    for (name, at, value, ending) in [
        ("another chain id", "/node/chainId", json!("0x1"), Ending::By("anchor")),
        ("a chain id that is none", "/node/chainId", json!(2026), Ending::Unreadable),
        ("another genesis block", "/node/blocks/0x0", foreign, Ending::By("anchor")),
        ("no genesis block", "/node/blocks/0x0", Value::Null, Ending::Unreadable),
        (
            "gas used that is not the header's",
            "/node/blocks/0x0/gasUsed",
            json!("0x1"),
            Ending::By("replay"),
        ),
        (
            "a hash that is not the header's",
            "/node/blocks/0x3/hash",
            hex(&[0; 32]).into(),
            Ending::By("replay"),
        ),
        ("a newest block that is none", "/node/newest", json!([1]), Ending::Unreadable),
        (
            "only the genesis block",
            "/node/newest",
            json!("0x0"),
            Ending::Not("not-anchored", (0, 0, 0, 15)),
        ),
        ("no block of the state", "/node/blocks/0x3", Value::Null, Ending::Unreadable),
        (
            "a chain that nobody seals",
            "/policy/chain",
            unsealed,
            Ending::Not("development", (3, 15, 0, 0)),
        ),
    ] {
        // Who seals nothing has no descendants: the newest block is the state.
        logs.case(name, "honest", [(at, value)], ending);
    }
}

fn blocks(logs: &mut Logs) {
    let genesis = Draft::genesis(&HONEST.chain.sealers);
    let recording = &logs.recordings["honest"]["node"]["blocks"];
    let word = |name: &str, block: &str| {
        let digits = recording[block][name].as_str().unwrap();
        alloy_primitives::hex::decode(digits).unwrap().try_into().unwrap()
    };
    let state = word("stateRoot", "0x3");
    let newest = |change: &dyn Fn(&mut Draft), sealer: &Sealer| {
        let mut draft = Draft::new(4, word("hash", "0x3"), state);
        change(&mut draft);
        block(&draft.sealed(sealer))
    };
    let (turn, stranger) = (HONEST.chain.in_turn(4), Sealer::new(77));
    let before = HONEST.chain.in_turn(3);
    let cases = [
        (
            "the newest block is of another chain",
            newest(&|draft| draft.parent = [1; 32], turn),
            "headers",
        ),
        ("the newest block is too soon", newest(&|draft| draft.time -= 1, turn), "headers"),
        ("the newest block is sealed by a stranger", newest(&|_| (), &stranger), "seals"),
        (
            "both blocks are sealed by one signer",
            newest(&|draft| draft.difficulty = 1, before),
            "seals",
        ),
        ("the newest block is the genesis block", block(&genesis), "headers"),
    ];
    for (name, newest, check) in cases {
        logs.case(name, "honest", [("/node/blocks/0x4", newest)], Ending::By(check));
    }
}

fn events(logs: &mut Logs) {
    let honest = logs.recordings["honest"]["node"]["logs"].as_array().unwrap().clone();
    let mut lie = |name: &str, ending: Ending, edit: &dyn Fn(&mut Vec<Value>)| {
        let mut events = honest.clone();
        edit(&mut events);
        logs.case(name, "honest", [("/node/logs", events.into())], ending);
    };
    let wrong = Ending::By("replay");
    lie("an event is left out", wrong, &|events| drop(events.pop()));
    lie("no events", wrong, &|events| events.clear());
    lie("two events in each other's place", wrong, &|events| events.swap(0, 1));
    lie("an event twice", wrong, &|events| events.insert(1, events[0].clone()));
    lie("an event more", wrong, &|events| {
        let mut more = events[2].clone();
        more["topics"][1] = hex(&word(3)).into();
        events.push(more);
    });
    lie("an event of another root", Ending::Batch(1), &|events| {
        let data = events[1]["data"].as_str().unwrap();
        events[1]["data"] = format!("{}00", &data[..data.len() - 2]).into();
    });
    lie("an event of no entries", wrong, &|events| {
        let data = [word(3), word(0), [1; 32], [2; 32]].concat();
        events[1]["data"] = hex(&data).into();
    });
    lie("an event that ends beyond what a position can be", wrong, &|events| {
        let data = [word(3), word(u64::MAX), [1; 32], [2; 32]].concat();
        events[1]["data"] = hex(&data).into();
    });
    lie("an event with a word more", wrong, &|events| {
        let data = events[1]["data"].as_str().unwrap().to_owned();
        events[1]["data"] = (data + &"00".repeat(32)).into();
    });
    lie("an event with a topic less", wrong, &|events| {
        events[1]["topics"].as_array_mut().unwrap().pop();
    });
    lie("an event that is none", Ending::Unreadable, &|events| events[1] = json!({}));
}

fn proofs(logs: &mut Logs) {
    let contract = format!("/node/proofs/{}", hex(&CONTRACT));
    let slot = |number| format!("{contract}/slots/{}", hex(&word(number)));
    let digest = |index| format!("{contract}/slots/{}", hex(&world::chain::digest_slot(index)));
    let honest = logs.recordings["honest"].clone();
    let there = |at: &str| honest.pointer(at).unwrap().clone();
    let longer = |at: &str| {
        let mut nodes = there(at);
        let first = nodes[0].clone();
        nodes.as_array_mut().unwrap().push(first);
        nodes
    };
    let account = format!("{contract}/accountProof");
    let storage = Ending::By("storage");
    let cases = [
        ("no account proof", account.clone(), json!([]), storage),
        ("an account proof with a node more", account.clone(), longer(&account), storage),
        ("another value of slot 0", slot(0) + "/value", json!("0x1"), storage),
        ("another value of slot 1", slot(1) + "/value", json!("0x1"), storage),
        ("a value of slot 0 that is none", slot(0) + "/value", json!("one"), Ending::Unreadable),
        ("slot 1 for slot 0", slot(0), there(&slot(1)), storage),
        ("no proof of slot 1", slot(1) + "/proof", json!([]), storage),
        ("the digest of another batch", digest(1), there(&digest(2)), Ending::Batch(1)),
        ("no proof of a digest", digest(2) + "/proof", json!([]), Ending::Batch(2)),
        ("no proof at all", contract.clone(), json!({}), Ending::Unreadable),
        ("other code", "/policy/contracts/0/codeHash".to_owned(), hex(&[0xc1; 32]).into(), storage),
    ];
    for (name, at, value, ending) in cases {
        logs.case(name, "honest", [(at.as_str(), value)], ending);
    }
}

fn contracts(logs: &mut Logs) {
    let honest = Contract::new(&HONEST, CONTRACT, 0, &SIZES);
    let mut with = |name: &str, ending: Ending, edit: &dyn Fn(&mut Contract)| {
        let mut contract = honest.clone();
        edit(&mut contract);
        logs.whole(name, record(&HONEST, 15, &[contract], &[(0, None)]), ending);
    };
    let wrong = Ending::By("replay");
    with("something else in slot 0", wrong, &|contract| contract.head[0] = 1);
    with("a batch less in slot 0", wrong, &|contract| contract.head = head(2, 15));
    with("another size in slot 0", wrong, &|contract| contract.head = head(3, 14));
    with("another root in slot 1", wrong, &|contract| contract.root = [1; 32]);
    with("a gap between batches", Ending::Batch(1), &|contract| {
        (contract.batches[1].first, contract.batches[1].count) = (4, 4);
    });
    with("batches that overlap", Ending::Batch(1), &|contract| {
        (contract.batches[1].first, contract.batches[1].count) = (2, 6);
    });
    let nothing = Ending::Not("not-anchored", (0, 0, 0, 15));
    with("nothing is anchored", nothing, &|contract| {
        contract.batches.clear();
        (contract.head, contract.root) = ([0; 32], [0; 32]);
    });
}

fn successors(logs: &mut Logs) {
    let first = |sizes| Contract::new(&HONEST, CONTRACT, 0, sizes);
    let next = |sizes| Contract::new(&HONEST, SUCCESSOR, 8, sizes);
    let ranges = [(0, Some(8)), (8, None)];
    let mut both = |name: &str, contracts: [Contract; 2], ranges: &[_], ending| {
        logs.whole(name, record(&HONEST, 15, &contracts, ranges), ending);
    };
    let (two, three) = ([3, 8], [3, 8, 15]);
    both("a contract and its successor", [first(&two), next(&[15])], &ranges, WHOLE);
    let name = "a contract went on beyond its range";
    both(name, [first(&three), next(&[15])], &ranges, Ending::Anchored(3, 15, 1, 0));
    let name = "a successor that anchored nothing yet";
    both(name, [first(&two), next(&[])], &ranges, Ending::Anchored(2, 8, 0, 7));
    let name = "a successor that starts elsewhere";
    let elsewhere = [(0, Some(8)), (9, None)];
    both(name, [first(&two), next(&[15])], &elsewhere, Ending::By("replay"));
}
