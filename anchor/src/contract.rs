//! The port: what the anchor service asks of the contract, and what an error tells it to do next.

use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes};
use alloy::transports::TransportError;
use merkle::digest::BatchHead;
use merkle::hash::Hash;

use crate::consensus::SealError;

/// A block by number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockRef {
    /// Number of the block, 0 for the genesis block.
    pub number: u64,
    /// keccak-256 of its header.
    pub hash: B256,
}

/// How far the contract is, read at one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContractHead {
    /// How many batches it has; the next one has this index.
    pub batches: u64,
    /// How many entries of the log are anchored.
    pub size: u64,
    /// Log root at that size.
    pub log_root: Hash,
}

/// A batch as the contract's event names it, and where that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchoredBatch {
    /// The batch.
    pub head: BatchHead,
    /// The block whose state has it.
    pub block: BlockRef,
}

/// A signed chain transaction: stored before it is sent, resent byte by byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainTx {
    /// EIP-2718 encoding.
    pub raw: Bytes,
    /// Its hash.
    pub hash: B256,
    /// The account nonce it uses up.
    pub nonce: u64,
}

/// Whether a stored chain transaction can be mined as it is, in the newest block's view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// It can: nonce and fee are right.
    Minable,
    /// The base fee rose above the most it pays: it stays in the pool until it is replaced.
    TooCheap,
    /// Its nonce was used, by itself or by another one; the contract knows which.
    NonceUsed,
    /// Its nonce waits for an earlier one that is gone.
    NonceGap,
    /// Another account signed it: the anchorer's key was changed.
    OtherAccount,
}

/// What the node answered to a chain transaction. None of these is a failure of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It is in the node's pool, now or already.
    Pending,
    /// Its nonce is used up: it was mined, or another one was. The contract knows which.
    NonceUsed,
    /// It pays too little to be mined or to replace another one of the same nonce.
    Underpriced,
}

/// Whether enough signers stand behind a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// The block is no longer part of the chain.
    Reorganised,
    /// Not yet: this many distinct signers of that many needed, among this many descendants.
    Waiting {
        /// Distinct signers so far.
        signers: usize,
        /// Distinct signers needed.
        needed: usize,
    },
    /// Confirmed, with what a bundle needs to prove it.
    Confirmed(Evidence),
}

/// What a bundle shows of the chain (`docs/proof-format.md` §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// RLP headers: the anchoring block, then its descendants.
    pub headers: Vec<Bytes>,
    /// Proof of the contract's account under the state root of the first header.
    pub account_proof: Vec<Bytes>,
    /// Proof of the batch's digest under the account's storage root.
    pub storage_proof: Vec<Bytes>,
}

/// Where batches are anchored: [`crate::EthereumContract`].
pub trait BatchContract: Send + Sync {
    /// Reads how far the contract is, at the newest block.
    ///
    /// # Errors
    /// [`ContractError::Unavailable`] and [`ContractError::TimedOut`]: ask again later.
    fn head(&self) -> impl Future<Output = Result<ContractHead, ContractError>> + Send;

    /// Finds a batch by its index, looking from block `from_block` on; `None` when no block has it.
    ///
    /// # Errors
    /// As [`BatchContract::head`].
    fn find(
        &self,
        batch_index: u64,
        from_block: u64,
    ) -> impl Future<Output = Result<Option<AnchoredBatch>, ContractError>> + Send;

    /// Whether a stored chain transaction can be mined as it is.
    ///
    /// # Errors
    /// As [`BatchContract::head`].
    fn outlook(
        &self,
        chain_tx: &ChainTx,
    ) -> impl Future<Output = Result<Outlook, ContractError>> + Send;

    /// Signs the chain transaction that anchors `batch`, with the nonce that mined blocks leave free, without
    /// sending it. One that takes the place of `replaces` pays more than that, as nodes demand.
    ///
    /// # Errors
    /// [`ContractError::Refused`] when the contract would revert: sending it would not help.
    fn sign(
        &self,
        batch: &BatchHead,
        consistency_proof: &[Hash],
        replaces: Option<&ChainTx>,
    ) -> impl Future<Output = Result<ChainTx, ContractError>> + Send;

    /// Hands a stored chain transaction to the node.
    ///
    /// # Errors
    /// On [`ContractError::OutcomeUnknown`] look for the batch before anything else.
    fn send(
        &self,
        batch_index: u64,
        chain_tx: &ChainTx,
    ) -> impl Future<Output = Result<Sent, ContractError>> + Send;

