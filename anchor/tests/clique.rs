//! A real Clique network of three signers, and the auditor's verifier, which shares no code with this room.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anchor::reader::{BundleAnswer, Reader};
use anchor::{
    BatchRules, BatchState, ChainKey, Consensus, Constructor, Deployed, Endpoint, EthereumContract,
    Service, deploy_or_reuse,
};
use eventstore::PgStore;
use merkle::hash::to_hex;
use network::{Chain, ChainKind, Description, Folders, Places, Running};
use serde_json::json;
use support::{ORIGIN, append, log, log_key};
use verifier::policy::Policy;
use verifier::verdict::Outcome;

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left behind in the temporary folder fails no test.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

async fn three_signers() -> (Running, Scratch) {
    let scratch = Scratch(std::env::temp_dir().join(format!("anchor-{}", uuid::Uuid::new_v4())));
    let folders = Folders::new(&scratch.0.join("network"), &scratch.0.join("keys")).unwrap();
    let text = include_str!("../../ops/network/local.toml");
    let description = Description { period_seconds: 1, ..Description::parse(text).unwrap() };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let running =
        Running::up(ChainKind::Clique, &description, &folders, &Places::from_env(), now).await;
    (running.unwrap(), scratch)
}

fn policy(chain: &Chain, deployed: &Deployed) -> Policy {
    let signers: Vec<_> = chain
        .signers
        .iter()
        .map(|signer| {
            json!({"address": to_hex(signer.address.as_slice()), "organisation": signer.organisation})
        })
        .collect();
    let text = json!({
        "v": "smart-tenders/policy@v1",
        "origin": ORIGIN,
        "logKey": log_key().verifier(),
        "witnessKeys": [], "witnessQuorum": 0, "receiptKey": null,
        "chain": {
            "consensus": "clique",
            "chainId": chain.chain_id.to_string(),
            "genesisHeader": to_hex(&chain.genesis_header),
            "period": chain.period_seconds.to_string(),
            "epoch": chain.epoch_blocks.to_string(),
            "signers": [{"fromBlock": "0", "toBlock": null, "signers": signers}],
        },
        "contracts": [{
            "address": to_hex(deployed.address.as_slice()),
            "codeHash": to_hex(deployed.code_hash.as_slice()),
            "fromSize": "0", "toSize": null,
        }],
        "maxDelaySeconds": "60", "toleranceSeconds": "5",
    });
    Policy::parse(&serde_json::to_vec(&text).unwrap()).unwrap()
}

async fn confirmed(reader: &Reader<PgStore>, position: u64) {
    let confirmation = async {
        loop {
            let batch = reader.batch_of(position).await.unwrap();
            if batch.is_some_and(|batch| batch.state == BatchState::Confirmed) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), confirmation).await.expect("confirmed in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_three_signers_anchored_the_auditor_accepts_offline() {
    let (running, _scratch) = three_signers().await;
    let chain = running.chain().clone();
    let endpoint = Endpoint {
        rpc_url: chain.rpc_url.parse().unwrap(),
        timeout: Duration::from_secs(10),
        consensus: Consensus::Clique,
    };
    let key = ChainKey::from_file(&chain.anchor_key).unwrap();
    let constructor = Constructor::first(ORIGIN, key.address(), key.address());
    let deployed = deploy_or_reuse(&endpoint, &key, &constructor, None).await.unwrap();
    let again =
        deploy_or_reuse(&endpoint, &key, &constructor, Some(deployed.address)).await.unwrap();
    assert_eq!((again.address, again.gas_used), (deployed.address, 0));

    let (_database, store) = log().await;
    let contract =
        EthereumContract::connect(&endpoint, deployed.address, ORIGIN, key).await.unwrap();
    let rules = BatchRules {
        batch_age_max: Duration::ZERO,
        poll_interval: Duration::from_millis(100),
        ..support::patient()
    };
    let service =
        Service::start(Arc::clone(&store), contract, store.pool(), log_key(), rules).await.unwrap();
    let service = tokio::spawn(service.run());
    let reader = Reader::new(store.pool().clone(), Arc::clone(&store));
    append(&store, 5).await;
    confirmed(&reader, 4).await;
    append(&store, 7).await;
    confirmed(&reader, 11).await;

    let policy = policy(&chain, &deployed);
    for position in [0, 4, 5, 11] {
        let BundleAnswer::Bundle(bytes) = reader.bundle_for(position, &[]).await.unwrap() else {
            panic!("no bundle of {position}");
        };
        let report = verifier::verify_bundle(&bytes, &policy);
        assert!(matches!(report.outcome, Outcome::Anchored { late: false }), "{report:?}");
    }
    service.abort();
    running.stop().await;
}
