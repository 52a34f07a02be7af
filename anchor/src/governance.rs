//! Who may anchor: reads and changes the roles of the contract, for its owner.

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy::rpc::types::{Filter, Log};
use alloy::sol_types::{SolCall, SolEvent};

use crate::artifact::BatchAnchor;
use crate::contract::ContractError;
use crate::deploy::transact;
use crate::ethereum::{Endpoint, Known, recognise};
use crate::key::ChainKey;
use crate::rpc::Rpc;

/// A contract of a log, as policies list it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContractOfLog {
    /// Its address.
    pub address: Address,
    /// keccak-256 of its code.
    pub code_hash: B256,
    /// The contract it succeeds; zero for the first.
    pub predecessor: Address,
    /// Size of the log at which it starts.
    pub start_size: u64,
}

/// What the owner decides about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleChange {
    /// It may anchor from now on.
    Grant(Address),
    /// It may not anchor any more.
    Revoke(Address),
}

impl RoleChange {
    /// The data of the chain transaction to the contract, for an owner that is a multisignature.
    #[must_use]
    pub fn call_data(self) -> Bytes {
        let role = anchorer_role();
        match self {
            Self::Grant(account) => BatchAnchor::grantRoleCall { role, account }.abi_encode(),
            Self::Revoke(account) => BatchAnchor::revokeRoleCall { role, account }.abi_encode(),
        }
        .into()
    }
}

fn anchorer_role() -> B256 {
    keccak256("ANCHORER_ROLE")
}

fn rpc(endpoint: &Endpoint) -> Rpc {
    Rpc::new(endpoint.rpc_url.clone(), endpoint.timeout)
}

/// Reads what policies say of the contract of the log `origin` at `address`.
///
/// # Errors
/// [`ContractError::OtherContract`] when the address holds anything else.
pub async fn contract_of_log(
    endpoint: &Endpoint,
    address: Address,
    origin: &str,
) -> Result<ContractOfLog, ContractError> {
    let Known { predecessor, start_size, code_hash } =
        recognise(&rpc(endpoint), address, origin).await?;
    Ok(ContractOfLog { address, code_hash, predecessor, start_size })
}

/// The accounts that may anchor in `contract`, in the order in which they were granted it.
///
/// # Errors
/// [`ContractError::Unavailable`] and the like.
pub async fn anchorers(
    endpoint: &Endpoint,
    contract: Address,
) -> Result<Vec<Address>, ContractError> {
    let signatures =
        vec![BatchAnchor::RoleGranted::SIGNATURE_HASH, BatchAnchor::RoleRevoked::SIGNATURE_HASH];
    let filter = Filter::new()
        .address(contract)
        .event_signature(signatures)
        .topic1(anchorer_role())
        .from_block(0_u64)
        .to_block(BlockNumberOrTag::Latest);
    let logs: Vec<Log> = rpc(endpoint).read("eth_getLogs", (filter,)).await?;
    let mut accounts = Vec::new();
    for log in logs.iter().filter(|log| !log.removed) {
        let [signature, _, account, _] = log.topics() else {
            return Err(ContractError::Missing("readable event of a role"));
        };
        let account = Address::from_word(*account);
        accounts.retain(|other| *other != account);
        if *signature == BatchAnchor::RoleGranted::SIGNATURE_HASH {
            accounts.push(account);
        }
    }
    Ok(accounts)
}

/// Changes who may anchor in `contract`, with the owner's own key, and waits until it is mined.
///
/// # Errors
/// [`ContractError::Unavailable`] when the node refuses, because `owner` is not the owner for instance.
pub async fn change_role(
    endpoint: &Endpoint,
    owner: &ChainKey,
    contract: Address,
    change: RoleChange,
) -> Result<(), ContractError> {
    let to = TxKind::Call(contract);
    let receipt = transact(&rpc(endpoint), owner, to, change.call_data(), U256::ZERO).await?;
    receipt.status().then_some(()).ok_or(ContractError::Failed)
}

/// Pays `wei` to `account`, which needs them to anchor, and waits until it is mined.
///
/// # Errors
/// [`ContractError::Unavailable`] when `payer` has not that much, and the like.
pub async fn pay(
    endpoint: &Endpoint,
    payer: &ChainKey,
    account: Address,
    wei: U256,
) -> Result<(), ContractError> {
    let to = TxKind::Call(account);
    let receipt = transact(&rpc(endpoint), payer, to, Bytes::new(), wei).await?;
    receipt.status().then_some(()).ok_or(ContractError::Failed)
}
