//! The replay itself: one pass over the entries, in order.

use super::anchored::AnchoredBatch;
use super::entries::Entries;
use super::roots::Roots;
use super::tiles::{TILE_WIDTH, Tiles};
use super::tower::Tower;
use super::{LogError, LogFault, Progress};
use crate::entry::Entry;
use crate::merkle::{Hash, leaf_hash};
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
/// next time, so that nothing depends on where it ended.
pub(super) fn run(
    log: &Tiles,
    checkpoint: &Checkpoint,
    batches: &[AnchoredBatch],
    replayed: &mut Replayed,
    keep: &mut Keep<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), LogError> {
    let mut batches = replayed.roots.resume(batches).at(Check::Replay)?;
    loop {
        let first = replayed.roots.size();
        let width = TILE_WIDTH.min(checkpoint.size - first);
        keep(replayed)?;
        if width == 0 {
            break;
        }
        let index = first / TILE_WIDTH;
        let hashes = log.hashes(0, index, width)?;
        let bytes = log.entries(index, width)?;
        for (position, (entry, leaf)) in (first..).zip(bytes.iter().zip(&hashes)) {
            replay_one(entry, leaf, position, replayed, &mut batches).at(Check::Replay)?;
        }
        replayed.tower.push(log, &hashes)?;
        progress(first + width, checkpoint.size);
        if width < TILE_WIDTH {
            break;
        }
    }
    replayed.tower.finish(log)?;
    let (size, computed) = (checkpoint.size, replayed.roots.root());
    if computed != checkpoint.root {
        Err(LogFault::CheckpointRoot { size, computed }).at(Check::Replay)?;
    }
    Ok(())
}

fn replay_one(
    bytes: &[u8],
    leaf: &Hash,
    position: u64,
    replayed: &mut Replayed,
    batches: &mut &[AnchoredBatch],
) -> Result<(), LogFault> {
    if leaf_hash(bytes) != *leaf {
        return Err(LogFault::Leaf(position));
    }
    let entry = Entry::parse(bytes).map_err(|cause| LogFault::Form { position, cause })?;
    replayed.entries.check(&entry, position)?;
    replayed.roots.append(*leaf, batches)
}
