//! Completion, settlement and ratings, and the reference case from end to end.

use super::*;
use crate::event::{ContractCompleted, PerformanceRated, SettlementIssued, WorkRated};
use crate::money::Money;

const HOUR: &str = "2018-08-10T12:00:00";

fn paid() -> Vec<ContractEvent> {
    played(case::payment_steps())
}

fn settlement() -> SettlementIssued {
    SettlementIssued {
        contract_id: case::prepare_contract().contract_id,
        ocid: case::award_issued().ocid,
        amount: Money::mxn(179_000_000).unwrap(),
        penalties: Money::mxn(1_432_000).unwrap(),
        paid: Money::mxn(177_568_000).unwrap(),
    }
}

fn completed() -> Vec<ContractEvent> {
    let mut steps = case::payment_steps();
    steps.push((HOUR, ContractCommand::Complete));
    played(steps)
}

#[test]
fn the_contract_of_the_case_is_completed_and_settled() {
    let SettlementIssued { contract_id, ocid, .. } = settlement();
    at(HOUR, paid()).when(ContractCommand::Complete).then([
        ContractEvent::Completed(Box::new(ContractCompleted { contract_id, ocid })),
        ContractEvent::SettlementIssued(Box::new(settlement())),
    ]);
}

#[test]
fn the_case_ends_with_what_the_oracle_says() {
    let contract = Contract::replay(&played(case::steps())).unwrap();
    assert_eq!(contract.status(), "completed");
    assert_eq!(contract.settlement(), Some(&settlement()));
    assert_eq!(contract.signed_at(), Some(local("2018-04-20T12:30:00")));
    assert!(contract.is_signed_by(Party::Buyer) && contract.prepared().is_some());
    assert_eq!(contract.guarantee().unwrap().centavos(), 17_900_000);
    let milestones = contract.milestones();
    let lateness: Vec<u32> = milestones.iter().map(|it| it.days_late).collect();
    assert_eq!(lateness, [0, 4, 0, 0]);
    let penalties: Vec<_> =
        milestones.iter().map(|it| it.penalty.map(|it| it.centavos())).collect();
    assert_eq!(penalties, [None, Some(1_432_000), None, None]);
    let payments: Vec<u64> = milestones.iter().map(|it| it.paid.unwrap().centavos()).collect();
    assert_eq!(payments, [17_900_000, 70_168_000, 53_700_000, 35_800_000]);
    assert!(milestones.iter().all(|it| it.status == MilestoneStatus::Paid));
    let invoice = milestones[1].invoice.as_ref().unwrap();
    assert_eq!(
        (invoice.pay_by.to_string(), invoice.amount.centavos()),
        ("2018-07-04".into(), 70_168_000)
    );
    assert_eq!(milestones[1].documents, [case::document()]);
}

#[test]
fn a_contract_with_unpaid_deliverables_is_not_completed() {
    let open = |ids: &[&str]| ClosingRejection::MilestonesOpen {
        milestone_ids: ids.iter().map(|id| case::id(id)).collect(),
    };
    refused(at(HOUR, active()), ContractCommand::Complete, open(&["D1", "D2", "D3", "D4"]));
    let mut steps = case::payment_steps();
    steps.pop();
    refused(at(HOUR, played(steps)), ContractCommand::Complete, open(&["D4"]));
    let pending = played(case::signature_steps().into_iter().take(3));
    refused(at(HOUR, pending), ContractCommand::Complete, ContractRejection::NotYetActive);
}

#[test]
fn a_contract_is_completed_once() {
    let expected = ClosingRejection::AlreadyCompleted;
    refused(at(HOUR, completed()), ContractCommand::Complete, expected);
}

#[test]
fn the_performance_is_rated_once_after_completion() {
    let rated = PerformanceRated {
        contract_id: case::prepare_contract().contract_id,
        ocid: case::award_issued().ocid,
        stars: 4,
        comment: "Cumplió, con un entregable tardío.".to_owned(),
    };
    at(HOUR, completed())
        .when(case::rate_performance(4))
        .then([ContractEvent::PerformanceRated(Box::new(rated))]);
    for history in [active(), paid()] {
        refused(at(HOUR, history), case::rate_performance(4), ClosingRejection::NotCompleted);
    }
    let again = ClosingRejection::PerformanceAlreadyRated;
    refused(at(HOUR, played(case::steps())), case::rate_performance(5), again);
}

#[test]
fn stars_are_one_to_five_and_a_comment_says_why() {
    for stars in [0, 6, u32::MAX] {
        let expected = out_of_range("stars", 1, 5);
        refused(at(HOUR, completed()), case::rate_performance(stars), expected.clone());
        refused(at(HOUR, completed()), case::rate_work(stars), expected);
    }
    for stars in [1, 5] {
        at(HOUR, completed()).when(case::rate_performance(stars)).then_events();
    }
    let mut silent = case::rate_performance(3);
    let ContractCommand::RatePerformance { comment, .. } = &mut silent else { panic!() };
    comment.clear();
    let empty = InputRejection::Empty { field: "comment".to_owned() };
    refused(at(HOUR, completed()), silent, empty);
}

#[test]
fn the_work_is_rated_from_the_first_accepted_deliverable_on() {
    let rate = || case::rate_work(5);
    let rated = WorkRated {
        contract_id: case::prepare_contract().contract_id,
        ocid: case::award_issued().ocid,
        stars: 5,
    };
    let pending = played(case::signature_steps().into_iter().take(3));
    for history in [pending, active(), late(1), late(2), late(3)] {
        refused(at(HOUR, history), rate(), ClosingRejection::NothingAccepted);
    }
    for history in [late(4), late(8), completed(), played(case::steps())] {
        let expected = ContractEvent::WorkRated(Box::new(rated.clone()));
        at(HOUR, history).when(rate()).then([expected]);
    }
}
