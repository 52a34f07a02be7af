//! Transactions and receipts of a block, against the roots in its header.

use alloy_primitives::keccak256;
use alloy_rlp::{Encodable as _, Header as RlpHeader};
use alloy_trie::root::{ordered_trie_root_encoded, ordered_trie_root_with_encoder};

use crate::chain::Address;
use crate::chain::contract::Word;
use crate::encoding::{unhex, unhex_array};
use crate::json::Value;
use crate::merkle::Hash;
use crate::rpc::quantity_bytes;

/// An event of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The contract.
    pub address: Address,
    /// Up to four topics; the first is the hash of the event's signature.
    pub topics: Vec<Word>,
    /// The event's other values.
    pub data: Vec<u8>,
}

/// What a transaction brought about, as far as the block's header commits to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Type of the transaction (EIP-2718); 0 for one of the old form.
    pub kind: u8,
    /// Whether it was not reverted.
    pub succeeded: bool,
    /// Gas used in the block up to and with this transaction.
    pub cumulative_gas_used: u64,
    /// What its logs may be of.
    pub logs_bloom: Vec<u8>,
    /// Its logs.
    pub logs: Vec<Log>,
}

impl Receipt {
    /// A receipt in the words of JSON-RPC.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let of = |name| value.get(name).and_then(Value::as_str);
        let number = |name| {
            let bytes = quantity_bytes(of(name)?)?;
            let padded = [vec![0; 8usize.checked_sub(bytes.len())?], bytes].concat();
            Some(u64::from_be_bytes(padded.try_into().ok()?))
        };
        let kind = value.get("type").map_or(Some(0), |_| u8::try_from(number("type")?).ok())?;
        let logs = value.get("logs")?.as_array()?.iter().map(log).collect::<Option<_>>()?;
        Some(Self {
            kind,
            succeeded: number("status")? == 1,
            cumulative_gas_used: number("cumulativeGasUsed")?,
            logs_bloom: unhex(of("logsBloom")?)?,
            logs,
        })
    }

    /// The bytes the header commits to (EIP-658, EIP-2718).
    fn encode(&self, out: &mut Vec<u8>) {
        let mut logs = Vec::new();
        for log in &self.logs {
            let mut fields = Vec::new();
            log.address.as_slice().encode(&mut fields);
            let mut topics = Vec::new();
            log.topics.iter().for_each(|topic| topic.as_slice().encode(&mut topics));
            list(&topics, &mut fields);
            log.data.as_slice().encode(&mut fields);
            list(&fields, &mut logs);
        }
        let mut payload = Vec::new();
        self.succeeded.encode(&mut payload);
        self.cumulative_gas_used.encode(&mut payload);
        self.logs_bloom.as_slice().encode(&mut payload);
        list(&logs, &mut payload);
        if self.kind != 0 {
            out.push(self.kind);
        }
        list(&payload, out);
    }
}

fn log(value: &Value) -> Option<Log> {
    let topics = value.get("topics")?.as_array()?.iter();
    Some(Log {
        address: unhex_array(value.get("address")?.as_str()?)?,
        topics: topics.map(|topic| unhex_array(topic.as_str()?)).collect::<Option<_>>()?,
        data: unhex(value.get("data")?.as_str()?)?,
    })
}

fn list(payload: &[u8], out: &mut Vec<u8>) {
    RlpHeader { list: true, payload_length: payload.len() }.encode(out);
    out.extend_from_slice(payload);
}

/// `receiptsRoot` of a block with these receipts.
pub(super) fn receipts_root(receipts: &[Receipt]) -> Hash {
    ordered_trie_root_with_encoder(receipts, |receipt: &Receipt, out| receipt.encode(out)).0
}

/// `transactionsRoot` of a block with these transactions (EIP-2718 bytes).
pub(super) fn transactions_root(transactions: &[Vec<u8>]) -> Hash {
    ordered_trie_root_encoded(transactions).0
}

/// Whether a block with this bloom may have a log of `item`, an address or a topic. If not, it has none.
pub(super) fn may_hold(bloom: &[u8; 256], item: &[u8]) -> bool {
    let hash = keccak256(item);
    [0, 2, 4].into_iter().all(|at| {
        let bit = usize::from(u16::from_be_bytes([hash[at], hash[at + 1]]) & 0x7ff);
        bloom[255 - bit / 8] & (1 << (bit % 8)) != 0
    })
}
