//! What each method answers.

use alloy_primitives::keccak256;

use super::params::{address, block, filter, hash, param, slot};
use crate::encoding::{hex, unhex};
use crate::json::Value;
use crate::light::LightClient;
use crate::light::reads::ReadError;
use crate::light::words;
use crate::merkle::Hash;
use crate::rpc::{RpcError, quantity};

/// The longest transaction that is passed on, in bytes: what geth takes.
const TRANSACTION_BYTES_MAX: usize = 128 * 1024;

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The request is not JSON.
    #[error("the request is not JSON")]
    Json,
    /// The request is not one.
    #[error("{0}")]
    Request(&'static str),
    /// A method without an answer that can be proven.
    #[error(
        "{0:.64} is not served: what it answers cannot be proven from headers. Served are eth_blockNumber, eth_chainId, eth_getBalance, eth_getBlockByHash, eth_getBlockByNumber, eth_getBlockTransactionCountByNumber, eth_getCode, eth_getLogs, eth_getProof, eth_getStorageAt, eth_getTransactionCount, eth_getTransactionReceipt, eth_sendRawTransaction, eth_syncing, clique_getSigners, net_version, web3_clientVersion"
    )]
    Method(String),
    /// A parameter is not what it has to be.
    #[error("parameter {index} has to be {expected}")]
    Param {
        /// Which one, from 0.
        index: usize,
        /// What it has to be.
        expected: &'static str,
    },
    /// A parameter is not a block.
    #[error(
        "parameter {index} has to be a block: a number, latest or earliest. Clique has no safe and no finalized block, and what is pending is not proven"
    )]
    Block {
        /// Which one, from 0.
        index: usize,
    },
    /// The chain was refused.
    #[error("the chain was refused, nothing is answered any more: {0}")]
    Refused(String),
    /// The node gave no answer that is proven.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<RpcError> for Fault {
    fn from(error: RpcError) -> Self {
        Self::Read(error.into())
    }
}

impl Fault {
    /// The error code: of JSON-RPC, or −32000 and below for what the chain says.
    pub(super) const fn code(&self) -> i64 {
        match self {
            Self::Json => -32_700,
            Self::Request(_) => -32_600,
            Self::Method(_) => -32_601,
            Self::Param { .. } | Self::Block { .. } => -32_602,
            Self::Read(ReadError::Unproven { .. }) => -32_001,
            Self::Refused(_) => -32_002,
            Self::Read(_) => -32_000,
        }
    }
}

/// Answers a call, or says why not.
pub(super) fn answer(client: &LightClient, method: &str, params: &[Value]) -> Result<Value, Fault> {
    let newest = client.followed().head().number;
    let chain_id = client.followed().chain_id();
    Ok(match method {
        "web3_clientVersion" => {
            concat!("smart-tenders-verifier/", env!("CARGO_PKG_VERSION")).into()
        }
        "net_version" => chain_id.to_string().into(),
        "eth_chainId" => quantity(chain_id).into(),
        "eth_blockNumber" => quantity(newest).into(),
        "eth_syncing" => false.into(),
        "clique_getSigners" => signers(client, block(params, 0, newest)?)?,
        "eth_getBlockByNumber" => {
            no_transactions(params)?;
            whole_block(client, block(params, 0, newest)?)?
        }
        "eth_getBlockByHash" => {
            no_transactions(params)?;
            match number_of(client, &hash(params, 0)?)? {
                Some(number) => whole_block(client, number)?,
                None => Value::Null,
            }
        }
        "eth_getBlockTransactionCountByNumber" => {
            let transactions = client.transactions(block(params, 0, newest)?)?;
            quantity(transactions.len() as u64).into()
        }
        "eth_getBalance" => {
            let account = client.account(&address(params, 0)?, block(params, 1, newest)?)?;
            account.map_or("0x0".to_owned(), |found| words::big_quantity(&found.balance_wei)).into()
        }
        "eth_getTransactionCount" => {
            let account = client.account(&address(params, 0)?, block(params, 1, newest)?)?;
            quantity(account.map_or(0, |found| found.nonce)).into()
        }
        "eth_getCode" => hex(&client.code(&address(params, 0)?, block(params, 1, newest)?)?).into(),
        "eth_getStorageAt" => {
            let at = param(params, 1, "a slot: 32 bytes, or a number", slot)?;
            let value = client.storage(&address(params, 0)?, &at, block(params, 2, newest)?)?;
            hex(&value).into()
        }
        "eth_getProof" => {
            let slots = param(params, 1, "an array of slots", |value| {
                value.as_array()?.iter().map(slot).collect::<Option<Vec<_>>>()
            })?;
            client.proof(&address(params, 0)?, &slots, block(params, 2, newest)?)?
        }
        "eth_getLogs" => logs(client, params, newest)?,
        "eth_getTransactionReceipt" => receipt(client, &hash(params, 0)?)?,
        "eth_sendRawTransaction" => send(client, params)?,
        other => return Err(Fault::Method(other.to_owned())),
    })
}

