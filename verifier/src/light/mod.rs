//! A light client of a Clique chain (EIP-225): it follows headers from the genesis block the
//! policy names and believes a node nothing that those headers do not prove.
//!
//! It is the network's light node (`verifier chain serve`) and, as a library, its embedded node:
//! see `examples/embedded_node.rs`.
//!
//! It does not execute transactions: `eth_call` and gas estimates are refused, because nothing it
//! knows proves their results.

mod followed;
mod kept;
mod reads;
mod receipts;
mod report;
mod serve;
mod store;
mod sync;
mod words;

pub use followed::{Block, Branch, Followed, Reorganisation, UNSETTLED_BLOCKS};
pub use reads::{FoundLog, LogFilter, ReadError};
pub use receipts::{Log, Receipt};
pub use report::ChainReport;
pub use serve::LightNode;
pub use store::{Store, StoreError};
pub use sync::{LightClient, LightError, Synced};
