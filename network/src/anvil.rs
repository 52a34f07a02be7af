//! The development chain: anvil, one process, no consensus.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::chain::{Chain, ChainKind, NodeStatus};
use crate::description::Description;
use crate::folders::Folders;
use crate::genesis::header_rlp;
use crate::ipc;
use crate::keys::Key;
use crate::ports::Ports;
use crate::process::{ProcessSpec, Supervised};
use crate::running::NetworkError;
use crate::tools::Places;

/// The purpose under which the RPC port is written down.
const RPC: &str = "anvil.rpc";
/// How long anvil may take to answer; it takes well under a second on a quiet machine.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// A running anvil.
#[derive(Debug)]
pub struct Anvil {
    process: Supervised,
    socket: PathBuf,
    chain: Chain,
}

impl Anvil {
    /// Starts anvil with the rules and limits of `description`, funds the anchoring account and
    /// waits until both are in force. State is kept in the data folder, written every second.
    ///
    /// # Errors
    /// [`NetworkError`]: anvil missing, or not answering within a minute.
    pub async fn up(
        description: &Description,
        folders: &Folders,
        places: &Places,
    ) -> Result<Self, NetworkError> {
        let program = places.anvil()?;
        folders.create()?;
        let anchor = Key::load_or_create(&folders.anchor_key())?;
        let ports = folders.ports()?.choose(&[RPC.to_owned()])?;
        folders.write_ports(&ports)?;
        let socket = folders.sockets().join("anvil.ipc");
        let state = folders.data().join("anvil-state.json");
        let log = folders.log("anvil")?;
        let process = Supervised::start(ProcessSpec {
            name: "anvil".to_owned(),
            program,
            args: arguments(description, &ports, &socket, &state),
            env: Vec::new(),
            log: Some(log),
        });
        let genesis = match first_block(&socket).await {
            Ok(block) => block,
            Err(error) => {
                process.stop().await;
                return Err(error);
            }
        };
        let chain = Chain {
            kind: ChainKind::Anvil,
            rpc_url: format!("http://127.0.0.1:{}", ports.get(RPC)),
            chain_id: description.chain_id,
            period_seconds: 0,
            epoch_blocks: 0,
            anchor_key: folders.anchor_key(),
            anchor_address: anchor.address(),
            genesis_header: header_rlp(&genesis)?,
            signers: Vec::new(),
        };
        let balance = description.anchor_balance_wei.parse::<u128>().unwrap_or(0);
        let funded = json!([anchor.address(), format!("{balance:#x}")]);
        let answer = ipc::call(&socket, "anvil_setBalance", funded).await;
        let anvil = Self { process, socket, chain };
        if let Err(error) = answer {
            anvil.stop().await;
            return Err(error.into());
        }
        Ok(anvil)
    }

    /// The chain it is.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Its only node.
    pub async fn status(&self) -> NodeStatus {
        let process = self.process.status();
        NodeStatus {
            name: "anvil".to_owned(),
            kind: "anvil".to_owned(),
            organisation: None,
            pid: process.pid,
            restarts: process.restarts,
            wanted: process.wanted,
            block: ipc::number(&self.socket, "eth_blockNumber").await.ok(),
            peers: None,
        }
    }

    /// The process, for stops and starts by name.
    pub(crate) fn process(&self) -> &Supervised {
        &self.process
    }

    /// Ends it and waits until it is gone.
    pub async fn stop(&self) {
        self.process.stop().await;
    }
}

fn arguments(
    description: &Description,
    ports: &Ports,
    socket: &std::path::Path,
    state: &std::path::Path,
) -> Vec<std::ffi::OsString> {
    let mut arguments: Vec<std::ffi::OsString> = Vec::new();
    let texts = [
        ("--host", "127.0.0.1".to_owned()),
        ("--port", ports.get(RPC).to_string()),
        ("--chain-id", description.chain_id.to_string()),
        ("--hardfork", "london".to_owned()),
        ("--gas-limit", description.gas_limit.to_string()),
        ("--block-time", "1".to_owned()),
        ("--accounts", "1".to_owned()),
        ("--state-interval", "1".to_owned()),
    ];
    for (name, value) in texts {
        arguments.extend([name.into(), value.into()]);
    }
    // Without its history of states a restarted anvil could prove nothing about earlier blocks.
    arguments.push("--preserve-historical-states".into());
    arguments.extend(["--ipc".into(), socket.into(), "--state".into(), state.into()]);
    arguments
}

async fn first_block(socket: &std::path::Path) -> Result<Value, NetworkError> {
    let deadline = Instant::now() + READY_WITHIN;
    while Instant::now() < deadline {
        match ipc::call(socket, "eth_getBlockByNumber", json!(["0x0", false])).await {
            Ok(block) => return Ok(block),
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
    Err(NetworkError::Starting { node: "anvil".to_owned() })
}
