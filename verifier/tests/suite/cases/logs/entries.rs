//! Logs that are not what was anchored, or broke their rules before they were.

use serde_json::Value;

use super::recording::{Contract, files, record};
use super::{Ending, HONEST, LONG, Logs, anchored};
use crate::world::chain::CONTRACT;
use crate::world::{self, SEALED, SIZES, World};

const LONG_NAME: &str = "honest, of two tiles";
const LAST_ENTRIES: &str = "/log/tile/entries/001.p/14";

/// A change to an envelope.
type Edit<'a> = &'a dyn Fn(&mut Value);

pub fn add(logs: &mut Logs) {
    edited(logs);
    cut(logs);
    rules(logs);
    let forged = HONEST.edited(14, |envelope| {
        envelope["clock"] = "imported".into();
        envelope["effectiveAt"] = "2018-05-01T00:00:00.000Z".into();
    });
    let whole = Ending::Anchored(3, 15, 0, 0);
    logs.whole("an imported event is effective earlier", anchored(&forged), whole);
}

fn retitled(envelope: &mut Value) {
    envelope["data"]["title"] = "Otra".into();
}

fn edited(logs: &mut Logs) {
    let mut under = files(&LONG, 270);
    under[LAST_ENTRIES] = files(&LONG.edited(258, retitled), 270)[LAST_ENTRIES].clone();
    let name = "an entry changed under its leaf";
    logs.published(name, LONG_NAME, &under, Ending::Position(258));
    let recomputed = |seq| files(&LONG.rewritten(seq, retitled), 270);
    let name = "an entry changed and everything recomputed";
    logs.published(name, LONG_NAME, &recomputed(258), Ending::Batch(1));
    let name = "an entry of the last batch changed and everything recomputed";
    logs.published(name, LONG_NAME, &recomputed(265), Ending::Batch(2));
    let name = "an entry after the last batch changed and everything recomputed";
    logs.published(name, LONG_NAME, &recomputed(267), Ending::Anchored(3, 266, 0, 4));
    let name = "the first entry changed and everything recomputed";
    let first = files(&HONEST.rewritten(0, retitled), 15);
    logs.published(name, "honest", &first, Ending::Batch(0));
    let mut contract = Contract::new(&HONEST, CONTRACT, 0, &SIZES);
    contract.batches[1].log_root = [5; 32];
    let recording = record(&HONEST, 15, &[contract], &[(0, None)]);
    logs.whole("the log root of a batch is another", recording, Ending::Batch(1));
}

fn cut(logs: &mut Logs) {
    logs.published("the tail cut off", LONG_NAME, &files(&LONG, 265), Ending::By("replay"));
    let anchored = files(&LONG, 266);
    let name = "only what is anchored is published";
    logs.published(name, LONG_NAME, &anchored, Ending::Anchored(3, 266, 0, 0));
    let mut entries = LONG.entries[..262].to_vec();
    for seq in 262..270 {
        let mut event = world::envelope(LONG.origin, seq, &entries);
        retitled(&mut event);
        entries.push(world::entry(&event));
    }
    let again = files(&LONG.with_entries(entries), 270);
    logs.published("the tail cut off and written again", LONG_NAME, &again, Ending::Batch(2));
    // The full tile is there, the partial one of the checkpoint is not.
    let checkpoint = files(&LONG, 200)["/log/checkpoint"].clone();
    let patches =
        [("/log/~1log~1checkpoint", checkpoint), ("/policy/contracts/0/toSize", "200".into())];
    let name = "a full tile for a partial one, and batches beyond the contract's range";
    logs.case(name, LONG_NAME, patches, Ending::Anchored(1, 200, 2, 0));
}

/// A log that was wrong in the entry `seq` before it was anchored.
fn dishonest(seq: u64, edit: impl FnOnce(&mut Value)) -> World {
    HONEST.edited(seq, edit)
}

fn rules(logs: &mut Logs) {
    let early = world::instant(world::START_S);
    let at_ten: [(&str, Edit<'_>); 11] = [
        ("an entry of another position", &|e| e["seq"] = "11".into()),
        ("an entry of another log", &|e| e["log"] = "x".into()),
        ("a version left out", &|e| e["ver"] = "9".into()),
        ("a version twice", &|e| e["ver"] = "4".into()),
        ("another entry before it", &|e| e["prev"] = world::b64u(&[0; 32]).into()),
        ("recorded earlier", &|e| e["at"] = early.clone().into()),
        ("effective earlier", &|e| e["effectiveAt"] = early.clone().into()),
        ("an id twice", &|e| e["id"] = world::id(3).into()),
        ("the id of a sealed entry again", &|e| e["id"] = world::id(SEALED).into()),
        ("in another stream", &|e| e["stream"] = "tender-odd".into()),
        ("a member that is not known", &|e| e["extra"] = Value::Null),
    ];
    for (name, edit) in at_ten {
        logs.whole(name, anchored(&dishonest(10, edit)), Ending::Position(10));
    }
    let padded = dishonest(SEALED, |envelope| envelope["pad"] = "0".into());
    logs.whole("a sealed entry of another length", anchored(&padded), Ending::Position(SEALED));
    let mut entries = HONEST.entries.clone();
    entries.swap(7, 9);
    let swapped = anchored(&HONEST.with_entries(entries));
    logs.whole("two entries in each other's place", swapped, Ending::Position(7));
    let mut entries = HONEST.entries.clone();
    entries[12] = b"smart-tenders/event@v1\n{ }".to_vec();
    let none = anchored(&HONEST.with_entries(entries));
    logs.whole("bytes that are no entry", none, Ending::Position(12));
}
