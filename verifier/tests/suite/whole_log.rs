//! The replay of a whole log from outside.

use std::sync::Arc;
use std::time::Duration;

use crate::world::chain::hex;
use crate::world::server::{Log, Node, log, node, serve};
use crate::world::{self, FOUR, ONE, SEALED, World, jcs};
use serde_json::{Value, json};
use verifier::log::{LogError, LogReport, LogSource, verify_log};
use verifier::policy::Policy;

fn replay(log: Arc<Log>, node: Arc<Node>, policy: &Value) -> Result<LogReport, LogError> {
    let policy = Policy::parse(jcs(policy).as_bytes()).unwrap();
    let url = serve(log, node);
    let run = |threads| {
        let source = LogSource { api: &url, rpc: &url, patience: Duration::ZERO, threads };
        verify_log(&source, &policy, &mut |_, _| ())
    };
    let (alone, together) = (run(ONE), run(FOUR));
    assert_eq!(told(&alone), told(&together), "by one thread and by four");
    together
}

/// Everything that is said of a replay.
fn told(outcome: &Result<LogReport, LogError>) -> String {
    outcome.as_ref().map_or_else(|e| format!("{e:?}"), |r| format!("{r}{}", r.to_json()))
}

/// The log of one world replayed against the chain of another, with the second one's policy.
fn against(log_world: &World, size: u64, chain_world: World) -> LogReport {
    let policy = chain_world.policy();
    replay(Arc::new(log(log_world, size)), Arc::new(node(chain_world)), &policy).unwrap()
}

fn refusal(report: &LogReport) -> String {
    assert_eq!(report.outcome.exit_code(), 1, "{report}");
    report.outcome.to_string()
}

fn says(report: &LogReport, words: &str) {
    let text = refusal(report);
    assert!(text.contains(words), "{text:?} does not say {words:?}");
}

#[test]
fn an_honest_log_is_anchored_and_its_tail_is_counted() {
    let report = against(&World::long(), 720, World::long());
    assert_eq!(report.outcome.exit_code(), 0, "{report}");
    assert_eq!((report.batches, report.anchored, report.tail(), report.sealed), (3, 700, 20, 1));
    assert!(report.to_string().contains("the last 20 entries are not anchored yet"), "{report}");
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!((&json["verdict"], &json["tail"]), (&json!("anchored"), &json!("20")));
}

#[test]
fn an_entry_changed_under_its_leaf_is_named_by_position() {
    let world = World::long();
    let forged = world.edited(411, |envelope| envelope["data"]["title"] = "Otra".into());
    let (honest, changed) = (log(&world, 720), log(&forged, 720));
    let served = move |path: &str| {
        if path.contains("/entries/") { changed(path) } else { honest(path) }
    };
    let policy = world.policy();
    let report = replay(Arc::new(served), Arc::new(node(world)), &policy).unwrap();
    says(&report, "position 411: entry does not match its leaf");
}

#[test]
fn a_log_recomputed_after_an_edit_is_named_by_its_first_bad_batch() {
    let forged = World::long().rewritten(411, |envelope| envelope["data"]["title"] = "Otra".into());
    says(
        &against(&forged, 720, World::long()),
        "batch 2 (positions 300..=699): recomputed root differs from the anchored one",
    );
}

#[test]
fn an_edit_after_the_last_anchor_leaves_the_anchored_part_intact() {
    let forged = World::long().rewritten(710, |envelope| envelope["data"]["title"] = "Otra".into());
    assert_eq!(against(&forged, 720, World::long()).outcome.exit_code(), 0);
}

#[test]
fn a_log_shorter_than_what_is_anchored_is_refused() {
    let world = World::long();
    says(&against(&world, 300, World::long()), "its tail was cut off");
    // Cut and appended again: as long as before, with other entries.
    let mut entries = world.entries[..650].to_vec();
    for seq in 650..720 {
        let mut event = world::envelope(world.origin, seq, &entries);
        event["data"]["title"] = "Otra".into();
        entries.push(world::entry(&event));
    }
    let again = world.with_entries(entries);
    says(&against(&again, 720, World::long()), "batch 2 (positions 300..=699)");
}

/// What is said of a log that was wrong before it was anchored.
fn dishonest(seq: usize, edit: impl FnOnce(&mut Vec<Vec<u8>>, &mut Value)) -> String {
    let world = World::new();
    let mut entries = world.entries.clone();
    let mut envelope: Value = serde_json::from_slice(&entries[seq][23..]).unwrap();
    edit(&mut entries, &mut envelope);
    entries[seq] = world::entry(&envelope);
    let forged = world.with_entries(entries);
    let again = world.with_entries(forged.entries.clone());
    refusal(&against(&forged, 15, again))
}

