//! A replay that goes on from where an earlier one ended.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::world::server::{Log, Node, log, node, serve};
use crate::world::{self, FOUR, ONE, START_S, World, jcs};
use serde_json::Value;
use verifier::log::{
    LogError, LogReport, LogSource, StateError, StateFile, verify_log, verify_log_with_state,
};
use verifier::policy::Policy;

/// The last block: everything is anchored.
const ALL: u64 = 30;
/// Confirms the block with the second batch, 300 entries.
const TWO_BATCHES: u64 = 18;
/// Confirms the block with the first batch, 3 entries.
const ONE_BATCH: u64 = 13;

/// A state file in a folder of its own.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("verifier-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("state")
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        std::fs::read(self.path()).ok()
    }

    fn run(&self, log: Arc<Log>, chain: World, head: u64) -> Result<LogReport, LogError> {
        self.run_every(Duration::ZERO, log, chain, head)
    }

    fn run_every(
        &self,
        every: Duration,
        log: Arc<Log>,
        chain: World,
        head: u64,
    ) -> Result<LogReport, LogError> {
        let policy = Policy::parse(jcs(&chain.policy()).as_bytes()).unwrap();
        self.run_with(every, log, chain, head, &policy)
    }

    fn run_with(
        &self,
        every: Duration,
        log: Arc<Log>,
        chain: World,
        head: u64,
        policy: &Policy,
    ) -> Result<LogReport, LogError> {
        let url = serve(log, at_head(chain, head));
        let path = self.path();
        let run = |threads, path: &Path| {
            let source = LogSource { api: &url, rpc: &url, patience: Duration::ZERO, threads };
            verify_log_with_state(&source, &StateFile { path, every }, policy, &mut |_, _| ())
        };
        // Alone with a copy of the state, and together with it: nothing may differ.
        let copy = self.0.join("copy");
        if path.exists() {
            std::fs::copy(&path, &copy).unwrap();
        }
        let alone = run(ONE, &copy).map_or_else(|e| e.to_string(), |report| report.to_json());
        let together = run(FOUR, &path);
        let told = together.as_ref().map_or_else(ToString::to_string, LogReport::to_json);
        let names = |text: String| text.replace("copy", "state");
        assert_eq!(names(alone), names(told), "by one thread and by four");
        assert_eq!(std::fs::read(&copy).ok(), self.bytes(), "the state after one and after four");
        std::fs::remove_file(&copy).ok();
        together
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// A node whose newest block is `head`.
fn at_head(chain: World, head: u64) -> Arc<Node> {
    let all = node(chain);
    Arc::new(move |method: &str, params: &Value| match method {
        "eth_blockNumber" => format!("{head:#x}").into(),
        _ => all(method, params),
    })
}

/// The verdict of a replay from the first entry.
fn whole(log: Arc<Log>, chain: World, head: u64) -> String {
    let policy = Policy::parse(jcs(&chain.policy()).as_bytes()).unwrap();
    let url = serve(log, at_head(chain, head));
    let source = LogSource { api: &url, rpc: &url, patience: Duration::ZERO, threads: FOUR };
    verify_log(&source, &policy, &mut |_, _| ()).unwrap().to_string()
}

fn served(world: &World, size: u64) -> Arc<Log> {
    Arc::new(log(world, size))
}

/// The same log, which does not serve one path.
fn without(world: &World, size: u64, missing: &'static str) -> Arc<Log> {
    let all = log(world, size);
    Arc::new(move |path: &str| if path == missing { None } else { all(path) })
}

/// The same log, and the paths it was asked for.
fn watched(world: &World, size: u64) -> (Arc<Log>, Arc<Mutex<Vec<String>>>) {
    let all = log(world, size);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let log = move |path: &str| {
        seen.lock().unwrap().push(path.to_owned());
        all(path)
    };
    (Arc::new(log), asked)
}

/// The verdict without the line that tells a resumed replay.
fn verdict(report: &LogReport) -> String {
    let lines = report.to_string();
    let resumed = |line: &&str| !line.contains("were read by an earlier replay");
    lines.lines().filter(resumed).fold(String::new(), |text, line| text + line + "\n")
}

fn says(report: &LogReport, words: &str) {
    assert_eq!(report.outcome.exit_code(), 1, "{report}");
    let text = report.to_string();
    assert!(text.contains(words), "{text:?} does not say {words:?}");
}

#[test]
fn a_replay_interrupted_anywhere_resumes_to_the_same_verdict() {
    let world = World::long();
    let expected = whole(served(&world, 720), World::long(), ALL);
    for (missing, position) in [
        ("/log/tile/0/000", 0),
        ("/log/tile/entries/000", 0),
        ("/log/tile/entries/001", 256),
        ("/log/tile/0/002.p/208", 512),
        ("/log/tile/entries/002.p/208", 512),
        ("/log/tile/1/000.p/2", 512),
    ] {
        let kept = Kept::new("interrupted");
        let interrupted = kept.run(without(&world, 720, missing), World::long(), ALL);
        assert!(matches!(interrupted, Err(LogError::NotServed { .. })), "{missing}");
        let (log, asked) = watched(&world, 720);
        let report = kept.run(log, World::long(), ALL).unwrap();
        assert_eq!((report.resumed, report.outcome.exit_code()), (position, 0), "{missing}");
        assert_eq!(verdict(&report), expected, "{missing}");
        let asked = asked.lock().unwrap();
        for index in 0..3 {
            let read = asked.iter().any(|path| path.contains(&format!("/entries/00{index}")));
            assert_eq!(read, index * 256 >= position, "{missing}: entries of tile {index}");
        }
    }
}

#[test]
fn an_interruption_loses_no_more_than_was_agreed() {
    let world = World::long();
    let kept = Kept::new("agreed");
    let stop = |every| {
        let log = without(&world, 720, "/log/tile/entries/001");
        kept.run_every(every, log, World::long(), ALL)
    };
    let hour = Duration::from_hours(1);
    assert!(stop(hour).is_err());
    assert!(kept.bytes().is_none(), "no hour has passed");
    assert!(stop(Duration::ZERO).is_err());
    let report = kept.run_every(hour, served(&world, 720), World::long(), ALL).unwrap();
    assert_eq!(report.resumed, 256);
}

#[test]
fn a_finished_replay_reads_only_what_is_new() {
    let world = World::long();
    let kept = Kept::new("finished");
    assert_eq!(kept.run(served(&world, 512), World::long(), TWO_BATCHES).unwrap().resumed, 0);
    let (log, asked) = watched(&world, 512);
    let report = kept.run(log, World::long(), TWO_BATCHES).unwrap();
    assert_eq!((report.resumed, report.outcome.exit_code()), (512, 0));
    assert!(report.to_string().contains("the first 512 were read by an earlier replay"));
    assert!(!asked.lock().unwrap().iter().any(|path| path.contains("/entries/")));
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["resumed"], "512");
}

