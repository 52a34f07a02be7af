//! Reads that a node answers and the followed headers prove.

use alloy_primitives::keccak256;

use super::receipts::{Log, Receipt, may_hold, receipts_root, transactions_root};
use super::sync::LightClient;
use crate::chain::Address;
use crate::chain::contract::Word;
use crate::chain::header::Header;
use crate::chain::trie::{self, Account};
use crate::encoding::{hex, unhex};
use crate::json::Value;
use crate::merkle::Hash;
use crate::rpc::{RpcError, quantity};

/// keccak256 of nothing: the code hash of an account without code.
const NO_CODE: Hash = [
    0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0,
    0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70,
];
/// The most blocks whose logs are looked through in one read.
pub(super) const LOG_BLOCKS_MAX: u64 = 10_000;
const HEADERS_AT_ONCE: u64 = 192;
/// The most transactions a block can have: each uses 21,000 gas, and no chain of this kind has blocks of more
/// than 2^32 gas.
const TRANSACTIONS_MAX: usize = 1 << 18;

/// Why a read has no proven answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The block is not one of the followed chain.
    #[error("block {0} was not followed: it is newer than the head, or of another branch")]
    NotFollowed(u64),
    /// The node gave no usable answer.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The node's answer is not what the header commits to.
    #[error("the node's answer to {method} is not what the header of block {block} commits to")]
    Unproven {
        /// What was asked.
        method: &'static str,
        /// The block.
        block: u64,
    },
    /// The logs of too many blocks were asked for.
    #[error("the logs of {0} blocks were asked for, 10000 at most are looked through at once")]
    TooManyBlocks(u64),
}

/// Which logs are wanted; as the parameters of `eth_getLogs`.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// Any of these contracts; any contract if there are none.
    pub addresses: Vec<Address>,
    /// For each topic, any of these; any topic if there are none.
    pub topics: Vec<Vec<Word>>,
}

impl LogFilter {
    fn may_be_in(&self, bloom: &[u8; 256]) -> bool {
        let any = |items: &mut dyn Iterator<Item = &[u8]>| {
            let mut items = items.peekable();
            items.peek().is_none() || items.any(|item| may_hold(bloom, item))
        };
        any(&mut self.addresses.iter().map(<[u8; 20]>::as_slice))
            && self.topics.iter().all(|topic| any(&mut topic.iter().map(<[u8; 32]>::as_slice)))
    }

    fn holds(&self, log: &Log) -> bool {
        let address = self.addresses.is_empty() || self.addresses.contains(&log.address);
        let mut topics = self.topics.iter().enumerate();
        address
            && topics.all(|(index, wanted)| match log.topics.get(index) {
                Some(topic) => wanted.is_empty() || wanted.contains(topic),
                None => false,
            })
    }
}

/// A log and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundLog {
    /// The block.
    pub block: u64,
    /// The block's hash.
    pub block_hash: Hash,
    /// Index of the transaction in the block.
    pub transaction: usize,
    /// Index of the log in the block.
    pub index: usize,
    /// The log.
    pub log: Log,
}

impl LightClient {
    /// The header of a block of the followed chain.
    ///
    /// # Errors
    /// If it was not followed, or the node does not show it.
    pub fn header(&self, number: u64) -> Result<Header, ReadError> {
        let header = self.headers(number, number)?.pop();
        header.ok_or(ReadError::NotFollowed(number))
    }

    /// The headers of the blocks `first..=last` of the followed chain.
    fn headers(&self, first: u64, last: u64) -> Result<Vec<Header>, ReadError> {
        let followed = self.followed();
        followed.hash(last).ok_or(ReadError::NotFollowed(last))?;
        let mut headers = Vec::new();
        let mut next = first;
        while next <= last && followed.unsettled(next).is_none() {
            let end = last.min(next + HEADERS_AT_ONCE - 1);
            for (number, rlp) in (next..).zip(self.node.headers(next, end)?) {
                let header = Header::decode(&rlp).ok();
                let header = header.filter(|header| Some(header.hash) == followed.hash(number));
                let method = "eth_getBlockByNumber";
                headers.push(header.ok_or(ReadError::Unproven { method, block: number })?);
            }
            next = end + 1;
        }
        let rest = (next..=last).filter_map(|number| followed.unsettled(number));
        headers.extend(rest.map(|block| block.header.clone()));
        Ok(headers)
    }

    /// The account at `address` after a block; `None` if it is proven that there is none.
    ///
    /// # Errors
    /// If the node shows no proof of either.
    pub fn account(&self, address: &Address, block: u64) -> Result<Option<Account>, ReadError> {
        let header = self.header(block)?;
        let proof = self.node.proof(address, &[], block)?.account;
        proven_account(&header, address, &proof)
    }

    /// The value at a slot of a contract's storage after a block; zero if it is proven that nothing
    /// is there.
    ///
    /// # Errors
    /// If the node shows no proof of it.
    pub fn storage(&self, address: &Address, slot: &Word, block: u64) -> Result<Word, ReadError> {
        let header = self.header(block)?;
        let proof = self.node.proof(address, &[*slot], block)?;
        let Some(account) = proven_account(&header, address, &proof.account)? else {
            return Ok([0; 32]);
        };
        let unproven = ReadError::Unproven { method: "eth_getProof", block };
        let [(value, nodes)] = proof.slots.as_slice() else { return Err(unproven) };
        let proven = trie::storage(&account.storage_root, slot, value, nodes);
        proven.map(|()| *value).map_err(|_| unproven)
    }

