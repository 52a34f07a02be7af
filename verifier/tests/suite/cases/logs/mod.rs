//! Whole logs and what a replay of them says (§9).

mod entries;
mod lies;
mod recording;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::HONEST;
use crate::world::chain::{CONTRACT, Sealer};
use crate::world::{SIZES, World, entries as events};
use recording::{Contract, record};

/// A recording with some of it replaced, and how its replay ends.
struct Case {
    name: String,
    recording: String,
    /// RFC 6901 pointers into the recording, and what is there instead.
    patches: Vec<(String, Value)>,
    ending: Ending,
}

/// How a replay ends.
#[derive(Clone, Copy)]
enum Ending {
    /// Batches, anchored entries, ignored batches, entries behind them.
    Anchored(usize, u64, usize, u64),
    /// The same, where it is not anchored in a sealed chain: the word for it.
    Not(&'static str, (usize, u64, usize, u64)),
    /// Refused by a check.
    By(&'static str),
    /// Refused by `replay` at a position.
    Position(u64),
    /// Refused by `replay` at a batch.
    Batch(u64),
    /// Log or node cannot be read.
    Unreadable,
}

impl Case {
    fn vector(&self) -> Value {
        let patches: Vec<_> = self.patches.iter().map(|(at, value)| json!([at, value])).collect();
        let mut vector = json!({"name": self.name, "recording": self.recording,
            "patches": patches, "check": null, "at": null, "counts": null});
        let counts = |(batches, anchored, ignored, tail): (usize, u64, usize, u64)| {
            json!({"batches": batches, "anchored": anchored.to_string(), "ignored": ignored,
                "tail": tail.to_string()})
        };
        let (verdict, member, value) = match self.ending {
            Ending::Anchored(batches, anchored, ignored, tail) => {
                ("anchored", "counts", counts((batches, anchored, ignored, tail)))
            }
            Ending::Not(word, of) => (word, "counts", counts(of)),
            Ending::By(check) => ("refused", "check", check.into()),
            Ending::Position(at) => ("refused", "at", json!({"position": at.to_string()})),
            Ending::Batch(at) => ("refused", "at", json!({"batch": at.to_string()})),
            Ending::Unreadable => ("unreadable", "check", Value::Null),
        };
        vector["verdict"] = verdict.into();
        vector[member] = value;
        if member == "at" {
            vector["check"] = "replay".into();
        }
        vector
    }
}

/// The cases as they are made, and the recordings they need.
#[derive(Default)]
struct Logs {
    recordings: BTreeMap<String, Value>,
    cases: Vec<Case>,
}

impl Logs {
    fn record(&mut self, name: &str, recording: Value) {
        self.recordings.insert(name.to_owned(), recording);
    }

    /// The recording `recording` with `patches` in it.
    fn case<const N: usize>(
        &mut self,
        name: impl Into<String>,
        recording: &str,
        patches: [(&str, Value); N],
        ending: Ending,
    ) {
        assert!(self.recordings.contains_key(recording), "{recording}");
        let patches = patches.map(|(at, value)| (at.to_owned(), value)).into();
        let (name, recording) = (name.into(), recording.to_owned());
        self.cases.push(Case { name, recording, patches, ending });
    }

    /// The recording with other files of the log: those that differ, `null` for one that is gone.
    fn published(&mut self, name: &str, recording: &str, files: &Value, ending: Ending) {
        let honest = self.recordings[recording]["log"].as_object().unwrap();
        let paths: BTreeSet<_> = honest.keys().chain(files.as_object().unwrap().keys()).collect();
        let differ = paths.into_iter().filter(|path| honest.get(*path) != files.get(*path));
        let patch =
            |path: &String| (format!("/log/{}", path.replace('/', "~1")), files[path].clone());
        let patches = differ.map(patch).collect();
        let (name, recording) = (name.to_owned(), recording.to_owned());
        self.cases.push(Case { name, recording, patches, ending });
    }

    /// A recording of its own.
    fn whole(&mut self, name: &str, recording: Value, ending: Ending) {
        self.record(name, recording);
        self.case(name, name, [], ending);
    }
}

/// The log of `world`, all of it published and anchored by one contract in batches of `SIZES`.
fn anchored(world: &World) -> Value {
    let contract = Contract::new(world, CONTRACT, 0, &SIZES);
    record(world, SIZES[2], &[contract], &[(0, None)])
}

/// A log of a full tile and a partial one, whose last four entries are not anchored.
static LONG: LazyLock<World> = LazyLock::new(|| {
    let origin = "tenders.example/log";
    World::in_batches(origin, events(origin, 270), Sealer::three([1, 2, 3]), 2026, LONG_SIZES)
});
const LONG_SIZES: [u64; 3] = [200, 260, 266];

static LOGS: LazyLock<Logs> = LazyLock::new(|| {
    let mut logs = Logs::default();
    let whole = Ending::Anchored(3, 15, 0, 0);
    logs.whole("honest", anchored(&HONEST), whole);
    let contract = Contract::new(&LONG, CONTRACT, 0, &LONG_SIZES);
    let long = record(&LONG, 270, &[contract], &[(0, None)]);
    logs.whole("honest, of two tiles", long, Ending::Anchored(3, 266, 0, 4));
    entries::add(&mut logs);
    lies::add(&mut logs);
    logs
});

/// What was recorded, by name.
pub fn recordings() -> Value {
    json!(LOGS.recordings)
}

/// The vectors.
pub fn all() -> Value {
    LOGS.cases.iter().map(Case::vector).collect()
}
