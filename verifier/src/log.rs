//! The replay of a whole log from outside: every entry, every tile, every batch, against the
//! contract.
//!
//! Nothing a server says is taken on trust. The contract's storage is proven under a sealed state
//! root; the boundaries of the batches, which the node's events tell, are right because the
//! digests computed from them are the ones in that storage.

mod anchored;
mod http;
mod replay;
mod report;
mod rpc;
mod tiles;

use std::time::Duration;

pub use anchored::AnchoredBatch;
pub(crate) use anchored::{newest_size, size_before};
pub use http::HttpError;
pub use report::LogReport;
pub use rpc::RpcError;

use crate::chain::Address;
use crate::encoding::hex;
use crate::entry::{EnvelopeError, LeafError};
use crate::merkle::Hash;
use crate::note::{Checkpoint, NOTE_BYTES_MAX, NoteError, verify_checkpoint};
use crate::policy::Policy;
use crate::refusal::{At as _, Check, Refusal, require};

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
    #[error("the log has {size} entries, {anchored} are anchored: its tail was cut off")]
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
}

/// Why a log could not be read: not a verdict (exit code 2).
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log or the node did not answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The node's answer is not one.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The log does not serve a part of itself.
    #[error("the log does not serve {path}")]
    NotServed {
        /// Path below the log's API.
        path: String,
    },
    /// A check failed; becomes the verdict.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// What to replay.
#[derive(Debug, Clone)]
pub struct LogSource<'a> {
    /// Where the log is served: `<api>/log/checkpoint` exists.
    pub api: &'a str,
    /// A node's JSON-RPC over HTTP, with the state of recent blocks and all events.
    pub rpc: &'a str,
    /// How long to wait for a checkpoint that includes what is anchored.
    pub patience: Duration,
}

/// How far a replay is: entries replayed, entries in all.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// Replays the whole log and compares it with the contract.
///
/// # Errors
/// Only if log or node cannot be read; a failed check is the report's outcome.
pub fn verify_log(
    source: &LogSource<'_>,
    policy: &Policy,
    progress: &mut Progress<'_>,
) -> Result<LogReport, LogError> {
    let mut report = LogReport::new(policy);
    match examine(source, policy, progress, &mut report) {
        Ok(()) => report.conclude(policy.chain.consensus),
        Err(LogError::Refused(refusal)) => report.refuse(refusal),
        Err(unreadable) => return Err(unreadable),
    }
    Ok(report)
}

fn examine(
    source: &LogSource<'_>,
    policy: &Policy,
    progress: &mut Progress<'_>,
    report: &mut LogReport,
) -> Result<(), LogError> {
    let node = rpc::Node::new(source.rpc);
    let anchored = anchored::read(&node, policy)?;
    report.anchored(&anchored);
    let log = tiles::Tiles::new(source.api);
    let checkpoint = current_checkpoint(&log, source.patience, anchored.size, policy)?;
    require(checkpoint.size >= anchored.size, Check::Replay, || {
        LogFault::Shortened { size: checkpoint.size, anchored: anchored.size }.into()
    })?;
    report.checkpoint(&checkpoint);
    let sealed = replay::run(&log, &checkpoint, &anchored.batches, policy, progress)?;
    report.replayed(sealed);
    Ok(())
}

/// The log's checkpoint; waits a while for one that is as long as what is anchored, because the
/// log may publish it a moment after the chain has the batch.
fn current_checkpoint(
    log: &tiles::Tiles,
    patience: Duration,
    anchored: u64,
    policy: &Policy,
) -> Result<Checkpoint, LogError> {
    let deadline = std::time::Instant::now() + patience;
    loop {
        let note = log.checkpoint(NOTE_BYTES_MAX)?;
        let note = String::from_utf8(note).map_err(|_| NoteError::Form).at(Check::Checkpoint)?;
        let (keys, quorum) = (&policy.witness_keys, policy.witness_quorum);
        let checkpoint =
            verify_checkpoint(&note, &policy.log_key, keys, quorum).at(Check::Checkpoint)?;
        require(checkpoint.origin == policy.origin, Check::Checkpoint, || {
            LogFault::CheckpointOrigin(checkpoint.origin.clone()).into()
        })?;
        if checkpoint.size >= anchored || std::time::Instant::now() >= deadline {
            return Ok(checkpoint);
        }
        std::thread::sleep(Duration::from_secs(1).min(patience));
    }
}
