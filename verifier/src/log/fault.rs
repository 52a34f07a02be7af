//! What can be wrong with a whole log.

use crate::chain::Address;
use crate::encoding::hex;
use crate::entry::{EnvelopeError, LeafError};
use crate::merkle::Hash;

impl LogFault {
    /// The position of the entry that is wrong, if it is one entry.
    #[must_use]
    pub const fn position(&self) -> Option<u64> {
        match self {
            Self::Leaf(position)
            | Self::OtherLog(position)
            | Self::AtDecreases(position)
            | Self::EffectiveDecreases(position)
            | Self::RepeatedId(position)
            | Self::Form { position, .. }
            | Self::Envelope { position, .. }
            | Self::Seq { position, .. }
            | Self::StreamVersion { position, .. }
            | Self::StreamPrevious { position, .. } => Some(*position),
            _ => None,
        }
    }
}

/// Why a log is not what was anchored (check `replay`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// The node's header does not have the hash the node gives it.
    #[error("block {number}: the hash of the node's header is not the block's")]
    BlockHash {
        /// The block.
        number: u64,
    },
    /// Slot 0 holds more than two numbers, or its numbers contradict the policy's ranges.
    #[error("contract {}: slot 0 or 1 does not fit its batches", hex(.contract))]
    ContractHead {
        /// The contract.
        contract: Address,
    },
    /// The node shows other events than the contract has batches.
    #[error("contract {} has {wanted} batches, the node shows events of {found}", hex(.contract))]
    Events {
        /// The contract.
        contract: Address,
        /// Batches with an event.
        found: usize,
        /// Batches in slot 0.
        wanted: u64,
    },
    /// The digest in the contract is not the one of the batch's event.
    #[error("batch {index} of contract {}: the anchored digest is of another batch", hex(.contract))]
    Digest {
        /// The contract.
        contract: Address,
        /// Index of the batch.
        index: u64,
    },
    /// A batch does not start where the one before ended.
    #[error("batch {index} starts at position {first}, the one before ended at {expected}")]
    BatchGap {
        /// Index of the batch.
        index: u64,
        /// Its first position.
        first: u64,
        /// Where it should start.
        expected: u64,
    },
    /// The log is shorter than what was anchored.
    #[error(
        "the log has {size} entries, {anchored} are anchored: its tail was cut off, or its newest checkpoint is held back"
    )]
    Shortened {
        /// Entries by the checkpoint.
        size: u64,
        /// Entries by the contract.
        anchored: u64,
    },
    /// An entry bundle is not the entries it should hold.
    #[error("positions {first}..={last}: the entry bundle is malformed")]
    EntryBundle {
        /// First position of the bundle.
        first: u64,
        /// Last position of the bundle.
        last: u64,
    },
    /// A tile has another length.
    #[error("tile {level}/{index} does not hold the hashes it should")]
    TileLength {
        /// Level of the tile.
        level: u8,
        /// Its index in the level.
        index: u64,
    },
    /// A hash in a higher tile is not the one of the tile below.
    #[error("tile {level}/{index}: hash {offset} is not the root of the tile below it")]
    TileHash {
        /// Level of the tile.
        level: u8,
        /// Its index in the level.
        index: u64,
        /// Which of its hashes.
        offset: usize,
    },
    /// The entry does not hash to its leaf.
    #[error("position {0}: entry does not match its leaf")]
    Leaf(u64),
    /// The bytes at a position are not an entry.
    #[error("position {position}: {cause}")]
    Form {
        /// Where.
        position: u64,
        /// Why.
        cause: LeafError,
    },
    /// The envelope at a position breaks a rule.
    #[error("position {position}: {cause}")]
    Envelope {
        /// Where.
        position: u64,
        /// Why.
        cause: EnvelopeError,
    },
    /// The entry names another log.
    #[error("position {0}: the entry is of another log")]
    OtherLog(u64),
    /// The entry names another position.
    #[error("position {position}: the entry says it is at {found}")]
    Seq {
        /// Where it is.
        position: u64,
        /// Where it says it is.
        found: u64,
    },
    /// `at` went back.
    #[error("position {0}: recorded earlier than the entry before it")]
    AtDecreases(u64),
    /// `effectiveAt` went back.
    #[error("position {0}: effective earlier than an entry before it")]
    EffectiveDecreases(u64),
    /// An event id occurs twice.
    #[error("position {0}: the event id occurred before")]
    RepeatedId(u64),
    /// A stream's versions have a gap.
    #[error("position {position}: version {found} of stream {stream}, expected {expected}")]
    StreamVersion {
        /// Where.
        position: u64,
        /// The stream.
        stream: String,
        /// The version it has.
        found: u64,
        /// The version it should have.
        expected: u64,
    },
    /// An entry does not name the previous leaf of its stream.
    #[error("position {position}: prev is not the previous leaf of stream {stream}")]
    StreamPrevious {
        /// Where.
        position: u64,
        /// The stream.
        stream: String,
    },
    /// A batch has another root than the anchored one.
    #[error(
        "batch {index} (positions {first}..={last}): recomputed root differs from the anchored one"
    )]
    BatchRoot {
        /// Index of the batch.
        index: u64,
        /// First position.
        first: u64,
        /// Last position.
        last: u64,
    },
    /// The log has another root after a batch than the anchored one.
    #[error(
        "batch {index} (positions {first}..={last}): recomputed log root differs from the anchored one"
    )]
    LogRoot {
        /// Index of the batch.
        index: u64,
        /// First position.
        first: u64,
        /// Last position.
        last: u64,
    },
    /// The checkpoint is of another log.
    #[error("the checkpoint is of the log {0:?}")]
    CheckpointOrigin(String),
    /// The checkpoint's root is not the one of the entries.
    #[error("the checkpoint's root at size {size} is not the one recomputed, {}", hex(.computed))]
    CheckpointRoot {
        /// Size of the checkpoint.
        size: u64,
        /// Recomputed root.
        computed: Hash,
    },
    /// The log is shorter than it was.
    #[error(
        "the log has {size} entries, its signed checkpoint of {seen} was seen before: its tail was cut off. Keep the state file, the older signature is in it"
    )]
    Shrunk {
        /// Entries by the checkpoint.
        size: u64,
        /// Entries by the checkpoint seen before.
        seen: u64,
    },
    /// The log is no extension of what it was.
    #[error(
        "the log's first {seen} entries are not in its checkpoint of {size}: it was rewritten since. Keep the state file, the older signature is in it"
    )]
    Rewritten {
        /// Entries by the older tree.
        seen: u64,
        /// Entries by the checkpoint.
        size: u64,
    },
    /// The contracts hold other batches than they did.
    #[error("the first {compared} batches, compared before, are not those of the contracts now")]
    BatchesChanged {
        /// Batches compared before.
        compared: usize,
    },
}
