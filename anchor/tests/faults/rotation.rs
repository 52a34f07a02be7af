//! The anchorer's key is changed in the middle of a batch: one root per range, by the new key alone.

use alloy::primitives::U256;
use anchor::{AnchorError, ContractError, Refusal, RoleChange, Step, anchorers, change_role, pay};
use serde_json::{Value, json};

use crate::support::chain::quantity;
use crate::support::{
    Rig, TestService, append, chain_key, endpoint, other_key, owner_key, while_mining,
};

/// The owner grants the new key and revokes the old one.
async fn rotate(rig: &Rig) {
    let here = endpoint(&rig.anvil.url);
    let (old, new) = (chain_key().address(), other_key().address());
    let rotation = async {
        for change in [RoleChange::Grant(new), RoleChange::Revoke(old)] {
            change_role(&here, &owner_key(), rig.contract(), change).await.unwrap();
        }
        pay(&here, &owner_key(), new, U256::from(1)).await.unwrap();
    };
    while_mining(&rig.anvil, rotation).await;
    assert_eq!(anchorers(&here, rig.contract()).await.unwrap(), [new]);
}

/// A batch whose chain transaction the old key signed, and how far it went.
async fn interrupted(rig: &Rig, last: Step) -> TestService {
    let mut service = rig.service().await;
    rig.anchor_batch(&mut service, 3).await;
    append(&rig.store, 2).await;
    service.flush_handle().flush();
    while service.step().await.unwrap() != last {}
    service
}

/// The account of the chain transaction that stands in the contract's event of batch 1.
async fn sender(rig: &Rig) -> String {
    let view = rig.reader().batch_of(3).await.unwrap().unwrap();
    let (number, _) = view.block.unwrap();
    let block: Value =
        rig.anvil.call("eth_getBlockByNumber", json!([format!("{number:#x}"), true])).await;
    let to = rig.contract().to_string().to_lowercase();
    let calls = block["transactions"].as_array().unwrap();
    let call = calls.iter().find(|call| call["to"].as_str() == Some(to.as_str())).unwrap();
    call["from"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_old_key_signed_and_never_sent_the_new_key_signs_anew() {
    let rig = Rig::new().await;
    drop(interrupted(&rig, Step::Signed { index: 1 }).await);
    rotate(&rig).await;
    // The two accounts happen to be at the same nonce, so that the old bytes look like ours.
    let nonce = rig.anvil.nonce(chain_key().address()).await;
    let account = other_key().address().to_string();
    rig.anvil.call("anvil_setNonce", json!([account, format!("{nonce:#x}")])).await;
    let contract = rig.contract_with(other_key()).await;
    let mut service = rig.service_of(contract).await.unwrap();
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 1 }).await;
    assert_eq!(steps[..2], [Step::Signed { index: 1 }, Step::Sent { index: 1 }]);
    assert_eq!(sender(&rig).await, account.to_lowercase());
    assert_eq!(rig.anvil.nonce(chain_key().address()).await, nonce);
    rig.assert_one_root_per_range().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_old_key_sent_and_the_revocation_overtook_reverts_and_is_signed_anew() {
    let rig = Rig::new().await;
    let first = interrupted(&rig, Step::Sent { index: 1 }).await;
    let view = rig.reader().batch_of(3).await.unwrap().unwrap();
    let raw = rig.stored_chain_tx(1).await;
    // The pool forgets it, the roles change, and then a node that kept it sends it again.
    rig.anvil.call("anvil_dropAllTransactions", json!([])).await;
    drop(first);
    rotate(&rig).await;
    rig.anvil.call("eth_sendRawTransaction", json!([raw])).await;
    rig.anvil.mine(1).await;
    let hash = merkle::hash::to_hex(&view.chain_tx_hash.unwrap());
    let receipt = rig.anvil.call("eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(quantity(&receipt["status"]), 0, "the revoked key anchored");
    // Under the old key the service says whose role is missing.
    let mut old = rig.service().await;
    let error = old.step().await.unwrap_err();
    let account = chain_key().address();
    assert!(
        matches!(error, AnchorError::Contract(ContractError::Refused {
            batch: 1, refusal: Refusal::NotAnchorer { account: refused }
        }) if refused == account),
        "{error}"
    );
    assert!(error.to_string().contains("grant it the role"), "{error}");
    drop(old);
    let contract = rig.contract_with(other_key()).await;
    let mut service = rig.service_of(contract).await.unwrap();
    rig.until(&mut service, |step| step == Step::Confirmed { index: 1 }).await;
    assert_eq!(sender(&rig).await, other_key().address().to_string().to_lowercase());
    rig.assert_one_root_per_range().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_old_key_had_mined_before_the_revocation_is_found_by_the_new_key() {
    let rig = Rig::new().await;
    drop(interrupted(&rig, Step::Sent { index: 1 }).await);
    rotate(&rig).await;
    let contract = rig.contract_with(other_key()).await;
    let mut service = rig.service_of(contract).await.unwrap();
    let steps = rig.until(&mut service, |step| step == Step::Confirmed { index: 1 }).await;
    assert_eq!(steps, [Step::Mined { index: 1 }, Step::Confirmed { index: 1 }]);
    assert_eq!(rig.anvil.nonce(other_key().address()).await, 0, "nothing was sent");
    append(&rig.store, 1).await;
    service.flush_handle().flush();
    rig.until(&mut service, |step| step == Step::Confirmed { index: 2 }).await;
    rig.assert_one_root_per_range().await;
}