#[test]
fn a_batch_anchored_since_is_compared_with_what_was_replayed() {
    // Rewritten before it was anchored: in the second batch, in the third.
    let edit = |envelope: &mut Value| envelope["data"]["title"] = "Otra".into();
    for (position, words) in [(100, "batch 1 (positions 3..=299)"), (411, "batch 2 (positions 300")]
    {
        let forged = World::long().rewritten(position, edit);
        let kept = Kept::new("since");
        let first = kept.run(served(&forged, 720), World::long(), ONE_BATCH).unwrap();
        assert_eq!((first.outcome.exit_code(), first.anchored), (0, 3), "{first}");
        let report = kept.run(served(&forged, 720), World::long(), ALL).unwrap();
        says(&report, words);
        assert_eq!(verdict(&report), whole(served(&forged, 720), World::long(), ALL));
    }
    let world = World::long();
    for head in [ONE_BATCH, TWO_BATCHES] {
        let kept = Kept::new("since");
        kept.run(served(&world, 600), World::long(), head).unwrap();
        let report = kept.run(served(&world, 720), World::long(), ALL).unwrap();
        assert_eq!(verdict(&report), whole(served(&world, 720), World::long(), ALL));
        assert_eq!(report.resumed, 512);
    }
}

#[test]
fn what_was_replayed_still_binds_what_follows() {
    for edit in [
        (|e| e["at"] = world::instant(START_S).into()) as fn(&mut Value),
        |e| e["effectiveAt"] = world::instant(START_S).into(),
        |e| e["id"] = "019b8e00-0000-7000-8000-000000000003".into(),
        |e| e["ver"] = "9".into(),
        |e| e["prev"] = world::b64u(&[0; 32]).into(),
        |e| e["log"] = "other.example/log".into(),
    ] {
        let forged = World::long().edited(512, edit);
        // The first entry after what is kept: later ones follow entries that are read.
        let kept = Kept::new("binds");
        let stopped = without(&forged, 720, "/log/tile/entries/002.p/208");
        assert!(kept.run(stopped, World::long(), ALL).is_err());
        let report = kept.run(served(&forged, 720), World::long(), ALL).unwrap();
        assert_eq!(report.resumed, 512);
        says(&report, "position 512: ");
        assert_eq!(verdict(&report), whole(served(&forged, 720), World::long(), ALL));
    }
}

