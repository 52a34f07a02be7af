//! A39: two services at once. The lease keeps them apart; where it cannot, the contract's compare-and-set does.

use std::sync::Arc;

use anchor::{AnchorError, BatchContract, MemoryError, RoleChange, Service, Step, change_role};
use tokio::sync::Notify;

use crate::crashing::{Fate, Fated};
use crate::refused;
use crate::support::backup::restored;
use crate::support::{
    Rig, append, chain_key, connect, endpoint, log_key, other_key, owner_key, while_mining,
};

/// Ends the connection that holds the lease, as a network or an administrator may.
async fn take_the_lease_away(rig: &Rig) {
    let owner = connect(&rig.database.owner_url).await;
    let ended = owner
        .query(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(ended.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_lost_its_lease_while_it_sent_writes_nothing_more_and_stops() {
    let rig = Rig::new().await;
    let before = rig.anvil.nonce(chain_key().address()).await;
    let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let fate = Fate::HeldUp { reached: Arc::clone(&reached), go_on: Arc::clone(&go_on) };
    let contract = Fated::new(rig.contract_with(chain_key()).await, fate);
    let mut first = rig.service_of(contract).await.unwrap();
    append(&rig.store, 3).await;
    first.flush_handle().flush();
    while first.step().await.unwrap() != (Step::Signed { index: 0 }) {}
    let first = tokio::spawn(async move {
        let step = first.step().await;
        (first, step)
    });
    reached.notified().await;
    // Both think that they own it now.
    assert!(matches!(
        refused(rig.try_service().await),
        AnchorError::Memory(MemoryError::LeaseTaken)
    ));
    take_the_lease_away(&rig).await;
    let mut second = rig.service().await;
    rig.until(&mut second, |step| step == Step::Confirmed { index: 0 }).await;
    go_on.notify_one();
    let (mut first, step) = first.await.unwrap();
    assert_eq!(step.unwrap(), Step::Idle, "the nonce was used");
    let error = first.step().await.unwrap_err();
    assert!(matches!(error, AnchorError::Memory(MemoryError::Database(_))), "{error}");
    assert!(!error.is_transient());
    append(&rig.store, 2).await;
    second.flush_handle().flush();
    rig.until(&mut second, |step| step == Step::Confirmed { index: 1 }).await;
    rig.assert_one_root_per_range().await;
    assert_eq!(rig.anvil.nonce(chain_key().address()).await, before + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_databases_with_one_log_get_one_root_per_range_and_the_later_one_stops() {
    let rig = Rig::new().await;
    let grant = RoleChange::Grant(other_key().address());
    let here = endpoint(&rig.anvil.url);
    while_mining(&rig.anvil, change_role(&here, &owner_key(), rig.contract(), grant))
        .await
        .unwrap();
    append(&rig.store, 3).await;
    let (_copy, store) = restored(&rig.database, 3, 0).await;
    append(&store, 2).await;
    let mut ours = rig.service().await;
    let contract = rig.contract_with(other_key()).await;
    let mut theirs =
        Service::start(Arc::clone(&store), contract, store.pool(), log_key(), rig.rules)
            .await
            .unwrap();
    ours.flush_handle().flush();
    theirs.flush_handle().flush();
    while ours.step().await.unwrap() != (Step::Signed { index: 0 }) {}
    while theirs.step().await.unwrap() != (Step::Signed { index: 0 }) {}
    assert_eq!(ours.step().await.unwrap(), Step::Sent { index: 0 });
    assert_eq!(theirs.step().await.unwrap(), Step::Sent { index: 0 });
    // Both are in one block, and one of them reverts.
    rig.anvil.mine(2).await;
    assert_eq!(rig.anvil.nonce(other_key().address()).await, 1);
    let outcomes = [ours.step().await, theirs.step().await];
    let won = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Step::Mined { index: 0 })));
    let lost = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(AnchorError::OtherLog { batch: 0 })));
    assert_eq!((won.count(), lost.count()), (1, 1), "{outcomes:?}");
    let head = rig.contract_with(chain_key()).await.head().await.unwrap();
    assert_eq!(head.batches, 1);
}
