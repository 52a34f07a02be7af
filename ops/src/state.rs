//! What a running system tells the programs beside it: `run/state.json`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use network::{Chain, ChainKind};
use serde::{Deserialize, Serialize};

use crate::data::Data;

/// A running system; written when it is ready, removed when it stops.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Base URL of the public API, without a slash at the end.
    pub api_url: String,
    /// Unix socket that moves the simulated clock.
    pub operator_socket: PathBuf,
    /// JSON-RPC of the public archive node.
    pub rpc_url: String,
    /// Kind of the chain.
    pub chain: ChainKind,
    /// Its id.
    pub chain_id: u64,
    /// Seconds between two blocks.
    pub block_period_seconds: u64,
    /// Address of the anchoring contract.
    pub contract: String,
    /// The anchoring contracts of the log, as policies list them, the one that is used last.
    pub contracts: Vec<ListedContract>,
    /// Origin of the log.
    pub origin: String,
    /// libpq connection string of the service's role.
    pub database_url: String,
    /// libpq connection string of the database's owner.
    pub owner_database_url: String,
    /// Everything a policy says about the chain.
    pub network: Chain,
    /// Process numbers by name.
    pub pids: BTreeMap<String, u32>,
}

/// A contract as policies list it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedContract {
    /// Its address.
    pub address: String,
    /// keccak-256 of its code.
    pub code_hash: String,
    /// Size of the log at which it starts.
    pub from_size: u64,
}

impl State {
    /// The state of the system that runs on `data`.
    pub fn read(data: &Data) -> Result<Self> {
        let path = data.state_file();
        let text = std::fs::read(&path).with_context(|| {
            format!("no system is running on {}: start it with `make up`", data.root().display())
        })?;
        serde_json::from_slice(&text)
            .with_context(|| format!("{} is of another version of this program", path.display()))
    }
}

/// Where the database is, by hand or from the running system.
#[derive(Clone, Debug, clap::Args)]
pub struct DatabaseUrl {
    /// libpq connection string of the service's role; by default that of the running system.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
}

impl DatabaseUrl {
    pub fn find(&self, data: &Data) -> Result<String> {
        match &self.database_url {
            Some(url) => Ok(url.clone()),
            None => Ok(State::read(data)?.database_url),
        }
    }
}
