//! What the operator decides.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::Address;
use alloy::transports::http::reqwest::Url;
use deadpool_postgres::Pool;
use eventstore::EventStore;
use merkle::LogKey;
use merkle::bundle::Consensus;
use merkle::checkpoint::CheckpointError;

use crate::contract::ContractError;
use crate::error::AnchorError;
use crate::ethereum::{Endpoint, EthereumContract};
use crate::key::{ChainKey, KeyError};
use crate::service::Service;
use crate::signed::Signer;

/// When batches close and how often the service looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchRules {
    /// Most entries of a batch; that many waiting close one at once. At least 1; default 10,000.
    pub batch_count_max: u64,
    /// Longest an entry waits for its batch; default 5 s.
    pub batch_age_max: Duration,
    /// Types of events that end a deadline: one that waits closes a batch at once, so that what was in time is shown
    /// to have been; default `ReceiptClosed` and `BallotMissed`.
    pub closing_types: &'static [&'static str],
    /// Wait between two looks at log and chain when nothing happens; default 500 ms.
    pub poll_interval: Duration,
    /// Wait before a chain transaction that is in no block is sent again, byte by byte; default 15 s.
    pub resend_after: Duration,
    /// Wait before one that was sent and is still in no block is replaced by one that pays more, which nodes tell each
    /// other of once more; eight times at most for a batch, so that a halted chain costs nothing; default 60 s.
    pub replace_after: Duration,
}

impl Default for BatchRules {
    fn default() -> Self {
        Self {
            batch_count_max: 10_000,
            batch_age_max: Duration::from_secs(5),
            closing_types: &["ReceiptClosed", "BallotMissed"],
            poll_interval: Duration::from_millis(500),
            resend_after: Duration::from_secs(15),
            replace_after: Duration::from_mins(1),
        }
    }
}

/// Everything the service is started with, for the binary that starts it.
#[derive(Debug, Clone)]
pub struct AnchorConfig {
    /// JSON-RPC over HTTP of the chain node.
    pub rpc_url: Url,
    /// Limit of one call to it; default 10 s.
    pub rpc_timeout: Duration,
    /// How the chain agrees.
    pub consensus: Consensus,
    /// Address of the contract.
    pub contract: Address,
    /// File with the anchorer's key in hexadecimal.
    pub chain_key_file: PathBuf,
    /// File with the log's signed-note signer key.
    pub log_key_file: PathBuf,
    /// File that remembers the newest signed checkpoint; outside the database, and not restored with it.
    pub signed_file: PathBuf,
    /// When batches close.
    pub rules: BatchRules,
}

impl AnchorConfig {
    /// The node's part of it.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            rpc_url: self.rpc_url.clone(),
            timeout: self.rpc_timeout,
            consensus: self.consensus,
        }
    }

    /// Reads the keys, connects to the contract and starts the service; `pool` is the service role's.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start<S: EventStore>(
        &self,
        store: Arc<S>,
        pool: &Pool,
    ) -> Result<Service<S, EthereumContract>, StartError> {
        let key = ChainKey::from_file(&self.chain_key_file)?;
        let text =
            std::fs::read_to_string(&self.log_key_file).map_err(StartError::LogKeyUnreadable)?;
        let log_key = LogKey::parse(&text)?;
        let endpoint = self.endpoint();
        let contract =
            EthereumContract::connect(&endpoint, self.contract, log_key.origin(), key).await?;
        let signer = Signer::remembering(log_key, self.signed_file.clone());
        Ok(Service::start(store, contract, pool, signer, self.rules).await?)
    }
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The anchorer's key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The file of the log's key could not be read.
    #[error("the file of the log's key cannot be read")]
    LogKeyUnreadable(#[source] io::Error),
    /// The log's key.
    #[error(transparent)]
    LogKey(#[from] CheckpointError),
    /// The contract.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// What contract, log and memory say of each other.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
}
