//! A Clique network: one bootnode, the signers, one archive node, all on loopback.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_primitives::Address;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::chain::{Chain, NodeStatus};
use crate::description::Description;
use crate::folders::Folders;
use crate::genesis::header_rlp;
use crate::initialise::initialise;
use crate::ipc::{self, RpcError};
use crate::plan::{Plan, purposes};
use crate::ports::Ports;
use crate::process::Supervised;
use crate::running::NetworkError;
use crate::sealing::keep_sealing;
use crate::tools::Places;

/// How long the nodes may take to find each other; on a quiet machine it is about three seconds.
const READY_WITHIN: Duration = Duration::from_secs(90);
/// How often the whole network is started on new ports if somebody took one in between.
const STARTS_MAX: u32 = 3;

/// A running Clique network.
#[derive(Debug)]
pub struct Clique {
    description: Description,
    folders: Folders,
    /// The bootnode, the signers, the archive node, in this order.
    processes: Arc<Vec<Supervised>>,
    chain: Chain,
    keeper: JoinHandle<()>,
}

impl Clique {
    /// Makes what is missing, starts all nodes and waits until every signer has sealed a block that
    /// the archive node knows. `now` is the time of a new genesis block, in Unix seconds.
    ///
    /// # Errors
    /// [`NetworkError`]; nothing is left running.
    pub async fn up(
        description: &Description,
        folders: &Folders,
        places: &Places,
        now: u64,
    ) -> Result<Self, NetworkError> {
        let geth = places.geth()?;
        let bootnode = places.bootnode()?;
        let keys = initialise(description, folders, &geth, now).await?;
        let mut ports = folders.ports()?;
        let mut starts = 0;
        loop {
            starts += 1;
            ports = ports.choose(&purposes(description))?;
            folders.write_ports(&ports)?;
            let plan = Plan { description, folders, keys: &keys, ports: &ports };
            let processes = Arc::new(plan.start(&geth, &bootnode)?);
            let period = Duration::from_secs(description.period_seconds);
            let keeper = keep_sealing(plan.sealers(), Arc::clone(&processes), period);
            let mut clique = Self {
                description: description.clone(),
                folders: folders.clone(),
                processes,
                chain: plan.chain(),
                keeper: tokio::spawn(keeper),
            };
            match clique.ready().await {
                Ok(()) => return Ok(clique),
                Err(error) => {
                    let died = clique.processes.iter().any(|process| process.status().restarts > 0);
                    clique.stop().await;
                    if !died || starts == STARTS_MAX {
                        return Err(error);
                    }
                    // The likely cause is a port taken between its choice and its use.
                    tracing::warn!(network.starts = starts, "the network is started on new ports");
                    ports = Ports::default();
                }
            }
        }
    }

    /// The chain it is.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The processes of all nodes.
    pub(crate) fn processes(&self) -> &[Supervised] {
        &self.processes
    }

    /// What every node is doing.
    pub async fn status(&self) -> Vec<NodeStatus> {
        let mut nodes = Vec::new();
        for process in self.processes.iter() {
            let name = process.name();
            let signer = self.description.signers.iter().find(|signer| signer.name == name);
            let socket = self.socket(name);
            let kind = match (signer, name) {
                (Some(_), _) => "signer",
                (None, "boot") => "bootnode",
                (None, _) => "archive",
            };
            let status = process.status();
            nodes.push(NodeStatus {
                name: name.to_owned(),
                kind: kind.to_owned(),
                organisation: signer.map(|signer| signer.organisation.clone()),
                pid: status.pid,
                restarts: status.restarts,
                wanted: status.wanted,
                block: ipc::number(&socket, "eth_blockNumber").await.ok(),
                peers: ipc::number(&socket, "net_peerCount").await.ok(),
            });
        }
        nodes
    }

    /// Height of the chain as the archive node knows it.
    ///
    /// # Errors
    /// [`RpcError`] while the node does not answer.
    pub async fn height(&self) -> Result<u64, RpcError> {
        ipc::number(&self.archive_socket(), "eth_blockNumber").await
    }

    /// The account that sealed block `number`, recovered by the archive node.
    ///
    /// # Errors
    /// [`RpcError`]; the genesis block has no sealer.
    pub async fn sealer(&self, number: u64) -> Result<Address, RpcError> {
        const METHOD: &str = "clique_getSigner";
        let number = json!([format!("{number:#x}")]);
        let result = ipc::call(&self.archive_socket(), METHOD, number).await?;
        let address = result.as_str().and_then(|text| text.parse().ok());
        address.ok_or(RpcError::Result { method: METHOD })
    }

    /// Ends all nodes and waits until they are gone.
    pub async fn stop(&self) {
        self.keeper.abort();
        for process in self.processes.iter() {
            process.request_stop();
        }
        for process in self.processes.iter() {
            process.stop().await;
        }
    }

    async fn ready(&mut self) -> Result<(), NetworkError> {
        let period = Duration::from_secs(self.description.period_seconds);
        let rounds = u32::try_from(2 * self.description.signers.len() + 2).unwrap_or(u32::MAX);
        let deadline = Instant::now() + READY_WITHIN + period * rounds;
        let names: Vec<String> = self.description.node_names().map(str::to_owned).collect();
        for name in &names {
            let socket = self.socket(name);
            while ipc::number(&socket, "eth_blockNumber").await.is_err() {
                self.check_progress(name, deadline)?;
                sleep(Duration::from_millis(100)).await;
            }
        }
        let params = json!(["0x0", false]);
        let genesis = ipc::call(&self.archive_socket(), "eth_getBlockByNumber", params).await?;
        self.chain.genesis_header = header_rlp(&genesis)?;
        let mut next = self.height().await? + 1;
        let mut sealers = BTreeSet::new();
        while sealers.len() < self.description.signers.len() {
            if self.height().await? < next {
                self.check_progress("chain", deadline)?;
                sleep(Duration::from_millis(100)).await;
            } else {
                sealers.insert(self.sealer(next).await?);
                next += 1;
            }
        }
        Ok(())
    }

    /// Gives up at the deadline, and at once when a node keeps dying.
    fn check_progress(&self, node: &str, deadline: Instant) -> Result<(), NetworkError> {
        let dying = self.processes.iter().find(|process| process.status().restarts >= 2);
        match dying {
            Some(process) => Err(NetworkError::Dying {
                node: process.name().to_owned(),
                log: self.folders.log(process.name())?,
            }),
            None if Instant::now() > deadline => {
                Err(NetworkError::Starting { node: node.to_owned() })
            }
            None => Ok(()),
        }
    }

    fn socket(&self, name: &str) -> PathBuf {
        self.folders.sockets().join(format!("{name}.ipc"))
    }

    fn archive_socket(&self) -> PathBuf {
        self.socket(&self.description.archive.name)
    }
}
