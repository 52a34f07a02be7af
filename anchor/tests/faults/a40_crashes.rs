//! A40: the process dies before and after every single call to the node, over and over; the normal path repairs.
//!
//! Whatever is written to the database is written between two of these calls, so each state it can be left in is
//! among those that the next process finds.

use std::panic::AssertUnwindSafe;

use anchor::Step;
use futures::FutureExt;

use crate::crashing::{Fate, Fated, Moment};
use crate::support::{Rig, append, chain_key};

/// From the start of a process to a confirmed batch.
async fn anchor(rig: &Rig, batch: u64, fate: Fate) {
    let contract = Fated::new(rig.contract_with(chain_key()).await, fate);
    let mut service = rig.service_of(contract).await.unwrap();
    service.flush_handle().flush();
    rig.until(&mut service, |step| step == Step::Confirmed { index: batch }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_at_any_call_leaves_one_root_per_range_and_no_second_transaction() {
    let rig = Rig::new().await;
    let before = rig.anvil.nonce(chain_key().address()).await;
    let mut batch = 0;
    for moment in [Moment::Before, Moment::After] {
        for call in 0.. {
            append(&rig.store, 2).await;
            let died = AssertUnwindSafe(anchor(&rig, batch, Fate::Dies { call, moment }))
                .catch_unwind()
                .await
                .is_err();
            if died {
                let mut service = rig.service().await;
                service.flush_handle().flush();
                let confirmed = Step::Confirmed { index: batch };
                if rig.reader().newest_confirmed().await.unwrap() != Some(batch * 2) {
                    rig.until(&mut service, |step| step == confirmed).await;
                }
            }
            batch += 1;
            if !died {
                // There is no call of that number any more.
                assert!(call > 10, "only {call} calls");
                break;
            }
        }
    }
    rig.assert_one_root_per_range().await;
    assert_eq!(rig.anvil.nonce(chain_key().address()).await, before + batch);
}
