//! Why the service stops.

use eventstore::ReadError;
use merkle::log_tree::LogTreeError;

use crate::contract::{ContractError, Refusal};
use crate::log::LogError;
use crate::memory::MemoryError;
use crate::signed::SignerError;

/// Why the anchor service could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// The contract or its node.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// The schema `anchor`.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The checkpoints.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The log, its key and the contract do not have one name.
    #[error("the log is named {origin}, but its checkpoint key or its contract is another log's")]
    OtherOrigin {
        /// Origin of the log.
        origin: String,
    },
    /// The log has fewer entries than are anchored: it was restored from an old backup or its tail was cut.
    #[error(
        "the log ends at {log_size} but {anchored} entries are anchored: restore the entries from \
         {log_size} on from a newer backup or a replica before starting again; nothing was anchored"
    )]
    LogBehind {
        /// Entries of the log.
        log_size: u64,
        /// Entries the contract has.
        anchored: u64,
    },
    /// The contract has a batch that is not of this log.
    #[error(
        "batch {batch} of the contract is not of this log: if the log was restored or changed, restore the \
         anchored one; if another anchor service runs on a copy of this database, end it; if neither, the \
         anchorer's key is in other hands: revoke its role (`smart-tenders contract revoke`) and start a \
         successor (`smart-tenders contract succeed`); nothing was anchored"
    )]
    OtherLog {
        /// Index of the batch.
        batch: u64,
    },
    /// The log is not the one that was cut into batches.
    #[error(
        "the entries of batch {batch}, positions {first} to {last}, are not those that were batched: restore \
         them from a backup or a replica; nothing was anchored"
    )]
    MemoryDiffers {
        /// Index of the batch.
        batch: u64,
        /// Its first position.
        first: u64,
        /// Its last position.
        last: u64,
    },
}

impl AnchorError {
    /// Whether waiting may mend it: the node is away, slow, behind, or shows another branch than a moment ago.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Contract(error) => match error {
                ContractError::Refused { refusal, .. } => {
                    matches!(
                        refusal,
                        Refusal::UnexpectedBatch { .. } | Refusal::UnexpectedFirst { .. }
                    )
                }
                ContractError::Unavailable { .. }
                | ContractError::TimedOut { .. }
                | ContractError::OutcomeUnknown { .. }
                | ContractError::InsufficientFunds { .. }
                | ContractError::Missing(_)
                | ContractError::Header { .. }
                | ContractError::Proof { .. } => true,
                ContractError::Signing(_)
                | ContractError::Seal { .. }
                | ContractError::OtherContract { .. }
                | ContractError::Failed => false,
            },
            Self::Log(LogError::Read(ReadError::Fault(_))) => true,
            Self::Log(_)
            | Self::Memory(_)
            | Self::Signer(_)
            | Self::OtherOrigin { .. }
            | Self::LogBehind { .. }
            | Self::OtherLog { .. }
            | Self::MemoryDiffers { .. } => false,
        }
    }
}

impl From<ReadError> for AnchorError {
    fn from(error: ReadError) -> Self {
        Self::Log(error.into())
    }
}

impl From<LogTreeError> for AnchorError {
    fn from(error: LogTreeError) -> Self {
        Self::Log(error.into())
    }
}
