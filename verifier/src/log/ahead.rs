//! Tiles read, hashed and parsed ahead of the replay by several threads, and handed over in order.
//!
//! What depends on one tile alone is done here; what depends on the entries before it is left to
//! whoever takes the tiles. Each thread reads every so many-th tile and waits while it is a few
//! ahead, so that memory is bounded and one slow tile holds up nobody for long.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use super::entries::Place;
use super::tiles::{TILE_WIDTH, Tiles};
use super::{LogError, LogFault};
use crate::entry::Entry;
use crate::merkle::{Hash, leaf_hash};

/// Tiles that a thread has ready while it reads the next one.
const AHEAD: usize = 2;

/// A tile of level 0 with its entries.
pub(super) struct Tile {
    pub(super) hashes: Vec<Hash>,
    /// The entries up to the first one that is wrong by itself.
    pub(super) places: Vec<Place>,
    /// What is wrong with that one.
    pub(super) fault: Option<LogFault>,
}

/// The tiles that follow, in order.
pub(super) struct Ahead {
    readers: Vec<Receiver<Result<Tile, LogError>>>,
    /// Which reader has the next tile.
    turn: usize,
    left: u64,
}

impl Ahead {
    /// Reads the tiles from position `first`, where one begins, up to `size`.
    ///
    /// The threads end when all is read, at the first tile of theirs that cannot be read, or soon
    /// after this is dropped: each ends the request it waits for.
    pub(super) fn read<'scope>(
        scope: &'scope Scope<'scope, '_>,
        log: &'scope Tiles,
        (first, size): (u64, u64),
        threads: NonZero<usize>,
    ) -> Self {
        let (next, end) = (first / TILE_WIDTH, size.div_ceil(TILE_WIDTH));
        let left = end - next;
        let threads = usize::try_from(left).map_or(threads.get(), |left| left.min(threads.get()));
        let reader = |reader| {
            let (hand_over, tiles) = sync_channel(AHEAD);
            let mine = (next + reader as u64..end).step_by(threads);
            scope.spawn(move || read_each(log, mine, size, &hand_over));
            tiles
        };
        Self { readers: (0..threads).map(reader).collect(), turn: 0, left }
    }

    /// The next tile; `None` after the last one, or after one that could not be read.
    pub(super) fn next(&mut self) -> Option<Result<Tile, LogError>> {
        self.left = self.left.checked_sub(1)?;
        let tile = self.readers[self.turn].recv().ok()?;
        self.turn = (self.turn + 1) % self.readers.len();
        Some(tile)
    }
}

fn read_each(
    log: &Tiles,
    indices: impl Iterator<Item = u64>,
    size: u64,
    hand_over: &SyncSender<Result<Tile, LogError>>,
) {
    for index in indices {
        let tile = read(log, index, TILE_WIDTH.min(size - index * TILE_WIDTH));
        let is_last = tile.as_ref().map_or(true, |tile| tile.fault.is_some());
        if hand_over.send(tile).is_err() || is_last {
            return;
        }
    }
}

fn read(log: &Tiles, index: u64, width: u64) -> Result<Tile, LogError> {
    let hashes = log.hashes(0, index, width)?;
    let entries = log.entries(index, width)?;
    let (mut places, mut fault) = (Vec::with_capacity(entries.len()), None);
    for (position, (entry, leaf)) in (index * TILE_WIDTH..).zip(entries.iter().zip(&hashes)) {
        match place(entry, leaf, position) {
            Ok(place) => places.push(place),
            Err(wrong) => {
                fault = Some(wrong);
                break;
            }
        }
    }
    Ok(Tile { hashes, places, fault })
}

fn place(bytes: &[u8], leaf: &Hash, position: u64) -> Result<Place, LogFault> {
    if leaf_hash(bytes) != *leaf {
        return Err(LogFault::Leaf(position));
    }
    let entry = Entry::parse(bytes).map_err(|cause| LogFault::Form { position, cause })?;
    let envelope = entry.envelope().map_err(|cause| LogFault::Envelope { position, cause })?;
    Ok(Place::new(envelope, *leaf))
}
