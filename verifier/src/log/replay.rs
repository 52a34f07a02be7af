//! The replay itself: one pass over the entries, in order.

use std::collections::{HashMap, HashSet};

use super::anchored::AnchoredBatch;
use super::tiles::{TILE_WIDTH, Tiles};
use super::{LogError, LogFault, Progress};
use crate::entry::{Clock, Entry, Envelope, OpenEnvelope};
use crate::merkle::{CompactRange, Hash, leaf_hash};
use crate::note::Checkpoint;
use crate::policy::Policy;
use crate::refusal::{At as _, Check};

/// Replays the log up to its checkpoint and returns how many entries are sealed.
pub(super) fn run(
    log: &Tiles,
    checkpoint: &Checkpoint,
    batches: &[AnchoredBatch],
    policy: &Policy,
    progress: &mut Progress<'_>,
) -> Result<u64, LogError> {
    let mut entries = Entries::new(&policy.origin);
    let mut roots = Roots { batches, log: CompactRange::default(), batch: CompactRange::default() };
    let mut tower = Tower { log, levels: Vec::new() };
    for index in 0..checkpoint.size.div_ceil(TILE_WIDTH) {
        let first = index * TILE_WIDTH;
        let width = TILE_WIDTH.min(checkpoint.size - first);
        let hashes = log.hashes(0, index, width)?;
        let bytes = log.entries(index, width)?;
        for (position, (entry, leaf)) in (first..).zip(bytes.iter().zip(&hashes)) {
            replay_one(entry, leaf, position, &mut entries, &mut roots).at(Check::Replay)?;
        }
        tower.push(0, &hashes)?;
        progress(first + width, checkpoint.size);
    }
    tower.finish()?;
    let (size, computed) = (checkpoint.size, roots.log.root());
    if computed != checkpoint.root {
        Err(LogFault::CheckpointRoot { size, computed }).at(Check::Replay)?;
    }
    Ok(entries.sealed)
}

fn replay_one(
    bytes: &[u8],
    leaf: &Hash,
    position: u64,
    entries: &mut Entries<'_>,
    roots: &mut Roots<'_>,
) -> Result<(), LogFault> {
    if leaf_hash(bytes) != *leaf {
        return Err(LogFault::Leaf(position));
    }
    let entry = Entry::parse(bytes).map_err(|cause| LogFault::Form { position, cause })?;
    entries.check(&entry, position)?;
    roots.append(*leaf)
}

/// What the entries so far fix for the next one.
struct Entries<'a> {
    origin: &'a str,
    at_ms: i64,
    effective_at_ms: i64,
    ids: HashSet<String>,
    streams: HashMap<String, (u64, Hash)>,
    sealed: u64,
}

impl<'a> Entries<'a> {
    fn new(origin: &'a str) -> Self {
        Self {
            origin,
            at_ms: 0,
            effective_at_ms: 0,
            ids: HashSet::new(),
            streams: HashMap::new(),
            sealed: 0,
        }
    }

    fn check(&mut self, entry: &Entry, position: u64) -> Result<(), LogFault> {
        let envelope = entry.envelope().map_err(|cause| LogFault::Envelope { position, cause })?;
        let header = envelope.header();
        if header.log != self.origin {
            return Err(LogFault::OtherLog(position));
        }
        if header.seq != position {
            return Err(LogFault::Seq { position, found: header.seq });
        }
        if header.at_ms < self.at_ms {
            return Err(LogFault::AtDecreases(position));
        }
        self.at_ms = header.at_ms;
        if !self.ids.insert(header.id.clone()) {
            return Err(LogFault::RepeatedId(position));
        }
        match envelope {
            Envelope::Open(open) => self.check_open(&open, entry.leaf(), position),
            Envelope::Sealed(_) => {
                self.sealed += 1;
                Ok(())
            }
        }
    }

    fn check_open(
        &mut self,
        open: &OpenEnvelope,
        leaf: Hash,
        position: u64,
    ) -> Result<(), LogFault> {
        if open.header.clock != Clock::Imported {
            if open.effective_at_ms < self.effective_at_ms {
                return Err(LogFault::EffectiveDecreases(position));
            }
            self.effective_at_ms = open.effective_at_ms;
        }
        let before = self.streams.insert(open.stream.clone(), (open.ver, leaf));
        let expected = before.map_or(1, |(ver, _)| ver + 1);
        let stream = || open.stream.clone();
        if open.ver != expected {
            let found = open.ver;
            return Err(LogFault::StreamVersion { position, stream: stream(), found, expected });
        }
        if open.prev != before.map(|(_, leaf)| leaf) {
            return Err(LogFault::StreamPrevious { position, stream: stream() });
        }
        Ok(())
    }
}

/// The roots of the batch and of the log, compared at each boundary.
struct Roots<'a> {
    batches: &'a [AnchoredBatch],
    log: CompactRange,
    batch: CompactRange,
}

impl Roots<'_> {
    fn append(&mut self, leaf: Hash) -> Result<(), LogFault> {
        let position = self.log.size();
        self.log.append(leaf);
        let Some((next, later)) = self.batches.split_first() else { return Ok(()) };
        if position >= next.batch.first {
            self.batch.append(leaf);
        }
        if self.log.size() < next.size {
            return Ok(());
        }
        let (index, first, last) = (next.batch.index, next.batch.first, position);
        if self.batch.root() != next.batch.root {
            return Err(LogFault::BatchRoot { index, first, last });
        }
        if self.log.root() != next.log_root {
            return Err(LogFault::LogRoot { index, first, last });
        }
        self.batches = later;
        self.batch = CompactRange::default();
        Ok(())
    }
}

/// The tiles above level 0, compared with the roots of the tiles below them.
struct Tower<'a> {
    log: &'a Tiles,
    levels: Vec<(u64, Vec<Hash>)>,
}

impl Tower<'_> {
    /// Takes the hashes of the next tile of `level`; a full one is a hash of the level above.
    fn push(&mut self, level: u8, hashes: &[Hash]) -> Result<(), LogError> {
        if (hashes.len() as u64) < TILE_WIDTH {
            return Ok(());
        }
        let mut range = CompactRange::default();
        for hash in hashes {
            range.append(*hash);
        }
        let above = usize::from(level);
        if self.levels.len() == above {
            self.levels.push((0, Vec::new()));
        }
        let (index, pending) = &mut self.levels[above];
        pending.push(range.root());
        if (pending.len() as u64) < TILE_WIDTH {
            return Ok(());
        }
        let (index, full) = (*index, std::mem::take(pending));
        self.levels[above].0 += 1;
        self.compare(level + 1, index, &full)?;
        self.push(level + 1, &full)
    }

    /// Compares the partial tiles on the right edge.
    fn finish(&self) -> Result<(), LogError> {
        for (level, (index, pending)) in (1..).zip(&self.levels) {
            if !pending.is_empty() {
                self.compare(level, *index, pending)?;
            }
        }
        Ok(())
    }

    fn compare(&self, level: u8, index: u64, computed: &[Hash]) -> Result<(), LogError> {
        let served = self.log.hashes(level, index, computed.len() as u64)?;
        match served.iter().zip(computed).position(|(a, b)| a != b) {
            None => Ok(()),
            Some(offset) => Err(LogFault::TileHash { level, index, offset }).at(Check::Replay)?,
        }
    }
}
