//! A log under watch: each alarm, its evidence, and that it is given once.

mod mirrors;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::world::chain::hex;
use crate::world::server::{Log, log, node, serve};
use crate::world::tree::{leaf, root};
use crate::world::{self, BLOCKS, FOUR, START_S, World, jcs};
use serde_json::Value;
use verifier::log::{LogSource, StateFile};
use verifier::merkle::verify_inclusion;
use verifier::monitor::{Monitor, Round, Watch};
use verifier::policy::Policy;

/// The last block of the world: everything is anchored.
const ALL: u64 = 30;
/// Entries under the world's checkpoint.
const SIZE: u64 = 15;

/// A log and a chain whose answers a test replaces between rounds.
struct Stage {
    folder: PathBuf,
    url: String,
    mirrors: Vec<String>,
    policy: Policy,
    log: Arc<Mutex<Arc<Log>>>,
    head: Arc<AtomicU64>,
}

impl Stage {
    fn new(name: &str) -> Self {
        Self::of(name, &World::new(), SIZE, |_| ())
    }

    fn of(name: &str, world: &World, size: u64, change: impl FnOnce(&mut Value)) -> Self {
        let folder = std::env::temp_dir().join(format!("verifier-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut policy = world.policy();
        change(&mut policy);
        let policy = Policy::parse(jcs(&policy).as_bytes()).unwrap();
        let shown: Arc<Log> = Arc::new(log(world, size));
        let (log, head) = (Arc::new(Mutex::new(shown)), Arc::new(AtomicU64::new(ALL)));
        let (shown, height, chain) = (log.clone(), head.clone(), node(world.clone()));
        let served = move |path: &str| {
            let log = shown.lock().unwrap().clone();
            log(path)
        };
        let answered = move |method: &str, params: &Value| match method {
            "eth_blockNumber" => format!("{:#x}", height.load(Ordering::Relaxed)).into(),
            _ => chain(method, params),
        };
        let url = serve(Arc::new(served), Arc::new(answered));
        Self { folder, url, mirrors: Vec::new(), policy, log, head }
    }

    fn show(&self, log: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) {
        *self.log.lock().unwrap() = Arc::new(log);
    }

    fn mirror(&mut self, log: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> String {
        let chain = node(World::new());
        self.mirrors.push(serve(Arc::new(log), Arc::new(chain)));
        self.mirrors.last().unwrap().clone()
    }

    /// Gives to `watch` a watch taken up from the files, as by a process of its own.
    fn watch<T>(&self, watch: impl FnOnce(&mut Monitor<'_>) -> T) -> T {
        let (state, memory) = (self.folder.join("state"), self.folder.join("state.alarms"));
        let alarms = self.folder.join("alarms");
        let source =
            LogSource { api: &self.url, rpc: &self.url, patience: Duration::ZERO, threads: FOUR };
        let taken = Watch {
            source,
            mirrors: &self.mirrors,
            state: StateFile { path: &state, every: Duration::ZERO },
            memory: &memory,
            evidence: Some(&alarms),
            stalled_after_periods: 20,
            stale_after_s: 7_200,
            unreachable_after_rounds: 3,
        };
        watch(&mut Monitor::new(taken, &self.policy).unwrap())
    }

    /// One round by a process of its own, so many seconds after the log began.
    fn round(&self, seconds: u64) -> Told {
        self.watch(|monitor| told(monitor, seconds))
    }

    /// The evidence files by name, in the order of time.
    fn files(&self) -> Vec<(String, Value)> {
        let Ok(folder) = std::fs::read_dir(self.folder.join("alarms")) else { return Vec::new() };
        let mut files: Vec<_> = folder.map(|file| file.unwrap().path()).collect();
        files.sort();
        let read = |path: PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
        };
        files.into_iter().map(read).collect()
    }

    /// The one evidence file there is, which has to be of this alarm.
    fn evidence(&self, alarm: &str) -> Value {
        let [(name, evidence)] = self.files().try_into().unwrap();
        assert!(name.ends_with(&format!("-{alarm}.json")), "{name}");
        assert_eq!(evidence["v"], "smart-tenders/alarm@v1");
        assert_eq!(evidence["alarm"], alarm);
        assert_eq!(evidence["policy"], hex(&self.policy.fingerprint));
        evidence
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// A round and the names of the alarms given in it, those that stand, and those that ended.
struct Told {
    round: Round,
    given: Vec<&'static str>,
    standing: Vec<&'static str>,
    ended: Vec<&'static str>,
}

fn told(monitor: &mut Monitor<'_>, seconds: u64) -> Told {
    let mut given = Vec::new();
    let now_ms = i64::try_from((START_S + seconds) * 1000).unwrap();
    let mut give = |alarm: &verifier::monitor::Standing| {
        assert!(alarm.file.as_ref().unwrap().exists(), "evidence is there before anybody is told");
        given.push(alarm.kind.name());
    };
    let round = monitor.round(now_ms, &mut |_, _| (), &mut give).unwrap();
    let names = |all: &[verifier::monitor::Standing]| all.iter().map(|s| s.kind.name()).collect();
    let (standing, ended) = (names(&round.standing), names(&round.ended));
    assert_eq!(round.to_string().lines().count(), 1, "{round}");
    Told { round, given, standing, ended }
}

impl Told {
    fn is(&self, verdict: &str, given: &[&str], standing: &[&str]) -> &Self {
        assert_eq!(self.round.verdict, verdict, "{}", self.round);
        assert_eq!((&self.given[..], &self.standing[..]), (given, standing), "{}", self.round);
        self
    }
}

/// Seconds after the beginning at which the last block is new and nothing is old.
const NOW: u64 = 160;
const TITLE: fn(&mut Value) = |envelope| envelope["data"]["title"] = "Otra".into();

/// Checks that the alarm is given once and that the watch then goes no further, not even in a new
/// process and not even if the log is honest again.
fn ends_the_watch(stage: &Stage, alarm: &str, honest: impl FnOnce(&Stage)) {
    stage.round(NOW).is("refused", &[alarm], &[alarm]);
    assert_eq!(stage.files().len(), 1);
    honest(stage);
    let again = stage.round(NOW + 10);
    again.is("refused", &[], &[alarm]);
    assert_eq!(again.round.exit_code, 1);
    let text = again.round.to_string();
    assert!(text.contains("not gone on from a log that was refused"), "{text}");
    assert!(text.contains("state.alarms to watch it again"), "{text}");
    assert_eq!(stage.files().len(), 1);
    std::fs::remove_file(stage.folder.join("state.alarms")).unwrap();
    stage.round(NOW + 20).is("anchored", &[], &[]);
}

#[test]
fn an_honest_log_gives_no_alarm_and_one_line_a_round() {
    let stage = Stage::new("watch-honest");
    stage.watch(|monitor| {
        for minute in 0..3 {
            let round = told(monitor, NOW + minute);
            round.is("anchored", &[], &[]);
            assert_eq!((round.round.size, round.round.anchored), (Some(15), Some(15)));
            assert_eq!((round.round.lag_s, round.round.exit_code), (Some(0), 0));
            let text = round.round.to_string();
            assert!(text.ends_with("anchored  size 15  anchored 15  block 29  lag 0 of 615 s"));
            let json: Value = serde_json::from_str(&round.round.to_json()).unwrap();
            assert_eq!(
                (&json["verdict"], &json["lagMaxSeconds"]),
                (&"anchored".into(), &"615".into())
            );
        }
    });
    assert_eq!(stage.files(), []);
}

#[test]
fn a_refused_log_is_alarming_with_the_entry_and_its_path() {
    let world = World::new();
    let stage = Stage::new("watch-refused");
    let (honest, changed) = (log(&world, SIZE), log(&world.edited(11, TITLE), SIZE));
    stage.show(move |path| if path.contains("/entries/") { changed(path) } else { honest(path) });
    ends_the_watch(&stage, "refused", |stage| {
        let evidence = stage.evidence("refused");
        assert_eq!((&evidence["check"], &evidence["position"]), (&"replay".into(), &"11".into()));
        assert!(evidence["says"].as_str().unwrap().contains("position 11: entry does not match"));
        let entry = world.edited(11, TITLE).entries[11].clone();
        assert_eq!(evidence["entry"]["entry"], world::b64u(&entry));
        assert_eq!(evidence["entry"]["leaf"], hex(&world.leaves()[11]));
        assert_eq!(evidence["checkpoints"][0]["note"], world.checkpoint(SIZE));
        assert_eq!(evidence["verdict"]["verdict"], "refused");
        stage.show(log(&World::new(), SIZE));
    });
}

#[test]
fn a_checkpoint_by_another_key_is_evidence_too() {
    let stage = Stage::new("watch-key");
    let world = World::new();
    let stranger = ed25519_dalek::SigningKey::from_bytes(&[99; 32]);
    let text = world::checkpoint_text(world.origin, SIZE, &root(&world.leaves()));
    let note = format!("{text}\n{}", world::signature_line(world.origin, 1, &stranger, &text));
    let (honest, shown) = (log(&world, SIZE), note.clone().into_bytes());
    stage.show(
        move |path| {
            if path == "/log/checkpoint" { Some(shown.clone()) } else { honest(path) }
        },
    );
    ends_the_watch(&stage, "refused", |stage| {
        let evidence = stage.evidence("refused");
        assert_eq!(evidence["check"], "checkpoint");
        assert_eq!(evidence["checkpoints"][0]["note"], note);
        stage.show(log(&World::new(), SIZE));
    });
}

#[test]
fn a_rewritten_log_is_alarming_with_both_signed_checkpoints() {
    let (world, forged) = (World::new(), World::new().rewritten(9, TITLE));
    let stage = Stage::of("watch-rewritten", &world, 12, |_| ());
    stage.head.store(BLOCKS[1] + 1, Ordering::Relaxed);
    stage.round(NOW).is("anchored", &[], &[]);
    stage.show(log(&forged, SIZE));
    ends_the_watch(&stage, "rewritten", |stage| {
        let evidence = stage.evidence("rewritten");
        let notes = [world.checkpoint(12), forged.checkpoint(SIZE)];
        for (index, note) in notes.iter().enumerate() {
            assert_eq!(evidence["checkpoints"][index]["note"], *note);
        }
        stage.show(log(&World::new(), SIZE));
    });
}

#[test]
fn a_shrunk_log_is_alarming_with_both_signed_checkpoints() {
    let world = World::new();
    let stage = Stage::of("watch-shrunk", &world, SIZE, |_| ());
    stage.head.store(BLOCKS[1] + 1, Ordering::Relaxed);
    stage.round(NOW).is("anchored", &[], &[]);
    stage.show(log(&world, 12));
    ends_the_watch(&stage, "shrunk", |stage| {
        let evidence = stage.evidence("shrunk");
        assert_eq!(evidence["checkpoints"][0]["note"], world.checkpoint(SIZE));
        assert_eq!(evidence["checkpoints"][1]["note"], world.checkpoint(12));
        stage.show(log(&World::new(), SIZE));
    });
}

#[test]
fn a_log_shorter_than_what_is_anchored_is_alarming_with_the_proven_state() {
    let world = World::new();
    let stage = Stage::of("watch-cut", &world, 12, |_| ());
    ends_the_watch(&stage, "shrunk", |stage| {
        let evidence = stage.evidence("shrunk");
        assert_eq!(evidence["state"]["headers"][0], hex(world.chain.header(29)));
        assert_eq!(evidence["checkpoints"][0]["note"], world.checkpoint(12));
        stage.show(log(&World::new(), SIZE));
    });
}

/// A stage whose policy promises anchoring within 60 seconds and tolerates 10.
fn hasty(name: &str) -> Stage {
    Stage::of(name, &World::new(), SIZE, |policy| {
        policy["maxDelaySeconds"] = "60".into();
        policy["toleranceSeconds"] = "10".into();
    })
}

#[test]
fn an_entry_not_anchored_in_time_is_alarming_once_and_until_it_is() {
    let (stage, world) = (hasty("watch-late"), World::new());
    let at_block = |number: u64| {
        stage.head.store(number + 1, Ordering::Relaxed);
        stage.round(5 * number + 10)
    };
    // Position 3, of second 3, waits for its batch in block 17; block 14 is of second 70.
    assert_eq!(at_block(14).is("anchored", &[], &[]).round.lag_s, Some(66));
    assert_eq!(
        at_block(15).is("anchored", &["late-anchoring"], &["late-anchoring"]).round.lag_s,
        Some(71)
    );
    at_block(16).is("anchored", &[], &["late-anchoring"]);
    let evidence = stage.evidence("late-anchoring");
    assert_eq!(evidence["position"], "3");
    assert_eq!(evidence["state"]["headers"][0], hex(world.chain.header(15)));
    let headers = evidence["state"]["headers"].as_array().unwrap().len();
    assert_eq!(headers, 2, "a descendant confirms it");
    let slot: Vec<String> =
        world.chain.slot_proof(15, &[0; 32]).1.iter().map(|node| hex(node)).collect();
    assert_eq!(evidence["state"]["storageProof"], serde_json::json!(slot));
    let account: Vec<String> =
        world.chain.state(15, &world.chain.contract).1.iter().map(|node| hex(node)).collect();
    assert_eq!(evidence["state"]["accountProof"], serde_json::json!(account));
    assert_eq!(evidence["checkpoints"][0]["note"], world.checkpoint(SIZE));
    let shown = &evidence["entry"];
    assert_eq!(shown["entry"], world::b64u(&world.entries[3]));
    let hash = |text: &Value| verifier::encoding::unhex_array(text.as_str().unwrap()).unwrap();
    let path: Vec<[u8; 32]> = shown["path"].as_array().unwrap().iter().map(hash).collect();
    let (here, whole) = (leaf(&world.entries[3]), root(&world.leaves()));
    assert_eq!(verify_inclusion(&here, 3, SIZE, &path, &whole), Ok(()));
    // Block 22 has everything.
    let ended = at_block(22);
    ended.is("anchored", &[], &[]);
    assert_eq!(ended.ended, ["late-anchoring"]);
    assert_eq!(stage.files().len(), 1);
}

#[test]
fn the_entry_that_waits_is_the_one_that_was_replayed() {
    let (stage, world) = (hasty("watch-other"), World::new());
    stage.head.store(17, Ordering::Relaxed);
    // Read again, it says that it was recorded a minute later.
    let later = |envelope: &mut Value| envelope["at"] = world::instant(START_S + 63).into();
    let (honest, other) = (log(&world, SIZE), log(&world.edited(3, later), SIZE));
    let read = AtomicU64::new(0);
    stage.show(move |path| {
        let again = path.contains("/entries/") && read.fetch_add(1, Ordering::Relaxed) > 0;
        if again { other(path) } else { honest(path) }
    });
    let round = stage.round(90);
    round.is("refused", &["refused"], &["refused"]);
    let says = stage.evidence("refused")["says"].as_str().unwrap().to_owned();
    assert!(says.contains("position 3: entry does not match its leaf"), "{says}");
}

#[test]
fn a_chain_that_stands_still_is_stalled_and_nobody_is_late() {
    let stage = hasty("watch-stalled");
    // Block 14 is of second 70; twenty periods and the tolerance are 110 seconds.
    stage.head.store(15, Ordering::Relaxed);
    stage.round(180).is("anchored", &[], &[]);
    stage.round(181).is("anchored", &["stalled-chain"], &["stalled-chain"]);
    stage.round(1_000).is("anchored", &[], &["stalled-chain"]);
    let evidence = stage.evidence("stalled-chain");
    assert_eq!(evidence["state"]["headers"][0], hex(World::new().chain.header(14)));
    assert!(evidence["says"].as_str().unwrap().contains("the newest confirmed block, 14"));
    stage.head.store(ALL, Ordering::Relaxed);
    let ended = stage.round(200);
    assert_eq!(ended.ended, ["stalled-chain"]);
}

#[test]
fn a_checkpoint_with_nothing_new_under_it_is_stale() {
    let stage = Stage::of("watch-stale", &World::new(), SIZE, |policy| {
        policy["toleranceSeconds"] = "100000".into();
    });
    // The last entry is of second 14 and a quarter.
    stage.round(7_214).is("anchored", &[], &[]);
    stage.round(7_215).is("anchored", &["stale-checkpoint"], &["stale-checkpoint"]);
    stage.round(7_300).is("anchored", &[], &["stale-checkpoint"]);
    let evidence = stage.evidence("stale-checkpoint");
    assert_eq!(evidence["checkpoints"][1]["note"], World::new().checkpoint(SIZE));
    assert!(evidence["says"].as_str().unwrap().contains("older than 7200 s"));
}

#[test]
fn what_cannot_be_read_is_unreachable_after_some_rounds_one_after_another() {
    let stage = Stage::new("watch-unreachable");
    let silent = |_: &str| None;
    stage.round(NOW).is("anchored", &[], &[]);
    for _ in 0..2 {
        stage.show(silent);
        stage.round(NOW).is("unread", &[], &[]);
        stage.round(NOW).is("unread", &[], &[]);
        stage.show(log(&World::new(), SIZE));
        stage.round(NOW).is("anchored", &[], &[]);
    }
    stage.show(silent);
    stage.round(NOW).is("unread", &[], &[]);
    stage.round(NOW).is("unread", &[], &[]);
    stage.round(NOW).is("unread", &["unreachable"], &["unreachable"]);
    let again = stage.round(NOW);
    assert_eq!(again.is("unread", &[], &["unreachable"]).round.exit_code, 2);
    let says = stage.evidence("unreachable")["says"].as_str().unwrap().to_owned();
    assert!(says.contains("the log does not serve /log/checkpoint"), "{says}");
    stage.show(log(&World::new(), SIZE));
    assert_eq!(stage.round(NOW).ended, ["unreachable"]);
    // A second time is another alarm, in another file.
    stage.show(silent);
    for _ in 0..3 {
        stage.round(NOW);
    }
    assert_eq!(stage.files().len(), 2);
}

#[test]
fn the_address_of_the_node_is_not_passed_on() {
    let mut stage = Stage::new("watch-address");
    stage.url = "http://127.0.0.1:1/secret".to_owned();
    for _ in 0..3 {
        stage.round(NOW);
    }
    let says = stage.evidence("unreachable")["says"].as_str().unwrap().to_owned();
    assert!(says.contains("the chain node did not answer"), "{says}");
    assert!(!says.contains("secret"), "{says}");
}

#[test]
fn an_alarm_is_neither_given_again_nor_ended_while_nothing_can_be_read() {
    let stage = hasty("watch-blind");
    stage.head.store(17, Ordering::Relaxed);
    stage.round(90).is("anchored", &["late-anchoring"], &["late-anchoring"]);
    stage.show(|_| None);
    stage.round(95).is("unread", &[], &["late-anchoring"]);
    stage.show(log(&World::new(), SIZE));
    stage.round(100).is("anchored", &[], &["late-anchoring"]);
    assert_eq!(stage.files().len(), 1);
}

#[test]
fn what_was_not_looked_at_in_a_round_stands_as_it_did() {
    let stage = hasty("watch-unjudged");
    stage.head.store(17, Ordering::Relaxed);
    stage.round(90).is("anchored", &["late-anchoring"], &["late-anchoring"]);
    // The replay reads the entries, and then they are gone: how long one waits is not known.
    let (honest, read) = (log(&World::new(), SIZE), AtomicU64::new(0));
    stage.show(move |path| {
        let again = path.contains("/entries/") && read.fetch_add(1, Ordering::Relaxed) > 0;
        if again { None } else { honest(path) }
    });
    stage.round(95).is("anchored", &[], &["late-anchoring"]);
    // A refused log was not measured either.
    stage.show(log(&World::new().rewritten(9, TITLE), SIZE));
    stage.round(100).is("refused", &["rewritten"], &["late-anchoring", "rewritten"]);
}

#[test]
fn evidence_is_never_overwritten() {
    let stage = hasty("watch-once");
    stage.head.store(17, Ordering::Relaxed);
    stage.round(90).is("anchored", &["late-anchoring"], &["late-anchoring"]);
    let [(name, _)] = stage.files().try_into().unwrap();
    let path = stage.folder.join("alarms").join(&name);
    std::fs::write(&path, "{}").unwrap();
    // Forgotten, and given again in the same millisecond.
    std::fs::remove_file(stage.folder.join("state.alarms")).unwrap();
    stage.round(90).is("anchored", &["late-anchoring"], &["late-anchoring"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"{}");
    assert_eq!(stage.files().len(), 2);
}