#[test]
fn a_log_rewritten_since_is_refused() {
    let edit = |envelope: &mut Value| envelope["data"]["title"] = "Otra".into();
    // The operator rewrote the chain too, with everything that is in it.
    for position in [5, 411, 710] {
        let kept = Kept::new("rewritten");
        kept.run(served(&World::long(), 720), World::long(), ALL).unwrap();
        let before = kept.bytes();
        let forged = || World::long().rewritten(position, edit);
        assert!(whole(served(&forged(), 720), forged(), ALL).starts_with("ANCHORED"));
        let report = kept.run(served(&forged(), 720), forged(), ALL).unwrap();
        // The position that was kept is in the third batch.
        let words = if position < 300 { "the first 2 batches, compared" } else { "was rewritten" };
        says(&report, words);
        assert_eq!(kept.bytes(), before, "what was seen is evidence");
    }
}

#[test]
fn a_rewritten_log_is_refused_before_its_batches_tell() {
    let edit = |envelope: &mut Value| envelope["data"]["title"] = "Otra".into();
    let forged = World::long().rewritten(411, edit);
    let kept = Kept::new("unanchored");
    kept.run(served(&World::long(), 600), World::long(), TWO_BATCHES).unwrap();
    let report = kept.run(served(&forged, 720), World::long(), TWO_BATCHES).unwrap();
    says(&report, "the log's first 600 entries are not in its checkpoint of 720");
}

#[test]
fn entries_that_were_never_in_a_checkpoint_are_no_place_to_go_on_from() {
    let edit = |envelope: &mut Value| envelope["data"]["title"] = "Otra".into();
    let (honest, forged) =
        (log(&World::long(), 720), log(&World::long().rewritten(411, edit), 720));
    // The signed checkpoint is right, the entries served below it are not.
    let mixed = move |path: &str| match path {
        "/log/checkpoint" => honest(path),
        "/log/tile/entries/002.p/208" => None,
        _ => forged(path),
    };
    let kept = Kept::new("mixed");
    assert!(kept.run(Arc::new(mixed), World::long(), TWO_BATCHES).is_err());
    let report = kept.run(served(&World::long(), 720), World::long(), TWO_BATCHES).unwrap();
    says(&report, "the log's first 512 entries are not in its checkpoint of 720");
}

