//! Which check failed, and why.

use std::fmt;

use crate::bundle::BundleError;
use crate::chain::Address;
use crate::chain::clique::{LinkError, SealError};
use crate::chain::header::HeaderError;
use crate::chain::snapshot::FollowError;
use crate::chain::trie::TrieError;
use crate::disclosure::DisclosureError;
use crate::encoding::{hex, instant};
use crate::entry::{EnvelopeError, LeafError};
use crate::log::LogFault;
use crate::merkle::{Hash, ProofError};
use crate::note::NoteError;
use crate::receipt::{OpeningError, ReceiptError};
use crate::release::ReleaseError;

/// The checks of §7, in order, and those of a release, a whole log and a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Sizes, canonical form, known members.
    Limits,
    /// The form of the entry.
    Leaf,
    /// The rules of the envelope.
    Profile,
    /// Disclosed values.
    Disclosures,
    /// The path in the batch.
    BatchPath,
    /// The path in the log.
    LogPath,
    /// The signed tree head.
    Checkpoint,
    /// Which chain and contract.
    Anchor,
    /// Account and storage proofs.
    Storage,
    /// The links between headers.
    Headers,
    /// The seals.
    Seals,
    /// The descendants.
    Confirmations,
    /// The order of times.
    Times,
    /// Whether the block is in the chain that was followed from its genesis block on.
    Ancestry,
    /// The release the event is about.
    Release,
    /// The replay of a whole log.
    Replay,
    /// The receipt's signature and promise, and what it acknowledges.
    Receipt,
    /// The opened set.
    Opening,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Limits => "limits",
            Self::Leaf => "leaf",
            Self::Profile => "profile",
            Self::Disclosures => "disclosures",
            Self::BatchPath => "batch path",
            Self::LogPath => "log path",
            Self::Checkpoint => "checkpoint",
            Self::Anchor => "anchor",
            Self::Storage => "storage",
            Self::Headers => "headers",
            Self::Seals => "seals",
            Self::Confirmations => "confirmations",
            Self::Times => "times",
            Self::Ancestry => "ancestry",
            Self::Release => "release",
            Self::Replay => "replay",
            Self::Receipt => "receipt",
            Self::Opening => "opening",
        })
    }
}

/// What a check found wrong.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The bundle is not one.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The entry is not one.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// The envelope is not one.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The entry is of another log.
    #[error("the entry is of the log {found:?}, the policy's is {wanted:?}")]
    OtherLog {
        /// What the entry says.
        found: String,
        /// What the policy says.
        wanted: String,
    },
    /// A disclosure is not right.
    #[error(transparent)]
    Disclosure(#[from] DisclosureError),
    /// The batch is empty, ends beyond 2^64, or does not hold the entry.
    #[error("position {seq} is not in the batch of {count} from {first}")]
    OutsideBatch {
        /// Position of the entry.
        seq: u64,
        /// First position of the batch.
        first: u64,
        /// Entries in the batch.
        count: u64,
    },
    /// The log part is of another size than the batch ends at.
    #[error("the log path is for size {size}, the batch ends elsewhere")]
    OtherSize {
        /// The size of the log part.
        size: u64,
    },
    /// An inclusion proof does not hold.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The checkpoint is not accepted.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The checkpoint is of another tree.
    #[error("the checkpoint is of {origin:?} at size {size} with root {}", hex(.root))]
    OtherTree {
        /// Its origin.
        origin: String,
        /// Its size.
        size: u64,
        /// Its root.
        root: Hash,
    },
    /// The bundle is anchored in another kind of chain.
    #[error("the kind of consensus is not the policy's")]
    OtherConsensus,
    /// The bundle is anchored in another chain.
    #[error("chain id {0} is not the policy's")]
    OtherChainId(u64),
    /// The bundle is anchored in another chain.
    #[error("genesis hash {} is not the policy's", hex(.0))]
    OtherGenesis(Hash),
    /// The contract is not the one that anchors this size.
    #[error("contract {} is not the policy's for size {size}", hex(.contract))]
    OtherContract {
        /// The contract.
        contract: Address,
        /// The log's size.
        size: u64,
    },
    /// A header is not one.
    #[error("header {index}: {cause}")]
    Header {
        /// Index in the list of headers.
        index: usize,
        /// Why.
        cause: HeaderError,
    },
    /// A state proof does not hold.
    #[error(transparent)]
    Trie(#[from] TrieError),
    /// The contract has other code.
    #[error("the contract's code hash is {}, not the policy's", hex(.0))]
    OtherCode(Hash),
    /// Headers do not follow each other.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A seal is not accepted.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A header is not one that may follow.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// What the chain's own votes made of its signers is not what the policy says.
    #[error(
        "block {number} may be sealed by {} by the chain's own votes, by {} in the policy: if you trust that vote, enter the change in the policy",
        list(.voted),
        list(.known)
    )]
    Signers {
        /// The block.
        number: u64,
        /// The signers by votes.
        voted: Vec<Address>,
        /// The policy's.
        known: Vec<Address>,
    },
    /// A branch leaves the chain before a block that is settled.
    #[error(
        "the chain was rewritten: it leaves the one that was followed before block {settled}, which was settled; ask other nodes, and keep what you have"
    )]
    Settled {
        /// The newest settled block.
        settled: u64,
    },
    /// The chain is not the one that was followed before.
    #[error(
        "block {number} is {} in the chain that was followed from the genesis block, here it is {}",
        hex(.followed),
        hex(.found)
    )]
    OtherBlock {
        /// The block.
        number: u64,
        /// Its hash as it was followed.
        followed: Hash,
        /// Its hash as it was found.
        found: Hash,
    },
    /// Too few signers stand behind the block.
    #[error("{found} distinct signers in {headers} headers, {wanted} and a descendant are needed")]
    Unconfirmed {
        /// Distinct signers.
        found: usize,
        /// How many must.
        wanted: usize,
        /// Headers shown.
        headers: usize,
    },
    /// The block is older than the entry.
    #[error(
        "block {number} is of {}, before the entry was recorded at {}",
        instant(*.block_ms),
        instant(*.at_ms)
    )]
    BeforeRecording {
        /// The block.
        number: u64,
        /// Its time, milliseconds since 1970.
        block_ms: i128,
        /// The entry's, milliseconds since 1970.
        at_ms: i128,
    },
    /// The release is not the one of the event.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The log is not what was anchored.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// The receipt is not one.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The opened set is not one this receipt can be looked up in.
    #[error(transparent)]
    Opening(#[from] OpeningError),
}

fn list(addresses: &[Address]) -> String {
    addresses.iter().map(|address| hex(address)).collect::<Vec<_>>().join(", ")
}

/// The first check that failed, and its evidence.
#[derive(Debug, thiserror::Error)]
#[error("{check}: {cause}")]
pub struct Refusal {
    /// Which check.
    pub check: Check,
    /// What it found.
    #[source]
    pub cause: Box<Cause>,
}

/// Names the check an error belongs to.
pub(crate) trait At<T> {
    /// Turns the error into a refusal by `check`.
    fn at(self, check: Check) -> Result<T, Refusal>;
}

impl<T, E: Into<Cause>> At<T> for Result<T, E> {
    fn at(self, check: Check) -> Result<T, Refusal> {
        self.map_err(|cause| Refusal { check, cause: Box::new(cause.into()) })
    }
}

/// A refusal by `check` unless `holds`.
pub(crate) fn require(
    holds: bool,
    check: Check,
    cause: impl FnOnce() -> Cause,
) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal { check, cause: Box::new(cause()) }) }
}
