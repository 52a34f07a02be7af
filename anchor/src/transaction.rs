//! Signing chain transactions.

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::BlockNumberOrTag;
use alloy::eips::eip2718::Encodable2718;
use alloy::rpc::types::Block;
use alloy::signers::SignerSync;

use crate::contract::{ChainTx, ContractError};
use crate::key::ChainKey;
use crate::rpc::Rpc;

/// What a sealer is paid for a unit of gas, in wei: geth seals nothing below 1 gwei unless told to.
const TIP_WEI: u128 = 2_000_000_000;
/// Room for the base fee to rise before a stored chain transaction must be replaced.
const BASE_FEE_FACTOR: u128 = 8;

/// Most that is paid for a unit of gas, and the sealer's part of it, both in wei.
pub(crate) async fn fees(rpc: &Rpc, factor: u128) -> Result<(u128, u128), ContractError> {
    let block: Option<Block> =
        rpc.read("eth_getBlockByNumber", (BlockNumberOrTag::Latest, false)).await?;
    let header = block.ok_or(ContractError::Missing("newest block"))?.header.inner;
    let base_fee = u128::from(header.base_fee_per_gas.unwrap_or_default());
    let tip = TIP_WEI.saturating_mul(factor);
    Ok((base_fee.saturating_mul(BASE_FEE_FACTOR).saturating_mul(factor).saturating_add(tip), tip))
}

/// Signs deterministically (RFC 6979): the same transaction gives the same bytes.
pub(crate) fn signed(key: &ChainKey, unsigned: TxEip1559) -> Result<ChainTx, ContractError> {
    let nonce = unsigned.nonce;
    let signature =
        key.0.sign_hash_sync(&unsigned.signature_hash()).map_err(ContractError::Signing)?;
    let envelope = TxEnvelope::from(unsigned.into_signed(signature));
    Ok(ChainTx { raw: envelope.encoded_2718().into(), hash: *envelope.tx_hash(), nonce })
}
