//! A13: the anchorer's key is stolen. The service stops at the first batch that is not ours; a successor starts at
//! the last honest boundary, takes over what was cut and signed, and auditors check across both contracts.

use std::sync::Arc;
use std::time::Duration;

use anchor::reader::{BundleAnswer, Reader};
use anchor::{
    AnchorError, Boundary, Constructor, ContractOfLog, EthereumContract, MemoryError, Service,
    Step, boundary, contract_of_log, deploy_or_reuse,
};
use eventstore::PgStore;
use merkle::hash::to_hex;
use serde_json::json;
use verifier::log::{LogSource, verify_log};
use verifier::policy::Policy;
use verifier::verdict::Outcome;

use crate::refused;
use crate::support::backup::restored;
use crate::support::sealed::policy_of;
use crate::support::serving::serve_log;
use crate::support::{
    ORIGIN, Rig, TestService, append, chain_key, endpoint, log_key, other_key, owner_key,
    while_mining,
};

/// Batches 0 and 1 are ours; 2 is cut, signed and sent, but a thief's is mined in its place.
async fn robbed(rig: &Rig) -> TestService {
    let mut service = rig.service().await;
    rig.anchor_batch(&mut service, 3).await;
    rig.anchor_batch(&mut service, 4).await;
    let (_theirs, stolen) = restored(&rig.database, 7, 2).await;
    append(&rig.store, 5).await;
    service.flush_handle().flush();
    while service.step().await.unwrap() != (Step::Signed { index: 2 }) {}
    append(&stolen, 2).await;
    let mut thief =
        rig.service_over(&rig.anvil.url, &stolen, Duration::from_secs(5)).await.unwrap();
    thief.flush_handle().flush();
    rig.until(&mut thief, |step| step == Step::Confirmed { index: 2 }).await;
    let error = service.step().await.unwrap_err();
    assert!(matches!(error, AnchorError::OtherLog { batch: 2 }), "{error}");
    assert!(error.to_string().contains("contract succeed"), "{error}");
    service
}

/// Deploys a successor that starts at `start` and is anchored in by another key.
async fn successor(rig: &Rig, start: &Boundary) -> ContractOfLog {
    let constructor = Constructor {
        predecessor: rig.contract(),
        size: start.size,
        root: start.root,
        ..Constructor::first(ORIGIN, owner_key().address(), other_key().address())
    };
    let here = endpoint(&rig.anvil.url);
    let owner = owner_key();
    let deploying = deploy_or_reuse(&here, &owner, &constructor, None);
    let deployed = while_mining(&rig.anvil, deploying).await.unwrap();
    contract_of_log(&here, deployed.address, ORIGIN).await.unwrap()
}

async fn service_of(rig: &Rig, contract: &ContractOfLog) -> Result<TestService, AnchorError> {
    let here = endpoint(&rig.anvil.url);
    let contract = EthereumContract::connect(&here, contract.address, ORIGIN, other_key()).await?;
    Service::start(Arc::clone(&rig.store), contract, rig.store.pool(), log_key(), rig.rules).await
}

/// Both contracts, each with its part of the log.
async fn policy(rig: &Rig, contracts: &[ContractOfLog]) -> Policy {
    let genesis = rig.anvil.call("eth_getBlockByNumber", json!(["0x0", false])).await;
    let chain_id = rig.anvil.call("eth_chainId", json!([])).await;
    let chain = json!({
        "consensus": "dev",
        "chainId": crate::support::chain::quantity(&chain_id).to_string(),
        "genesisHeader": to_hex(&network::header_rlp(&genesis).unwrap()),
        "period": "0", "epoch": "0", "signers": [],
    });
    policy_of(&chain, contracts, 600)
}

