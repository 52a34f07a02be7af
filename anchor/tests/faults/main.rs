//! The service under faults, each really done: one root per range without a hand, or a refusal that says what to do.
//!
//! The numbers are those of the attacks that the proof format is meant to stand.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

#[path = "../support/mod.rs"]
mod support;

mod a10_restored_backup;
mod a12_checkpoints;
mod a14_rewritten_root;
mod a39_two_services;
mod a40_crashes;
mod a41_stuck;
mod a42_bad_node;
mod crashing;
mod rotation;
mod succession;

use anchor::{AnchorError, BatchContract, Service};
use eventstore::PgStore;

/// Only the error, for a service cannot be printed.
fn refused<C: BatchContract>(result: Result<Service<PgStore, C>, AnchorError>) -> AnchorError {
    match result {
        Ok(_) => panic!("the service started"),
        Err(error) => error,
    }
}
