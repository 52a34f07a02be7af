//! `doctor`: what is there, what is missing, what to do.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Result;
use eventstore::EventStore;
use network::{Places, Request, ask};
use projections::Reader;

use crate::data::Data;
use crate::state::State;
use crate::wiring::Rooms;

/// Says whether this machine can run a system, and how the one on the data folder is.
///
/// Exit code 0: everything is in order; 1: something is not, and the line says what to do.
#[derive(Debug, clap::Args)]
pub struct Doctor {}

/// Lines of the report, and whether all of them are good.
struct Findings {
    good: bool,
}

impl Findings {
    fn note(&mut self, what: &str, finding: Result<String, String>) {
        match finding {
            Ok(found) => println!("ok       {what:<12} {found}"),
            Err(wrong) => {
                self.good = false;
                println!("MISSING  {what:<12} {wrong}");
            }
        }
    }
}

impl Doctor {
    pub async fn run(&self, data: &Data) -> Result<ExitCode> {
        let mut findings = Findings { good: true };
        tools(&mut findings);
        match State::read(data) {
            Ok(state) => system(&mut findings, data, &state).await,
            Err(error) => println!("-        {:<12} {error}", "system"),
        }
        Ok(if findings.good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn tools(findings: &mut Findings) {
    let preferred = std::env::var_os("PG_BINDIR").map(PathBuf::from);
    let postgres = private_postgres::find_binaries(preferred.as_deref())
        .map(|found| format!("{}, {}", found.major, found.folder.display()))
        .map_err(|error| error.to_string());
    findings.note("PostgreSQL", postgres);
    let places = Places::from_env();
    let geth = places.geth().map_err(|error| error.to_string()).and_then(|path| {
        let version = first_number(&path, "version");
        if version.as_deref() == Some(network::GETH_VERSION) {
            Ok(path.display().to_string())
        } else {
            let found = version.unwrap_or_else(|| "nothing".to_owned());
            let needed = network::GETH_VERSION;
            Err(format!("{} is {found}, not {needed}: run `make setup`", path.display()))
        }
    });
    findings.note("geth", geth);
    let shown = |path: PathBuf| path.display().to_string();
    findings.note("bootnode", places.bootnode().map(shown).map_err(|error| error.to_string()));
    findings.note("anvil", places.anvil().map(shown).map_err(|error| error.to_string()));
}

/// The first word of what a program says of its version that looks like one.
fn first_number(program: &std::path::Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .find(|word| word.matches('.').count() == 2)
        .map(str::to_owned)
}

async fn system(findings: &mut Findings, data: &Data, state: &State) {
    for (name, pid) in &state.pids {
        // `up` restarts what dies under a new number, so only its own tells whether it lives.
        if name == "up" && !PathBuf::from(format!("/proc/{pid}")).exists() {
            let what = "the system was killed: start it again with `make up`".to_owned();
            findings.note("system", Err(what));
            return;
        }
    }
    findings.note("system", Ok(state.api_url.clone()));
    findings.note("log", log(data, state).await.map_err(|error| format!("{error:#}")));
    let nodes = match data.network() {
        Ok(folders) => ask(&folders, &Request::Status).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let nodes = nodes.and_then(|answer| match answer {
        network::Answer::Nodes(nodes) => {
            if let Some(node) = nodes.iter().find(|node| node.pid.is_none()) {
                return Err(format!("{} is down: `network start {}`", node.name, node.name));
            }
            let block = nodes.iter().filter_map(|node| node.block).max().unwrap_or(0);
            Ok(format!("{} nodes, block {block}", nodes.len()))
        }
        network::Answer::Unknown(why) => Err(why),
    });
    findings.note("chain", nodes);
}

async fn log(data: &Data, state: &State) -> Result<String> {
    let rooms = Rooms::connect(data, &state.database_url).await?;
    let head = rooms.store.head().await?;
    let serving = Reader::new(rooms.pool.clone()).serving().await?;
    if let Some(failure) = serving.failure {
        anyhow::bail!("the read models stopped: {failure}; try `smart-tenders project`");
    }
    let (events, shown) = (head.next_position, serving.position);
    Ok(format!("{}: {events} events, {shown} in the read models", head.origin))
}
