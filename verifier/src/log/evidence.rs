//! What a replay saw beyond its verdict, for whoever has to show it to others.

use super::tiles::{TILE_WIDTH, Tiles};
use super::{LogError, LogFault, consistency};
use crate::encoding::{base64url, hex};
use crate::entry::Entry;
use crate::json::{Value, object};
use crate::merkle::Hash;
use crate::refusal::{At as _, Check};

/// What a replay saw, as far as it came.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    /// The log's signed checkpoint, whether or not it was accepted.
    pub(crate) checkpoint: Option<String>,
    /// The newest signed checkpoint that an earlier replay saw.
    pub(crate) before: Option<String>,
    /// How the contract's size is proven.
    pub(crate) state: Option<StateProof>,
    /// When the last entry was recorded, milliseconds since 1970.
    pub(crate) newest_at_ms: Option<i64>,
    /// Leaf of the first entry that is not anchored.
    pub(crate) waiting: Option<Hash>,
}

/// Slot 0 of the contract that anchors now, proven under a sealed block.
#[derive(Debug, Clone)]
pub(crate) struct StateProof {
    /// RLP of the block's header and of its descendants'.
    pub(crate) headers: Vec<Vec<u8>>,
    pub(crate) account: Vec<Vec<u8>>,
    pub(crate) slot: Vec<Vec<u8>>,
}

impl StateProof {
    /// For a file: as in the anchor of a bundle, for slot 0 instead of a batch's.
    pub(crate) fn to_json(&self) -> Value {
        let list = |nodes: &[Vec<u8>]| Value::Array(nodes.iter().map(|n| hex(n).into()).collect());
        object([
            ("accountProof", list(&self.account)),
            ("headers", list(&self.headers)),
            ("storageProof", list(&self.slot)),
        ])
    }
}

/// An entry as it is served, its leaf, and the leaf's path to a checkpoint.
pub(crate) struct Shown {
    position: u64,
    entry: Vec<u8>,
    leaf: Hash,
    path: Vec<Hash>,
}

impl Shown {
    /// Reads the entry at `position` of the log that has `size` entries.
    pub(crate) fn read(log: &Tiles, position: u64, size: u64) -> Result<Self, LogError> {
        let (index, offset) = (position / TILE_WIDTH, position % TILE_WIDTH);
        let width = TILE_WIDTH.min(size - index * TILE_WIDTH);
        let at = usize::try_from(offset).expect("a tile has 256 entries");
        let leaf = log.hashes(0, index, width)?[at];
        let entry = log.entries(index, width)?.swap_remove(at);
        let path = consistency::inclusion(log, position, size)?;
        Ok(Self { position, entry, leaf, path })
    }

    /// When the entry was recorded, milliseconds since 1970, if it is the one with this leaf.
    pub(crate) fn at_ms(&self, leaf: Hash) -> Result<i64, LogError> {
        let position = self.position;
        let parsed = Entry::parse(&self.entry)
            .map_err(|cause| LogFault::Form { position, cause })
            .at(Check::Replay)?;
        if parsed.leaf() != leaf {
            Err(LogFault::Leaf(position)).at(Check::Replay)?;
        }
        let envelope = parsed
            .envelope()
            .map_err(|cause| LogFault::Envelope { position, cause })
            .at(Check::Replay)?;
        Ok(envelope.header().at_ms)
    }

    /// For a file: as in a bundle.
    pub(crate) fn to_json(&self) -> Value {
        object([
            ("entry", base64url(&self.entry).into()),
            ("leaf", hex(&self.leaf).into()),
            ("path", Value::Array(self.path.iter().map(|hash| hex(hash).into()).collect())),
            ("position", self.position.to_string().into()),
        ])
    }
}
