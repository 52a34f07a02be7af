//! Deploying the contract once, and finding it again.

use std::time::Duration;

use alloy::consensus::TxEip1559;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256, Bytes, TxKind, U64, U256, keccak256};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};

use crate::artifact::{Constructor, code_hash, creation_code};
use crate::contract::ContractError;
use crate::ethereum::Endpoint;
use crate::key::ChainKey;
use crate::rpc::Rpc;
use crate::transaction::{GasPrice, base_fee, signed};

/// How long a deployment may take to be mined.
const MINED_WITHIN: Duration = Duration::from_mins(2);
/// Wait between two looks for the receipt.
const POLL: Duration = Duration::from_millis(200);

/// A contract that is in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployed {
    /// Its address.
    pub address: Address,
    /// keccak-256 of its code, for policies.
    pub code_hash: B256,
    /// Gas that deploying it used; 0 when it was there already.
    pub gas_used: u64,
}

/// Uses the contract at `recorded` when there is one, else deploys it with `key`.
///
/// A crash between sending and the caller's record leaves a contract nobody uses; the next run deploys another.
///
/// # Errors
/// [`ContractError::OtherContract`] when `recorded` holds anything but this contract of this log: either the
/// chain was reset, and then the record is to be deleted, or the address is wrong.
pub async fn deploy_or_reuse(
    endpoint: &Endpoint,
    key: &ChainKey,
    constructor: &Constructor,
    recorded: Option<Address>,
) -> Result<Deployed, ContractError> {
    let rpc = Rpc::new(endpoint.rpc_url.clone(), endpoint.timeout);
    let (address, gas_used) = match recorded {
        Some(address) => (address, 0),
        None => deploy(&rpc, key, constructor).await?,
    };
    let code: Bytes = rpc.read("eth_getCode", (address, BlockNumberOrTag::Latest)).await?;
    let expected = code_hash(&constructor.origin_hash, constructor.predecessor, constructor.size);
    if keccak256(&code) != expected {
        return Err(ContractError::OtherContract { address });
    }
    Ok(Deployed { address, code_hash: expected, gas_used })
}

async fn deploy(
    rpc: &Rpc,
    key: &ChainKey,
    constructor: &Constructor,
) -> Result<(Address, u64), ContractError> {
    let receipt =
        transact(rpc, key, TxKind::Create, creation_code(constructor), U256::ZERO).await?;
    match (receipt.status(), receipt.contract_address) {
        (true, Some(address)) => Ok((address, receipt.gas_used)),
        _ => Err(ContractError::Failed),
    }
}

/// Signs and sends a chain transaction, and waits until it is mined.
pub(crate) async fn transact(
    rpc: &Rpc,
    key: &ChainKey,
    to: TxKind,
    input: Bytes,
    value: U256,
) -> Result<TransactionReceipt, ContractError> {
    let chain_id: U64 = rpc.read("eth_chainId", ()).await?;
    let nonce: U64 =
        rpc.read("eth_getTransactionCount", (key.address(), BlockNumberOrTag::Latest)).await?;
    let request = TransactionRequest {
        from: Some(key.address()),
        to: Some(to),
        value: Some(value),
        ..TransactionRequest::default()
    }
    .input(input.clone().into());
    let gas: U64 = rpc.read("eth_estimateGas", (request,)).await?;
    let price = GasPrice::usual(base_fee(rpc).await?);
    let unsigned = TxEip1559 {
        chain_id: chain_id.to(),
        nonce: nonce.to(),
        gas_limit: gas.to(),
        max_fee_per_gas: price.max_wei,
        max_priority_fee_per_gas: price.tip_wei,
        to,
        value,
        access_list: alloy::eips::eip2930::AccessList::default(),
        input,
    };
    let chain_tx = signed(key, unsigned)?;
    // Signed alike, it is the same transaction however often it is sent, so reading's retries are right here.
    let hash: B256 = rpc.read("eth_sendRawTransaction", (&chain_tx.raw,)).await?;
    mined(rpc, hash).await
}

/// Waits for the receipt. A node that has just started answers for a while that it is still indexing transactions:
/// that is no receipt yet, and no failure.
async fn mined(rpc: &Rpc, hash: B256) -> Result<TransactionReceipt, ContractError> {
    let method = "eth_getTransactionReceipt";
    let mut last = ContractError::TimedOut { method, after: MINED_WITHIN };
    let look = async {
        loop {
            match rpc.read::<_, Option<TransactionReceipt>>(method, (hash,)).await {
                Ok(Some(receipt)) => return receipt,
                Ok(None) => {}
                Err(error) => last = error,
            }
            tokio::time::sleep(POLL).await;
        }
    };
    match tokio::time::timeout(MINED_WITHIN, look).await {
        Ok(receipt) => Ok(receipt),
        Err(_) => Err(last),
    }
}
