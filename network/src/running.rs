//! A running chain of either kind behind one interface.

use std::path::PathBuf;

use crate::anvil::Anvil;
use crate::chain::{Chain, ChainKind, NodeStatus};
use crate::clique::Clique;
use crate::description::Description;
use crate::folders::Folders;
use crate::genesis::HeaderError;
use crate::ipc::RpcError;
use crate::keys::KeyError;
use crate::process::Supervised;
use crate::tools::{Places, ToolMissing};

/// Why a network is not up.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// geth, bootnode or anvil is missing.
    #[error(transparent)]
    Tool(#[from] ToolMissing),
    /// A key file.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file or folder of the network.
    #[error("a file of the network cannot be read or written")]
    File(#[from] std::io::Error),
    /// A file of the network holds something else than it did.
    #[error("a file of the network holds no JSON of its kind")]
    Content(#[from] serde_json::Error),
    /// A node answered wrongly.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The genesis block of the node.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The folder holds a network made from another description.
    #[error("{folder} holds a network made from another description; remove it, or use its own")]
    DescriptionChanged {
        /// The network's data folder.
        folder: PathBuf,
    },
    /// `geth init` or `geth account import` failed.
    #[error("geth could not prepare a node; see {log}")]
    Initialise {
        /// What it said.
        log: PathBuf,
    },
    /// A node ends again and again.
    #[error("{node} does not stay up; see {log}")]
    Dying {
        /// Name of the node.
        node: String,
        /// What it said.
        log: PathBuf,
    },
    /// Too slow.
    #[error("{node} was not ready in time")]
    Starting {
        /// Name of the node, or `chain` if not every signer seals.
        node: String,
    },
    /// No node of that name.
    #[error("there is no node named {node}")]
    UnknownNode {
        /// The name.
        node: String,
    },
    /// No network runs on that data folder.
    #[error("no network is running in {folder}")]
    NotRunning {
        /// The network's data folder.
        folder: PathBuf,
    },
}

/// A chain that was started here and ends here.
#[derive(Debug)]
pub struct Running {
    driver: Driver,
    folders: Folders,
}

#[derive(Debug)]
enum Driver {
    Clique(Clique),
    Anvil(Anvil),
}

impl Running {
    /// Starts a chain and waits until it works; `now` is the time of a new genesis block, in Unix
    /// seconds. A second start on the same folder goes on with the same chain.
    ///
    /// # Errors
    /// [`NetworkError`]; nothing is left running.
    pub async fn up(
        kind: ChainKind,
        description: &Description,
        folders: &Folders,
        places: &Places,
        now: u64,
    ) -> Result<Self, NetworkError> {
        let driver = match kind {
            ChainKind::Clique => {
                Clique::up(description, folders, places, now).await.map(Driver::Clique)
            }
            ChainKind::Anvil => Anvil::up(description, folders, places).await.map(Driver::Anvil),
        };
        match driver {
            Ok(driver) => Ok(Self { driver, folders: folders.clone() }),
            Err(error) => {
                folders.remove_sockets();
                Err(error)
            }
        }
    }

    /// The chain it is.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        match &self.driver {
            Driver::Clique(clique) => clique.chain(),
            Driver::Anvil(anvil) => anvil.chain(),
        }
    }

    /// The Clique network, if it is one.
    #[must_use]
    pub fn clique(&self) -> Option<&Clique> {
        match &self.driver {
            Driver::Clique(clique) => Some(clique),
            Driver::Anvil(_) => None,
        }
    }

    /// What every node is doing.
    pub async fn status(&self) -> Vec<NodeStatus> {
        match &self.driver {
            Driver::Clique(clique) => clique.status().await,
            Driver::Anvil(anvil) => vec![anvil.status().await],
        }
    }

    /// Stops one node until [`Self::start_node`]; the others go on.
    ///
    /// # Errors
    /// [`NetworkError::UnknownNode`].
    pub async fn stop_node(&self, node: &str) -> Result<(), NetworkError> {
        self.process(node)?.stop().await;
        Ok(())
    }

    /// Starts a stopped node again.
    ///
    /// # Errors
    /// [`NetworkError::UnknownNode`].
    pub fn start_node(&self, node: &str) -> Result<(), NetworkError> {
        self.process(node)?.resume();
        Ok(())
    }

    /// Ends all nodes and waits until they are gone.
    pub async fn stop(&self) {
        match &self.driver {
            Driver::Clique(clique) => clique.stop().await,
            Driver::Anvil(anvil) => anvil.stop().await,
        }
        self.folders.remove_sockets();
    }

    fn process(&self, node: &str) -> Result<&Supervised, NetworkError> {
        let processes = match &self.driver {
            Driver::Clique(clique) => clique.processes(),
            Driver::Anvil(anvil) => std::slice::from_ref(anvil.process()),
        };
        processes
            .iter()
            .find(|process| process.name() == node)
            .ok_or_else(|| NetworkError::UnknownNode { node: node.to_owned() })
    }
}
