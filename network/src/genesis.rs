//! The genesis block: what geth is given, and its header as a verifier reads it.

use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U256, keccak256};
use alloy_rlp::Encodable;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::description::Description;

/// The genesis file of a Clique chain up to the London rules (EIP-225).
///
/// `timestamp` is in Unix seconds; `signers` in any order, `extraData` lists them ascending.
#[must_use]
pub fn genesis_json(
    description: &Description,
    signers: &[Address],
    anchor: Address,
    timestamp: u64,
) -> Value {
    let mut sorted = signers.to_vec();
    sorted.sort_unstable();
    let mut extra = vec![0; 32];
    for signer in sorted {
        extra.extend_from_slice(signer.as_slice());
    }
    extra.extend_from_slice(&[0; 65]);
    json!({
        "config": {
            "chainId": description.chain_id,
            "homesteadBlock": 0, "eip150Block": 0, "eip155Block": 0, "eip158Block": 0,
            "byzantiumBlock": 0, "constantinopleBlock": 0, "petersburgBlock": 0,
            "istanbulBlock": 0, "muirGlacierBlock": 0, "berlinBlock": 0, "londonBlock": 0,
            "clique": {"period": description.period_seconds, "epoch": description.epoch_blocks},
        },
        "difficulty": "1",
        "gasLimit": description.gas_limit.to_string(),
        "timestamp": format!("{timestamp:#x}"),
        "extradata": Bytes::from(extra),
        "alloc": { anchor.to_string(): {"balance": description.anchor_balance_wei} },
    })
}

/// The members of a block, as `eth_getBlockByNumber` gives them, that its header is made of.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    hash: B256,
    parent_hash: B256,
    sha3_uncles: B256,
    miner: Address,
    state_root: B256,
    transactions_root: B256,
    receipts_root: B256,
    logs_bloom: Bloom,
    difficulty: U256,
    number: U256,
    gas_limit: U256,
    gas_used: U256,
    timestamp: U256,
    extra_data: Bytes,
    mix_hash: B256,
    nonce: B64,
    base_fee_per_gas: Option<U256>,
    withdrawals_root: Option<B256>,
    blob_gas_used: Option<U256>,
    excess_blob_gas: Option<U256>,
    parent_beacon_block_root: Option<B256>,
}

/// A block that is no header of the kinds known here.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// A member is missing or of another type.
    #[error("the node answered something else than a block")]
    Members(#[from] serde_json::Error),
    /// The encoded header hashes to something else than the node says.
    #[error("the header of block {hash} does not hash to that")]
    Hash {
        /// The hash the node gave.
        hash: B256,
    },
}

/// The RLP of the header of `block`, checked against the hash the node gave.
///
/// # Errors
/// [`HeaderError`] if `block` is no block, or has header members unknown here.
pub fn header_rlp(block: &Value) -> Result<Bytes, HeaderError> {
    let header = Header::deserialize(block)?;
    let mut members: Vec<&dyn Encodable> = vec![
        &header.parent_hash,
        &header.sha3_uncles,
        &header.miner,
        &header.state_root,
        &header.transactions_root,
        &header.receipts_root,
        &header.logs_bloom,
        &header.difficulty,
        &header.number,
        &header.gas_limit,
        &header.gas_used,
        &header.timestamp,
        &header.extra_data,
        &header.mix_hash,
        &header.nonce,
    ];
    // A member that a fork adds is there or not there as a whole; the order is fixed.
    members.extend(header.base_fee_per_gas.iter().map(|member| member as &dyn Encodable));
    members.extend(header.withdrawals_root.iter().map(|member| member as &dyn Encodable));
    members.extend(header.blob_gas_used.iter().map(|member| member as &dyn Encodable));
    members.extend(header.excess_blob_gas.iter().map(|member| member as &dyn Encodable));
    members.extend(header.parent_beacon_block_root.iter().map(|member| member as &dyn Encodable));
    let mut rlp = Vec::new();
    alloy_rlp::encode_list::<&dyn Encodable, dyn Encodable>(&members, &mut rlp);
    if keccak256(&rlp) != header.hash {
        return Err(HeaderError::Hash { hash: header.hash });
    }
    Ok(rlp.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> Description {
        Description::parse(include_str!("../../ops/network/local.toml")).unwrap()
    }

    #[test]
    fn extra_data_lists_the_signers_ascending_between_vanity_and_seal() {
        let high = Address::repeat_byte(9);
        let low = Address::repeat_byte(1);
        let genesis = genesis_json(&description(), &[high, low], Address::ZERO, 255);
        let extra = genesis["extradata"].as_str().unwrap();
        let middle = format!("{}{}", "01".repeat(20), "09".repeat(20));
        assert_eq!(extra, format!("0x{}{middle}{}", "00".repeat(32), "00".repeat(65)));
        assert_eq!(genesis["timestamp"], "0xff");
    }

    #[test]
    fn a_header_that_does_not_hash_to_its_block_is_refused() {
        let zero = B256::ZERO;
        let block = json!({
            "hash": zero, "parentHash": zero, "sha3Uncles": zero, "miner": Address::ZERO,
            "stateRoot": zero, "transactionsRoot": zero, "receiptsRoot": zero,
            "logsBloom": Bloom::ZERO, "difficulty": "0x1", "number": "0x0", "gasLimit": "0x1",
            "gasUsed": "0x0", "timestamp": "0x1", "extraData": "0x", "mixHash": zero,
            "nonce": "0x0000000000000000",
        });
        assert!(matches!(header_rlp(&block), Err(HeaderError::Hash { .. })));
    }
}