#[test]
fn a_log_that_breaks_its_own_rules_is_refused_by_position() {
    let edited = |edit: &dyn Fn(&mut Value)| dishonest(10, |_, envelope| edit(envelope));
    for (text, words) in [
        (edited(&|e| e["seq"] = "11".into()), "position 10: the entry says it is at 11"),
        (edited(&|e| e["log"] = "x".into()), "position 10: the entry is of another log"),
        (edited(&|e| e["ver"] = "9".into()), "position 10: version 9 of stream tender-even"),
        (edited(&|e| e["prev"] = world::b64u(&[0; 32]).into()), "position 10: prev is not"),
        (edited(&|e| e["at"] = world::instant(world::START_S).into()), "position 10: recorded"),
        (edited(&|e| e["effectiveAt"] = world::instant(world::START_S).into()), "position 10: eff"),
        (
            edited(&|e| e["id"] = "019b8e00-0000-7000-8000-000000000003".into()),
            "position 10: the ev",
        ),
        (edited(&|e| e["stream"] = "tender-odd".into()), "position 10: version"),
        (edited(&|e| e["extra"] = Value::Null), "position 10: envelope has an unknown member"),
        (dishonest(3, |entries, _| entries.swap(7, 9)), "position 7: the entry says it is at 9"),
    ] {
        assert!(text.contains(words), "{text:?} does not say {words:?}");
    }
}

#[test]
fn an_imported_event_may_be_effective_earlier() {
    let world = World::new();
    let forged = world.edited(14, |envelope| {
        envelope["clock"] = "imported".into();
        envelope["effectiveAt"] = "2018-05-01T00:00:00.000Z".into();
    });
    let again = world.with_entries(forged.entries.clone());
    assert_eq!(against(&forged, 15, again).outcome.exit_code(), 0);
}

#[test]
fn a_wrong_hash_in_a_higher_tile_is_refused() {
    let world = World::long();
    let honest = log(&world, 720);
    let served = move |path: &str| {
        let mut bytes = honest(path)?;
        if path.starts_with("/log/tile/1/") {
            bytes[40] ^= 1;
        }
        Some(bytes)
    };
    let policy = world.policy();
    let report = replay(Arc::new(served), Arc::new(node(world)), &policy).unwrap();
    says(&report, "tile 1/0: hash 1 is not the root of the tile below it");
}

#[test]
fn a_full_tile_stands_in_for_a_partial_one() {
    let world = World::long();
    let (now, later) = (log(&world, 300), log(&World::long(), 720));
    let served = move |path: &str| {
        if path == "/log/checkpoint" { now(path) } else { later(path) }
    };
    // Only 300 entries are anchored where the chain has stopped growing.
    let mut policy = world.policy();
    policy["contracts"][0]["toSize"] = "300".into();
    let report = replay(Arc::new(served), Arc::new(node(world)), &policy).unwrap();
    assert_eq!(report.outcome.exit_code(), 0, "{report}");
    assert_eq!((report.batches, report.ignored, report.anchored), (2, 1, 300));
}

/// What is said when the node lies in one kind of answer.
fn lying(method: &'static str, lie: impl Fn(&mut Value) + Send + Sync + 'static) -> String {
    let world = World::new();
    let (policy, log) = (world.policy(), log(&world, 15));
    let honest = node(world);
    let node = move |asked: &str, params: &Value| {
        let mut answer = honest(asked, params);
        if asked == method {
            lie(&mut answer);
        }
        answer
    };
    match replay(Arc::new(log), Arc::new(node), &policy) {
        Ok(report) => refusal(&report),
        Err(error) => format!("unreadable: {error}"),
    }
}

