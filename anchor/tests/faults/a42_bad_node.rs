//! A42: a node that lies about what is stored, mined or where it is, behind a real one. What it says may hold the
//! service up; it makes the service neither confirm what is not, nor anchor anything twice.

use std::time::Duration;

use anchor::{AnchorError, BatchState, ContractError, MemoryError, Step};
use merkle::hash::to_hex;
use serde_json::{Value, json};

use crate::refused;
use crate::support::proxy::Proxy;
use crate::support::{Rig, TestService, append, chain_key};

async fn behind(proxy: &Proxy, rig: &Rig) -> Result<TestService, AnchorError> {
    rig.service_over(&proxy.url, &rig.store, Duration::from_secs(2)).await
}

/// A service behind a proxy that has sent its first batch, not mined yet.
async fn sent() -> (Rig, Proxy, TestService) {
    let rig = Rig::new().await;
    let proxy = Proxy::before(&rig.anvil.url).await;
    let mut service = behind(&proxy, &rig).await.unwrap();
    append(&rig.store, 2).await;
    service.flush_handle().flush();
    while service.step().await.unwrap() != (Step::Sent { index: 0 }) {}
    (rig, proxy, service)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_chain_id_than_the_remembered_one_is_refused() {
    let rig = Rig::new().await;
    let proxy = Proxy::before(&rig.anvil.url).await;
    let mut service = behind(&proxy, &rig).await.unwrap();
    rig.anchor_batch(&mut service, 2).await;
    drop(service);
    proxy.invent(|method, _, result| {
        if method == "eth_chainId" {
            *result = json!("0x539");
        }
    });
    let error = refused(behind(&proxy, &rig).await);
    assert!(matches!(error, AnchorError::Memory(MemoryError::OtherChain)), "{error}");
    proxy.invent(|_, _, _| {});
    drop(behind(&proxy, &rig).await.unwrap());
}

/// Storage of the contract as it would be with another number of batches and entries in it.
fn claim_head(result: &mut Value, batches: u64, size: u64) {
    result["storageProof"][0]["value"] = json!(format!("{size:#x}{batches:016x}"));
}

/// The slots of the contract's head are asked for, and not a digest.
fn asks_for_head(method: &str, params: &Value) -> bool {
    method == "eth_getProof" && params[1].as_array().is_some_and(|slots| slots.len() == 2)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_not_mined_is_not_confirmed_by_an_invented_event() {
    let (rig, proxy, mut service) = sent().await;
    // The pool loses it, blocks go by, and the node tells of a batch in the newest of them.
    rig.anvil.call("anvil_dropAllTransactions", json!([])).await;
    rig.anvil.mine(3).await;
    let block = rig.anvil.call("eth_getBlockByNumber", json!(["latest", false])).await;
    rig.anvil.mine(2).await;
    let view = rig.reader().batch_of(0).await.unwrap().unwrap();
    let contract = rig.contract().to_string().to_lowercase();
    let topic = alloy::primitives::keccak256("BatchAnchored(uint64,uint64,uint64,bytes32,bytes32)");
    let data = format!(
        "0x{:064x}{:064x}{}{}",
        view.first,
        view.count,
        &to_hex(&view.batch_root)[2..],
        &to_hex(&view.log_root)[2..]
    );
    proxy.invent(move |method, params, result| {
        if asks_for_head(method, params) {
            claim_head(result, 1, 2);
        }
        if method == "eth_getLogs" {
            *result = json!([{
                "address": contract, "topics": [topic, format!("0x{:064x}", 0)], "data": data,
                "blockNumber": block["number"], "blockHash": block["hash"],
                "transactionHash": format!("0x{:064x}", 1), "transactionIndex": "0x0",
                "logIndex": "0x0", "removed": false,
            }]);
        }
    });
    assert_eq!(service.step().await.unwrap(), Step::Mined { index: 0 });
    for _ in 0..3 {
        let error = service.step().await.unwrap_err();
        let unproven =
            matches!(error, AnchorError::Contract(ContractError::Proof { batch: 0, .. }));
        assert!(unproven, "{error}");
        assert!(error.is_transient());
        let state = rig.reader().batch_of(0).await.unwrap().unwrap().state;
        assert_eq!(state, BatchState::Mined);
    }
    // Under a node that tells the truth it goes back and is anchored, with the same bytes.
    proxy.invent(|_, _, _| {});
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert_eq!(steps[0], Step::Rewound { from: 0 });
    let after = rig.reader().batch_of(0).await.unwrap().unwrap();
    assert_eq!(after.chain_tx_hash, view.chain_tx_hash);
    rig.assert_one_root_per_range().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_denies_what_is_anchored_has_nothing_anchored_twice() {
    let rig = Rig::new().await;
    let proxy = Proxy::before(&rig.anvil.url).await;
    let mut service = behind(&proxy, &rig).await.unwrap();
    rig.anchor_batch(&mut service, 2).await;
    let nonce = rig.anvil.nonce(chain_key().address()).await;
    proxy.invent(|method, params, result| {
        if asks_for_head(method, params) {
            claim_head(result, 0, 0);
        }
    });
    assert_eq!(service.step().await.unwrap(), Step::Rewound { from: 0 });
    // Its own estimate says that the contract would revert: that is waited out.
    let error = service.step().await.unwrap_err();
    assert!(matches!(error, AnchorError::Contract(ContractError::Refused { .. })), "{error}");
    assert!(error.is_transient());
    proxy.invent(|_, _, _| {});
    rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert_eq!(rig.anvil.nonce(chain_key().address()).await, nonce, "sent a second time");
    rig.assert_one_root_per_range().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_with_other_roots_than_were_cut_stops_the_service() {
    let (rig, proxy, mut service) = sent().await;
    rig.anvil.mine(2).await;
    proxy.invent(|method, _, result| {
        if method == "eth_getLogs" {
            let data = result[0]["data"].as_str().unwrap().to_owned();
            let last = if data.ends_with('7') { "8" } else { "7" };
            result[0]["data"] = json!(format!("{}{last}", &data[..data.len() - 1]));
        }
    });
    let error = service.step().await.unwrap_err();
    assert!(matches!(error, AnchorError::OtherLog { batch: 0 }), "{error}");
    assert!(!error.is_transient());
    drop(service);
    proxy.invent(|_, _, _| {});
    let mut service = behind(&proxy, &rig).await.unwrap();
    rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    rig.assert_one_root_per_range().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_at_any_step_holds_it_up_and_no_more() {
    let rig = Rig::new().await;
    let proxy = Proxy::before(&rig.anvil.url).await;
    let mut service =
        rig.service_over(&proxy.url, &rig.store, Duration::from_millis(60)).await.unwrap();
    append(&rig.store, 2).await;
    service.flush_handle().flush();
    let nonce = rig.anvil.nonce(chain_key().address()).await;
    for step in [
        Step::Closed { index: 0 },
        Step::Signed { index: 0 },
        Step::Sent { index: 0 },
        Step::Mined { index: 0 },
        Step::Confirmed { index: 0 },
    ] {
        proxy.hang();
        let held_up = tokio::time::timeout(Duration::from_secs(20), service.step()).await;
        let error = held_up.expect("the node is given up on").unwrap_err();
        assert!(error.is_transient(), "{step:?}: {error}");
        proxy.pass();
        rig.until(&mut service, |now| now == step).await;
    }
    assert_eq!(rig.anvil.nonce(chain_key().address()).await, nonce + 1);
    rig.assert_one_root_per_range().await;
}
