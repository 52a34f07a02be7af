//! `anchor`: the one process that signs chain transactions.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use ::anchor::witnesses::{Witness, WitnessRules, Witnesses};
use ::anchor::{
    Address, AnchorConfig, AnchorError, BatchRules, Consensus, MemoryError, StartError, Url,
    clear_stop, note_stop,
};
use anyhow::{Context, Result};
use deadpool_postgres::Pool;

use crate::data::Data;
use crate::keys;
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
    /// Key of the account that may anchor. Default: `keys/anchorer.key` in the data
    /// folder, which a rotation puts there, else `keys/anchor.key`.
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
        let config = AnchorConfig {
            rpc_url: self.rpc_url.clone(),
            rpc_timeout: Duration::from_secs(10),
            consensus: self.consensus,
            contract: self.contract,
            chain_key_file: match &self.chain_key {
                Some(file) => file.clone(),
                None => keys::anchorer_key_file(data),
            },
            log_key_file: keys::log_key_file(data),
            signed_file: data.keys().join("log.signed"),
            rules: BatchRules {
                batch_age_max: Duration::from_secs(self.batch_age_max),
                batch_count_max: self.batch_count_max,
                ..BatchRules::default()
            },
        };
        let pool = rooms.pool.clone();
        let service = match config.start(rooms.store, &rooms.pool).await {
            Ok(service) => service,
            // The reason of a stop is left by the one that stopped.
            Err(error @ StartError::Anchor(AnchorError::Memory(MemoryError::LeaseTaken))) => {
                return Err(error).context("the anchor did not start");
            }
            Err(error) => {
                return Err(leave(&pool, error, "the anchor did not start").await);
            }
        };
        clear_stop(&pool).await.context("forgetting the last stop")?;
        // Only once this process holds the lease.
        let witnesses = Witnesses::start(&pool, self.witnesses.rules()).await;
        let witnesses = witnesses.context("naming the witnesses")?;
        tokio::select! {
            never = witnesses.run() => match never {},
            ended = service.run() => match ended {
                Ok(never) => match never {},
                Err(error) => Err(leave(&pool, error, "the anchor stopped").await),
            },
            ended = super::serve::end_of_process() => ended,
        }
    }
}

/// Leaves the reason where the API shows it. A database that is away is most likely the reason itself.
async fn leave(pool: &Pool, error: impl Into<anyhow::Error>, what: &'static str) -> anyhow::Error {
    let error = error.into();
    // What lies behind it is for the operator's log.
    if let Err(left) = note_stop(pool, &error.to_string()).await {
        tracing::warn!(error = &left as &dyn std::error::Error, "the reason was not left behind");
    }
    error.context(what)
}

fn parse_consensus(text: &str) -> Result<Consensus, String> {
    match text {
        "clique" => Ok(Consensus::Clique),
        "dev" => Ok(Consensus::Dev),
        _ => Err("clique or dev".to_owned()),
    }
}
