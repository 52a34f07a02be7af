//! The command `verifier`: reads files, asks servers, prints a verdict, exits with its code.

mod commands;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use commands::chain::ChainCommand;
use verifier::bundle::BUNDLE_BYTES_MAX;
use verifier::dossier::{DOSSIER_BYTES_MAX, verify_dossier};
use verifier::light::Followed;
use verifier::policy::{POLICY_BYTES_MAX, Policy};
use verifier::receipt::{Evidence, RECEIPT_BYTES_MAX, verify_receipt};
use verifier::release::{RELEASE_BYTES_MAX, verify_release};
use verifier::verdict::Report;
use verifier::verify_bundle;

const AFTER_HELP: &str = "\
Exit codes: 0 anchored · 1 refused, or a breach · 2 usage, or a file or server that cannot be read ·
            3 included or acknowledged but not anchored, or anchored in a development chain

Example: check one event, offline, with the policy you were given by somebody you trust
  verifier bundle 0190a5d0.bundle.json --policy policy.json";

/// Checks proofs of a public-procurement log without trusting whoever runs it.
#[derive(Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check that an event was recorded, no later than a block. Works offline.
    #[command(after_help = "\
Example:
  curl -o event.bundle.json https://tenders.example/proofs/01890a5d-ac96-774b-bcce-b302099a8057
  verifier bundle event.bundle.json --policy policy.json")]
    Bundle {
        /// The proof bundle.
        file: PathBuf,
        #[command(flatten)]
        chain: Ancestry,
        #[command(flatten)]
        common: Common,
    },
    /// Check that an OCDS release is the one that was published and recorded. Works offline.
    #[command(after_help = "\
Example: a release that somebody cut out of a record package, or the whole package
  verifier release record.json --proof release.bundle.json --policy policy.json")]
    Release {
        /// The release's exact bytes, or a release or record package that holds it.
        file: PathBuf,
        /// The proof bundle of its `ReleasePublished` event.
        #[arg(long, value_name = "BUNDLE")]
        proof: PathBuf,
        #[command(flatten)]
        chain: Ancestry,
        #[command(flatten)]
        common: Common,
    },
    /// Check a receipt, and whether the log kept what it promises. Works offline without --rpc.
    #[command(after_help = "\
Example: what a bidder kept, the proof it asked for later, and the tender's opening
  verifier receipt acuse.json --policy policy.json --proof event.bundle.json \\
      --opening opening.bundle.json

Example: no proof is to be had, so ask a chain node of your own whether the promise was broken
  verifier receipt acuse.json --policy policy.json --rpc http://127.0.0.1:8545

