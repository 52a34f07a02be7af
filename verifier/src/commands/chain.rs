//! `verifier chain`: a light client of the chain.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Subcommand;
use verifier::light::{ChainReport, LightClient, LightError, LightNode};
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
    /// Answer JSON-RPC like a node, with proven answers only, until it is stopped: a light node.
    #[command(after_help = "\
Example: a light node of your own in front of somebody else's node
  verifier chain serve --rpc https://node.example --policy policy.json --state chain \\
      --listen 127.0.0.1:8545
  curl -s http://127.0.0.1:8545 -H 'content-type: application/json' \\
      -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_blockNumber\",\"params\":[]}'

Blocks, balances, nonces, code, storage, proofs, logs and receipts are checked against the headers that were
followed from the genesis block. What cannot be proven (eth_call, gas estimates, pending) is not served.")]
    Serve {
        #[command(flatten)]
        source: Source,
        /// Where to listen; port 0 takes any that is free.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
        listen: SocketAddr,
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
            Self::Serve { source, listen, common } => serve(source, *listen, common),
        }
    }
}

fn sync(source: &Source, common: &Common) -> anyhow::Result<u8> {
    follow(source, &read_policy(common)?, common).map(|(_, code)| code)
}

fn serve(source: &Source, listen: SocketAddr, common: &Common) -> anyhow::Result<u8> {
    let policy = read_policy(common)?;
    let (client, code) = follow(source, &policy, common)?;
    if code != 0 {
        return Ok(code);
    }
    let period = Duration::from_secs(policy.chain.period_s.max(1));
    let node = LightNode::bind(client, listen).with_context(|| format!("listening on {listen}"))?;
    if let Some(address) = node.address() {
        println!("serving      http://{address}");
    }
    node.run(period, &|news| eprintln!("{news}"));
    Ok(1)
}

/// Follows the chain to its newest block, says what it is, and returns that verdict's exit code.
fn follow(source: &Source, policy: &Policy, common: &Common) -> anyhow::Result<(LightClient, u8)> {
    let mut client = LightClient::open(&source.rpc, &policy.chain, source.state.as_deref())
        .context("opening the chain")?;
    let synced = match client.sync(&mut progress()) {
        Ok(synced) => Ok(synced),
        Err(LightError::Refused(refusal)) => Err(refusal),
        Err(error) => return Err(error).context("following the chain"),
    };
    let report = ChainReport::new(client.followed(), synced, policy);
    print_verdict(common, &report, &report.to_json());
    let code = report.exit_code();
    Ok((client, code))
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
