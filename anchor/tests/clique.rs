//! A real Clique network of three signers, and the auditor's verifier, which shares no code with this room.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

mod support;

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use anchor::reader::{BundleAnswer, Reader};
use anchor::{
    BatchRules, BatchState, ChainKey, Constructor, EthereumContract, Service, boundary,
    contract_of_log, deploy_or_reuse,
};
use eventstore::PgStore;
use support::sealed::{endpoint_of, policy, three_signers};
use support::serving::serve_log;
use support::{ORIGIN, append, log, log_key};
use verifier::log::{LogSource, verify_log};
use verifier::policy::Policy;
use verifier::verdict::Outcome;

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
async fn what_three_signers_anchored_the_auditor_accepts_offline_and_across_a_succession() {
    let (running, _scratch) = three_signers().await;
    let chain = running.chain().clone();
    let endpoint = endpoint_of(&chain);
    let key = ChainKey::from_file(&chain.anchor_key).unwrap();
    let constructor = Constructor::first(ORIGIN, key.address(), key.address());
    let deployed = deploy_or_reuse(&endpoint, &key, &constructor, None).await.unwrap();
    let again =
        deploy_or_reuse(&endpoint, &key, &constructor, Some(deployed.address)).await.unwrap();
    assert_eq!((again.address, again.gas_used), (deployed.address, 0));

    let (_database, store) = log().await;
    let contract =
        EthereumContract::connect(&endpoint, deployed.address, ORIGIN, key.clone()).await.unwrap();
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

    let first = contract_of_log(&endpoint, deployed.address, ORIGIN).await.unwrap();
    assert_verdicts(&reader, &policy(&chain, &[first]), &[0, 4, 5, 11], "anchored").await;
    // Ended before its successor starts: the lease is its connection's.
    service.abort();
    drop(service.await);

    let old =
        EthereumContract::connect(&endpoint, deployed.address, ORIGIN, key.clone()).await.unwrap();
    let start = boundary(store.pool(), &old).await.unwrap().unwrap();
    assert_eq!((start.size, start.left_out), (12, 0));
    let constructor = Constructor {
        predecessor: deployed.address,
        size: start.size,
        root: start.root,
        ..constructor
    };
    let successor = deploy_or_reuse(&endpoint, &key, &constructor, None).await.unwrap();
    let contract =
        EthereumContract::connect(&endpoint, successor.address, ORIGIN, key).await.unwrap();
    let service =
        Service::start(Arc::clone(&store), contract, store.pool(), log_key(), rules).await.unwrap();
    let service = tokio::spawn(service.run());
    append(&store, 3).await;
    confirmed(&reader, 14).await;
    let second = contract_of_log(&endpoint, successor.address, ORIGIN).await.unwrap();
    let both = policy(&chain, &[first, second]);
    assert_verdicts(&reader, &both, &[0, 11, 12, 14], "anchored").await;
    assert_verdicts(&reader, &policy(&chain, &[first]), &[12, 14], "refused").await;
    let api = serve_log(reader.clone()).await;
    let rpc = chain.rpc_url.clone();
    let replay = move || {
        let source = LogSource {
            api: &api,
            rpc: &rpc,
            patience: Duration::from_secs(5),
            threads: NonZero::<usize>::MIN,
        };
        verify_log(&source, &both, &mut |_, _| {}).unwrap()
    };
    let report = tokio::task::spawn_blocking(replay).await.unwrap();
    assert_eq!((report.outcome.word(), report.anchored), ("anchored", 15), "{report:?}");
    service.abort();
    running.stop().await;
}

async fn assert_verdicts(reader: &Reader<PgStore>, policy: &Policy, positions: &[u64], word: &str) {
    for position in positions {
        let BundleAnswer::Bundle(bytes) = reader.bundle_for(*position, &[]).await.unwrap() else {
            panic!("no bundle of {position}");
        };
        let report = verifier::verify_bundle(&bytes, policy);
        assert!(!matches!(report.outcome, Outcome::Anchored { late: true }), "{report:?}");
        assert_eq!(report.outcome.word(), word, "{report:?}");
    }
}
