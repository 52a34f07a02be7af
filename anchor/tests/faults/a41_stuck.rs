//! A41: a chain transaction that cannot be mined, or whose nonce is gone.

use std::time::Duration;

use anchor::{BatchState, Step};
use merkle::hash::to_hex;
use serde_json::{Value, json};

use crate::support::chain::quantity;
use crate::support::{Rig, TestService, append, chain_key};

/// The hash of the chain transaction that is stored for the entry at position 0.
async fn stored(rig: &Rig) -> String {
    to_hex(&rig.reader().batch_of(0).await.unwrap().unwrap().chain_tx_hash.unwrap())
}

async fn known(rig: &Rig, hash: &str) -> Value {
    rig.anvil.call("eth_getTransactionByHash", json!([hash])).await
}

async fn sent(rig: &Rig) -> (TestService, String) {
    let mut service = rig.service().await;
    append(&rig.store, 2).await;
    service.flush_handle().flush();
    while service.step().await.unwrap() != (Step::Sent { index: 0 }) {}
    let hash = stored(rig).await;
    assert_ne!(known(rig, &hash).await, Value::Null);
    (service, hash)
}

/// Raises the base fee to 50 times what the stored chain transaction pays at most.
async fn raise_base_fee(rig: &Rig, hash: &str) {
    let most = quantity(&known(rig, hash).await["maxFeePerGas"]);
    let fee = json!([format!("{:#x}", most * 50)]);
    rig.anvil.call("anvil_setNextBlockBaseFeePerGas", fee).await;
    rig.anvil.mine(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_transaction_below_the_base_fee_is_replaced_with_the_same_call_and_nonce() {
    let rig = Rig::new().await;
    let (mut service, first) = sent(&rig).await;
    let before = known(&rig, &first).await;
    raise_base_fee(&rig, &first).await;
    assert_eq!(service.step().await.unwrap(), Step::Signed { index: 0 });
    // Stored before it is sent: a crash here leaves the replacement to the next start.
    let second = stored(&rig).await;
    assert_ne!(second, first);
    assert_eq!(known(&rig, &second).await, Value::Null);
    drop(service);
    let mut service = rig.service().await;
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert_eq!(steps[0], Step::Sent { index: 0 });
    let after = known(&rig, &second).await;
    for same in ["from", "to", "nonce", "input"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    for more in ["maxFeePerGas", "maxPriorityFeePerGas"] {
        assert!(quantity(&after[more]) * 10 >= quantity(&before[more]) * 11, "{more}");
    }
    assert_ne!(after["blockNumber"], Value::Null);
    rig.assert_one_root_per_range().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_replaced_one_being_mined_after_all_is_as_good() {
    let rig = Rig::new().await;
    let (mut service, first) = sent(&rig).await;
    let raw = rig.stored_chain_tx(0).await;
    raise_base_fee(&rig, &first).await;
    assert_eq!(service.step().await.unwrap(), Step::Signed { index: 0 });
    // The replacement never leaves the process, the base fee falls, and some node had kept the first one.
    rig.anvil.call("anvil_setNextBlockBaseFeePerGas", json!(["0x1"])).await;
    rig.anvil.call("eth_sendRawTransaction", json!([raw])).await;
    rig.anvil.mine(1).await;
    assert_ne!(known(&rig, &first).await["blockNumber"], Value::Null);
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert_eq!(steps, [Step::Mined { index: 0 }, Step::Confirmed { index: 0 }]);
    rig.assert_one_root_per_range().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_the_same_nonce_in_the_pool_is_outbid() {
    let rig = Rig::new().await;
    let account = chain_key().address().to_string();
    let mut service = rig.service().await;
    append(&rig.store, 2).await;
    service.flush_handle().flush();
    while service.step().await.unwrap() != (Step::Signed { index: 0 }) {}
    // Somebody uses the key for something else, and pays more than we would.
    let gwei = |number: u64| format!("{:#x}", number * 1_000_000_000);
    let other = json!([{"from": account, "to": account, "value": "0x0",
        "maxFeePerGas": gwei(30), "maxPriorityFeePerGas": gwei(6)}]);
    rig.anvil.call("eth_sendTransaction", other).await;
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert!(steps.iter().filter(|step| matches!(step, Step::Signed { .. })).count() > 1);
    rig.assert_one_root_per_range().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_that_waits_for_an_earlier_one_is_signed_anew() {
    let rig = Rig::new().await;
    let account = chain_key().address().to_string();
    // Used by one that a rewind of the chain then takes away.
    rig.anvil.call("anvil_setNonce", json!([account, "0x7"])).await;
    let mut service = rig.service().await;
    append(&rig.store, 2).await;
    service.flush_handle().flush();
    rig.until(&mut service, |step| step == Step::Signed { index: 0 }).await;
    let first = stored(&rig).await;
    rig.anvil.call("anvil_setNonce", json!([account, "0x5"])).await;
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert_eq!(steps[0], Step::Signed { index: 0 });
    assert_ne!(stored(&rig).await, first);
    assert_eq!(rig.anvil.nonce(&account).await, 6);
    rig.assert_one_root_per_range().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_the_pool_forgot_is_sent_again_as_it_is() {
    let mut rig = Rig::new().await;
    rig.rules.resend_after = Duration::ZERO;
    let (mut service, first) = sent(&rig).await;
    rig.anvil.call("anvil_dropAllTransactions", json!([])).await;
    assert_eq!(known(&rig, &first).await, Value::Null);
    rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert_eq!(stored(&rig).await, first);
    let view = rig.reader().batch_of(0).await.unwrap().unwrap();
    assert_eq!(view.state, BatchState::Confirmed);
    rig.assert_one_root_per_range().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_no_sealer_ever_hears_of_is_replaced_so_that_it_is_told_again() {
    let mut rig = Rig::new().await;
    rig.rules.resend_after = Duration::ZERO;
    rig.rules.replace_after = Duration::from_millis(100);
    let (mut service, first) = sent(&rig).await;
    let nonce = rig.anvil.nonce(chain_key().address()).await;
    // Each time it is sent, it is gone before a block is made.
    for _ in 0..200 {
        if stored(&rig).await != first {
            break;
        }
        rig.anvil.call("anvil_dropTransaction", json!([first])).await;
        rig.anvil.mine(1).await;
        service.step().await.unwrap();
    }
    assert_ne!(stored(&rig).await, first);
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    assert_eq!(steps[0], Step::Sent { index: 0 });
    assert_eq!(rig.anvil.nonce(chain_key().address()).await, nonce + 1);
    rig.assert_one_root_per_range().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halted_chain_gets_a_few_replacements_and_then_the_same_bytes() {
    let mut rig = Rig::new().await;
    rig.rules.resend_after = Duration::ZERO;
    rig.rules.replace_after = Duration::ZERO;
    let (mut service, _) = sent(&rig).await;
    let mut signed = 0;
    for _ in 0..40 {
        signed += u32::from(service.step().await.unwrap() == Step::Signed { index: 0 });
    }
    assert_eq!(signed, 8);
    rig.until(&mut service, |step| step == Step::Confirmed { index: 0 }).await;
    rig.assert_one_root_per_range().await;
}
