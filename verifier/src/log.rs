//! The replay of a whole log from outside: every entry, every tile, every batch, against the
//! contract.
//!
//! Nothing a server says is taken on trust. The contract's storage is proven under a sealed state
//! root; the boundaries of the batches, which the node's events tell, are right because the
//! digests computed from them are the ones in that storage.

mod ahead;
mod anchored;
pub(crate) mod consistency;
mod entries;
pub(crate) mod evidence;
mod fault;
mod folder;
mod replay;
mod report;
mod roots;
pub(crate) mod state;
pub(crate) mod tiles;
mod tower;

use std::num::NonZero;
use std::time::{Duration, Instant};

pub use anchored::AnchoredBatch;
pub(crate) use anchored::{newest_size, size_before};
pub use fault::LogFault;
pub use folder::FolderError;
pub use report::LogReport;
pub use state::{StateError, StateFile};

use entries::Entries;
use replay::Replayed;
use tiles::TILE_WIDTH;

use crate::http::HttpError;
use crate::merkle::Hash;
use crate::note::{Checkpoint, NOTE_BYTES_MAX, NoteError, verify_checkpoint};
use crate::policy::Policy;
use crate::refusal::{At as _, Check, Refusal, require};
use crate::rpc::{self, RpcError};

/// Why a log could not be read: not a verdict (exit code 2).
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log or the node did not answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The log's folder is none, or not all of it can be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The node's answer is not one.
    #[error(transparent)]
    Rpc(RpcError),
    /// The log does not serve a part of itself.
    #[error("the log does not serve {path}")]
    NotServed {
        /// Path below the log's API.
        path: String,
    },
    /// One of two trees is empty, or the older one larger.
    #[error("sizes {old} and {size} cannot be compared")]
    Sizes {
        /// Leaves of the older tree.
        old: u64,
        /// Leaves of the newer tree.
        size: u64,
    },
    /// The replay cannot go on from its state file, or keep where it is.
    #[error(transparent)]
    State(#[from] StateError),
    /// A check failed; becomes the verdict.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<RpcError> for LogError {
    /// A node that contradicts itself is refused; one that says nothing is asked again.
    fn from(error: RpcError) -> Self {
        let RpcError::BlockHash { number } = error else { return Self::Rpc(error) };
        let cause = Box::new(LogFault::BlockHash { number }.into());
        Self::Refused(Refusal { check: Check::Replay, cause })
    }
}

/// What to replay.
#[derive(Debug, Clone)]
pub struct LogSource<'a> {
    /// Where the log is served: `<api>/log/checkpoint` exists. With `file://` and the absolute path
    /// of a folder, it is read from there.
    pub api: &'a str,
    /// A node's JSON-RPC over HTTP, with the state of recent blocks and all events.
    pub rpc: &'a str,
    /// How long to wait for a checkpoint that includes what is anchored.
    pub patience: Duration,
    /// How many threads read, hash and parse; the verdict does not depend on it.
    pub threads: NonZero<usize>,
}

/// How far a replay is: entries replayed, entries in all.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// The checkpoint that the log at `api` serves, as it is: nothing of it is checked.
///
/// # Errors
/// If it is not served, or is no text.
pub fn read_checkpoint(api: &str) -> Result<String, LogError> {
    let note = tiles::Tiles::at(api)?.checkpoint(NOTE_BYTES_MAX)?;
    Ok(String::from_utf8(note).map_err(|_| NoteError::Form).at(Check::Checkpoint)?)
}

/// A proof that the tree of `size` leaves extends the one of `old`, both at least 1, made of the tiles at `api`.
///
/// The tiles are not trusted: whether the proof holds is for [`crate::merkle::verify_consistency`] to say.
///
/// # Errors
/// If the tiles are not served; [`LogError::Sizes`] for sizes that cannot be compared.
pub fn read_consistency_proof(api: &str, old: u64, size: u64) -> Result<Vec<Hash>, LogError> {
    if old == 0 || old > size {
        return Err(LogError::Sizes { old, size });
    }
    consistency::proof_from(&tiles::Tiles::at(api)?, old, size)
}

/// Replays the whole log and compares it with the contract.
///
/// # Errors
/// Only if log or node cannot be read; a failed check is the report's outcome.
pub fn verify_log(
    source: &LogSource<'_>,
    policy: &Policy,
    progress: &mut Progress<'_>,
) -> Result<LogReport, LogError> {
    report(source, None, policy, progress)
}

/// The same, from where `state` says that an earlier replay ended, and keeping there where this
/// one is.
///
/// The log has to extend the checkpoint that was seen before; what was replayed is not read again.
///
/// # Errors
/// As [`verify_log`], and if the file is damaged, of another policy, or cannot be written.
pub fn verify_log_with_state(
    source: &LogSource<'_>,
    state: &StateFile<'_>,
    policy: &Policy,
    progress: &mut Progress<'_>,
) -> Result<LogReport, LogError> {
    report(source, Some(state), policy, progress)
}

