//! anvil, a development chain, which mines only when told to.

use std::path::PathBuf;
use std::process::Stdio;

use alloy::rpc::client::RpcClient;
use alloy::transports::http::reqwest;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Ends with the test.
pub struct Anvil {
    _process: Child,
    pub url: String,
    client: RpcClient,
}

fn program() -> PathBuf {
    std::env::var_os("ANVIL_BIN").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
            ))
        },
        PathBuf::from,
    )
}

impl Anvil {
    pub async fn start() -> Self {
        let mut process = Command::new(program())
            .args(["--port", "0", "--hardfork", "london", "--gas-limit", "4700000", "--no-mining"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("anvil: npm ci --ignore-scripts in contracts/, or ANVIL_BIN");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("anvil says where it listens");
            if let Some(address) = line.strip_prefix("Listening on ") {
                break address.to_owned();
            }
        };
        // Read on, so that anvil never waits for somebody to read.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let url = format!("http://{address}");
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let client = RpcClient::new_http_with_client(http, url.parse().unwrap());
        Self { _process: process, url, client }
    }

    pub async fn call(&self, method: &'static str, params: Value) -> Value {
        self.client.request(method, params).await.unwrap()
    }

    pub async fn mine(&self, blocks: u64) {
        self.call("anvil_mine", json!([format!("{blocks:#x}")])).await;
    }

    pub async fn snapshot(&self) -> Value {
        self.call("evm_snapshot", json!([])).await
    }

    pub async fn revert(&self, snapshot: Value) {
        self.call("evm_revert", json!([snapshot])).await;
    }

    /// Mined chain transactions of an account.
    pub async fn nonce(&self, account: impl std::fmt::Display) -> u64 {
        let nonce =
            self.call("eth_getTransactionCount", json!([account.to_string(), "latest"])).await;
        quantity(&nonce)
    }
}

pub fn quantity(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}
