//! The two services: processes of this same program, started again when they die.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use network::{Chain, ProcessSpec, Supervised};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::READY_WITHIN;
use crate::data::Data;
use crate::postgres::Postgres;

/// So many restarts before it was ever ready mean that waiting does not help.
const RESTARTS_MAX: u32 = 4;

/// `serve` and `anchor`.
pub struct Services {
    serve: Supervised,
    anchor: Supervised,
}

impl Services {
    pub fn start(
        data: &Data,
        postgres: &Postgres,
        chain: &Chain,
        contract: &str,
        listen: SocketAddr,
        operator_socket: &Path,
        witnesses: &[OsString],
    ) -> Self {
        let program = this_program();
        let start = |name: &str, rest: Vec<OsString>| {
            let mut args: Vec<OsString> = vec!["--data".into(), data.root().into(), name.into()];
            args.extend(rest);
            Supervised::start(ProcessSpec {
                name: name.to_owned(),
                program: program.clone(),
                args,
                env: vec![("DATABASE_URL".into(), postgres.service_url.clone().into())],
                log: Some(data.log().join(format!("{name}.log"))),
            })
        };
        let serve = vec![
            "--listen".into(),
            listen.to_string().into(),
            "--operator-socket".into(),
            operator_socket.into(),
        ];
        let mut anchor: Vec<OsString> = vec![
            "--rpc-url".into(),
            chain.rpc_url.clone().into(),
            "--contract".into(),
            contract.into(),
            "--consensus".into(),
            chain.kind.consensus().into(),
        ];
        anchor.extend_from_slice(witnesses);
        Self { serve: start("serve", serve), anchor: start("anchor", anchor) }
    }

    /// Waits until the API answers and the anchor runs.
    pub async fn ready(&self, data: &Data, listen: SocketAddr) -> Result<()> {
        let started = Instant::now();
        while !is_ready(listen).await || self.anchor.status().pid.is_none() {
            for service in [&self.serve, &self.anchor] {
                let log = data.log().join(format!("{}.log", service.name()));
                if service.status().restarts >= RESTARTS_MAX || started.elapsed() > READY_WITHIN {
                    bail!("{} does not get ready; see {}", service.name(), log.display());
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    pub fn pids(&self) -> BTreeMap<String, u32> {
        [&self.serve, &self.anchor]
            .into_iter()
            .filter_map(|service| Some((service.name().to_owned(), service.status().pid?)))
            .collect()
    }

    pub async fn stop(self) {
        self.serve.request_stop();
        self.anchor.request_stop();
        self.serve.stop().await;
        self.anchor.stop().await;
    }
}

/// This program by its path, or, when another build took its place on the disk, as the running one.
pub fn this_program() -> PathBuf {
    let path = std::env::current_exe().ok().filter(|path| path.is_file());
    path.unwrap_or_else(|| format!("/proc/{}/exe", std::process::id()).into())
}

/// Whether `GET /readyz` answers 200.
async fn is_ready(listen: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(listen).await?;
        let request =
            format!("GET /readyz HTTP/1.1\r\nhost: {listen}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    match tokio::time::timeout(Duration::from_secs(5), ask).await {
        Ok(Ok(answer)) => answer.starts_with(b"HTTP/1.1 200"),
        _ => false,
    }
}