fn report(
    source: &LogSource<'_>,
    state: Option<&StateFile<'_>>,
    policy: &Policy,
    progress: &mut Progress<'_>,
) -> Result<LogReport, LogError> {
    let mut report = LogReport::new(policy);
    match examine(source, state, policy, progress, &mut report) {
        Ok(()) => report.conclude(policy.chain.consensus),
        Err(LogError::Refused(refusal)) => report.refuse(refusal),
        Err(unreadable) => return Err(unreadable),
    }
    Ok(report)
}

fn examine(
    source: &LogSource<'_>,
    state: Option<&StateFile<'_>>,
    policy: &Policy,
    progress: &mut Progress<'_>,
    report: &mut LogReport,
) -> Result<(), LogError> {
    // Before anybody is asked: a file that cannot be used is no reason to wait.
    let saved = state.map(|state| state.read(policy)).transpose()?.flatten();
    let node = rpc::Node::new(source.rpc);
    let anchored = anchored::read(&node, policy)?;
    report.anchored(&anchored);
    let log = tiles::Tiles::at(source.api)?;
    let wanted = saved.as_ref().map_or(0, |saved| saved.seen.size).max(anchored.size);
    if let Some(saved) = &saved {
        report.evidence.before = Some(saved.note.clone());
    }
    let signed = &mut report.evidence.checkpoint;
    let checkpoint = current_checkpoint(&log, source.patience, wanted, policy, signed)?;
    let signed = signed.clone().unwrap_or_default();
    require(checkpoint.size >= anchored.size, Check::Replay, || {
        LogFault::Shortened { size: checkpoint.size, anchored: anchored.size }.into()
    })?;
    report.checkpoint(&checkpoint);
    if let Some(saved) = &saved {
        saved.replayed.roots.check_batches(&anchored.batches)?;
    }
    let mut replayed = match saved {
        Some(saved) => extended(&log, saved, &checkpoint)?,
        None => Replayed { entries: Entries::new(&policy.origin), ..Replayed::default() },
    };
    report.resumed(replayed.roots.size());
    let mut kept = Instant::now();
    let mut keep = |replayed: &Replayed| {
        let is_last = checkpoint.size - replayed.roots.size() < TILE_WIDTH;
        match state {
            Some(state) if is_last || kept.elapsed() >= state.every => {
                state.write(replayed, &signed, policy)?;
                kept = Instant::now();
                Ok(())
            }
            _ => Ok(()),
        }
    };
    let (threads, batches) = (source.threads, &anchored.batches);
    replay::run(&log, threads, &checkpoint, batches, &mut replayed, &mut keep, progress)?;
    report.replayed(&replayed);
    Ok(())
}

/// What was replayed, if the log is still an extension of it and of the checkpoint seen then.
fn extended(
    log: &tiles::Tiles,
    saved: state::Saved,
    checkpoint: &Checkpoint,
) -> Result<Replayed, LogError> {
    let state::Saved { replayed, seen, .. } = saved;
    require(checkpoint.size >= seen.size, Check::Replay, || {
        LogFault::Shrunk { size: checkpoint.size, seen: seen.size }.into()
    })?;
    consistency::check(log, (seen.size, &seen.root), checkpoint)?;
    let root = replayed.roots.root();
    consistency::check(log, (replayed.roots.size(), &root), checkpoint)?;
    Ok(replayed)
}

/// The log's checkpoint; waits a while for one of `wanted` entries, because the log may publish it a
/// moment after the chain has the batch. `signed` is what was read, whatever is thought of it.
pub(crate) fn current_checkpoint(
    log: &tiles::Tiles,
    patience: Duration,
    wanted: u64,
    policy: &Policy,
    signed: &mut Option<String>,
) -> Result<Checkpoint, LogError> {
    let deadline = Instant::now() + patience;
    loop {
        let note = log.checkpoint(NOTE_BYTES_MAX)?;
        let note = String::from_utf8(note).map_err(|_| NoteError::Form).at(Check::Checkpoint)?;
        let note = signed.insert(note);
        let (keys, quorum) = (&policy.witness_keys, policy.witness_quorum);
        let checkpoint =
            verify_checkpoint(note, &policy.log_key, keys, quorum).at(Check::Checkpoint)?;
        require(checkpoint.origin == policy.origin, Check::Checkpoint, || {
            LogFault::CheckpointOrigin(checkpoint.origin.clone()).into()
        })?;
        if checkpoint.size >= wanted || Instant::now() >= deadline {
            return Ok(checkpoint);
        }
        std::thread::sleep(Duration::from_secs(1).min(patience));
    }
}