    /// The code at `address` after a block.
    ///
    /// # Errors
    /// If the node shows other code than the account's hash says.
    pub fn code(&self, address: &Address, block: u64) -> Result<Vec<u8>, ReadError> {
        let wanted = self.account(address, block)?.map_or(NO_CODE, |account| account.code_hash);
        if wanted == NO_CODE {
            return Ok(Vec::new());
        }
        let method = "eth_getCode";
        let code = self.node.call(method, vec![hex(address).into(), quantity(block).into()])?;
        let code = code.as_str().and_then(unhex).filter(|code| keccak256(code).0 == wanted);
        code.ok_or(ReadError::Unproven { method, block })
    }

    /// The transactions of a block, as they were signed (EIP-2718 bytes).
    ///
    /// # Errors
    /// If the node does not show exactly those the header commits to.
    pub fn transactions(&self, block: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        const METHOD: &str = "eth_getRawTransactionByBlockNumberAndIndex";
        let header = self.header(block)?;
        let unproven = || ReadError::Unproven { method: METHOD, block };
        let count =
            self.node.call("eth_getBlockTransactionCountByNumber", vec![quantity(block).into()])?;
        let count = count.as_str().and_then(|text| text.strip_prefix("0x"));
        let count = count.and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let count = count.filter(|count| *count <= TRANSACTIONS_MAX).ok_or_else(unproven)?;
        let mut transactions = Vec::new();
        for first in (0..count).step_by(100) {
            let params = (first..count.min(first + 100))
                .map(|index| vec![quantity(block).into(), quantity(index as u64).into()]);
            let raw = self.node.call_many(METHOD, params)?;
            let read = raw.iter().map(|item| unhex(item.as_str()?));
            transactions.extend(read.collect::<Option<Vec<_>>>().ok_or_else(unproven)?);
        }
        let proven = transactions_root(&transactions) == header.transactions_root;
        if proven { Ok(transactions) } else { Err(unproven()) }
    }

    /// The receipts of a block.
    ///
    /// # Errors
    /// If the node does not show exactly those the header commits to.
    pub fn receipts(&self, block: u64) -> Result<Vec<Receipt>, ReadError> {
        const METHOD: &str = "eth_getBlockReceipts";
        let header = self.header(block)?;
        let unproven = ReadError::Unproven { method: METHOD, block };
        let answer = self.node.call(METHOD, vec![quantity(block).into()])?;
        let receipts = answer
            .as_array()
            .and_then(|items| items.iter().map(Receipt::read).collect::<Option<Vec<_>>>());
        receipts.filter(|receipts| receipts_root(receipts) == header.receipts_root).ok_or(unproven)
    }

    /// All logs of the blocks `first..=last` that `filter` wants, and no other: what a header's
    /// bloom rules out is not there, and of other blocks all receipts are read.
    ///
    /// # Errors
    /// If the node does not show what the headers commit to, or too many blocks are asked for.
    pub fn logs(
        &self,
        filter: &LogFilter,
        first: u64,
        last: u64,
    ) -> Result<Vec<FoundLog>, ReadError> {
        let blocks = last.saturating_sub(first).saturating_add(1);
        if blocks > LOG_BLOCKS_MAX {
            return Err(ReadError::TooManyBlocks(blocks));
        }
        let mut found = Vec::new();
        for header in self.headers(first, last)? {
            if !filter.may_be_in(&header.logs_bloom) {
                continue;
            }
            let block = header.number;
            let receipts = self.receipts(block)?;
            let logs = receipts.into_iter().enumerate().flat_map(|(transaction, receipt)| {
                receipt.logs.into_iter().map(move |log| (transaction, log))
            });
            for (index, (transaction, log)) in logs.enumerate() {
                if filter.holds(&log) {
                    let block_hash = header.hash;
                    found.push(FoundLog { block, block_hash, transaction, index, log });
                }
            }
        }
        Ok(found)
    }

    /// The account and storage proofs that a node gives, once they are proven.
    pub(super) fn proof(
        &self,
        address: &Address,
        slots: &[Word],
        block: u64,
    ) -> Result<Value, ReadError> {
        let header = self.header(block)?;
        let unproven = || ReadError::Unproven { method: "eth_getProof", block };
        let proof = self.node.proof(address, slots, block)?;
        let account = proven_account(&header, address, &proof.account)?;
        for (slot, (value, nodes)) in slots.iter().zip(&proof.slots) {
            let proven = account.is_none_or(|account| {
                trie::storage(&account.storage_root, slot, value, nodes).is_ok()
            });
            let is_nothing = account.is_some() || *value == [0; 32];
            if !(proven && is_nothing) {
                return Err(unproven());
            }
        }
        Ok(super::words::proof(address, account.as_ref(), slots, &proof))
    }
}

fn proven_account(
    header: &Header,
    address: &Address,
    proof: &[Vec<u8>],
) -> Result<Option<Account>, ReadError> {
    if let Ok(account) = trie::account(&header.state_root, address, proof) {
        return Ok(Some(account));
    }
    let absent = trie::no_account(&header.state_root, address, proof);
    let unproven = ReadError::Unproven { method: "eth_getProof", block: header.number };
    absent.map(|()| None).map_err(|_| unproven)
}
