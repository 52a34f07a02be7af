//! A witness that fetches: for a log that sends its checkpoints to nobody.

use verifier::log::{LogError, read_checkpoint, read_consistency_proof};
use verifier::note::claim;

use crate::request::AddCheckpoint;
use crate::{Cosigned, Ledger, Refusal};

/// Why a fetched checkpoint was not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The log does not serve what is needed.
    #[error("reading the log")]
    Log(#[from] LogError),
    /// The log is behind what was cosigned: an old copy, or its tail was cut off.
    #[error(
        "the log serves a checkpoint of {size} entries, {latest} were cosigned: its tail was cut off, or this is an old copy"
    )]
    Behind {
        /// Entries that it serves.
        size: u64,
        /// Entries that were cosigned.
        latest: u64,
    },
    /// The witness does not cosign it.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Fetches the checkpoint at `api`, and the tiles that prove it to extend the last one, and cosigns it at `now`.
///
/// # Errors
/// See [`FollowError`]; two roots of one size are kept as evidence, as if the log had sent them.
pub fn follow(ledger: &Ledger, api: &str, now: u64) -> Result<Cosigned, FollowError> {
    let note = read_checkpoint(api)?;
    let (origin, size) = claim(&note).ok_or(Refusal::NotACheckpoint)?;
    let latest = ledger.latest(&origin).map_err(Refusal::Storage)?;
    let latest = latest.map_or(0, |(checkpoint, _)| checkpoint.size);
    let proof = match latest {
        1.. if latest < size => read_consistency_proof(api, latest, size)?,
        _ => Vec::new(),
    };
    // A smaller one goes through the ledger too: it may be of another tree.
    let request = AddCheckpoint { old_size: latest.min(size), proof, note };
    match ledger.add(&request, now) {
        Err(Refusal::OtherSize { latest }) => Err(FollowError::Behind { size, latest }),
        added => Ok(added?),
    }
}
