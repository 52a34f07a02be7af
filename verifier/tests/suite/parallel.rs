//! Reading by several threads: it overlaps, it is bounded, and it changes no verdict.

use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::world::chain::Sealer;
use crate::world::server::{Log, log, node, serve};
use crate::world::{FOUR, ONE, World, entries, jcs};
use serde_json::Value;
use verifier::log::{LogError, LogReport, LogSource, verify_log};
use verifier::policy::Policy;

const TWO: NonZero<usize> = NonZero::new(2).unwrap();
/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn replay(log: Arc<Log>, chain: World, threads: NonZero<usize>) -> Result<LogReport, LogError> {
    let policy = Policy::parse(jcs(&chain.policy()).as_bytes()).unwrap();
    let url = serve(log, Arc::new(node(chain)));
    let source = LogSource { api: &url, rpc: &url, patience: Duration::ZERO, threads };
    verify_log(&source, &policy, &mut |_, _| ())
}

/// What was asked for, and a way to wait until something was.
#[derive(Default)]
struct Asked(Mutex<Vec<String>>, Condvar);

impl Asked {
    fn note(&self, path: &str) {
        self.0.lock().unwrap().push(path.to_owned());
        self.1.notify_all();
    }

    /// Whether `path` is asked for within `patience`.
    fn comes(&self, path: &str, patience: Duration) -> bool {
        let missing = |asked: &mut Vec<String>| !asked.iter().any(|other| other == path);
        let asked = self.0.lock().unwrap();
        let waited = self.1.wait_timeout_while(asked, patience, missing).unwrap().1;
        !waited.timed_out()
    }
}

/// The log, which serves `held` only once `until` was asked for, and not at all if it is not.
fn held(world: &World, size: u64, held: &'static str, until: &'static str) -> Arc<Log> {
    let (all, asked) = (log(world, size), Asked::default());
    Arc::new(move |path: &str| {
        asked.note(path);
        if path == held && !asked.comes(until, LONG) { None } else { all(path) }
    })
}

#[test]
fn a_tile_is_read_while_the_one_before_it_is_still_on_its_way() {
    let (first, second) = ("/log/tile/entries/000", "/log/tile/entries/001");
    let served = || held(&World::long(), 720, first, second);
    let report = replay(served(), World::long(), FOUR).unwrap();
    assert_eq!(report.outcome.exit_code(), 0, "{report}");
}

#[test]
fn the_first_of_several_faults_is_named_whichever_is_read_first() {
    let title = |envelope: &mut Value| envelope["data"]["title"] = "Otra".into();
    let world = World::long();
    let mut entries = world.entries.clone();
    for position in [100, 250, 300, 600] {
        let at = usize::try_from(position).unwrap();
        entries[at] = world.edited(position, title).entries.swap_remove(at);
    }
    let (honest, changed) = (log(&world, 720), log(&world.with_entries(entries), 720));
    let served = move |path: &str| {
        if path.contains("/entries/") { changed(path) } else { honest(path) }
    };
    let asked = Asked::default();
    // The tile with the first fault is the last one to come.
    let served: Arc<Log> = Arc::new(move |path: &str| {
        asked.note(path);
        let last = path == "/log/tile/entries/000";
        if last {
            asked.comes("/log/tile/entries/001", Duration::from_millis(200));
            asked.comes("/log/tile/entries/002.p/208", Duration::from_millis(200));
        }
        served(path)
    });
    for threads in [ONE, TWO, FOUR] {
        let report = replay(served.clone(), World::long(), threads).unwrap();
        let text = report.outcome.to_string();
        assert!(text.contains("position 100: entry does not match its leaf"), "{text}");
    }
}

#[test]
fn no_more_than_a_few_tiles_are_read_ahead() {
    // Eleven tiles.
    let origin = "tenders.example/log";
    let sealers = Sealer::three([1, 2, 3]);
    let world = World::in_batches(origin, entries(origin, 2_816), sealers, 2026, [3, 300, 2_700]);
    let (all, asked) = (log(&world, 2_816), Arc::new(Asked::default()));
    let seen = asked.clone();
    let served = move |path: &str| {
        seen.note(path);
        if path == "/log/tile/entries/000" {
            // Of two threads, the other has read 1, 3 and 5, and waits.
            assert!(seen.comes("/log/tile/entries/005", LONG));
            assert!(!seen.comes("/log/tile/entries/007", Duration::from_millis(500)));
        }
        all(path)
    };
    let report = replay(Arc::new(served), world, TWO).unwrap();
    assert_eq!(report.outcome.exit_code(), 0, "{report}");
    assert!(asked.comes("/log/tile/entries/007", Duration::ZERO));
}
