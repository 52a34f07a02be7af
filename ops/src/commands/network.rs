//! `network`: the nodes of the chain on this machine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use network::{
    Answer, ChainKind, Control, Description, Folders, NodeStatus, Places, Request, Running, ask,
};

use crate::data::Data;

/// Starts, stops and shows the nodes of the Clique network on this machine.
///
/// Bootnode, signers and archive node derive from one file; a running network, also that of `up`,
/// is asked through a socket in the data folder.
#[derive(Debug, clap::Args)]
pub struct Network {
    /// File that describes the network. Default: three signers, two seconds a block.
    #[arg(long, value_name = "FILE")]
    network: Option<PathBuf>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make keys, genesis block and databases, without starting anything.
    Init,
    /// Run the network until Ctrl-C or `network down`, without the rest of the system.
    Up,
    /// End the network, and the system it belongs to.
    Down,
    /// Show all nodes: block, peers, process, restarts.
    Status,
    /// Start a node that was stopped.
    Start {
        /// Its name, as `status` shows it.
        node: String,
    },
    /// Stop a node until it is started again; the others go on.
    Stop {
        /// Its name, as `status` shows it.
        node: String,
    },
}

impl Network {
    pub async fn run(&self, data: &Data) -> Result<()> {
        let folders = data.network()?;
        let request = match &self.action {
            Action::Init => {
                let geth = Places::from_env().geth()?;
                network::initialise(&self.description()?, &folders, &geth, unix_now()).await?;
                println!("{}", folders.data().display());
                return Ok(());
            }
            Action::Up => return self.up(&folders).await,
            Action::Down => Request::Down,
            Action::Status => Request::Status,
            Action::Start { node } => Request::Start { node: node.clone() },
            Action::Stop { node } => Request::Stop { node: node.clone() },
        };
        match ask(&folders, &request).await? {
            Answer::Nodes(nodes) => show(&nodes),
            Answer::Unknown(why) => bail!("{why}"),
        }
        Ok(())
    }

    async fn up(&self, folders: &Folders) -> Result<()> {
        let description = self.description()?;
        let places = Places::from_env();
        let up = Running::up(ChainKind::Clique, &description, folders, &places, unix_now());
        let running = Arc::new(up.await?);
        let control = Control::open(Arc::clone(&running), folders)?;
        show(&running.status().await);
        println!("{}", running.chain().rpc_url);
        tokio::select! {
            () = control.down_requested() => {}
            ended = super::serve::end_of_process() => ended?,
        }
        drop(control);
        running.stop().await;
        Ok(())
    }

    fn description(&self) -> Result<Description> {
        match &self.network {
            Some(file) => read_description(file),
            None => local_description(),
        }
    }
}

/// The network of `ops/network/local.toml`.
pub fn local_description() -> Result<Description> {
    Ok(Description::parse(include_str!("../../network/local.toml"))?)
}

/// The network of a file.
pub fn read_description(file: &std::path::Path) -> Result<Description> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    Description::parse(&text).with_context(|| format!("reading {}", file.display()))
}

/// The wall clock, in seconds.
pub fn unix_now() -> u64 {
    // A clock before 1970 would make the genesis block old, which harms nothing.
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn show(nodes: &[NodeStatus]) {
    println!(
        "{:<10} {:<9} {:>8} {:>6} {:>8}  organisation",
        "node", "kind", "block", "peers", "pid"
    );
    for node in nodes {
        let number = |number: Option<u64>| number.map_or("-".to_owned(), |n| n.to_string());
        let state = match (node.pid, node.wanted) {
            (Some(pid), _) => pid.to_string(),
            (None, true) => "starting".to_owned(),
            (None, false) => "stopped".to_owned(),
        };
        println!(
            "{:<10} {:<9} {:>8} {:>6} {:>8}  {}",
            node.name,
            node.kind,
            number(node.block),
            number(node.peers),
            state,
            node.organisation.as_deref().unwrap_or("-"),
        );
    }
}