A breach (exit code 1) says what each file proves. Keep the files.")]
    Receipt {
        /// The receipt file.
        file: PathBuf,
        /// The proof bundle of the event, or of whatever stands at its position.
        #[arg(long, value_name = "BUNDLE")]
        proof: Option<PathBuf>,
        /// The proof bundle of the tender's `ProposalsOpened` event.
        #[arg(long, value_name = "BUNDLE")]
        opening: Option<PathBuf>,
        /// JSON-RPC of a chain node: what is anchored, or, if the proof looks late, since when.
        #[arg(long, value_name = "URL")]
        rpc: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Check everything of one procedure: what is proven, what is not, what was not examined. Offline.
    #[command(after_help = "\
Example: the file that the operator, or anybody who keeps one, gave you
  verifier dossier ocds-000000-009000999-2018-1.zip --policy policy.json

Exit codes: 0 everything that is there is proven and anchored · 1 something is refused ·
            2 no dossier · 3 not refused, and not all shown or anchored in a sealed chain")]
    Dossier {
        /// The dossier, a zip file.
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Follow the chain from its genesis block, believing no node: a light client.
    #[command(subcommand)]
    Chain(ChainCommand),
    /// Replay the whole log from outside and compare it with the contract.
    #[command(after_help = commands::log::AFTER_HELP)]
    Log(commands::log::Arguments),
    /// Watch a log for ever: replay what is new, round after round, and give alarm.
    #[command(after_help = commands::monitor::AFTER_HELP)]
    Monitor(commands::monitor::Arguments),
    /// Check that a saved page of the browser's verifier is the published one, before it is opened.
    #[command(after_help = commands::page::AFTER_HELP)]
    Page(commands::page::Arguments),
}

#[derive(clap::Args)]
struct Ancestry {
    /// A folder of `verifier chain`: check that the anchoring block descends from the genesis block.
    #[arg(long, value_name = "DIR")]
    chain: Option<PathBuf>,
}

impl Ancestry {
    fn check(&self, report: &mut Report, policy: &Policy) -> anyhow::Result<()> {
        let Some(folder) = &self.chain else { return Ok(()) };
        let followed =
            Followed::kept(folder, &policy.chain).context("reading the followed chain")?;
        let none =
            || format!("{} keeps no chain: make it with verifier chain sync", folder.display());
        report.check_ancestry(&followed.with_context(none)?);
        Ok(())
    }
}

#[derive(clap::Args)]
struct Common {
    /// What you trust: keys, chain, signers, contracts. Never take it from where the proof is from.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Print the verdict as one line of JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("verifier: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(command: &Command) -> anyhow::Result<u8> {
    match command {
        Command::Bundle { file, chain, common } => {
            let policy = read_policy(common)?;
            let mut report = verify_bundle(&read(file, BUNDLE_BYTES_MAX)?, &policy);
            chain.check(&mut report, &policy)?;
            print_verdict(common, &report, &report.to_json());
            Ok(report.outcome.exit_code())
        }
        Command::Release { file, proof, chain, common } => {
            let policy = read_policy(common)?;
            let release = read(file, RELEASE_BYTES_MAX)?;
            let mut report = verify_release(&release, &read(proof, BUNDLE_BYTES_MAX)?, &policy);
            chain.check(&mut report, &policy)?;
            print_verdict(common, &report, &report.to_json());
            Ok(report.outcome.exit_code())
        }
        Command::Receipt { file, proof, opening, rpc, common } => {
            let policy = read_policy(common)?;
            let receipt = read(file, RECEIPT_BYTES_MAX)?;
            let bundle = |path: &Option<PathBuf>| {
                path.as_ref().map(|path| read(path, BUNDLE_BYTES_MAX)).transpose()
            };
            let (proof, opening) = (bundle(proof)?, bundle(opening)?);
            let evidence = Evidence {
                proof: proof.as_deref(),
                opening: opening.as_deref(),
                rpc: rpc.as_deref(),
            };
            let report =
                verify_receipt(&receipt, &evidence, &policy).context("asking the chain node")?;
            print_verdict(common, &report, &report.to_json());
            Ok(report.outcome.exit_code())
        }
        Command::Dossier { file, common } => {
            let policy = read_policy(common)?;
            let opinion = verify_dossier(&read(file, DOSSIER_BYTES_MAX)?, &policy)
                .with_context(|| format!("{} is no dossier", file.display()))?;
            print_verdict(common, &opinion, &opinion.to_json());
            Ok(opinion.exit_code())
        }
        Command::Chain(command) => command.run(),
        Command::Log(arguments) => arguments.run(),
        Command::Monitor(arguments) => arguments.run(),
        Command::Page(arguments) => arguments.run(),
    }
}

fn print_verdict(common: &Common, text: &impl std::fmt::Display, json: &str) {
    if common.json {
        println!("{json}");
    } else {
        print!("{text}");
    }
}

fn read_policy(common: &Common) -> anyhow::Result<Policy> {
    let bytes = read(&common.policy, POLICY_BYTES_MAX)?;
    Policy::parse(&bytes).with_context(|| format!("{} is no policy", common.policy.display()))
}

/// Reads a file, one byte beyond its limit at most, so that the check of the limit sees it.
fn read(path: &Path, bytes_max: usize) -> anyhow::Result<Vec<u8>> {
    let reading = || format!("reading {}", path.display());
    let file = File::open(path).with_context(reading)?;
    let mut bytes = Vec::new();
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes).with_context(reading)?;
    Ok(bytes)
}
