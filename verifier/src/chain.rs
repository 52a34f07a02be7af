//! What the chain contributes: headers, Clique seals (EIP-225), state proofs (EIP-1186) and the
//! storage layout of the contract (§4).

pub mod clique;
pub mod contract;
pub mod header;
pub mod snapshot;
pub mod trie;

/// The address of an account.
pub type Address = [u8; 20];
