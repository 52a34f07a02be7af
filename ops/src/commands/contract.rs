//! `contract`: who may anchor, and the contract that goes on when a key was lost.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ::anchor::{
    Address, BatchContract, ChainKey, Constructor, Endpoint, EthereumContract, RoleChange, Wei,
    anchorers, boundary, change_role, deploy_or_reuse, pay,
};
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use network::ChainKind;

use crate::data::Data;
use crate::keys;
use crate::state::State;
use crate::wiring::Rooms;

/// Limit of one call to the chain node.
const RPC_TIMEOUT: Duration = Duration::from_secs(10);

/// Shows and changes who may anchor; starts the successor of a contract whose key was stolen.
///
/// It works on the contract of the running system. What the contract's owner decides is sent with
/// the owner's key, or, when the owner is a multisignature, printed for its signers to send.
/// `docs/runbooks/anchor.md` says when to do what.
#[derive(Debug, Subcommand)]
pub enum Contract {
    /// Show the contracts of the log, and who may anchor in the newest one.
    Show,
    /// Make the key of a new anchorer, and show its account.
    NewKey {
        /// File of the key; it is not made twice.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Pay an account what it needs to anchor.
    Pay {
        /// The account.
        account: Address,
        /// How much, in wei.
        #[arg(long, value_name = "WEI", default_value = "10000000000000000000")]
        wei: Wei,
        /// Key of the account that pays. Default: the anchorer's.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// Let an account anchor.
    Grant(Change),
    /// Let an account anchor no more.
    Revoke(Change),
    /// Deploy a successor that starts at the end of the last confirmed batch of this log.
    Succeed {
        /// Owner of the successor: an account or a multisignature.
        #[arg(long, value_name = "ADDRESS")]
        owner: Address,
        /// Who may anchor in it.
        #[arg(long, value_name = "ADDRESS")]
        anchorer: Address,
        /// Key of the account that pays. Default: the anchorer's.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
}

/// Whose role is changed, and by whom.
#[derive(Debug, clap::Args)]
pub struct Change {
    /// The account.
    account: Address,
    /// Key of the contract's owner. Without it the call is printed for a multisignature to send.
    #[arg(long, value_name = "FILE")]
    owner_key: Option<PathBuf>,
}

impl Contract {
    pub async fn run(&self, data: &Data) -> Result<()> {
        if let Self::NewKey { out } = self {
            let key = new_key(out)?;
            println!("{:#x}", key.address());
            return Ok(());
        }
        let state = State::read(data)?;
        let endpoint = endpoint(&state.rpc_url, state.chain)?;
        let contract: Address = state.contract.parse().context("reading the contract's address")?;
        match self {
            Self::NewKey { .. } => Ok(()),
            Self::Show => show(data, &state, &endpoint, contract).await,
            Self::Pay { account, wei, key } => {
                pay(&endpoint, &payer(data, key.as_ref())?, *account, *wei)
                    .await
                    .context("paying")?;
                println!("{account:#x} was paid {wei} wei");
                Ok(())
            }
            Self::Grant(change) => {
                change.send(&endpoint, contract, RoleChange::Grant(change.account)).await
            }
            Self::Revoke(change) => {
                change.send(&endpoint, contract, RoleChange::Revoke(change.account)).await
            }
            Self::Succeed { owner, anchorer, key } => {
                let payer = payer(data, key.as_ref())?;
                succeed(data, &state, &endpoint, contract, &payer, (*owner, *anchorer)).await
            }
        }
    }
}

impl Change {
    async fn send(&self, endpoint: &Endpoint, contract: Address, change: RoleChange) -> Result<()> {
        let Some(file) = &self.owner_key else {
            println!("to    {contract:#x}\nvalue 0\ndata  {}", change.call_data());
            println!("Nothing was sent: have the owner of the contract send this call.");
            return Ok(());
        };
        let owner = chain_key(file)?;
        change_role(endpoint, &owner, contract, change).await.with_context(|| {
            format!("changing the role as {:#x}: is that the contract's owner?", owner.address())
        })?;
        let may =
            if matches!(change, RoleChange::Grant(_)) { "may anchor" } else { "may not anchor" };
        println!("{:#x} {may} in {contract:#x} from now on", self.account);
        Ok(())
    }
}

async fn show(data: &Data, state: &State, endpoint: &Endpoint, contract: Address) -> Result<()> {
    for listed in &state.contracts {
        println!("contract  {} from entry {} on", listed.address, listed.from_size);
    }
    let key = payer(data, None)?;
    let anchored = EthereumContract::connect(endpoint, contract, &state.origin, key).await?;
    let head = anchored.head().await.context("reading the contract")?;
    println!("anchored  {} entries, {} batches in the newest contract", head.size, head.batches);
    for account in anchorers(endpoint, contract).await.context("reading the roles")? {
        println!("anchorer  {account:#x}");
    }
    Ok(())
}

/// A crash after the deployment leaves a contract that nobody uses; the next try deploys another.
async fn succeed(
    data: &Data,
    state: &State,
    endpoint: &Endpoint,
    predecessor: Address,
    payer: &ChainKey,
    (owner, anchorer): (Address, Address),
) -> Result<()> {
    let rooms = Rooms::connect(data, &state.database_url).await?;
    let old =
        EthereumContract::connect(endpoint, predecessor, &state.origin, payer.clone()).await?;
    let Some(start) = boundary(&rooms.pool, &old).await.context("looking for the boundary")? else {
        bail!(
            "no batch of this log is confirmed in {predecessor:#x}: there is nothing to succeed; \
             remove {} and start the system again, which deploys a first contract",
            data.contract_file().display()
        );
    };
    let constructor = Constructor {
        predecessor,
        size: start.size,
        root: start.root,
        ..Constructor::first(&state.origin, owner, anchorer)
    };
    let deployed = deploy_or_reuse(endpoint, payer, &constructor, None)
        .await
        .context("deploying the successor")?;
    let mut addresses = data.contracts()?;
    addresses.push(deployed.address);
    data.write_contracts(&addresses)?;
    println!("successor {:#x} from entry {} on", deployed.address, start.size);
    println!("left out  {} batches of {predecessor:#x}", start.left_out);
    println!("Stop the system and start it again; then give auditors the new policy:");
    println!("  smart-tenders policy --out policy.json");
    Ok(())
}

/// How the chain node of a system is reached.
pub fn endpoint(rpc_url: &str, kind: ChainKind) -> Result<Endpoint> {
    Ok(Endpoint {
        rpc_url: rpc_url.parse().context("reading the address of the chain node")?,
        timeout: RPC_TIMEOUT,
        consensus: match kind {
            ChainKind::Clique => ::anchor::Consensus::Clique,
            ChainKind::Anvil => ::anchor::Consensus::Dev,
        },
    })
}

fn payer(data: &Data, given: Option<&PathBuf>) -> Result<ChainKey> {
    match given {
        Some(file) => chain_key(file),
        None => chain_key(&keys::anchorer_key_file(data)),
    }
}

fn chain_key(file: &Path) -> Result<ChainKey> {
    ChainKey::from_file(file).with_context(|| format!("reading {}", file.display()))
}

fn new_key(out: &Path) -> Result<ChainKey> {
    if out.exists() {
        bail!("{} is there already: a key is never written over", out.display());
    }
    network::Key::load_or_create(out).with_context(|| format!("writing {}", out.display()))?;
    chain_key(out)
}
