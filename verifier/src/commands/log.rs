//! `verifier log`: the replay of a whole log, once.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use verifier::log::{LogSource, StateFile, verify_log, verify_log_with_state};

use crate::{Common, print_verdict, read_policy};

pub const AFTER_HELP: &str = "\
Example: read the log from its operator and the chain from a node of your own
  verifier log --api https://tenders.example --rpc http://127.0.0.1:8545 --policy policy.json

Example: the same every night, reading only what is new, and seeing if what is old was rewritten
  verifier log --api https://tenders.example --rpc http://127.0.0.1:8545 --policy policy.json \\
      --state tenders.example.state

Example: a copy of the log that somebody published as files, in /srv/copy/log
  verifier log --api file:///srv/copy --rpc http://127.0.0.1:8545 --policy policy.json";

#[derive(clap::Args)]
pub struct Arguments {
    /// Where the log is served, or file:// and a folder; <URL>/log/checkpoint exists.
    #[arg(long, value_name = "URL")]
    api: String,
    /// JSON-RPC of a chain node that keeps all events and the state of recent blocks.
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// Your own file: go on from where it says, and keep there where this replay is.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// An interrupted replay loses at most about so much of its work, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "state")]
    state_every_seconds: u64,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    common: Common,
}

/// How a log is read.
#[derive(clap::Args)]
pub struct Reading {
    /// How long to wait for a checkpoint that includes what is anchored, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    patience_seconds: u64,
    /// How many threads read, hash and parse; as many as there are cores if not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

impl Reading {
    pub fn source<'a>(&self, api: &'a str, rpc: &'a str) -> LogSource<'a> {
        let given = self.threads.and_then(|threads| NonZero::new(usize::from(threads)));
        let cores = || std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        let threads = given.unwrap_or_else(cores);
        LogSource { api, rpc, patience: Duration::from_secs(self.patience_seconds), threads }
    }
}

impl Arguments {
    pub fn run(&self) -> anyhow::Result<u8> {
        let policy = read_policy(&self.common)?;
        let source = self.reading.source(&self.api, &self.rpc);
        let every = Duration::from_secs(self.state_every_seconds);
        let state = self.state.as_ref().map(|path| StateFile { path, every });
        let report = match &state {
            Some(state) => verify_log_with_state(&source, state, &policy, &mut progress()),
            None => verify_log(&source, &policy, &mut progress()),
        };
        let report = report.context("replaying the log")?;
        print_verdict(&self.common, &report, &report.to_json());
        Ok(report.outcome.exit_code())
    }
}

/// Says how far a long replay is, every two seconds.
pub fn progress() -> impl FnMut(u64, u64) {
    let mut said = Instant::now();
    move |done, all| {
        if said.elapsed() >= Duration::from_secs(2) {
            said = Instant::now();
            eprintln!("replayed {done} of {all} entries");
        }
    }
}
