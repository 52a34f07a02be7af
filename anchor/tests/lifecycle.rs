//! The way of a batch, with a crash between any two steps.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

mod support;

use std::time::Duration;

use anchor::reader::BundleAnswer;
use anchor::{BatchRules, BatchState, Step};
use merkle::hash::to_hex;
use serde_json::{Value, json};
use support::{Rig, append, chain_key};

async fn bundle(rig: &Rig, position: u64) -> Value {
    match rig.reader().bundle_for(position, &[]).await.unwrap() {
        BundleAnswer::Bundle(bytes) => serde_json::from_slice(&bytes).unwrap(),
        waiting => panic!("no bundle of {position}: {waiting:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_from_pending_over_submitted_and_mined_to_confirmed() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    append(&rig.store, 3).await;
    assert_eq!(service.step().await.unwrap(), Step::Idle);
    assert_eq!(rig.reader().bundle_for(0, &[]).await.unwrap(), BundleAnswer::NotYetBatched);
    service.flush_handle().flush();
    for (step, state) in [
        (Step::Closed { index: 0 }, BatchState::Pending),
        (Step::Signed { index: 0 }, BatchState::Submitted),
        (Step::Sent { index: 0 }, BatchState::Submitted),
    ] {
        assert_eq!(service.step().await.unwrap(), step);
        assert_eq!(rig.reader().batch_of(2).await.unwrap().unwrap().state, state);
    }
    assert_eq!(service.step().await.unwrap(), Step::Idle);
    rig.anvil.mine(1).await;
    assert_eq!(service.step().await.unwrap(), Step::Mined { index: 0 });
    assert_eq!(service.step().await.unwrap(), Step::Idle, "its own block is not enough");
    assert_eq!(bundle(&rig, 1).await["anchor"], Value::Null);
    rig.anvil.mine(1).await;
    assert_eq!(service.step().await.unwrap(), Step::Confirmed { index: 0 });
    assert_eq!(service.step().await.unwrap(), Step::Idle);
    let shown = bundle(&rig, 1).await;
    assert_eq!(shown["anchor"]["consensus"], "dev");
    assert_eq!(shown["anchor"]["headers"].as_array().unwrap().len(), 2);
    assert_eq!(shown["anchor"]["contract"], to_hex(rig.contract().as_slice()));
    assert_eq!(rig.reader().batch_of(0).await.unwrap().unwrap().state, BatchState::Confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_deadline_closes_a_batch_at_once() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    append(&rig.store, 3).await;
    assert_eq!(service.step().await.unwrap(), Step::Idle);
    support::append_of(&rig.store, "ReceiptClosed", 1).await;
    assert_eq!(service.step().await.unwrap(), Step::Closed { index: 0 });
    assert_eq!(rig.reader().batch_of(3).await.unwrap().unwrap().count, 4);
    append(&rig.store, 1).await;
    for _ in 0..10 {
        assert_ne!(service.step().await.unwrap(), Step::Closed { index: 1 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_after_any_step_loses_nothing_and_sends_nothing_twice() {
    let rig = Rig::new().await;
    let before = rig.anvil.nonce(chain_key().address()).await;
    for batch in 0..2 {
        append(&rig.store, 5).await;
        let mut service = rig.service().await;
        service.flush_handle().flush();
        assert_eq!(service.step().await.unwrap(), Step::Closed { index: batch });
        let mut seen = vec![];
        while seen.last() != Some(&Step::Confirmed { index: batch }) {
            // The old one is gone before the new one starts, as after a crash.
            drop(service);
            service = rig.service().await;
            let step = service.step().await.unwrap();
            match step {
                Step::Idle => rig.anvil.mine(1).await,
                // Sent again, byte by byte, by a process that cannot know that it was sent.
                Step::Sent { .. } if seen.last() == Some(&step) => rig.anvil.mine(1).await,
                step => seen.push(step),
            }
        }
        assert_eq!(
            seen,
            [
                Step::Signed { index: batch },
                Step::Sent { index: batch },
                Step::Mined { index: batch },
                Step::Confirmed { index: batch }
            ]
        );
    }
    assert_eq!(rig.anvil.nonce(chain_key().address()).await, before + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_itself_confirms_every_bundle() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    for count in [1, 4, 300] {
        rig.anchor_batch(&mut service, count).await;
    }
    for position in [0_u64, 1, 4, 5, 255, 256, 304] {
        let shown = bundle(&rig, position).await;
        let leaf = {
            let entries = eventstore::EventStore::read(&*rig.store, position, 1).await.unwrap();
            to_hex(&entries[0].leaf)
        };
        assert!(verified_by_contract(&rig, &shown, &leaf, position).await, "position {position}");
        let other = to_hex(&[9; 32]);
        assert!(!verified_by_contract(&rig, &shown, &other, position).await);
    }
}

/// `verifyInclusion` of the contract, over the node.
async fn verified_by_contract(rig: &Rig, bundle: &Value, leaf: &str, position: u64) -> bool {
    use alloy::primitives::B256;
    use alloy::sol;
    use alloy::sol_types::SolCall;
    sol! {
        struct Batch { uint64 index; uint64 first; uint64 count; bytes32 batchRoot; bytes32 logRoot; }
        function verifyInclusion(Batch calldata batch, bytes32 leaf, uint64 seq, bytes32[] calldata logProof) external view returns (bool);
    }
    let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
    let hash = |value: &Value| value.as_str().unwrap().parse::<B256>().unwrap();
    let call = verifyInclusionCall {
        batch: Batch {
            index: number(&bundle["batch"]["index"]),
            first: number(&bundle["batch"]["first"]),
            count: number(&bundle["batch"]["count"]),
            batchRoot: hash(&bundle["batch"]["root"]),
            logRoot: hash(&bundle["log"]["root"]),
        },
        leaf: leaf.parse().unwrap(),
        seq: position,
        logProof: bundle["log"]["path"].as_array().unwrap().iter().map(hash).collect(),
    };
    let data = to_hex(&call.abi_encode());
    let output = rig
        .anvil
        .call("eth_call", json!([{"to": rig.contract().to_string(), "data": data}, "latest"]))
        .await;
    output.as_str().unwrap().ends_with('1')
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_closes_by_count_by_age_or_at_once() {
    let mut rig = Rig::new().await;
    rig.rules = BatchRules { batch_count_max: 10, ..support::patient() };
    let mut service = rig.service().await;
    append(&rig.store, 9).await;
    assert_eq!(service.step().await.unwrap(), Step::Idle);
    append(&rig.store, 3).await;
    assert_eq!(service.step().await.unwrap(), Step::Closed { index: 0 });
    let batch = rig.reader().batch_of(0).await.unwrap().unwrap();
    assert_eq!((batch.first, batch.count), (0, 10));
    rig.until(&mut service, |step| matches!(step, Step::Confirmed { .. })).await;
    assert_eq!(service.step().await.unwrap(), Step::Idle);
    service.flush_handle().flush();
    assert_eq!(service.step().await.unwrap(), Step::Closed { index: 1 });
    rig.until(&mut service, |step| matches!(step, Step::Confirmed { .. })).await;
    let asked = [11, 0, 12, 9, u64::MAX, 10, 0];
    let found = rig.reader().batches_of(&asked).await.unwrap();
    let found: Vec<_> = found.iter().map(|(position, batch)| (*position, batch.index)).collect();
    assert_eq!(found, [(0, 0), (9, 0), (10, 1), (11, 1)]);
    assert_eq!(rig.reader().batch_of(12).await.unwrap(), None);
    assert_eq!(rig.reader().bundle_for(12, &[]).await.unwrap(), BundleAnswer::NotYetBatched);
    drop(service);
    rig.rules.batch_age_max = Duration::ZERO;
    let mut service = rig.service().await;
    append(&rig.store, 1).await;
    assert_eq!(service.step().await.unwrap(), Step::Closed { index: 2 });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_running_service_anchors_what_is_appended() {
    let mut rig = Rig::new().await;
    rig.rules.batch_age_max = Duration::ZERO;
    let running = tokio::spawn(rig.service().await.run());
    for batch in 0..3_u64 {
        append(&rig.store, 2).await;
        loop {
            rig.anvil.mine(1).await;
            let found = rig.reader().batch_of(batch * 2).await.unwrap();
            if found.is_some_and(|found| found.state == BatchState::Confirmed) {
                break;
            }
            assert!(!running.is_finished(), "{:?}", running.await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_and_checkpoint_cover_the_batched_entries_and_no_more() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    assert_eq!(rig.reader().checkpoint().await.unwrap(), None);
    rig.anchor_batch(&mut service, 300).await;
    append(&rig.store, 10).await;
    let reader = rig.reader();
    let checkpoint = reader.checkpoint().await.unwrap().unwrap();
    assert_eq!(checkpoint.lines().take(2).collect::<Vec<_>>(), [support::ORIGIN, "300"]);
    assert_eq!(reader.tile(0, 0, 256).await.unwrap().unwrap().len(), 256 * 32);
    assert_eq!(reader.tile(0, 1, 44).await.unwrap().unwrap().len(), 44 * 32);
    assert_eq!(reader.tile(0, 1, 45).await.unwrap(), None);
    assert_eq!(reader.tile(1, 0, 1).await.unwrap().unwrap().len(), 32);
    assert_eq!(reader.tile(0, u64::MAX, 1).await.unwrap(), None);
    assert_eq!(reader.entries_tile(1, 45).await.unwrap(), None);
    let entries = reader.entries_tile(1, 44).await.unwrap().unwrap();
    let length = usize::from(u16::from_be_bytes([entries[0], entries[1]]));
    assert!(entries[2..2 + length].starts_with(b"smart-tenders/event@v1\n"));
    let views = reader.batches(0, 10).await.unwrap();
    assert_eq!(views.len(), 1);
    assert!(views[0].confirmed_at_ms.is_some() && views[0].block.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn gas_depends_on_the_depth_of_the_proof_and_not_on_the_number_of_entries() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    println!("deployment: {} gas", rig.deployed.gas_used);
    println!("| entries in the batch | entries in the log before | gas | gas an entry |");
    let mut before = 0;
    let mut dearest = 0;
    for count in [1, 100, 1, 10_000, 1, 100, 10_000] {
        rig.anchor_batch(&mut service, count).await;
        let view = rig.reader().batch_of(before).await.unwrap().unwrap();
        let hash = to_hex(&view.chain_tx_hash.unwrap());
        let receipt = rig.anvil.call("eth_getTransactionReceipt", json!([hash])).await;
        let gas = support::chain::quantity(&receipt["gasUsed"]);
        println!("| {count} | {before} | {gas} | {} |", gas.div_ceil(count as u64));
        dearest = dearest.max(gas);
        before += count as u64;
    }
    assert!(dearest < 150_000, "a batch costs {dearest} gas");
}
