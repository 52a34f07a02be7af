//! JSON-RPC with a time limit on every call and bounded retries of what only reads.

use std::time::Duration;

use alloy::consensus::Header;
use alloy::primitives::{B256, Bytes, U64};
use alloy::rpc::client::RpcClient;
use alloy::rpc::json_rpc::{RpcError, RpcRecv, RpcSend};
use alloy::rpc::types::Block;
use alloy::transports::TransportError;
use alloy::transports::http::reqwest;

use crate::contract::ContractError;

/// How often a read is tried.
const ATTEMPTS: u32 = 4;
/// Wait before the second attempt; doubled for each further one.
const BACKOFF: Duration = Duration::from_millis(100);

/// A chain node behind HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Rpc {
    client: RpcClient,
    timeout: Duration,
}

/// Why a call has no result.
pub(crate) enum CallError {
    TimedOut(Duration),
    Failed(TransportError),
}

impl Rpc {
    /// Does not connect yet. The proxies of the environment are not used: the node is ours.
    pub(crate) fn new(url: reqwest::Url, timeout: Duration) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client without TLS has nothing that could fail");
        Self { client: RpcClient::new_http_with_client(http, url), timeout }
    }

    /// One attempt, for what may change something.
    pub(crate) async fn call<P: RpcSend, R: RpcRecv>(
        &self,
        method: &'static str,
        params: P,
    ) -> Result<R, CallError> {
        match tokio::time::timeout(self.timeout, self.client.request(method, params)).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(error)) => Err(CallError::Failed(error)),
            Err(_) => Err(CallError::TimedOut(self.timeout)),
        }
    }

    /// Reads: a node that does not answer is asked again, one that answers with an error is not.
    pub(crate) async fn read<P: RpcSend + Clone, R: RpcRecv>(
        &self,
        method: &'static str,
        params: P,
    ) -> Result<R, ContractError> {
        let mut wait = BACKOFF;
        for attempt in 1.. {
            let error = match self.call(method, params.clone()).await {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            let answered = matches!(&error, CallError::Failed(RpcError::ErrorResp(_)));
            if answered || attempt == ATTEMPTS {
                return Err(error.into_contract_error(method));
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        unreachable!("the loop returns at its last attempt")
    }

    /// The header of a block, its hash checked; `None` when there is no such block yet.
    pub(crate) async fn header(
        &self,
        number: u64,
    ) -> Result<Option<(B256, Header)>, ContractError> {
        let block: Option<Block> =
            self.read("eth_getBlockByNumber", (U64::from(number), false)).await?;
        let Some(block) = block else { return Ok(None) };
        let (hash, header) = (block.header.hash, block.header.inner);
        if header.hash_slow() != hash || header.number != number {
            return Err(ContractError::Header { number });
        }
        Ok(Some((hash, header)))
    }
}

impl CallError {
    pub(crate) fn into_contract_error(self, method: &'static str) -> ContractError {
        match self {
            Self::TimedOut(after) => ContractError::TimedOut { method, after },
            Self::Failed(source) => ContractError::Unavailable { method, source },
        }
    }

    /// Revert data, when the node answered that a call reverts.
    pub(crate) fn revert_data(&self) -> Option<Bytes> {
        match self {
            Self::Failed(RpcError::ErrorResp(payload)) if payload.message.contains("revert") => {
                Some(payload.as_revert_data().unwrap_or_default())
            }
            _ => None,
        }
    }
}
