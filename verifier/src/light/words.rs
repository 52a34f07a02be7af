//! Answers in the words of Ethereum's JSON-RPC.

use alloy_primitives::keccak256;

use super::reads::FoundLog;
use super::receipts::Receipt;
use crate::chain::Address;
use crate::chain::contract::Word;
use crate::chain::header::Header;
use crate::chain::trie::Account;
use crate::encoding::hex;
use crate::json::{Value, object};
use crate::merkle::Hash;
use crate::rpc::{Proof, quantity};

/// A number of up to 32 bytes, without leading zeros.
pub(super) fn big_quantity(bytes: &[u8]) -> String {
    let digits = hex(bytes);
    let digits = digits["0x".len()..].trim_start_matches('0');
    format!("0x{}", if digits.is_empty() { "0" } else { digits })
}

pub(super) fn block(header: &Header, total: Option<u128>, transactions: &[Vec<u8>]) -> Value {
    let hashes = transactions.iter().map(|raw| hex(&keccak256(raw).0).into()).collect();
    let total = total.map_or(Value::Null, |total| format!("{total:#x}").into());
    let base_fee = header.base_fee_wei().map_or(Value::Null, |fee| quantity(fee).into());
    object([
        ("baseFeePerGas", base_fee),
        ("difficulty", quantity(header.difficulty).into()),
        ("extraData", hex(&header.extra_data).into()),
        ("gasLimit", quantity(header.gas_limit).into()),
        ("gasUsed", quantity(header.gas_used).into()),
        ("hash", hex(&header.hash).into()),
        ("logsBloom", hex(&header.logs_bloom).into()),
        ("miner", hex(&header.miner).into()),
        ("mixHash", hex(&header.mix_digest).into()),
        ("nonce", hex(&header.nonce).into()),
        ("number", quantity(header.number).into()),
        ("parentHash", hex(&header.parent_hash).into()),
        ("receiptsRoot", hex(&header.receipts_root).into()),
        ("sha3Uncles", hex(&header.uncles_hash).into()),
        ("stateRoot", hex(&header.state_root).into()),
        ("timestamp", quantity(header.timestamp_s).into()),
        ("totalDifficulty", total),
        ("transactions", Value::Array(hashes)),
        ("transactionsRoot", hex(&header.transactions_root).into()),
        ("uncles", Value::Array(Vec::new())),
    ])
}

pub(super) fn log(found: &FoundLog, transaction: Option<&Hash>) -> Value {
    let topics = found.log.topics.iter().map(|topic| hex(topic).into()).collect();
    object([
        ("address", hex(&found.log.address).into()),
        ("blockHash", hex(&found.block_hash).into()),
        ("blockNumber", quantity(found.block).into()),
        ("data", hex(&found.log.data).into()),
        ("logIndex", quantity(found.index as u64).into()),
        ("removed", false.into()),
        ("topics", Value::Array(topics)),
        ("transactionHash", transaction.map_or(Value::Null, |hash| hex(hash).into())),
        ("transactionIndex", quantity(found.transaction as u64).into()),
    ])
}

/// What the header commits to of a receipt: neither sender nor recipient are in it.
pub(super) fn receipt(
    header: &Header,
    receipts: &[Receipt],
    index: usize,
    transaction: &Hash,
) -> Option<Value> {
    let receipt = receipts.get(index)?;
    let before = index.checked_sub(1).and_then(|before| receipts.get(before));
    let used = receipt
        .cumulative_gas_used
        .checked_sub(before.map_or(0, |before| before.cumulative_gas_used))?;
    let first = receipts[..index].iter().map(|receipt| receipt.logs.len()).sum::<usize>();
    let logs = receipt.logs.iter().enumerate().map(|(place, of)| {
        let found = FoundLog {
            block: header.number,
            block_hash: header.hash,
            transaction: index,
            index: first + place,
            log: of.clone(),
        };
        log(&found, Some(transaction))
    });
    Some(object([
        ("blockHash", hex(&header.hash).into()),
        ("blockNumber", quantity(header.number).into()),
        ("cumulativeGasUsed", quantity(receipt.cumulative_gas_used).into()),
        ("gasUsed", quantity(used).into()),
        ("logs", Value::Array(logs.collect())),
        ("logsBloom", hex(&receipt.logs_bloom).into()),
        ("status", quantity(receipt.succeeded.into()).into()),
        ("transactionHash", hex(transaction).into()),
        ("transactionIndex", quantity(index as u64).into()),
        ("type", quantity(receipt.kind.into()).into()),
    ]))
}

pub(super) fn proof(
    address: &Address,
    account: Option<&Account>,
    slots: &[Word],
    proof: &Proof,
) -> Value {
    let list =
        |nodes: &[Vec<u8>]| Value::Array(nodes.iter().map(|node| hex(node).into()).collect());
    let slot = |(slot, (value, nodes)): (&Word, &(Word, Vec<Vec<u8>>))| {
        object([
            ("key", hex(slot).into()),
            ("proof", list(nodes)),
            ("value", big_quantity(value).into()),
        ])
    };
    let of = |read: fn(&Account) -> Value, nothing: Value| account.map_or(nothing, read);
    object([
        ("accountProof", list(&proof.account)),
        ("address", hex(address).into()),
        ("balance", of(|account| big_quantity(&account.balance_wei).into(), "0x0".into())),
        ("codeHash", of(|account| hex(&account.code_hash).into(), hex(&[0; 32]).into())),
        ("nonce", of(|account| quantity(account.nonce).into(), "0x0".into())),
        ("storageHash", of(|account| hex(&account.storage_root).into(), hex(&[0; 32]).into())),
        ("storageProof", Value::Array(slots.iter().zip(&proof.slots).map(slot).collect())),
    ])
}
