//! The replay itself: one pass over the entries, in order.

use std::num::NonZero;

use super::ahead::{Ahead, Tile};
use super::anchored::AnchoredBatch;
use super::entries::{Entries, Place};
use super::roots::Roots;
use super::tiles::{TILE_WIDTH, Tiles};
use super::tower::Tower;
use super::{LogError, LogFault, Progress};
use crate::note::Checkpoint;
use crate::refusal::{At as _, Check};

/// What has been replayed so far: everything the next entry is checked against.
#[derive(Default)]
pub(super) struct Replayed {
    pub(super) entries: Entries,
    pub(super) roots: Roots,
    pub(super) tower: Tower,
}

/// Takes what has been replayed, at positions from which the replay can go on.
pub(super) type Keep<'a> = dyn FnMut(&Replayed) -> Result<(), LogError> + 'a;

/// Replays the log from where `replayed` ends up to its checkpoint.
///
/// `keep` is called before each tile and after the last full one: a partial tile is read again
/// next time, so that nothing depends on where it ended. Only reading is done by several threads:
/// every entry is checked against those before it here, in order.
pub(super) fn run(
    log: &Tiles,
    threads: NonZero<usize>,
    checkpoint: &Checkpoint,
    batches: &[AnchoredBatch],
    replayed: &mut Replayed,
    keep: &mut Keep<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), LogError> {
    let mut batches = replayed.roots.resume(batches).at(Check::Replay)?;
    std::thread::scope(|scope| {
        let rest = (replayed.roots.size(), checkpoint.size);
        let mut tiles = Ahead::read(scope, log, rest, threads);
        loop {
            keep(replayed)?;
            let Some(tile) = tiles.next() else { return Ok(()) };
            let Tile { hashes, places, fault } = tile?;
            for place in places {
                replay_one(place, replayed, &mut batches).at(Check::Replay)?;
            }
            if let Some(fault) = fault {
                return Err(fault).at(Check::Replay).map_err(LogError::from);
            }
            replayed.tower.push(log, &hashes)?;
            progress(replayed.roots.size(), checkpoint.size);
            if (hashes.len() as u64) < TILE_WIDTH {
                return Ok(());
            }
        }
    })?;
    replayed.tower.finish(log)?;
    let (size, computed) = (checkpoint.size, replayed.roots.root());
    if computed != checkpoint.root {
        Err(LogFault::CheckpointRoot { size, computed }).at(Check::Replay)?;
    }
    Ok(())
}

fn replay_one(
    place: Place,
    replayed: &mut Replayed,
    batches: &mut &[AnchoredBatch],
) -> Result<(), LogFault> {
    let leaf = place.leaf();
    replayed.entries.check(place, replayed.roots.size())?;
    replayed.roots.append(leaf, batches)
}
