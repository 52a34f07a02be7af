//! Drives a proof-of-authority network on this machine, from one declarative file.
//!
//! [`Running::up`] makes keys and genesis, starts geth as bootnode, signers and archive node on
//! loopback ports that were free, restarts what dies, and ends everything with its owner, even if
//! that is killed. The same interface drives anvil, a development chain without consensus.
//!
//! It does not deploy contracts, sign transactions or read anything but heights and sealers of the
//! chain: that is the work of the rooms `anchor` and `verifier`.
//!
//! Rules it implements: EIP-225 (the genesis block of a Clique chain); geth 1.13 command line.

mod anvil;
mod chain;
mod clique;
mod control;
mod description;
mod folders;
mod genesis;
mod initialise;
mod ipc;
mod keys;
mod plan;
mod ports;
mod process;
mod running;
mod sealing;
mod tools;

pub use crate::anvil::Anvil;
pub use crate::chain::{Chain, ChainKind, NodeStatus, Signer};
pub use crate::clique::Clique;
pub use crate::control::{Answer, Control, Request, ask};
pub use crate::description::{
    ArchiveDescription, Description, DescriptionError, SignerDescription,
};
pub use crate::folders::Folders;
pub use crate::genesis::{HeaderError, header_rlp};
pub use crate::initialise::{Keys, initialise};
pub use crate::ipc::RpcError;
pub use crate::keys::{Key, KeyError, create_secret_folder, random_word, write_secret};
pub use crate::process::{ProcessSpec, ProcessStatus, Supervised};
pub use crate::running::{NetworkError, Running};
pub use crate::tools::{GETH_VERSION, Places, ToolMissing};
