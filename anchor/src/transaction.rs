//! Signing chain transactions.

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::BlockNumberOrTag;
use alloy::eips::eip2718::{Decodable2718, Encodable2718};
use alloy::primitives::Address;
use alloy::rpc::types::Block;
use alloy::signers::SignerSync;

use crate::contract::{ChainTx, ContractError};
use crate::key::ChainKey;
use crate::rpc::Rpc;

/// What a sealer is paid for a unit of gas, in wei: geth seals nothing below 1 gwei unless told to.
const TIP_WEI: u128 = 2_000_000_000;
/// Room for the base fee to rise before a stored chain transaction must be replaced.
const BASE_FEE_FACTOR: u128 = 8;
/// A replacement pays a quarter more: geth demands a tenth, other nodes an eighth.
const RAISE_DIVISOR: u128 = 4;

/// What is paid for a unit of gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GasPrice {
    /// Most that is paid, in wei.
    pub(crate) max_wei: u128,
    /// The sealer's part of it, in wei.
    pub(crate) tip_wei: u128,
}

impl GasPrice {
    /// What is offered while the base fee is `base_fee_wei`.
    pub(crate) fn usual(base_fee_wei: u128) -> Self {
        let max_wei = base_fee_wei.saturating_mul(BASE_FEE_FACTOR).saturating_add(TIP_WEI);
        Self { max_wei, tip_wei: TIP_WEI }
    }

    /// Enough to take the place of a chain transaction that pays this.
    pub(crate) fn raised(self) -> Self {
        let raise = |wei: u128| wei.saturating_add(wei.div_ceil(RAISE_DIVISOR));
        Self { max_wei: raise(self.max_wei), tip_wei: raise(self.tip_wei) }
    }

    /// Not less than `other` in anything.
    pub(crate) fn at_least(self, other: Self) -> Self {
        Self { max_wei: self.max_wei.max(other.max_wei), tip_wei: self.tip_wei.max(other.tip_wei) }
    }
}

/// What the bytes of a stored chain transaction say.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) sender: Address,
    pub(crate) nonce: u64,
    pub(crate) price: GasPrice,
}

impl Stored {
    /// `None` for what this program never signs.
    pub(crate) fn read(raw: &[u8]) -> Option<Self> {
        let TxEnvelope::Eip1559(signed) = TxEnvelope::decode_2718_exact(raw).ok()? else {
            return None;
        };
        let hash = signed.signature_hash();
        let sender = signed.signature().recover_address_from_prehash(&hash).ok()?;
        let chain_tx = signed.tx();
        let price = GasPrice {
            max_wei: chain_tx.max_fee_per_gas,
            tip_wei: chain_tx.max_priority_fee_per_gas,
        };
        Some(Self { sender, nonce: chain_tx.nonce, price })
    }
}

/// Base fee of the newest block, in wei; the next block's differs by an eighth at most.
pub(crate) async fn base_fee(rpc: &Rpc) -> Result<u128, ContractError> {
    let block: Option<Block> =
        rpc.read("eth_getBlockByNumber", (BlockNumberOrTag::Latest, false)).await?;
    let header = block.ok_or(ContractError::Missing("newest block"))?.header.inner;
    Ok(u128::from(header.base_fee_per_gas.unwrap_or_default()))
}

/// Signs deterministically (RFC 6979): the same transaction gives the same bytes.
pub(crate) fn signed(key: &ChainKey, unsigned: TxEip1559) -> Result<ChainTx, ContractError> {
    let nonce = unsigned.nonce;
    let signature =
        key.0.sign_hash_sync(&unsigned.signature_hash()).map_err(ContractError::Signing)?;
    let envelope = TxEnvelope::from(unsigned.into_signed(signature));
    Ok(ChainTx { raw: envelope.encoded_2718().into(), hash: *envelope.tx_hash(), nonce })
}