#[test]
fn a_log_shorter_than_it_was_is_refused() {
    let kept = Kept::new("shorter");
    kept.run(served(&World::long(), 720), World::long(), ALL).unwrap();
    let report = kept.run(served(&World::long(), 710), World::long(), ALL).unwrap();
    says(&report, "the log has 710 entries, its signed checkpoint of 720 was seen before");
}

#[test]
fn other_batches_than_those_compared_are_refused_and_fewer_are_no_verdict() {
    let kept = Kept::new("batches");
    let world = World::long();
    kept.run(served(&world, 720), World::long(), ALL).unwrap();
    let report = kept.run(served(&world, 720), world.rebatched([3, 310, 700]), ALL).unwrap();
    says(&report, "the first 2 batches, compared before, are not those of the contracts now");
    let behind = kept.run(served(&world, 720), World::long(), ONE_BATCH);
    let error = behind.unwrap_err();
    assert!(matches!(error, LogError::State(StateError::NodeBehind { compared: 2, shown: 1 })));
}

#[test]
fn a_state_of_another_policy_is_refused() {
    let kept = Kept::new("policy");
    let world = World::long();
    kept.run(served(&world, 720), World::long(), ALL).unwrap();
    let before = kept.bytes();
    let mut policy = world.policy();
    policy["maxDelaySeconds"] = "601".into();
    let policy = Policy::parse(jcs(&policy).as_bytes()).unwrap();
    let outcome = kept.run_with(Duration::ZERO, served(&world, 720), World::long(), ALL, &policy);
    let error = outcome.unwrap_err();
    assert!(matches!(&error, LogError::State(StateError::OtherPolicy { .. })));
    assert!(error.to_string().contains("delete it, to replay from the start"), "{error}");
    assert_eq!(kept.bytes(), before);
}

#[test]
fn a_damaged_state_is_refused_and_left_alone() {
    let kept = Kept::new("damaged");
    let world = World::long();
    kept.run(served(&world, 720), World::long(), ALL).unwrap();
    let honest = kept.bytes().unwrap();
    let policy = Policy::parse(jcs(&world.policy()).as_bytes()).unwrap();
    let path = kept.path();
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        // Nobody is asked: nothing listens there.
        let nowhere = "http://127.0.0.1:1";
        let source =
            LogSource { api: nowhere, rpc: nowhere, patience: Duration::ZERO, threads: FOUR };
        let state = StateFile { path: &path, every: Duration::ZERO };
        let outcome = verify_log_with_state(&source, &state, &policy, &mut |_, _| ());
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        matches!(outcome, Err(LogError::State(StateError::Damaged { .. })))
    };
    assert!(!refused(&honest));
    for at in (0..honest.len()).step_by(honest.len() / 200) {
        let mut changed = honest.clone();
        changed[at] ^= 1;
        assert!(refused(&changed), "changed at {at}");
        assert!(refused(&honest[..at]), "cut at {at}");
    }
    assert!(refused(&[honest.as_slice(), b"\n"].concat()));
    assert!(refused(b"{}\n"));
}

#[test]
fn a_state_that_cannot_be_kept_ends_the_replay() {
    let kept = Kept::new("unwritable");
    // A folder stands where the new file would be written.
    let in_the_way = ["state.new", "copy.new"].map(|name| kept.0.join(name));
    for folder in &in_the_way {
        std::fs::create_dir(folder).unwrap();
    }
    let outcome = kept.run(served(&World::long(), 720), World::long(), ALL);
    assert!(matches!(outcome, Err(LogError::State(StateError::Write { .. }))));
    for folder in &in_the_way {
        std::fs::remove_dir(folder).unwrap();
    }
    // What an interrupted write left is no obstacle.
    std::fs::write(kept.0.join("state.new"), "half").unwrap();
    assert!(kept.run(served(&World::long(), 720), World::long(), ALL).is_ok());
    assert!(!kept.0.join("state.new").exists());
}
