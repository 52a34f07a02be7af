//! The tiles above level 0, compared with the roots of the tiles below them.

use super::tiles::{TILE_WIDTH, Tiles};
use super::{LogError, LogFault};
use crate::encoding::hex;
use crate::json::{Value, object};
use crate::members::Members;
use crate::merkle::{CompactRange, Hash};
use crate::refusal::{At as _, Check};

/// The unfinished tile of each level above 0: its index and its hashes so far.
#[derive(Default)]
pub(super) struct Tower {
    levels: Vec<(u64, Vec<Hash>)>,
}

impl Tower {
    /// Takes the hashes of the next tile of level 0.
    pub(super) fn push(&mut self, log: &Tiles, hashes: &[Hash]) -> Result<(), LogError> {
        self.push_at(log, 0, hashes)
    }

    /// Takes the hashes of the next tile of `level`; a full one is a hash of the level above.
    fn push_at(&mut self, log: &Tiles, level: u8, hashes: &[Hash]) -> Result<(), LogError> {
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
        compare(log, level + 1, index, &full)?;
        self.push_at(log, level + 1, &full)
    }

    /// Compares the partial tiles on the right edge.
    pub(super) fn finish(&self, log: &Tiles) -> Result<(), LogError> {
        for (level, (index, pending)) in (1..).zip(&self.levels) {
            if !pending.is_empty() {
                compare(log, level, *index, pending)?;
            }
        }
        Ok(())
    }

    /// For a state file.
    pub(super) fn to_json(&self) -> Value {
        let level = |(index, hashes): &(u64, Vec<Hash>)| {
            let hashes = hashes.iter().map(|hash| hex(hash).into()).collect();
            object([("hashes", Value::Array(hashes)), ("index", index.to_string().into())])
        };
        Value::Array(self.levels.iter().map(level).collect())
    }

    /// What [`Self::to_json`] made.
    pub(super) fn from_json(value: &Value) -> Option<Self> {
        let level = |value: &Value| {
            let members = Members::exactly(value, "level", &["hashes", "index"]).ok()?;
            let hashes = members.hash_list("hashes").ok()?;
            Some((members.position("index").ok()?, hashes))
        };
        Some(Self { levels: value.as_array()?.iter().map(level).collect::<Option<_>>()? })
    }
}

fn compare(log: &Tiles, level: u8, index: u64, computed: &[Hash]) -> Result<(), LogError> {
    let served = log.hashes(level, index, computed.len() as u64)?;
    match served.iter().zip(computed).position(|(a, b)| a != b) {
        None => Ok(()),
        Some(offset) => Err(LogFault::TileHash { level, index, offset }).at(Check::Replay)?,
    }
}
