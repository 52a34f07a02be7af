//! The rules of contracts, one test each, and the reference case.

mod closing;
mod delivery;
mod history;
mod laws;
mod payment;
mod preparation;
mod refusal;
mod signature;

use super::*;
use crate::aggregate::Aggregate;
use crate::aggregate::tests::{Scenario, given};
use crate::rejection::{InputRejection, Refusal};
use crate::sample::contract::{self as case, played};
use crate::sample::local;
use crate::vocabulary::Party;

/// The contract in force.
fn active() -> Vec<ContractEvent> {
    played(case::signature_steps())
}

/// The contract in force, and the first steps of the second deliverable: delivered late, sent
/// back, delivered again, accepted, penalised, invoiced, ordered, paid.
fn late(steps: usize) -> Vec<ContractEvent> {
    let mut all = case::signature_steps();
    all.extend(case::late_steps().into_iter().take(steps));
    played(all)
}

/// A history at an hour.
fn at(hour: &str, history: Vec<ContractEvent>) -> Scenario<Contract> {
    given::<Contract>(history).at(local(hour))
}

/// That a command is refused, in a sentence that says what to do next.
fn refused(
    scenario: Scenario<Contract>,
    command: ContractCommand,
    expected: impl Into<ContractRejection>,
) {
    let expected = expected.into();
    let message = expected.message_es();
    assert!(
        message.ends_with('.') && message.contains(':') && !message.contains("  "),
        "{message}"
    );
    scenario.when(command).then_rejected(expected);
}

fn out_of_range(field: &str, min: u64, max: u64) -> InputRejection {
    InputRejection::OutOfRange { field: field.to_owned(), min, max }
}
