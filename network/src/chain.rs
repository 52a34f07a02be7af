//! What the rest of the system is told about a running chain, whichever kind it is.

use std::path::PathBuf;

use alloy_primitives::{Address, B256, Bytes, keccak256};
use serde::{Deserialize, Serialize};

/// The kinds of chain that can be driven here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChainKind {
    /// Proof of authority (EIP-225) with real signers.
    Clique,
    /// A development chain without consensus or seals: it proves nothing about anybody.
    Anvil,
}

impl ChainKind {
    /// The word in proof bundles and policies: `clique` or `dev`.
    #[must_use]
    pub const fn consensus(self) -> &'static str {
        match self {
            Self::Clique => "clique",
            Self::Anvil => "dev",
        }
    }
}

/// A running chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chain {
    /// Its kind.
    pub kind: ChainKind,
    /// HTTP JSON-RPC of a node that keeps all states, on loopback.
    pub rpc_url: String,
    /// Chain id.
    pub chain_id: u64,
    /// Seconds between two blocks, as the consensus rules demand them; 0 without consensus.
    pub period_seconds: u64,
    /// Blocks between two checkpoints of the signers; 0 without consensus.
    pub epoch_blocks: u64,
    /// File with the key of the account that may anchor.
    pub anchor_key: PathBuf,
    /// The address of that account.
    pub anchor_address: Address,
    /// RLP of the genesis header.
    pub genesis_header: Bytes,
    /// The nodes that seal, sorted by address; empty without consensus.
    pub signers: Vec<Signer>,
}

impl Chain {
    /// The hash of the genesis block.
    #[must_use]
    pub fn genesis_hash(&self) -> B256 {
        keccak256(&self.genesis_header)
    }
}

/// An account that seals, and the organisation that answers for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signer {
    /// Name of its node.
    pub name: String,
    /// Address recovered from its seals.
    pub address: Address,
    /// The organisation.
    pub organisation: String,
}

/// What one node is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// Its name.
    pub name: String,
    /// `bootnode`, `signer`, `archive` or `anvil`.
    pub kind: String,
    /// The organisation that answers for it, if it seals.
    pub organisation: Option<String>,
    /// Process number while it runs.
    pub pid: Option<u32>,
    /// How often it was started again after it died.
    pub restarts: u32,
    /// Whether it is meant to run.
    pub wanted: bool,
    /// Its last block; `None` while it does not answer.
    pub block: Option<u64>,
    /// How many peers it has; `None` while it does not answer.
    pub peers: Option<u64>,
}