#[test]
fn a_node_that_lies_is_not_believed() {
    for (text, words) in [
        (lying("eth_chainId", |answer| *answer = "0x1".into()), "chain id 1"),
        (lying("eth_getLogs", |a| drop(a.as_array_mut().unwrap().pop())), "has 3 batches"),
        (lying("eth_getLogs", |a| a.as_array_mut().unwrap().swap(0, 1)), "has 3 batches"),
        (
            lying("eth_getLogs", |a| {
                let data = a[1]["data"].as_str().unwrap().replace('1', "2");
                a[1]["data"] = data.into();
            }),
            "batch 1 of contract",
        ),
        (lying("eth_getBlockByNumber", |a| a["gasUsed"] = "0x1".into()), "block 0: the hash"),
        (lying("eth_getBlockByNumber", |a| a["hash"] = hex(&[0; 32]).into()), "block 0: the hash"),
        (lying("eth_getProof", |a| a["accountProof"] = json!([])), "storage"),
        (lying("eth_getProof", |a| a["storageProof"][0]["value"] = "0x1".into()), "storage"),
        (lying("eth_getProof", |a| *a = json!({})), "unreadable"),
        (lying("eth_getBlockByNumber", |a| *a = Value::Null), "unreadable"),
        (lying("eth_blockNumber", |a| *a = json!([1])), "unreadable"),
    ] {
        assert!(text.contains(words), "{text:?} does not say {words:?}");
    }
}

#[test]
fn another_genesis_is_refused() {
    let world = World::new();
    let policy = world.policy();
    let foreign = World::with_sealers([11, 12, 13]);
    let report = replay(Arc::new(log(&world, 15)), Arc::new(node(foreign)), &policy).unwrap();
    says(&report, "genesis hash");
}

#[test]
fn a_development_chain_is_never_anchored() {
    let world = World::new();
    let mut policy = world.policy();
    policy["chain"]["consensus"] = "dev".into();
    policy["chain"]["period"] = "0".into();
    policy["chain"]["epoch"] = "0".into();
    policy["chain"]["signers"] = json!([]);
    let report = replay(Arc::new(log(&world, 15)), Arc::new(node(world)), &policy).unwrap();
    assert_eq!(report.outcome.exit_code(), 3, "{report}");
}

#[test]
fn a_checkpoint_of_another_tree_or_key_is_refused() {
    let world = World::new();
    let honest = log(&world, 15);
    let stranger = ed25519_dalek::SigningKey::from_bytes(&[99; 32]);
    let text = world::checkpoint_text(world.origin, 15, &[0; 32]);
    let line = world::signature_line(world.origin, 1, &stranger, &text);
    for (note, words) in [
        (world.sign(&text), "the checkpoint's root at size 15"),
        (format!("{text}\n{line}"), "a key that the policy does not list"),
        (world.sign(&text.replacen("tenders", "others", 1)), "others.example/log"),
        ("hello".to_owned(), "not a signed note"),
    ] {
        let honest = log(&world, 15);
        let served = move |path: &str| {
            if path == "/log/checkpoint" { Some(note.clone().into_bytes()) } else { honest(path) }
        };
        let (policy, chain) = (world.policy(), World::new());
        let report = replay(Arc::new(served), Arc::new(node(chain)), &policy).unwrap();
        says(&report, words);
    }
    assert!(honest("/log/checkpoint").is_some());
}

#[test]
fn malformed_and_endless_answers_end_the_replay() {
    let cases: [(&str, &str, Vec<u8>); 4] = [
        ("/log/tile/entries/", "the entry bundle is malformed", b"\xff\xff".to_vec()),
        ("/log/tile/0/", "does not hold the hashes", vec![0; 33]),
        ("/log/tile/0/", "unreadable", vec![0; 100_000]),
        ("/log/checkpoint", "unreadable", vec![b'x'; 10_000_000]),
    ];
    for (prefix, words, bytes) in cases {
        let world = World::new();
        let honest = log(&world, 15);
        let served = move |path: &str| {
            if path.starts_with(prefix) { Some(bytes.clone()) } else { honest(path) }
        };
        let policy = world.policy();
        let text = match replay(Arc::new(served), Arc::new(node(world)), &policy) {
            Ok(report) => refusal(&report),
            Err(error) => format!("unreadable: {error}"),
        };
        assert!(text.contains(words), "{text:?} does not say {words:?}");
    }
}

#[test]
fn a_log_that_does_not_serve_itself_is_unreadable() {
    let world = World::new();
    let policy = world.policy();
    let outcome = replay(Arc::new(|_: &str| None), Arc::new(node(world)), &policy);
    assert!(matches!(outcome, Err(LogError::NotServed { .. })));
}

#[test]
fn a_sealed_entry_of_another_length_is_refused() {
    let text = dishonest(usize::try_from(SEALED).unwrap(), |_, envelope| {
        envelope["pad"] = "0".into();
    });
    assert!(text.contains("position 4: a sealed entry has 1024 bytes"), "{text}");
}
