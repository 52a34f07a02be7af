//! Plays a procurement case against a running system, as its users would: each act by its own role, through the
//! public GraphQL API; the clock by the operator's socket; the proofs by the auditor's tool.
//!
//! It depends on no crate of this repository, so that nothing it shows can come from anywhere but the outside.

mod account;
mod acts;
mod anchoring;
mod api;
mod award;
mod bids;
mod case;
mod clock;
mod commitment;
mod contract;
mod drill;
mod evidence;
mod history;
mod page;
mod panel;
mod report;
mod rest;
mod secrecy;
mod stage;
mod system;
mod tool;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;

use crate::report::Report;
use crate::system::System;

/// Plays a case, waits until it is anchored, exports it, verifies every proof and rehearses two attacks.
///
/// The system must be running (`make up`, or `smart-tenders up --then demo …`). Playing the same case again on
/// the same log changes nothing: every command has an id that depends on the log and on the step only.
///
/// Exit code: 0 everything came out as the case says; 1 something did not, and it is named; 2 wrong usage.
#[derive(Debug, Parser)]
#[command(name = "demo", version)]
struct Arguments {
    /// Data folder of the running system; its `run/state.json` says where everything is.
    #[arg(long, value_name = "DIR", default_value = ".data")]
    data: PathBuf,
    /// The case to play.
    #[arg(long, value_name = "FILE", default_value = "demo/case/case.json")]
    case: PathBuf,
    /// Where results go; made anew.
    #[arg(long, value_name = "DIR", default_value = ".data/demo")]
    out: PathBuf,
    /// Folder with the programs `smart-tenders` and `verifier`.
    #[arg(long, value_name = "DIR", default_value = "target/debug")]
    programs: PathBuf,
    /// Leave out the rehearsal of attacks, which needs the database's superuser.
    #[arg(long)]
    no_drill: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ndemo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let case = case::read(&arguments.case)?;
    let system = System::read(&arguments.data, &arguments.programs)?;
    let receipts = arguments.out.join("receipts");
    std::fs::create_dir_all(&receipts).context("making the folder for results")?;
    let mut report = Report::new(&case, &system);
    acts::play(&case, &system, &receipts, &mut report)?;
    anchoring::wait(&system, &mut report)?;
    evidence::export_and_verify(&system, &arguments.out, &mut report)?;
    if !arguments.no_drill {
        drill::rehearse(&system, &arguments.out, &mut report)?;
    }
    report.write(&arguments.out)?;
    page::print(&report, &arguments.out, &arguments.programs);
    report.deviations()
}
