//! `up`: a whole system on this machine.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use domain::Timestamp;
use network::{Chain, ChainKind, Control, Folders, Places, Running};

use crate::commands::anchor::WitnessOptions;
use crate::commands::network::{local_description, read_description, unix_now};
use crate::data::{Data, Identity, write_json};
use crate::keys;
use crate::postgres::Postgres;
use crate::state::State;

mod contract;
mod services;
mod witnesses;

use contract::{Contracts, deploy};
use services::Services;
use witnesses::LocalWitness;

/// Starts a whole system on this machine and runs it until Ctrl-C.
///
/// In this order: a private Postgres, the chain, the anchoring contract, the services `serve` and
/// `anchor`. What dies is started again. When everything is ready, `run/state.json` in the data
/// folder says where it is. On Ctrl-C, on SIGTERM, and when the command of `--then` ends, everything
/// is stopped in order; even if this process is killed, nothing it started goes on.
///
/// A second `up` on the same data folder goes on with the same log, keys and chain.
#[derive(Debug, clap::Args)]
pub struct Up {
    /// Kind of the chain: `clique` has three signers; `anvil` is for trying out, nobody seals it.
    /// Default: that of the data folder, `clique` for a new one.
    #[arg(long, value_name = "KIND", value_parser = parse_chain)]
    chain: Option<ChainKind>,
    /// File that describes the Clique network. Default: three signers, two seconds a block.
    #[arg(long, value_name = "FILE")]
    network: Option<PathBuf>,
    /// Address of the API. Default: a free port on loopback, the same at the next start.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Name of a new log, 1 to 128 characters. Default: `local/` and eight random digits.
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// A new log gets a business clock of its own that starts at this instant and that only the
    /// operator moves, for rehearsals. Default: the wall clock.
    #[arg(long, value_name = "INSTANT", value_parser = str::parse::<Timestamp>)]
    simulated_clock: Option<Timestamp>,
    #[command(flatten)]
    witnesses: WitnessOptions,
    /// Run so many witnesses on this machine as well. They are for trying out: whoever runs the log
    /// runs them too, so their cosignatures convince nobody.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    local_witnesses: usize,
    /// Run this command when everything is ready, then stop everything; takes all that follows.
    #[arg(long, value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true)]
    then: Vec<OsString>,
}

/// Everything that runs, in the order in which it was started.
struct System {
    postgres: Postgres,
    running: Arc<Running>,
    control: Control,
    witnesses: Vec<LocalWitness>,
    services: Services,
}

impl Up {
    pub async fn run(&self, data: &Data) -> Result<ExitCode> {
        let started = Instant::now();
        data.create()?;
        let _lock = data.lock()?;
        // Of a system that was killed.
        let _ = std::fs::remove_file(data.state_file());
        let identity = self.identity(data)?;
        println!("data      {}", data.root().display());
        let mut signals = Signals::new()?;
        let system = tokio::select! {
            system = self.start(data, &identity) => system?,
            () = signals.stop() => {
                println!("stopped before everything was ready");
                return Ok(ExitCode::FAILURE);
            }
        };
        println!("ready in {:.1} s\n", started.elapsed().as_secs_f64());
        let code = self.until_the_end(&system, &mut signals).await;
        let _ = std::fs::remove_file(data.state_file());
        println!("stopping");
        system.stop().await;
        code
    }

    fn identity(&self, data: &Data) -> Result<Identity> {
        let identity = data.identity(|| {
            let origin = match &self.origin {
                Some(origin) => origin.clone(),
                None => format!("local/{}", &network::random_word()?[..8]),
            };
            Ok(Identity { origin, chain: self.chain.unwrap_or(ChainKind::Clique) })
        })?;
        let folder = data.root().display();
        if self.chain.is_some_and(|chain| chain != identity.chain) {
            let made = identity.chain.consensus();
            bail!("{folder} was made with another chain ({made}); use another --data");
        }
        if self.origin.as_ref().is_some_and(|origin| *origin != identity.origin) {
            bail!("{folder} holds the log {}; use another --data", identity.origin);
        }
        Ok(identity)
    }

    async fn start(&self, data: &Data, identity: &Identity) -> Result<System> {
        keys::create(data, &identity.origin)?;
        let log_key = keys::log_key(data)?;
        let started = Instant::now();
        let postgres = Postgres::start(data).await?;
        let setup = eventstore::LogSetup {
            origin: identity.origin.clone(),
            epoch: i64::try_from(unix_now()).unwrap_or(i64::MAX),
            simulated_clock: self.simulated_clock.map(Timestamp::as_millis),
        };
        postgres.prepare(&setup).await?;
        println!("log       {} ({:.1} s)", log_key.origin(), started.elapsed().as_secs_f64());
        let folders = data.network()?;
        let (running, control) = match self.start_chain(identity.chain, &folders).await {
            Ok(chain) => chain,
            Err(error) => {
                postgres.stop().await;
                return Err(error);
            }
        };
        let started = self.start_services(data, identity, &postgres, running.chain()).await;
        match started {
            Ok((witnesses, services)) => {
                Ok(System { postgres, running, control, witnesses, services })
            }
            Err(error) => {
                drop(control);
                running.stop().await;
                postgres.stop().await;
                Err(error)
            }
        }
    }

