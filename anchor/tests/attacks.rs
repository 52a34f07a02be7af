//! What the service refuses, and what it survives.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use anchor::reader::BundleAnswer;
use anchor::{
    AnchorError, BatchState, ContractError, EthereumContract, LogError, MemoryError, Refusal, Step,
};
use eventstore::EventStore;
use merkle::hash::to_hex;
use serde_json::json;
use support::backup::restored;
use support::proxy::Proxy;
use support::{ORIGIN, Rig, TestService, append, chain_key, connect, endpoint};

/// Only the error, for a service cannot be printed.
fn refused(result: Result<TestService, AnchorError>) -> AnchorError {
    match result {
        Ok(_) => panic!("the service started"),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_service_is_refused_until_the_first_is_gone() {
    let rig = Rig::new().await;
    let first = rig.service().await;
    let error = refused(rig.try_service().await);
    assert!(matches!(error, AnchorError::Memory(MemoryError::LeaseTaken)), "{error}");
    drop(first);
    rig.service().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_restored_to_an_earlier_state_is_refused() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    rig.anchor_batch(&mut service, 3).await;
    rig.anchor_batch(&mut service, 4).await;
    let (_database, store) = restored(&rig.database, 5, 1).await;
    let error = refused(rig.service_over(&rig.anvil.url, &store, Duration::from_secs(5)).await);
    assert!(matches!(error, AnchorError::LogBehind { log_size: 5, anchored: 7 }), "{error}");
    // Going on from the backup does not make it the anchored log.
    append(&store, 10).await;
    let mut service =
        rig.service_over(&rig.anvil.url, &store, Duration::from_secs(5)).await.unwrap();
    let error = service.step().await.unwrap_err();
    assert!(matches!(error, AnchorError::OtherLog { batch: 1 }), "{error}");
    assert!(!error.is_transient());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_memory_is_rebuilt_from_contract_and_log() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    rig.anchor_batch(&mut service, 3).await;
    rig.anchor_batch(&mut service, 4).await;
    let bundle = rig.reader().bundle_for(5, &[]).await.unwrap();
    let (_database, store) = restored(&rig.database, 7, 0).await;
    let mut again = rig.service_over(&rig.anvil.url, &store, Duration::from_secs(5)).await.unwrap();
    let steps = rig.until(&mut again, |step| step == Step::Confirmed { index: 1 }).await;
    assert_eq!(
        steps,
        [
            Step::Adopted { index: 0 },
            Step::Adopted { index: 1 },
            Step::Mined { index: 0 },
            Step::Confirmed { index: 0 },
            Step::Mined { index: 1 },
            Step::Confirmed { index: 1 },
        ]
    );
    let reader = anchor::reader::Reader::new(store.pool().clone(), Arc::clone(&store));
    assert_eq!(reader.bundle_for(5, &[]).await.unwrap(), bundle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_entry_is_named_and_stops_the_start() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    rig.anchor_batch(&mut service, 6).await;
    drop(service);
    let owner = connect(&rig.database.owner_url).await;
    let entry = rig.store.read(4, 1).await.unwrap().remove(0).entry;
    let text = String::from_utf8(entry).unwrap();
    let changed = text.replace(r#""n":"4""#, r#""n":"5""#).into_bytes();
    owner.batch_execute("ALTER TABLE log.events DISABLE TRIGGER USER").await.unwrap();
    owner
        .execute("UPDATE log.events SET entry = $1 WHERE position = 4", &[&changed])
        .await
        .unwrap();
    let error = refused(rig.try_service().await);
    assert!(matches!(error, AnchorError::Log(LogError::Changed { position: 4 })), "{error}");
    // A superuser who also knows how leaves are computed.
    let leaf = merkle::leaf_hash(&changed);
    owner
        .execute("UPDATE log.events SET leaf = $1 WHERE position = 4", &[&leaf.as_slice()])
        .await
        .unwrap();
    let error = refused(rig.try_service().await);
    assert!(matches!(error, AnchorError::MemoryDiffers { batch: 0, first: 0, last: 5 }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rewound_chain_gets_the_same_roots_again_from_the_same_bytes() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    rig.anchor_batch(&mut service, 3).await;
    let snapshot = rig.anvil.snapshot().await;
    rig.anchor_batch(&mut service, 4).await;
    rig.anchor_batch(&mut service, 5).await;
    let before = rig.reader().batches(0, 10).await.unwrap();
    rig.anvil.mine(300).await;
    rig.anvil.revert(snapshot).await;
    // At once, and all that is gone: not one by one as older batches are looked at in turn.
    assert_eq!(service.step().await.unwrap(), Step::Rewound { from: 1 });
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 2 }).await;
    assert!(!steps.iter().any(|step| matches!(step, Step::Signed { .. } | Step::Closed { .. })));
    let after = rig.reader().batches(0, 10).await.unwrap();
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.log_root, after.log_root);
        assert_eq!(before.chain_tx_hash, after.chain_tx_hash, "not the same bytes");
        assert_eq!(after.state, BatchState::Confirmed);
    }
    assert_ne!(before[2].block, after[2].block);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_moved_to_another_block_is_confirmed_there() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    rig.anchor_batch(&mut service, 3).await;
    rig.anchor_batch(&mut service, 3).await;
    let before = rig.reader().batch_of(3).await.unwrap().unwrap();
    // Another branch has the same transaction in another block: the contract never says that it is gone.
    let client = connect(&rig.database.owner_url).await;
    let row = client
        .query_one("SELECT chain_tx FROM anchor.batches WHERE batch_index = 1", &[])
        .await
        .unwrap();
    let same = to_hex(row.get::<_, Vec<u8>>(0).as_slice());
    rig.anvil.call("anvil_reorg", json!([3, [[same, 1]]])).await;
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 1 }).await;
    assert!(matches!(steps[0], Step::Rewound { .. }), "{steps:?}");
    let after = rig.reader().batch_of(3).await.unwrap().unwrap();
    assert_eq!(before.log_root, after.log_root);
    assert_ne!(before.block, after.block);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_is_given_up_on_and_asked_again_later() {
    let rig = Rig::new().await;
    let proxy = Proxy::before(&rig.anvil.url).await;
    let timeout = Duration::from_millis(150);
    let mut service = rig.service_over(&proxy.url, &rig.store, timeout).await.unwrap();
    append(&rig.store, 2).await;
    proxy.hang();
    let error = service.step().await.unwrap_err();
    assert!(matches!(error, AnchorError::Contract(ContractError::TimedOut { .. })), "{error}");
    assert!(error.is_transient());
    proxy.pass();
    service.flush_handle().flush();
    rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_a_chain_transaction_sends_no_second_one() {
    let rig = Rig::new().await;
    let before = rig.anvil.nonce(chain_key().address()).await;
    let proxy = Proxy::before(&rig.anvil.url).await;
    let timeout = Duration::from_secs(2);
    let mut service = rig.service_over(&proxy.url, &rig.store, timeout).await.unwrap();
    append(&rig.store, 2).await;
    service.flush_handle().flush();
    proxy.cut_after_sending();
    rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert_eq!(rig.anvil.nonce(chain_key().address()).await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_transaction_whose_nonce_was_used_is_replaced_and_no_other() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    append(&rig.store, 2).await;
    service.flush_handle().flush();
    rig.until(&mut service, |step| step == Step::Signed { index: 0 }).await;
    let first = rig.reader().batch_of(0).await.unwrap().unwrap().chain_tx_hash;
    let account = chain_key().address().to_string();
    rig.anvil.call("anvil_setNonce", json!([account, "0x9"])).await;
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert_eq!(steps[..2], [Step::Signed { index: 0 }, Step::Sent { index: 0 }]);
    assert_ne!(rig.reader().batch_of(0).await.unwrap().unwrap().chain_tx_hash, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_chain_transaction_is_sent_again_as_it_is() {
    let mut rig = Rig::new().await;
    rig.rules.resend_after = Duration::ZERO;
    let mut service = rig.service().await;
    append(&rig.store, 2).await;
    service.flush_handle().flush();
    rig.until(&mut service, |step| step == Step::Sent { index: 0 }).await;
    let sent = rig.reader().batch_of(0).await.unwrap().unwrap().chain_tx_hash;
    rig.anvil.call("anvil_dropAllTransactions", json!([])).await;
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert_eq!(steps[0], Step::Sent { index: 0 });
    assert_eq!(rig.reader().batch_of(0).await.unwrap().unwrap().chain_tx_hash, sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_key_stops_the_service_with_the_batch_that_is_not_ours() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    rig.anchor_batch(&mut service, 3).await;
    let _theirs = rig.anchor_as_thief().await;
    append(&rig.store, 5).await;
    let error = service.step().await.unwrap_err();
    assert!(matches!(error, AnchorError::OtherLog { batch: 1 }), "{error}");
    assert!(matches!(rig.reader().bundle_for(4, &[]).await.unwrap(), BundleAnswer::NotYetBatched));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_role_nothing_is_sent() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    let account = chain_key().address();
    // renounceRole(ANCHORER_ROLE, account), by the account itself.
    let role = alloy::primitives::keccak256("ANCHORER_ROLE");
    let data = format!("0x36568abe{role:x}{:0>64}", format!("{account:x}"));
    let chain_tx =
        json!([{"from": account.to_string(), "to": rig.contract().to_string(), "data": data}]);
    rig.anvil.call("eth_sendTransaction", chain_tx).await;
    rig.anvil.mine(1).await;
    let before = rig.anvil.nonce(account).await;
    append(&rig.store, 1).await;
    service.flush_handle().flush();
    assert_eq!(service.step().await.unwrap(), Step::Closed { index: 0 });
    let error = service.step().await.unwrap_err();
    let AnchorError::Contract(ContractError::Refused { batch: 0, refusal }) = &error else {
        panic!("{error}");
    };
    assert_eq!(*refusal, Refusal::NotAnchorer { account });
    assert!(!error.is_transient());
    assert_eq!(rig.anvil.nonce(account).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_alike_contract_is_refused() {
    let rig = Rig::new().await;
    let code = rig.anvil.call("eth_getCode", json!([rig.contract().to_string(), "latest"])).await;
    let code = code.as_str().unwrap();
    let look_alike = "0x00000000000000000000000000000000deadbeef";
    let changed = format!("{}00", &code[..code.len() - 2]);
    rig.anvil.call("anvil_setCode", json!([look_alike, changed])).await;
    let connected = EthereumContract::connect(
        &endpoint(&rig.anvil.url),
        look_alike.parse().unwrap(),
        ORIGIN,
        chain_key(),
    )
    .await;
    let error = connected.unwrap_err();
    assert!(matches!(error, ContractError::OtherContract { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lying_node_confirms_nothing() {
    let rig = Rig::new().await;
    let proxy = Proxy::before(&rig.anvil.url).await;
    let timeout = Duration::from_secs(5);
    let mut service = rig.service_over(&proxy.url, &rig.store, timeout).await.unwrap();
    append(&rig.store, 2).await;
    service.flush_handle().flush();
    rig.until(&mut service, |step| step == Step::Mined { index: 0 }).await;
    rig.anvil.mine(1).await;
    for lie in
        [r#""accountProof":["0xf"#, r#""proof":["0xf"#, r#""storageHash":"0x"#, r#""codeHash":"0x"#]
    {
        proxy.lie_after(Some(lie));
        let error = service.step().await.unwrap_err();
        let wrong = matches!(error, AnchorError::Contract(ContractError::Proof { batch: 0, .. }));
        assert!(wrong, "{lie}: {error}");
    }
    for lie in [r#""stateRoot":"0x"#, r#""parentHash":"0x"#, r#""hash":"0x"#] {
        proxy.lie_after(Some(lie));
        let error = service.step().await.unwrap_err();
        let wrong = matches!(error, AnchorError::Contract(ContractError::Header { .. }));
        assert!(wrong, "{lie}: {error}");
    }
    proxy.lie_after(None);
    rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
}
