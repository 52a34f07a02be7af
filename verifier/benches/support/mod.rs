//! What the benchmarks of the verifier share.

use std::time::Instant;

use serde_json::Value;

use crate::world::chain::Sealer;
use crate::world::{self, World};

const RUNS: usize = 5;

/// Seconds of the best of some runs: others may use this machine too.
pub fn best(mut run: impl FnMut()) -> f64 {
    let time = |()| {
        let started = Instant::now();
        run();
        started.elapsed().as_secs_f64()
    };
    std::iter::repeat_n((), RUNS).map(time).fold(f64::INFINITY, f64::min)
}

/// The suite's log with `count` entries of some 950 bytes, all of them anchored; the last batch holds those from 300 on.
pub fn long_world(count: usize) -> World {
    let origin = "tenders.example/log";
    let mut entries: Vec<Vec<u8>> = Vec::new();
    // Of two streams that take turns, all that matters for an entry is the one two before it.
    let mut template: Vec<Value> = Vec::new();
    for seq in 0..count as u64 {
        let mut event = if seq < 6 {
            world::envelope(origin, seq, &entries)
        } else {
            template[usize::try_from(seq % 2).unwrap() + 4].clone()
        };
        let at = world::instant(world::START_S + seq / 1_000);
        event["seq"] = seq.to_string().into();
        event["id"] = world::id(seq).into();
        event["at"] = at.clone().into();
        event["effectiveAt"] = at.into();
        event["ver"] = (seq / 2 + 1).to_string().into();
        event["data"]["title"] = "Licitación ".repeat(35).into();
        event["prev"] = match seq {
            0 | 1 => Value::Null,
            _ => {
                world::b64u(&world::tree::leaf(&entries[usize::try_from(seq).unwrap() - 2])).into()
            }
        };
        entries.push(world::entry(&event));
        if seq < 6 {
            template.push(event);
        }
    }
    let sizes = [3, 300, count as u64];
    World::in_batches(origin, entries, Sealer::three([1, 2, 3]), 2026, sizes)
}
