//! A real Clique network of three signers, and what an auditor would trust of it.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anchor::{Consensus, ContractOfLog, Endpoint};
use merkle::hash::to_hex;
use network::{Chain, ChainKind, Description, Folders, Places, Running};
use serde_json::{Value, json};
use verifier::policy::Policy;

use super::{ORIGIN, log_key};

/// A folder that goes away with the test, but for a failing one, whose logs tell why.
pub struct Scratch(pub PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // What is left behind in the temporary folder fails no test.
            drop(std::fs::remove_dir_all(&self.0));
        }
    }
}

impl Scratch {
    pub fn folders(&self) -> Folders {
        Folders::new(&self.0.join("network"), &self.0.join("keys")).unwrap()
    }
}

/// Three signers and an archive node, a block a second.
pub async fn three_signers() -> (Running, Scratch) {
    let scratch = Scratch(std::env::temp_dir().join(format!("anchor-{}", uuid::Uuid::new_v4())));
    let text = include_str!("../../../ops/network/local.toml");
    let description = Description { period_seconds: 1, ..Description::parse(text).unwrap() };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let (folders, places) = (scratch.folders(), Places::from_env());
    let running = Running::up(ChainKind::Clique, &description, &folders, &places, now).await;
    (running.unwrap(), scratch)
}

pub fn endpoint_of(chain: &Chain) -> Endpoint {
    Endpoint {
        rpc_url: chain.rpc_url.parse().unwrap(),
        timeout: Duration::from_secs(10),
        consensus: Consensus::Clique,
    }
}

/// Every contract up to where the next one starts.
fn listed(contracts: &[ContractOfLog]) -> Vec<Value> {
    let ends = contracts.iter().skip(1).map(|next| json!(next.start_size.to_string()));
    contracts
        .iter()
        .zip(ends.chain([Value::Null]))
        .map(|(contract, end)| {
            json!({
                "address": to_hex(contract.address.as_slice()),
                "codeHash": to_hex(contract.code_hash.as_slice()),
                "fromSize": contract.start_size.to_string(), "toSize": end,
            })
        })
        .collect()
}

pub fn policy(chain: &Chain, contracts: &[ContractOfLog]) -> Policy {
    let signers: Vec<_> = chain
        .signers
        .iter()
        .map(|signer| {
            json!({"address": to_hex(signer.address.as_slice()), "organisation": signer.organisation})
        })
        .collect();
    let chain = json!({
        "consensus": "clique",
        "chainId": chain.chain_id.to_string(),
        "genesisHeader": to_hex(&chain.genesis_header),
        "period": chain.period_seconds.to_string(),
        "epoch": chain.epoch_blocks.to_string(),
        "signers": [{"fromBlock": "0", "toBlock": null, "signers": signers}],
    });
    policy_of(&chain, contracts, 60)
}

/// A policy of the rig's log in a chain, as a policy describes it, and of how late it may be anchored.
pub fn policy_of(chain: &Value, contracts: &[ContractOfLog], max_delay_s: u64) -> Policy {
    let text = json!({
        "v": "smart-tenders/policy@v1",
        "origin": ORIGIN,
        "logKey": log_key().verifier(),
        "witnessKeys": [], "witnessQuorum": 0, "receiptKey": null,
        "chain": chain,
        "contracts": listed(contracts),
        "maxDelaySeconds": max_delay_s.to_string(), "toleranceSeconds": "5",
    });
    Policy::parse(&serde_json::to_vec(&text).unwrap()).unwrap()
}
