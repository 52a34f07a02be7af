//! The command `witness`: for another party than the one that runs the log.

use std::future::Future;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use tracing::{error, info, warn};
use verifier::note::NoteKey;
use witness::follow::{FollowError, follow};
use witness::server::{router, unix_now};
use witness::{Evidence, Ledger, Refusal, WitnessKey, key_file, log_key};

/// More bytes than any evidence has.
const EVIDENCE_READ_MAX: u64 = 1024 * 1024;

const AFTER_HELP: &str = "\
Exit codes: 0 done · 1 not done; with `evidence`, the log is convicted · 2 wrong usage, or a file that is none ·
            3 with `evidence`, undecided

Example: become a witness of a log
  witness init --data /var/lib/witness --name witness.example/w1
  witness serve --data /var/lib/witness --listen 127.0.0.1:8080 --log 'tenders.example/log+1b2c3d4e+AQ…'
Give the printed key and the address to whoever runs the log, and the key to every auditor.";

/// Cosigns the checkpoints of a log, each only after it saw that it extends the last one.
#[derive(Parser)]
#[command(name = "witness", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a key in a new folder, and print what logs and policies list of it.
    Init {
        /// Folder of the witness; made if it is missing. Back it up: without it nothing may be cosigned any more.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Name of the witness: a schema-less URL of yours, such as witness.example/w1.
        #[arg(long)]
        name: String,
    },
    /// Print the verifier key.
    Key {
        /// Folder of the witness.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
    /// Take checkpoints over HTTP (C2SP tlog-witness) until Ctrl-C.
    Serve {
        #[command(flatten)]
        folder: Folder,
        /// Address to listen on; port 0 takes a free one. Put a proxy with TLS in front of it.
        #[arg(long, value_name = "ADDRESS")]
        listen: SocketAddr,
    },
    /// Fetch the checkpoint of a log that sends none, check it with the log's own tiles, cosign and keep it.
    Follow {
        #[command(flatten)]
        folder: Folder,
        /// Where the log is served; <URL>/log/checkpoint exists.
        #[arg(long, value_name = "URL")]
        api: String,
        /// Wait between two looks, in seconds. Default: look once.
        #[arg(long, value_name = "SECONDS")]
        every: Option<u64>,
    },
    /// Post the last cosignature of a log to the contract `Cosignatures`, from a wallet of your own.
    #[cfg(feature = "chain")]
    Post {
        /// Folder of the witness; it may be serving.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Verifier key of the log.
        #[arg(long, value_name = "VKEY", value_parser = log_key)]
        log: NoteKey,
        /// JSON-RPC over HTTP of a chain node of yours.
        #[arg(long, value_name = "URL")]
        rpc: alloy::transports::http::reqwest::Url,
        /// File with the wallet's private key in hexadecimal.
        #[arg(long, value_name = "FILE")]
        key_file: PathBuf,
        /// Address of the contract. Default: deploy one that anybody may post to, and print its address.
        #[arg(long, value_name = "ADDRESS")]
        contract: Option<alloy::primitives::Address>,
    },
    /// Say what a file of evidence shows, offline.
    Evidence {
        /// A file that a witness kept.
        file: PathBuf,
        /// Verifier key of the log, from somewhere you trust, not from the file.
        #[arg(long, value_name = "VKEY", value_parser = log_key)]
        log: NoteKey,
    },
}

#[derive(clap::Args)]
struct Folder {
    /// Folder of the witness, as `init` made it.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Verifier key of a log, `<origin>+<id>+<base64>`; may be given several times.
    #[arg(long = "log", value_name = "VKEY", required = true, value_parser = log_key)]
    logs: Vec<NoteKey>,
}

impl Folder {
    fn open(&self) -> Result<Ledger> {
        Ledger::open(&self.data, self.logs.clone())
            .with_context(|| format!("opening the witness in {}", self.data.display()))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).init();
    match run(arguments.command).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("witness: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<u8> {
    match command {
        Command::Init { data, name } => init(&data, &name)?,
        Command::Key { data } => {
            println!("{}", WitnessKey::read(&key_file(&data))?.verifier_text());
        }
        Command::Serve { folder, listen } => serve(folder.open()?, listen).await?,
        Command::Follow { folder, api, every } => {
            let ledger = folder.open()?;
            let every = every.map(Duration::from_secs);
            tokio::task::spawn_blocking(move || follow_log(&ledger, &api, every)).await??;
        }
        #[cfg(feature = "chain")]
        Command::Post { data, log, rpc, key_file, contract } => {
            let own = WitnessKey::read(&witness::key_file(&data))?;
            let posted = witness::chain::Posted::latest(&data, &own, &log)?;
            let wallet = witness::chain::Wallet::open(&key_file, rpc)?;
            let contract = match contract {
                Some(contract) => contract,
                None => wallet.deploy().await?,
            };
            let chain_tx = wallet.post(contract, &posted).await?;
            println!("contract {contract:#x}\nposted size {} in {chain_tx}", posted.size);
        }
        Command::Evidence { file, log } => return Ok(judge(&file, &log)),
    }
    Ok(0)
}

fn init(data: &Path, name: &str) -> Result<()> {
    std::fs::create_dir_all(data).with_context(|| format!("making {}", data.display()))?;
    let key = WitnessKey::create(&key_file(data), name)?;
    println!("{}", key.verifier_text());
    Ok(())
}

async fn serve(ledger: Ledger, listen: SocketAddr) -> Result<()> {
    let end = end_of_process()?;
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .with_context(|| format!("listening on {listen}"))?;
    for origin in ledger.origins() {
        info!(log.origin = %origin, "a witness of this log");
    }
    println!("key       {}", ledger.key().verifier_text());
    println!("listening http://{}", listener.local_addr().context("finding the address")?);
    axum::serve(listener, router(ledger)).with_graceful_shutdown(end).await.context("serving")
}

fn end_of_process() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for signals")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

fn follow_log(ledger: &Ledger, api: &str, every: Option<Duration>) -> Result<()> {
    loop {
        let outcome = follow(ledger, api, unix_now());
        match &outcome {
            Ok(cosigned) => {
                info!(log.origin = %cosigned.origin, log.size = cosigned.size, "cosigned a checkpoint");
            }
            Err(FollowError::Refused(Refusal::SplitView { .. } | Refusal::NotExtended(_))) => {
                error!("the log is not what it was");
            }
            Err(cause) => warn!(error = cause as &dyn std::error::Error, "nothing was cosigned"),
        }
        match (every, outcome) {
            (Some(every), _) => std::thread::sleep(every),
            (None, outcome) => {
                let cosigned = outcome.context("following the log")?;
                let Some((_, note)) = ledger.latest(&cosigned.origin)? else {
                    bail!("the cosigned checkpoint went away")
                };
                print!("{note}");
                return Ok(());
            }
        }
    }
}

/// The exit code; nothing that cannot be read convicts anybody.
fn judge(file: &Path, key: &NoteKey) -> u8 {
    let read = || -> Result<Evidence> {
        let opened = std::fs::File::open(file).context("reading it")?;
        let mut bytes = Vec::new();
        opened.take(EVIDENCE_READ_MAX).read_to_end(&mut bytes).context("reading it")?;
        Ok(Evidence::parse(&bytes)?)
    };
    match read() {
        Ok(evidence) => {
            let judgement = evidence.judge(key);
            println!("{judgement}");
            judgement.exit_code()
        }
        Err(error) => {
            eprintln!("witness: {} is no evidence: {error:#}", file.display());
            2
        }
    }
}