    async fn start_chain(
        &self,
        kind: ChainKind,
        folders: &Folders,
    ) -> Result<(Arc<Running>, Control)> {
        let started = Instant::now();
        let description = match &self.network {
            Some(file) => read_description(file)?,
            None => local_description()?,
        };
        let places = Places::from_env();
        let running = Running::up(kind, &description, folders, &places, unix_now());
        let running = Arc::new(running.await.context("starting the chain")?);
        let chain = running.chain();
        let nobody = "development chain: nobody seals it, and every verdict says so".to_owned();
        let sealed_by = match kind {
            ChainKind::Clique => format!("Clique, {} signers", chain.signers.len()),
            ChainKind::Anvil => nobody,
        };
        let seconds = started.elapsed().as_secs_f64();
        println!("chain     {} {sealed_by} ({seconds:.1} s)", chain.rpc_url);
        let control = Control::open(Arc::clone(&running), folders)?;
        Ok((running, control))
    }

    async fn start_services(
        &self,
        data: &Data,
        identity: &Identity,
        postgres: &Postgres,
        chain: &Chain,
    ) -> Result<(Vec<LocalWitness>, Services)> {
        let contracts = deploy(data, chain, &identity.origin).await?;
        println!("contract  {}", contracts.report());
        let listen = self.address(data)?;
        let operator_socket = data.operator_socket()?;
        let witnesses = self.start_witnesses(data)?;
        let places: Vec<String> = witnesses.iter().map(|it| it.place.clone()).collect();
        let asked = self.witnesses.arguments(&places);
        let (contract, socket) = (contracts.address(), &operator_socket);
        let services = Services::start(data, postgres, chain, contract, listen, socket, &asked);
        if let Err(error) = services.ready(data, listen).await {
            services.stop().await;
            stop_witnesses(witnesses).await;
            return Err(error);
        }
        let mut pids = services.pids();
        pids.extend(witnesses.iter().filter_map(LocalWitness::pid));
        pids.insert("up".to_owned(), std::process::id());
        pids.extend(postgres.pid().map(|pid| ("postgres".to_owned(), pid)));
        let state = state(identity, postgres, chain, contracts, listen, operator_socket, pids);
        write_json(&data.state_file(), &state)?;
        println!("api       {}/graphql", state.api_url);
        println!(
            "          {0}/graphiql to try it, {0}/api-docs for REST, {0}/verificador.html to check proofs",
            state.api_url
        );
        Ok((witnesses, services))
    }

    fn start_witnesses(&self, data: &Data) -> Result<Vec<LocalWitness>> {
        let log_key = keys::log_key(data)?;
        let start = |number| LocalWitness::start(data, number, log_key.verifier());
        let witnesses: Vec<_> = (1..=self.local_witnesses).map(start).collect::<Result<_>>()?;
        if !witnesses.is_empty() {
            println!("witnesses {} on this machine, for trying out", witnesses.len());
        }
        Ok(witnesses)
    }

    /// The address given, the one of the last start if it is free, or a free one.
    fn address(&self, data: &Data) -> Result<SocketAddr> {
        if let Some(listen) = self.listen {
            return Ok(listen);
        }
        let file = data.run().join("api-port");
        let before = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
        let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let listener = before.and_then(|port| free(port).ok()).map_or_else(|| free(0), Ok);
        let address = listener.and_then(|listener| listener.local_addr());
        let address = address.context("looking for a free port on loopback")?;
        std::fs::write(&file, format!("{}\n", address.port())).context("writing the port down")?;
        Ok(address)
    }

    async fn until_the_end(&self, system: &System, signals: &mut Signals) -> Result<ExitCode> {
        let Some((program, arguments)) = self.then.split_first() else {
            println!("Ctrl-C stops everything.");
            tokio::select! {
                () = signals.stop() => {}
                () = system.control.down_requested() => {}
            }
            return Ok(ExitCode::SUCCESS);
        };
        let mut child = tokio::process::Command::new(program)
            .args(arguments)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", program.to_string_lossy()))?;
        tokio::select! {
            ended = child.wait() => {
                let code = ended.context("waiting for the command")?.code().unwrap_or(1);
                Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
            }
            () = signals.stop() => Ok(ExitCode::FAILURE),
            () = system.control.down_requested() => Ok(ExitCode::FAILURE),
        }
    }
}

impl System {
    async fn stop(self) {
        self.services.stop().await;
        stop_witnesses(self.witnesses).await;
        drop(self.control);
        self.running.stop().await;
        self.postgres.stop().await;
    }
}

async fn stop_witnesses(witnesses: Vec<LocalWitness>) {
    for witness in witnesses {
        witness.stop().await;
    }
}

/// The two signals that ask for an end.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("listening for signals");
        let interrupt = listen(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: listen(SignalKind::terminate())? })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn state(
    identity: &Identity,
    postgres: &Postgres,
    chain: &Chain,
    contracts: Contracts,
    listen: SocketAddr,
    operator_socket: PathBuf,
    pids: std::collections::BTreeMap<String, u32>,
) -> State {
    State {
        api_url: format!("http://{listen}"),
        operator_socket,
        rpc_url: chain.rpc_url.clone(),
        chain: chain.kind,
        chain_id: chain.chain_id,
        // A development chain is started with a block a second.
        block_period_seconds: chain.period_seconds.max(1),
        contract: contracts.address().to_owned(),
        contracts: contracts.listed,
        origin: identity.origin.clone(),
        database_url: postgres.service_url.clone(),
        owner_database_url: postgres.owner_url.clone(),
        network: chain.clone(),
        pids,
    }
}

fn parse_chain(text: &str) -> Result<ChainKind, String> {
    match text {
        "clique" => Ok(ChainKind::Clique),
        "anvil" => Ok(ChainKind::Anvil),
        _ => Err("clique or anvil".to_owned()),
    }
}

/// How long a service may take to answer for the first time.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(90);
