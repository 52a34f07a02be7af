//! `anchor`: the one process that signs chain transactions.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use ::anchor::witnesses::{Witness, WitnessRules, Witnesses};
use ::anchor::{Address, AnchorConfig, BatchRules, Consensus, Url};
use anyhow::{Context, Result};

use crate::data::Data;
use crate::state::DatabaseUrl;
use crate::wiring::Rooms;

/// Closes batches of the log, signs checkpoints, anchors them in the contract and keeps the proofs.
///
/// `up` starts it with everything it needs. One runs at a time; a second one is refused. It can be
/// stopped at any moment: the next start looks at the contract before it does anything.
#[derive(Debug, clap::Args)]
pub struct Anchor {
    /// JSON-RPC over HTTP of a node that keeps all states.
    #[arg(long, value_name = "URL", env = "CHAIN_RPC_URL")]
    rpc_url: Url,
    /// Address of the contract.
    #[arg(long, value_name = "ADDRESS", env = "ANCHOR_CONTRACT")]
    contract: Address,
    /// How the chain agrees: `clique` or `dev`.
    #[arg(long, value_name = "KIND", env = "CHAIN_CONSENSUS", value_parser = parse_consensus)]
    consensus: Consensus,
    /// Key of the account that may anchor. Default: `keys/anchor.key` in the data folder.
    #[arg(long, value_name = "FILE")]
    chain_key: Option<PathBuf>,
    /// Longest an event waits for its batch, in seconds.
    #[arg(long, value_name = "SECONDS", env = "BATCH_AGE_MAX_SECONDS", default_value_t = 5)]
    batch_age_max: u64,
    /// Most events in a batch.
    #[arg(long, value_name = "COUNT", env = "BATCH_COUNT_MAX", default_value_t = 10_000)]
    batch_count_max: u64,
    #[command(flatten)]
    witnesses: WitnessOptions,
    #[command(flatten)]
    database: DatabaseUrl,
}

/// Who cosigns the log's checkpoints.
#[derive(Clone, Debug, clap::Args)]
pub struct WitnessOptions {
    /// A witness that cosigns checkpoints, as `URL=VKEY`; may be given several times. Default: none.
    #[arg(long = "witness", value_name = "URL=VKEY", env = "WITNESSES", value_delimiter = ' ')]
    pub witnesses: Vec<Witness>,
    /// Cosignatures without which checkpoint and proofs of a batch are not published, and which the policy demands.
    /// Default: more than half of the witnesses.
    #[arg(long, value_name = "COUNT", env = "WITNESS_QUORUM")]
    pub witness_quorum: Option<usize>,
}

impl WitnessOptions {
    /// The same for the service that `up` starts, with witnesses of this machine besides.
    pub fn arguments(&self, local: &[String]) -> Vec<OsString> {
        let given = self.witnesses.iter().map(|it| format!("{}={}", it.url, it.key.verifier()));
        let mut arguments: Vec<OsString> = Vec::new();
        for witness in given.chain(local.iter().cloned()) {
            arguments.extend(["--witness".into(), witness.into()]);
        }
        if let Some(quorum) = self.witness_quorum {
            arguments.extend(["--witness-quorum".into(), quorum.to_string().into()]);
        }
        arguments
    }

    fn rules(&self) -> WitnessRules {
        let count = self.witnesses.len();
        let majority = if count == 0 { 0 } else { count / 2 + 1 };
        WitnessRules::new(self.witnesses.clone(), self.witness_quorum.unwrap_or(majority))
    }
}

impl Anchor {
    pub async fn run(&self, data: &Data) -> Result<()> {
        let rooms = Rooms::connect(data, &self.database.find(data)?).await?;
        let keys = data.keys();
        let config = AnchorConfig {
            rpc_url: self.rpc_url.clone(),
            rpc_timeout: Duration::from_secs(10),
            consensus: self.consensus,
            contract: self.contract,
            chain_key_file: self.chain_key.clone().unwrap_or_else(|| keys.join("anchor.key")),
            log_key_file: keys.join("log.key"),
            rules: BatchRules {
                batch_age_max: Duration::from_secs(self.batch_age_max),
                batch_count_max: self.batch_count_max,
                ..BatchRules::default()
            },
        };
        let pool = rooms.pool.clone();
        let service =
            config.start(rooms.store, &rooms.pool).await.context("starting the anchor")?;
        // Only once this process holds the lease.
        let witnesses = Witnesses::start(&pool, self.witnesses.rules()).await;
        let witnesses = witnesses.context("naming the witnesses")?;
        tokio::select! {
            never = witnesses.run() => match never {},
            ended = service.run() => match ended {
                Ok(never) => match never {},
                Err(error) => Err(error).context("the anchor stopped"),
            },
            ended = super::serve::end_of_process() => ended,
        }
    }
}

fn parse_consensus(text: &str) -> Result<Consensus, String> {
    match text {
        "clique" => Ok(Consensus::Clique),
        "dev" => Ok(Consensus::Dev),
        _ => Err("clique or dev".to_owned()),
    }
}
