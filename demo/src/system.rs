//! Where the running system is, as its `run/state.json` says.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// Everything an outsider and the operator need to know.
pub struct System {
    pub state: State,
    /// The system's data folder.
    pub data: PathBuf,
    /// Folder with the programs.
    pub programs: PathBuf,
}

/// What `smart-tenders up` wrote when it was ready.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Base URL of the public API, without a slash at the end.
    pub api_url: String,
    /// Unix socket of the operator.
    pub operator_socket: PathBuf,
    /// JSON-RPC of the public archive node.
    pub rpc_url: String,
    /// `clique` or `anvil`.
    pub chain: String,
    pub chain_id: u64,
    /// Seconds between two blocks.
    pub block_period_seconds: u64,
    /// Address of the anchoring contract.
    pub contract: String,
    /// Origin of the log.
    pub origin: String,
}

impl System {
    pub fn read(data: &Path, programs: &Path) -> Result<Self> {
        let path = data.join("run/state.json");
        let text = std::fs::read(&path).with_context(|| {
            format!("reading {}: is the system running? Start it with `make up`", path.display())
        })?;
        let state = serde_json::from_slice(&text)
            .with_context(|| format!("{} is not what `smart-tenders up` writes", path.display()))?;
        Ok(Self { state, data: data.to_path_buf(), programs: programs.to_path_buf() })
    }

    /// Whether blocks are sealed by anybody.
    pub fn has_consensus(&self) -> bool {
        self.state.chain == "clique"
    }
}
