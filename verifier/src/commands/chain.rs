//! `verifier chain`: a light client of the chain.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Subcommand;
use verifier::light::{ChainReport, LightClient, LightError};
use verifier::policy::Policy;

use crate::{Common, print_verdict, read_policy};

#[derive(Subcommand)]
pub enum ChainCommand {
    /// Follow the chain to its newest block and say what it is.
    #[command(after_help = "\
Example: every night; only what is new is asked for and checked
  verifier chain sync --rpc http://127.0.0.1:8545 --policy policy.json --state chain

Then a proof can be tied to the genesis block, offline:
  verifier bundle event.bundle.json --policy policy.json --chain chain

Exit codes: 0 followed · 1 refused: a block that may not follow, other signers than the policy's, or a
            chain that was rewritten · 2 the node or the folder cannot be used")]
    Sync {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        common: Common,
    },
}

/// Whom to ask, and where to keep what was checked.
#[derive(clap::Args)]
pub struct Source {
    /// JSON-RPC of any node of the chain: nothing it says is believed.
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// Your own folder: go on from where it says, and keep there how far the chain was followed.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

impl ChainCommand {
    pub fn run(&self) -> anyhow::Result<u8> {
        match self {
            Self::Sync { source, common } => sync(source, common),
        }
    }
}

fn sync(source: &Source, common: &Common) -> anyhow::Result<u8> {
    let policy = read_policy(common)?;
    let mut client = open(source, &policy)?;
    let synced = match client.sync(&mut progress()) {
        Ok(synced) => Ok(synced),
        Err(LightError::Refused(refusal)) => Err(refusal),
        Err(error) => return Err(error).context("following the chain"),
    };
    let report = ChainReport::new(client.followed(), synced, &policy);
    print_verdict(common, &report, &report.to_json());
    Ok(report.exit_code())
}

fn open(source: &Source, policy: &Policy) -> anyhow::Result<LightClient> {
    LightClient::open(&source.rpc, &policy.chain, source.state.as_deref())
        .context("opening the chain")
}

/// Says how far a long chain is followed, every two seconds.
fn progress() -> impl FnMut(u64, u64) {
    let mut said = Instant::now();
    move |reached, newest| {
        if said.elapsed() >= Duration::from_secs(2) {
            said = Instant::now();
            eprintln!("followed to block {reached} of {newest}");
        }
    }
}