async fn verdicts(reader: &Reader<PgStore>, policy: &Policy, positions: &[u64]) -> Vec<String> {
    let mut words = Vec::new();
    for position in positions {
        let BundleAnswer::Bundle(bytes) = reader.bundle_for(*position, &[]).await.unwrap() else {
            panic!("no bundle of {position}");
        };
        words.push(verifier::verify_bundle(&bytes, policy).outcome.word().to_owned());
    }
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn a_successor_goes_on_at_the_last_honest_boundary_and_both_contracts_verify() {
    let rig = Rig::new().await;
    let service = robbed(&rig).await;
    let pending = rig.reader().batch_of(7).await.unwrap().unwrap();
    let old = rig.contract_with(chain_key()).await;
    let start = boundary(rig.store.pool(), &old).await.unwrap().unwrap();
    let honest = rig.reader().batch_of(3).await.unwrap().unwrap();
    assert_eq!(start, Boundary { size: 7, root: honest.log_root, left_out: 1 });
    drop(service);
    // Without a successor there is no way on.
    let error = refused(rig.try_service().await);
    assert!(matches!(error, AnchorError::OtherLog { batch: 2 }), "{error}");

    let new = successor(&rig, &start).await;
    assert_eq!((new.predecessor, new.start_size), (rig.contract(), 7));
    let mut service = service_of(&rig, &new).await.unwrap();
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert!(!steps.iter().any(|step| matches!(step, Step::Closed { .. })), "{steps:?}");
    let taken_over = rig.reader().batch_of(7).await.unwrap().unwrap();
    assert_eq!(taken_over.checkpoint, pending.checkpoint, "signed a second time");
    assert_eq!((taken_over.index, taken_over.contract), (0, new.address.into_array()));
    append(&rig.store, 2).await;
    service.flush_handle().flush();
    rig.until(&mut service, |step| step == Step::Confirmed { index: 1 }).await;
    drop(service);
    // Started with the old address by mistake it does not anchor next to its successor.
    let error = refused(rig.try_service().await);
    assert!(matches!(error, AnchorError::Memory(MemoryError::Succeeded)), "{error}");

    let first = contract_of_log(&endpoint(&rig.anvil.url), rig.contract(), ORIGIN).await.unwrap();
    let both = policy(&rig, &[first, new]).await;
    let positions = [0, 2, 3, 6, 7, 11, 12, 13];
    let words = verdicts(&rig.reader(), &both, &positions).await;
    assert_eq!(words, ["unsealed"; 8]);
    // Whoever was not told of the succession does not take the successor for the contract.
    let one = policy(&rig, &[first]).await;
    let words = verdicts(&rig.reader(), &one, &[6, 7]).await;
    assert_eq!(words, ["unsealed", "refused"]);

    let api = serve_log(rig.reader()).await;
    let rpc = rig.anvil.url.clone();
    let report = tokio::task::spawn_blocking(move || {
        let source = LogSource {
            api: &api,
            rpc: &rpc,
            patience: Duration::from_secs(5),
            threads: std::num::NonZero::<usize>::MIN,
        };
        (
            verify_log(&source, &both, &mut |_, _| {}).unwrap(),
            verify_log(&source, &one, &mut |_, _| {}).unwrap(),
        )
    });
    let (across, blind) = report.await.unwrap();
    assert!(matches!(across.outcome, Outcome::Unsealed { .. }), "{across:?}");
    assert_eq!((across.batches, across.anchored, across.ignored), (4, 14, 1));
    // The thief's batch is part of the contract, so a policy without an end for it names it.
    assert!(matches!(blind.outcome, Outcome::Refused(_)), "{blind:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_successor_is_refused_where_no_batch_ends() {
    let rig = Rig::new().await;
    drop(robbed(&rig).await);
    let old = rig.contract_with(chain_key()).await;
    let start = boundary(rig.store.pool(), &old).await.unwrap().unwrap();
    let elsewhere = successor(&rig, &Boundary { size: 5, ..start }).await;
    let error = refused(service_of(&rig, &elsewhere).await);
    let inside = matches!(error, AnchorError::Memory(MemoryError::NoBoundary { start_size: 5 }));
    assert!(inside, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_successor_with_another_root_than_the_logs_is_refused() {
    let rig = Rig::new().await;
    drop(robbed(&rig).await);
    let old = rig.contract_with(chain_key()).await;
    let start = boundary(rig.store.pool(), &old).await.unwrap().unwrap();
    let other = successor(&rig, &Boundary { root: [9; 32], ..start }).await;
    let error = refused(service_of(&rig, &other).await);
    assert!(matches!(error, AnchorError::OtherLog { batch: 0 }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_successor_that_is_robbed_of_its_first_batch_is_succeeded_at_the_same_size() {
    let rig = Rig::new().await;
    drop(robbed(&rig).await);
    let old = rig.contract_with(chain_key()).await;
    let start = boundary(rig.store.pool(), &old).await.unwrap().unwrap();
    let middle = successor(&rig, &start).await;
    drop(service_of(&rig, &middle).await.unwrap());
    let last = successor(&rig, &start).await;
    let mut service = service_of(&rig, &last).await.unwrap();
    rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    drop(service);
    let error = refused(service_of(&rig, &middle).await);
    assert!(matches!(error, AnchorError::Memory(MemoryError::Succeeded)), "{error}");
    let recorded = anchor::reader::recorded_contract(rig.store.pool()).await.unwrap();
    assert_eq!(recorded, Some(last.address.into_array()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_batch_that_a_rewind_and_a_thief_took_away_is_anchored_again_by_the_successor()
{
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    rig.anchor_batch(&mut service, 3).await;
    let snapshot = rig.anvil.snapshot().await;
    rig.anchor_batch(&mut service, 4).await;
    let before = rig.reader().batch_of(3).await.unwrap().unwrap();
    drop(service);
    rig.anvil.revert(snapshot).await;
    let _theirs = rig.anchor_as_thief().await;

    // The memory says that batch 1 is confirmed, and the contract has another.
    let old = rig.contract_with(chain_key()).await;
    let start = boundary(rig.store.pool(), &old).await.unwrap().unwrap();
    assert_eq!((start.size, start.left_out), (3, 1));
    let new = successor(&rig, &start).await;
    let mut service = service_of(&rig, &new).await.unwrap();
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert!(!steps.iter().any(|step| matches!(step, Step::Closed { .. })), "{steps:?}");
    let after = rig.reader().batch_of(3).await.unwrap().unwrap();
    assert_eq!((before.checkpoint, before.log_root), (after.checkpoint, after.log_root));
    assert_eq!(after.contract, new.address.into_array());
}
