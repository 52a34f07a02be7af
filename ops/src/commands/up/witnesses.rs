//! Witnesses on this machine, for trying out: programs of another party, each in a folder of its own.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use network::{ProcessSpec, Supervised};

use super::services::this_program;
use crate::data::Data;

/// A witness of this machine, started again when it dies.
pub struct LocalWitness {
    process: Supervised,
    /// `URL=VKEY`.
    pub place: String,
}

impl LocalWitness {
    /// Starts the witness number `number` of the log with this verifier key; the first time it makes its key.
    pub fn start(data: &Data, number: usize, log_key: &str) -> Result<Self> {
        let program = this_program().with_file_name("witness");
        if !program.is_file() {
            bail!("{} is missing: build it with `cargo build -p witness`", program.display());
        }
        let folder = data.root().join("witnesses").join(number.to_string());
        let name = format!("local/witness-{number}");
        let key = if folder.join("witness.key").exists() {
            run(&program, &["key"], &folder)?
        } else {
            run(&program, &["init", "--name", &name], &folder)?
        };
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .context("looking for a free port on loopback")?;
        let name = format!("witness-{number}");
        let mut args = vec!["serve".into(), "--data".into(), folder.into_os_string()];
        args.extend(["--listen", &address.to_string(), "--log", log_key].map(Into::into));
        let log = Some(data.log().join(format!("{name}.log")));
        let process = Supervised::start(ProcessSpec { name, program, args, env: Vec::new(), log });
        Ok(Self { process, place: format!("http://{address}={key}") })
    }

    pub fn pid(&self) -> Option<(String, u32)> {
        Some((self.process.name().to_owned(), self.process.status().pid?))
    }

    pub async fn stop(self) {
        self.process.request_stop();
        self.process.stop().await;
    }
}

/// What a command of the witness prints: its verifier key.
fn run(program: &PathBuf, arguments: &[&str], folder: &Path) -> Result<String> {
    let output = Command::new(program).args(arguments).arg("--data").arg(folder).output();
    let output = output.with_context(|| format!("starting {}", program.display()))?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end().to_owned());
    }
    let key = String::from_utf8(output.stdout).context("reading the key of a witness")?;
    Ok(key.trim_end().to_owned())
}