/// A transaction's fields are not proven without decoding it: hashes are.
fn no_transactions(params: &[Value]) -> Result<(), Fault> {
    match params.get(1) {
        None | Some(Value::Bool(false)) => Ok(()),
        _ => Err(Fault::Param {
            index: 1,
            expected: "false: transactions are shown by their hashes",
        }),
    }
}

fn whole_block(client: &LightClient, number: u64) -> Result<Value, Fault> {
    let followed = client.followed();
    if number > followed.head().number {
        return Ok(Value::Null);
    }
    let header = client.header(number)?;
    let transactions = client.transactions(number)?;
    Ok(words::block(&header, followed.total_difficulty(number), &transactions))
}

/// The block of a hash: the node says which it may be, the followed chain whether it is.
fn number_of(client: &LightClient, wanted: &Hash) -> Result<Option<u64>, Fault> {
    let number = client.node.number_of(wanted)?;
    Ok(number.filter(|number| client.followed().hash(*number).as_ref() == Some(wanted)))
}

/// Who may seal a block, by the chain's own votes.
fn signers(client: &LightClient, number: u64) -> Result<Value, Fault> {
    if number > client.followed().head().number {
        return Err(ReadError::NotFollowed(number).into());
    }
    let sets = client.followed().signers();
    let at = sets.partition_point(|(from, _)| *from <= number + 1).saturating_sub(1);
    Ok(Value::Array(sets[at].1.iter().map(|signer| hex(signer).into()).collect()))
}

fn logs(client: &LightClient, params: &[Value], newest: u64) -> Result<Value, Fault> {
    let (filter, first, last) = filter(params, newest)?;
    let mut shown = Vec::new();
    let mut hashes: (u64, Vec<Hash>) = (u64::MAX, Vec::new());
    for found in client.logs(&filter, first, last)? {
        if hashes.0 != found.block {
            let transactions = client.transactions(found.block)?;
            hashes = (found.block, transactions.iter().map(|raw| keccak256(raw).0).collect());
        }
        shown.push(words::log(&found, hashes.1.get(found.transaction)));
    }
    Ok(Value::Array(shown))
}

/// A receipt that the node knows; that there is none is not proven.
fn receipt(client: &LightClient, transaction: &Hash) -> Result<Value, Fault> {
    let method = "eth_getTransactionReceipt";
    let Some(block) = client.node.block_of_transaction(transaction)? else {
        return Ok(Value::Null);
    };
    if client.followed().hash(block).is_none() {
        return Ok(Value::Null);
    }
    let transactions = client.transactions(block)?;
    let index = transactions.iter().position(|raw| keccak256(raw).0 == *transaction);
    let (receipts, header) = (client.receipts(block)?, client.header(block)?);
    let found = index.and_then(|index| words::receipt(&header, &receipts, index, transaction));
    found.ok_or_else(|| ReadError::Unproven { method, block }.into())
}

/// Passes a signed transaction on; what the node says of it is compared with its own hash.
fn send(client: &LightClient, params: &[Value]) -> Result<Value, Fault> {
    let method = "eth_sendRawTransaction";
    let raw = param(params, 0, "the bytes of a signed transaction, at most 128 KiB", |value| {
        unhex(&value.as_str()?.to_ascii_lowercase())
            .filter(|raw| raw.len() <= TRANSACTION_BYTES_MAX)
    })?;
    let own = hex(&keccak256(&raw).0);
    let answer = client.node.call(method, vec![hex(&raw).into()])?;
    if answer.as_str() == Some(&own) {
        Ok(own.into())
    } else {
        Err(RpcError::Malformed { method }.into())
    }
}
