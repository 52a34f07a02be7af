//! Histories that no decision could have written are corrupt.

use super::*;
use crate::event::{CorruptHistory, DomainEvent};

fn is_corrupt(history: &[ContractEvent], event: &ContractEvent) -> bool {
    let contract = Contract::replay(history).unwrap();
    matches!(contract.evolve(event), Err(CorruptHistory::OutOfOrder { aggregate: "contract", .. }))
}

#[test]
fn no_event_but_a_rating_of_the_work_follows_itself() {
    let all = played(case::steps());
    for (index, event) in all.iter().enumerate() {
        let is_rating = matches!(event, ContractEvent::WorkRated(_));
        assert_eq!(is_corrupt(&all[..=index], event), !is_rating, "{event:?}");
    }
}

#[test]
fn every_step_of_a_deliverable_needs_the_one_before() {
    let (before, all) = (active().len(), late(8));
    for index in before + 1..all.len() {
        // That a penalty comes first is a rule, which a history is not asked for again.
        let is_needed = !matches!(all[index - 1], ContractEvent::PenaltyApplied(_));
        let without = [&all[..index - 1], &all[index..=index]].concat();
        assert_eq!(Contract::replay(&without).is_err(), is_needed, "{:?}", all[index]);
    }
}

#[test]
fn a_contract_is_not_in_force_without_guarantee_or_with_one_signature() {
    let all = active();
    let [prepared, lodged, supplier, buyer, activated] = all.as_slice() else { panic!("{all:?}") };
    let history = |events: &[&ContractEvent]| -> Vec<ContractEvent> {
        events.iter().map(|event| (*event).clone()).collect()
    };
    assert!(is_corrupt(&history(&[prepared, supplier, buyer]), activated));
    assert!(is_corrupt(&history(&[prepared, lodged, supplier]), activated));
    assert!(!is_corrupt(&history(&[prepared, lodged, supplier, buyer]), activated));
}

#[test]
fn nothing_but_the_preparation_comes_first() {
    for event in played(case::steps()) {
        let is_first = matches!(event, ContractEvent::Prepared(_));
        assert_eq!(is_corrupt(&[], &event), !is_first, "{event:?}");
    }
}

#[test]
fn an_event_of_a_deliverable_that_was_not_agreed_is_corrupt() {
    let all = late(1);
    let Some(ContractEvent::DeliverableSubmitted(delivered)) = all.last() else { panic!() };
    let mut delivered = delivered.clone();
    delivered.milestone_id = case::id("D5");
    let event = ContractEvent::DeliverableSubmitted(delivered);
    assert!(is_corrupt(&active(), &event));
}

#[test]
fn corrupt_history_names_the_status_and_the_recorded_type() {
    for (index, event) in played(case::steps()).iter().enumerate() {
        let history = &played(case::steps())[..=index];
        let Err(error) = Contract::replay(history).unwrap().evolve(event) else { continue };
        let recorded = DomainEvent::from(event.clone());
        assert!(error.to_string().starts_with(recorded.event_type()), "{error}");
    }
}

#[test]
fn events_of_others_are_no_events_of_a_contract() {
    let foreign = DomainEvent::from(case::award_issued());
    let refused = ContractEvent::try_from(foreign);
    assert!(matches!(refused, Err(CorruptHistory::ForeignEvent { aggregate: "contract", .. })));
    for event in played(case::steps()) {
        assert_eq!(ContractEvent::try_from(DomainEvent::from(event.clone())).unwrap(), event);
    }
}
