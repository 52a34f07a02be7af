//! `smart-tenders`: the operator's program, and the place where all rooms are put together.
//!
//! `up` starts everything on this machine; `serve` and `anchor` are the two services it supervises;
//! the other commands work on a running system. No rule of procurement, no SQL of the log and no
//! signature is made here: each command only connects what the rooms offer.

mod commands;
mod data;
mod drill;
mod keys;
mod operator;
mod postgres;
mod state;
mod wiring;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::commands::{
    account, anchor, contract, doctor, dossier, drill as drill_command, export, log, network,
    policy, project, serve, up,
};
use crate::data::Data;

/// Runs and operates Smart Tenders.
///
/// Everything a system needs lies below one data folder: keys, database, chain, logs. `up` starts a
/// whole system on this machine, `doctor` says what is missing for that. Nothing listens on anything
/// but loopback.
///
/// Exit codes: 0 done; 1 not done, the message says why and what to do; 2 wrong usage. With
/// `up --then COMMAND` the exit code is the command's.
#[derive(Debug, Parser)]
#[command(name = "smart-tenders", version, max_term_width = 100)]
struct Arguments {
    /// Data folder of the system.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "SMART_TENDERS_DATA",
        default_value = ".data"
    )]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Up),
    Serve(serve::Serve),
    Anchor(anchor::Anchor),
    #[command(subcommand)]
    Contract(contract::Contract),
    Project(project::Project),
    #[command(subcommand)]
    Account(account::Account),
    Export(export::Export),
    Log(log::Log),
    Dossier(dossier::Dossier),
    Policy(policy::Policy),
    #[command(subcommand)]
    Drill(drill_command::Drill),
    Network(network::Network),
    Doctor(doctor::Doctor),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Only this program's own files of a system are to be read by others; a log line never holds a secret.
    tracing_subscriber::fmt()
        .with_env_filter(filter())
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    match run(arguments).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("smart-tenders: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn filter() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,refinery_core=warn"))
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let data = Data::new(&arguments.data)?;
    match arguments.command {
        Command::Up(command) => return command.run(&data).await,
        Command::Serve(command) => command.run(&data).await?,
        Command::Anchor(command) => command.run(&data).await?,
        Command::Contract(command) => command.run(&data).await?,
        Command::Project(command) => command.run(&data).await?,
        Command::Account(command) => command.run(&data).await?,
        Command::Export(command) => command.run(&data).await?,
        Command::Log(command) => command.run(&data).await?,
        Command::Dossier(command) => command.run(&data).await?,
        Command::Policy(command) => command.run(&data).await?,
        Command::Drill(command) => command.run(&data).await?,
        Command::Network(command) => command.run(&data).await?,
        Command::Doctor(command) => return command.run(&data).await,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
