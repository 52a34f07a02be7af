//! The policy: what the auditor decides to trust, §6.

mod ranges;
pub(crate) mod read;

use std::collections::BTreeSet;

use crate::chain::Address;
use crate::chain::header::HeaderError;
use crate::json::{self, JsonError, Rules};
use crate::members::ShapeError;
use crate::merkle::{Hash, sha256};
use crate::note::{KeyError, NoteKey};

/// The largest policy that is read, in bytes.
pub const POLICY_BYTES_MAX: usize = 1024 * 1024;

/// How blocks come into being.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consensus {
    /// Clique proof of authority, EIP-225.
    Clique,
    /// A chain for development, which nobody seals.
    Dev,
}

/// Somebody who may seal blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The address its seals recover to.
    pub address: Address,
    /// Who stands behind it.
    pub organisation: String,
}

/// The signers of the blocks `from_block ≤ number < to_block`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerRange {
    /// First block.
    pub from_block: u64,
    /// First block after the range, if its end is known.
    pub to_block: Option<u64>,
    /// Sorted by address.
    pub signers: Vec<Signer>,
}

/// The chain in which batches are anchored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// How blocks come into being.
    pub consensus: Consensus,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// keccak256 of the genesis header's RLP.
    pub genesis_hash: Hash,
    /// Seconds between blocks, at least.
    pub period_s: u64,
    /// Blocks between two lists of signers.
    pub epoch: u64,
    /// Who may seal, by height.
    pub signers: Vec<SignerRange>,
}

impl Chain {
    /// The signers at a height.
    #[must_use]
    pub fn signers_at(&self, number: u64) -> Option<&[Signer]> {
        let holds = |range: &&SignerRange| {
            range.from_block <= number && range.to_block.is_none_or(|end| number < end)
        };
        self.signers.iter().find(holds).map(|range| range.signers.as_slice())
    }
}

/// A contract that anchors the log sizes `from_size < size ≤ to_size`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// Its address.
    pub address: Address,
    /// keccak256 of its code.
    pub code_hash: Hash,
    /// The log's size when it took over.
    pub from_size: u64,
    /// The log's size when its successor took over, if there is one.
    pub to_size: Option<u64>,
}

impl Contract {
    /// Whether a batch that ends at `size` belongs to this contract.
    #[must_use]
    pub fn holds(&self, size: u64) -> bool {
        self.from_size < size && self.to_size.is_none_or(|end| size <= end)
    }
}

/// What the auditor decides to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The log's origin.
    pub origin: String,
    /// Signs checkpoints.
    pub log_key: NoteKey,
    /// May cosign checkpoints.
    pub witness_keys: Vec<NoteKey>,
    /// How many witnesses must.
    pub witness_quorum: usize,
    /// Signs receipts.
    pub receipt_key: Option<NoteKey>,
    /// The chain.
    pub chain: Chain,
    /// The contracts, by the log sizes they anchor.
    pub contracts: Vec<Contract>,
    /// Longest promised time from recording to anchoring, in seconds.
    pub max_delay_s: u64,
    /// How far the clocks of log and chain may differ, in seconds.
    pub tolerance_s: u64,
    /// SHA-256 of the policy's JCS.
    pub fingerprint: Hash,
}

/// Why a file is not a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Too long.
    #[error("the policy has {0} bytes, more than 1 MiB")]
    TooLong(usize),
    /// Not JSON of the profile.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Members are missing, unknown or of the wrong kind.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A key is not one.
    #[error("{member}: {cause}")]
    Key {
        /// Which key.
        member: &'static str,
        /// Why.
        cause: KeyError,
    },
    /// A key is of the wrong kind, named otherwise than the log, or used twice.
    #[error("{0}: wrong kind of key, not named as the log, or the same key as another")]
    KeyUse(&'static str),
    /// More witnesses wanted than listed.
    #[error("witnessQuorum is more than the witness keys")]
    Quorum,
    /// The genesis header is not one.
    #[error("genesisHeader: {0}")]
    Genesis(#[from] HeaderError),
    /// The genesis header does not name the signers of the range that holds block 0.
    #[error("the genesis header does not name exactly the policy's signers of block 0")]
    GenesisSigners,
    /// Ranges are empty or overlap.
    #[error("{0} has ranges that are empty or overlap")]
    Ranges(&'static str),
    /// A set of signers is empty, or not sorted by address.
    #[error("a set of signers is empty, or not strictly sorted by address")]
    SignerOrder,
    /// A Clique chain without epoch, or a development chain with period or epoch.
    #[error("period and epoch do not fit the consensus")]
    Cadence,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// If it is not one a bundle can be checked against.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        if bytes.len() > POLICY_BYTES_MAX {
            return Err(PolicyError::TooLong(bytes.len()));
        }
        let value = json::parse(bytes, Rules::Profile)?;
        let fingerprint = sha256(json::canonical_profile(&value).as_bytes());
        read::policy(&value, fingerprint)
    }

    /// The contract to which a batch that ends at `size` belongs.
    #[must_use]
    pub fn contract_at(&self, size: u64) -> Option<&Contract> {
        self.contracts.iter().find(|contract| contract.holds(size))
    }

    /// How many organisations stand behind `signers`.
    #[must_use]
    pub fn organisations(signers: &[Signer]) -> usize {
        signers.iter().map(|signer| &signer.organisation).collect::<BTreeSet<_>>().len()
    }
}
