//! Merkle-Patricia proofs of an account and of its storage.

use alloy_primitives::{Bytes, U256, keccak256};
use alloy_rlp::{Decodable as _, Encodable as _};
use alloy_trie::nodes::TrieNode;
use alloy_trie::proof::{ProofVerificationError, verify_proof};
use alloy_trie::{Nibbles, TrieAccount};

use super::Address;
use super::contract::Word;
use crate::merkle::Hash;

/// More nodes than a path of 64 nibbles can have.
pub const PROOF_NODES_MAX: usize = 65;

/// Why a state proof was not accepted (check `storage`).
#[derive(Debug, thiserror::Error)]
pub enum TrieError {
    /// More nodes than a path can have.
    #[error("{0} nodes, a path has at most 65")]
    TooLong(usize),
    /// The proof does not end in an account.
    #[error("the account proof does not end in an account")]
    NotAnAccount,
    /// The account is not in this state.
    #[error("the account is not proven under the state root")]
    Account(#[source] ProofVerificationError),
    /// The slot does not hold this value.
    #[error("the value at the storage slot is not proven under the storage root")]
    Storage(#[source] ProofVerificationError),
}

/// What an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// How many transactions it sent, or contracts it made.
    pub nonce: u64,
    /// Its balance in wei, 32 bytes big-endian.
    pub balance_wei: Word,
    /// Root of its storage.
    pub storage_root: Hash,
    /// keccak256 of its code.
    pub code_hash: Hash,
}

/// Checks that `proof` shows an account at `address` under `state_root`, and returns it.
///
/// # Errors
/// If it does not; the absence of an account is an error too.
pub fn account(
    state_root: &Hash,
    address: &Address,
    proof: &[Vec<u8>],
) -> Result<Account, TrieError> {
    let nodes = nodes(proof)?;
    let value = leaf_value(nodes.last()).ok_or(TrieError::NotAnAccount)?;
    let mut rest = value.as_slice();
    let account = TrieAccount::decode(&mut rest).map_err(|_| TrieError::NotAnAccount)?;
    if !rest.is_empty() {
        return Err(TrieError::NotAnAccount);
    }
    let key = Nibbles::unpack(keccak256(address));
    verify_proof(state_root.into(), key, Some(value), &nodes).map_err(TrieError::Account)?;
    Ok(Account {
        nonce: account.nonce,
        balance_wei: account.balance.to_be_bytes(),
        storage_root: account.storage_root.0,
        code_hash: account.code_hash.0,
    })
}

/// Checks that `proof` shows that there is no account at `address` under `state_root`.
///
/// # Errors
/// If it does not.
pub fn no_account(
    state_root: &Hash,
    address: &Address,
    proof: &[Vec<u8>],
) -> Result<(), TrieError> {
    let key = Nibbles::unpack(keccak256(address));
    verify_proof(state_root.into(), key, None, &nodes(proof)?).map_err(TrieError::Account)
}

/// Checks that `slot` holds `value` under `storage_root`; a value of zero is an absent slot.
///
/// # Errors
/// If it does not.
pub fn storage(
    storage_root: &Hash,
    slot: &Word,
    value: &Word,
    proof: &[Vec<u8>],
) -> Result<(), TrieError> {
    let nodes = nodes(proof)?;
    let number = U256::from_be_bytes(*value);
    let expected = (!number.is_zero()).then(|| {
        let mut rlp = Vec::new();
        number.encode(&mut rlp);
        rlp
    });
    let key = Nibbles::unpack(keccak256(slot));
    verify_proof(storage_root.into(), key, expected, &nodes).map_err(TrieError::Storage)
}

fn nodes(proof: &[Vec<u8>]) -> Result<Vec<Bytes>, TrieError> {
    if proof.len() > PROOF_NODES_MAX {
        return Err(TrieError::TooLong(proof.len()));
    }
    Ok(proof.iter().map(|node| Bytes::copy_from_slice(node)).collect())
}

/// The value of the leaf a proof ends in. An account is longer than 32 bytes, so its leaf is
/// always a node of its own.
fn leaf_value(last: Option<&Bytes>) -> Option<Vec<u8>> {
    match TrieNode::decode(&mut last?.as_ref()) {
        Ok(TrieNode::Leaf(leaf)) => Some(leaf.value),
        _ => None,
    }
}