    /// Whether `block` is still the block of its number.
    ///
    /// # Errors
    /// As [`BatchContract::head`].
    fn is_canonical(
        &self,
        block: BlockRef,
    ) -> impl Future<Output = Result<bool, ContractError>> + Send;

    /// Whether enough signers stand behind `block`, and the proof that it anchors `batch`.
    ///
    /// # Errors
    /// As [`BatchContract::head`]; [`ContractError::Proof`] when the node's proof does not prove it.
    fn confirmation(
        &self,
        batch: &BatchHead,
        block: BlockRef,
    ) -> impl Future<Output = Result<Confirmation, ContractError>> + Send;

    /// What identifies contract and chain, for the bundles.
    fn identity(&self) -> &ContractIdentity;
}

/// What identifies a contract on a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContractIdentity {
    /// The contract's address.
    pub address: Address,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Hash of block 0.
    pub genesis_hash: B256,
    /// How the chain agrees.
    pub consensus: merkle::bundle::Consensus,
    /// Size of the log at which the contract starts; 0 unless it succeeds another.
    pub start_size: u64,
    /// SHA-256 of the log's origin.
    pub origin_hash: Hash,
}

/// Why the contract or its node did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The node could not be reached or gave an error; nothing was changed.
    #[error("chain node unavailable for {method}")]
    Unavailable {
        /// The JSON-RPC method.
        method: &'static str,
        /// What the transport or the node said.
        #[source]
        source: TransportError,
    },
    /// The node did not answer in time; nothing was changed.
    #[error("chain node did not answer {method} within {} ms", after.as_millis())]
    TimedOut {
        /// The JSON-RPC method.
        method: &'static str,
        /// How long we waited.
        after: Duration,
    },
    /// The chain transaction was handed over, but nobody said whether it arrived.
    #[error("no answer to the chain transaction of batch {batch}")]
    OutcomeUnknown {
        /// Index of the batch.
        batch: u64,
    },
    /// The anchorer's account cannot pay for the chain transaction.
    #[error("account {account} cannot pay for a chain transaction: fund it")]
    InsufficientFunds {
        /// The anchorer.
        account: Address,
    },
    /// The contract would revert: retrying changes nothing.
    #[error("the contract refuses batch {batch}: {refusal}")]
    Refused {
        /// Index of the batch.
        batch: u64,
        /// Which of the contract's errors.
        refusal: Refusal,
    },
    /// The key could not sign.
    #[error("the chain transaction could not be signed")]
    Signing(#[source] alloy::signers::Error),
    /// The node has no such block, contract or value although it must.
    #[error("the chain node has no {0}")]
    Missing(&'static str),
    /// The node's header does not hash to the hash it gives, or does not follow its parent.
    #[error("the chain node's header of block {number} does not fit its hash or its parent")]
    Header {
        /// Number of the block.
        number: u64,
    },
    /// The node's proof does not prove the batch.
    #[error("the chain node's proof of batch {batch} does not hold at block {block}")]
    Proof {
        /// Index of the batch.
        batch: u64,
        /// Number of the block.
        block: u64,
    },
    /// A block is not sealed as its consensus asks.
    #[error("block {number} is not sealed")]
    Seal {
        /// Number of the block.
        number: u64,
        /// What is wrong with the seal.
        #[source]
        source: SealError,
    },
    /// The address holds no contract or another one.
    #[error(
        "no BatchAnchor of this log and this version at {address}: the address is wrong, the node is of another \
         chain or not synchronised, or the chain was rewound to before the deployment; when the signers have no \
         newer copy of the chain, deploy the contract anew and start with an empty schema anchor"
    )]
    OtherContract {
        /// The address.
        address: Address,
    },
    /// A deployment, a change of a role or a payment was mined and failed.
    #[error("the chain transaction was mined and failed")]
    Failed,
}

/// A revert of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another batch is next.
    #[error("it expects batch {expected}")]
    UnexpectedBatch {
        /// Index of the next batch.
        expected: u64,
    },
    /// The batch starts elsewhere.
    #[error("it expects a batch that starts at position {expected}")]
    UnexpectedFirst {
        /// The anchored size.
        expected: u64,
    },
    /// The new log root does not extend the anchored one.
    #[error("the log root does not extend the anchored one")]
    InconsistentLog,
    /// The account may not anchor.
    #[error(
        "account {account} does not have the anchorer's role: grant it the role (`smart-tenders contract grant`) \
         or start with the key of an account that has it"
    )]
    NotAnchorer {
        /// The sender.
        account: Address,
    },
    /// A revert without one of the contract's own errors.
    #[error("it reverts")]
    Other,
}
