//! Anchors the log: closes batches, signs checkpoints, drives the `BatchAnchor` contract, and keeps the proofs.
//!
//! The contract is the truth; the schema `anchor` is a memory of it that can be rebuilt from contract and log. A
//! batch goes pending → submitted → mined → confirmed and, when the chain is reorganised, back. [`Service`] is that
//! state machine and the only writer; [`reader`] serves bundles, checkpoints and tiles and never writes.
//! [`witnesses`] has other parties cosign each checkpoint, beside the service and without ever holding it up.
//! Implements `docs/proof-format.md` §3 to §5 on the writing side.
//!
//! It deliberately appends nothing to the log: an anchor that logged itself would never end. It does not verify
//! bundles either; `verifier` does, with code of its own. It is the only room that signs chain transactions.

mod artifact;
mod config;
mod consensus;
mod contract;
mod deploy;
mod durable;
mod error;
mod ethereum;
mod flush;
mod governance;
mod key;
mod log;
mod memory;
mod proof;
pub mod publication;
pub mod reader;
mod recovery;
mod rpc;
mod service;
mod signed;
mod stop;
mod succession;
mod transaction;
pub mod witnesses;

pub use alloy::primitives::{Address, U256 as Wei};
pub use alloy::transports::http::reqwest::Url;
pub use artifact::{Constructor, code_hash};
pub use config::{AnchorConfig, BatchRules, StartError};
pub use consensus::{SealError, quorum, sealer, sighash};
pub use contract::{
    AnchoredBatch, BatchContract, BlockRef, ChainTx, Confirmation, ContractError, ContractHead,
    ContractIdentity, Evidence, Outlook, Refusal, Sent,
};
pub use deploy::{Deployed, deploy_or_reuse};
pub use error::AnchorError;
pub use ethereum::{Endpoint, EthereumContract};
pub use flush::FlushHandle;
pub use governance::{ContractOfLog, RoleChange, anchorers, change_role, contract_of_log, pay};
pub use key::{ChainKey, KeyError};
pub use log::LogError;
pub use memory::{BatchRow, BatchState, MemoryError};
pub use merkle::bundle::Consensus;
pub use service::{Service, Step};
pub use signed::{Signer, SignerError};
pub use stop::{clear_stop, note_stop};
pub use succession::{Boundary, boundary};
