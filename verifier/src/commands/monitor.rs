//! `verifier monitor`: a log watched for ever.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use verifier::log::StateFile;
use verifier::monitor::{Monitor, Round, Standing, Watch};

use super::log::{Reading, progress};
use crate::{Common, read_policy};

pub const AFTER_HELP: &str = "\
Example: look every minute, and keep what shows each alarm
  verifier monitor --api https://tenders.example --rpc http://127.0.0.1:8545 --policy policy.json \\
      --state tenders.example.state --alarms alarms

Example: from a timer of your own, with a mirror, sending each alarm once
  verifier monitor --api https://tenders.example --api https://mirror.example --once \\
      --rpc http://127.0.0.1:8545 --policy policy.json --state tenders.example.state \\
      --alarms alarms --exec /usr/local/bin/send-alarm

Alarms: refused, rewritten, shrunk, split-view (the watch then goes no further) · late-anchoring,
        stalled-chain, stale-checkpoint, unreachable (it goes on). What stands is in <STATE>.alarms.
It runs until a signal ends it, at any moment: what it keeps is whole. With --once it exits with the
verdict's code; alarms after which it goes on do not change that.";

/// An interrupted replay loses at most about so much of its work.
const STATE_EVERY: Duration = Duration::from_mins(1);

#[derive(clap::Args)]
pub struct Arguments {
    /// Where the log is served, or file:// and a folder; each further one is a mirror to compare.
    #[arg(long, value_name = "URL", required = true)]
    api: Vec<String>,
    /// JSON-RPC of a chain node that keeps all events and the state of recent blocks.
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// Your own file: where the replay is. Alarms that stand are in the same name with .alarms.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// Seconds from the beginning of a round to that of the next.
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Folder for one evidence file an alarm, made to be given to others.
    #[arg(long, value_name = "DIR")]
    alarms: Option<PathBuf>,
    /// Program to run for each new alarm, with its name and its evidence file as arguments.
    #[arg(long, value_name = "PROGRAM", requires = "alarms")]
    exec: Option<PathBuf>,
    /// Look once and exit with the verdict's code.
    #[arg(long)]
    once: bool,
    /// The chain is stalled after so many block periods without a block, and the tolerance.
    #[arg(long, value_name = "PERIODS", default_value_t = 20)]
    stalled_after_periods: u64,
    /// The checkpoint is stale when its newest entry is older, in seconds. An idle log records a
    /// heartbeat every hour unless its operator chose otherwise.
    #[arg(long, value_name = "SECONDS", default_value_t = 7_200)]
    stale_after_seconds: u64,
    /// What could not be read in so many rounds one after another is unreachable.
    #[arg(long, value_name = "ROUNDS", default_value_t = 3)]
    unreachable_after_rounds: u64,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    common: Common,
}

impl Arguments {
    pub fn run(&self) -> anyhow::Result<u8> {
        let policy = read_policy(&self.common)?;
        let (log, mirrors) = self.api.split_first().context("no --api")?;
        let mut memory = self.state.clone().into_os_string();
        memory.push(".alarms");
        let watch = Watch {
            source: self.reading.source(log, &self.rpc),
            mirrors,
            state: StateFile { path: &self.state, every: STATE_EVERY },
            memory: Path::new(&memory),
            evidence: self.alarms.as_deref(),
            stalled_after_periods: self.stalled_after_periods,
            stale_after_s: self.stale_after_seconds,
            unreachable_after_rounds: self.unreachable_after_rounds,
        };
        let mut monitor = Monitor::new(watch, &policy).context("taking up the watch")?;
        loop {
            let started = Instant::now();
            let mut sent = Vec::new();
            let mut give = |alarm: &Standing| sent.extend(self.send(alarm));
            let round = monitor.round(now_ms(), &mut progress(), &mut give).context("watching")?;
            self.print(&round).context("printing the round")?;
            if self.once {
                for sending in sent {
                    sending.join().ok();
                }
                return Ok(round.exit_code);
            }
            let every = Duration::from_secs(self.every);
            std::thread::sleep(every.saturating_sub(started.elapsed()));
        }
    }

    fn print(&self, round: &Round) -> std::io::Result<()> {
        let line = if self.common.json { round.to_json() } else { round.to_string() };
        writeln!(std::io::stdout(), "{line}")
    }

    /// Runs the auditor's program, without a shell and without waiting for it.
    fn send(&self, alarm: &Standing) -> Option<JoinHandle<()>> {
        let (program, file) = (self.exec.as_ref()?, alarm.file.as_ref()?);
        let mut command = Command::new(program);
        command.arg(alarm.kind.name()).arg(file).stdin(Stdio::null());
        // Standard output is for rounds, and programs read it.
        command.stdout(std::io::stderr());
        let program = program.display().to_string();
        Some(std::thread::spawn(move || match command.status() {
            Ok(status) if status.success() => {}
            Ok(status) => eprintln!("verifier: {program} ended with {status}"),
            Err(error) => eprintln!("verifier: {program} cannot be run: {error}"),
        }))
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
