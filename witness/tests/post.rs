//! Cosignatures on a real chain node, as an auditor reads them there.

#![cfg(feature = "chain")]
#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use alloy::primitives::Address;
use alloy::providers::ProviderBuilder;
use alloy::transports::http::reqwest::Client;
use support::{Log, NOW, ORIGIN, Place};
use verifier::encoding::base64_standard;
use verifier::merkle::sha256;
use verifier::note::verify_checkpoint;
use witness::chain::Cosignatures;
use witness::{AddCheckpoint, WitnessKey, key_file};

/// The first account of anvil, known to everybody.
const WALLET: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const ACCOUNT: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

struct Anvil {
    child: Child,
    url: String,
}

impl Anvil {
    fn start() -> Self {
        let npm = "../contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil";
        let program = std::env::var_os("ANVIL_BIN").map_or_else(|| npm.into(), PathBuf::from);
        let mut child = Command::new(program)
            .args(["--port", "0", "--hardfork", "london", "--gas-limit", "4700000"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("anvil: npm ci --ignore-scripts in contracts/, or ANVIL_BIN");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = lines.find_map(|line| line.strip_prefix("Listening on ").map(str::to_owned));
        // Read on, so that anvil never waits for somebody to read.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: format!("http://{}", address.expect("it says where it listens")) }
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn post(place: &Place, log: &Log, anvil: &Anvil, contract: Option<Address>) -> Output {
    let wallet = place.0.join("wallet");
    std::fs::write(&wallet, WALLET).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_witness"));
    command.args(["post", "--log", &log.verifier_text(), "--rpc", &anvil.url]);
    command.arg("--data").arg(&place.0).arg("--key-file").arg(wallet);
    if let Some(contract) = contract {
        command.args(["--contract", &contract.to_string()]);
    }
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_on_the_chain_is_the_cosignature_that_an_auditor_verifies() {
    let (anvil, place, log) = (Anvil::start(), Place::new(), Log::new("a", 20));
    let ledger = place.open();
    ledger.add(&log.request(0, 9), NOW).unwrap();
    // While the witness holds its folder.
    let first = post(&place, &log, &anvil, None);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let says = String::from_utf8(first.stdout).unwrap();
    let contract: Address =
        says.lines().find_map(|line| line.strip_prefix("contract ")).unwrap().parse().unwrap();
    ledger.add(&log.request(9, 20), NOW + 7).unwrap();
    assert!(post(&place, &log, &anvil, Some(contract)).status.success());

    let client = Client::builder().no_proxy().build().unwrap();
    let provider = ProviderBuilder::new().connect_reqwest(client, anvil.url.parse().unwrap());
    let contract = Cosignatures::new(contract, provider);
    let account: Address = ACCOUNT.parse().unwrap();
    let origin_hash = sha256(ORIGIN.as_bytes());
    let latest = contract.latest(account, origin_hash.into()).call().await.unwrap();
    assert_eq!((latest.size, latest.root.0), (20, support::root(&log.leaves)));

    let key = WitnessKey::read(&key_file(&place.0)).unwrap();
    let id: Vec<u8> =
        verifier::encoding::unhex(&format!("0x{}", key.verifier_text().split('+').nth(1).unwrap()))
            .unwrap();
    let events = contract.Cosigned_filter().from_block(0).query().await.unwrap();
    assert_eq!(events.len(), 2);
    for ((event, _), size) in events.iter().zip([9, 20]) {
        assert_eq!((event.originHash.0, event.witness, event.size), (origin_hash, account, size));
        let signed = [&id[..], &event.timestamp.to_be_bytes(), &event.signature].concat();
        let line = format!("\u{2014} {} {}\n", key.verifier().name(), base64_standard(&signed));
        let note = format!("{}{line}", log.note(size));
        let verified = verify_checkpoint(&note, &log.verifier(), &[key.verifier().clone()], 1);
        let verified = verified.unwrap();
        assert_eq!((verified.root, verified.witnesses), (event.root.0, 1));
    }

    // A witness that was set back, or whose key signed another history elsewhere, is refused by the chain.
    for (history, size) in [(Log::new("a", 20), 12), (log.rewritten(3, 20), 20)] {
        let other = Place::new();
        std::fs::copy(key_file(&place.0), key_file(&other.0)).unwrap();
        let request = AddCheckpoint { note: history.note(size), ..history.request(0, size) };
        other.open().add(&request, NOW).unwrap();
        let refused = post(&other, &log, &anvil, Some(*contract.address()));
        assert_eq!(refused.status.code(), Some(1));
    }
    let events = contract.Cosigned_filter().from_block(0).query().await.unwrap();
    assert_eq!(events.len(), 2);
}
