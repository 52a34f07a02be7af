//! Checks the node's storage proofs (EIP-1186) before anybody is shown one.

use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::rpc::types::EIP1186AccountProofResponse;
use alloy_trie::{Nibbles, TrieAccount, proof::verify_proof};
use merkle::hash::Hash;

/// Slot of the mapping of digests in the contract's storage (`docs/proof-format.md` §4).
const DIGESTS_SLOT: u64 = 2;

/// The slot that holds the digest of a batch.
pub(crate) fn digest_slot(batch_index: u64) -> B256 {
    let mut preimage = [0; 64];
    preimage[..32].copy_from_slice(&U256::from(batch_index).to_be_bytes::<32>());
    preimage[32..].copy_from_slice(&U256::from(DIGESTS_SLOT).to_be_bytes::<32>());
    keccak256(preimage)
}

/// Whether `state` proves that the contract stores `digest` at `slot` under `state_root`.
pub(crate) fn holds(
    state_root: B256,
    contract: Address,
    digest: &Hash,
    slot: B256,
    state: &EIP1186AccountProofResponse,
) -> bool {
    let account = TrieAccount {
        nonce: state.nonce,
        balance: state.balance,
        storage_root: state.storage_hash,
        code_hash: state.code_hash,
    };
    let [storage] = state.storage_proof.as_slice() else { return false };
    let account_key = Nibbles::unpack(keccak256(contract));
    let storage_key = Nibbles::unpack(keccak256(slot));
    let value = alloy_rlp::encode(U256::from_be_bytes(*digest));
    verify_proof(state_root, account_key, Some(alloy_rlp::encode(account)), &state.account_proof)
        .and_then(|()| verify_proof(state.storage_hash, storage_key, Some(value), &storage.proof))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slot_of_a_digest_is_that_of_the_proof_format() {
        // keccak256 of 64 bytes, the last one 2: from `cast index uint64 0 2`.
        let expected = "0xac33ff75c19e70fe83507db0d683fd3465c996598dc972688b7ace676c89077b";
        assert_eq!(digest_slot(0), expected.parse::<B256>().unwrap());
    }
}
