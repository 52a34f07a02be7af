//! Deliverables and their penalties.

use super::*;
use crate::document::DOCUMENTS_MAX;
use crate::event::{DeliverableSubmitted, PenaltyApplied};
use crate::id::AccountRef;
use crate::money::Money;
use crate::sample::contract::{BUYER_ACCOUNT, SUPPLIER_ACCOUNT};

const HOUR: &str = "2018-06-13T12:00:00";

fn deliver(
    registrant: Option<AccountRef>,
    documents: Vec<crate::content::Document>,
) -> ContractCommand {
    ContractCommand::Deliver {
        caller: SUPPLIER_ACCOUNT,
        supplier_account: registrant,
        milestone_id: case::id("D2"),
        documents,
    }
}

fn days_late(scenario: Scenario<Contract>) -> u32 {
    let events = scenario.when(case::deliver("D2")).then_events();
    let [ContractEvent::DeliverableSubmitted(it)] = events.as_slice() else { panic!("{events:?}") };
    it.days_late
}

/// A contract of the case in which D2 was delivered at an hour and accepted.
fn accepted_after(
    hour: &'static str,
    change: impl FnOnce(&mut PrepareContract),
) -> Vec<ContractEvent> {
    let mut prepare = case::prepare_contract();
    change(&mut prepare);
    let mut steps = case::signature_steps();
    steps[0].1 = ContractCommand::Prepare(Box::new(prepare));
    steps[1].1 = case::lodge(179_000_000);
    steps.extend([(hour, case::deliver("D2")), (hour, case::accept("D2"))]);
    played(steps)
}

#[test]
fn the_second_deliverable_of_the_case_is_four_days_late() {
    let delivered = DeliverableSubmitted {
        contract_id: case::prepare_contract().contract_id,
        ocid: case::award_issued().ocid,
        milestone_id: case::id("D2"),
        days_late: 4,
        documents: vec![case::document()],
    };
    at("2018-06-05T10:00:00", active())
        .when(case::deliver("D2"))
        .then([ContractEvent::DeliverableSubmitted(Box::new(delivered))]);
}

#[test]
fn the_day_it_is_due_is_in_time_until_local_midnight() {
    assert_eq!(days_late(at("2018-04-21T00:00:00", active())), 0);
    assert_eq!(days_late(at("2018-06-01T23:59:59.999", active())), 0);
    assert_eq!(days_late(at("2018-06-02T00:00:00", active())), 1);
}

#[test]
fn lateness_is_measured_at_the_first_delivery() {
    assert_eq!(days_late(at("2018-06-11T10:00:00", late(2))), 4);
    let mut in_time = case::signature_steps();
    in_time.push(("2018-06-01T10:00:00", case::deliver("D2")));
    in_time.push(("2018-06-08T10:00:00", case::send_back("D2")));
    assert_eq!(days_late(at("2018-06-11T10:00:00", played(in_time))), 0);
}

#[test]
fn only_the_supplier_delivers() {
    for registrant in [None, Some(BUYER_ACCOUNT)] {
        let command = deliver(registrant, vec![case::document()]);
        refused(at(HOUR, active()), command, ContractRejection::NotTheSuppliersAccount);
    }
}

#[test]
fn a_delivery_has_documents() {
    let none = deliver(Some(SUPPLIER_ACCOUNT), Vec::new());
    refused(at(HOUR, active()), none, DeliveryRejection::NoDocuments);
    let many = deliver(Some(SUPPLIER_ACCOUNT), vec![case::document(); DOCUMENTS_MAX + 1]);
    refused(at(HOUR, active()), many, out_of_range("documents", 1, DOCUMENTS_MAX as u64));
    let most = deliver(Some(SUPPLIER_ACCOUNT), vec![case::document(); DOCUMENTS_MAX]);
    at(HOUR, active()).when(most).then_events();
}

#[test]
fn a_deliverable_is_delivered_again_only_when_it_was_sent_back() {
    at(HOUR, late(2)).when(case::deliver("D2")).then_events();
    let stands = [
        (1, MilestoneStatus::Delivered),
        (3, MilestoneStatus::Delivered),
        (4, MilestoneStatus::Accepted),
        (6, MilestoneStatus::Invoiced),
        (7, MilestoneStatus::PaymentOrdered),
        (8, MilestoneStatus::Paid),
    ];
    for (steps, status) in stands {
        let expected = DeliveryRejection::NotExpected { status };
        refused(at(HOUR, late(steps)), case::deliver("D2"), expected);
    }
}

#[test]
fn only_what_was_delivered_is_accepted_or_sent_back() {
    let stands = [
        (0, MilestoneStatus::Expected),
        (2, MilestoneStatus::Returned),
        (4, MilestoneStatus::Accepted),
        (6, MilestoneStatus::Invoiced),
        (8, MilestoneStatus::Paid),
    ];
    for (steps, status) in stands {
        let expected = DeliveryRejection::NothingDelivered { status };
        refused(at(HOUR, late(steps)), case::accept("D2"), expected.clone());
        refused(at(HOUR, late(steps)), case::send_back("D2"), expected);
    }
    at(HOUR, late(1)).when(case::accept("D2")).then_events();
    at(HOUR, late(3)).when(case::send_back("D2")).then_events();
}

#[test]
fn sending_back_needs_a_reason() {
    let mut command = case::send_back("D2");
    let ContractCommand::Return { reason, .. } = &mut command else { panic!() };
    " ".clone_into(reason);
    let empty = InputRejection::Empty { field: "reason".to_owned() };
    refused(at(HOUR, late(1)), command, empty);
}

#[test]
fn the_penalty_of_the_case_is_two_per_cent_of_the_deliverable() {
    let penalty = PenaltyApplied {
        contract_id: case::prepare_contract().contract_id,
        ocid: case::award_issued().ocid,
        milestone_id: case::id("D2"),
        days_late: 4,
        amount: Money::mxn(1_432_000).unwrap(),
    };
    at(HOUR, late(4))
        .when(case::penalty("D2"))
        .then([ContractEvent::PenaltyApplied(Box::new(penalty))]);
}

#[test]
fn a_penalty_is_applied_once_to_what_was_accepted_and_late() {
    for (steps, status) in [
        (0, MilestoneStatus::Expected),
        (2, MilestoneStatus::Returned),
        (3, MilestoneStatus::Delivered),
    ] {
        let expected = DeliveryRejection::NotAccepted { status };
        refused(at(HOUR, late(steps)), case::penalty("D2"), expected);
    }
    for steps in [5, 6, 8] {
        let expected = DeliveryRejection::PenaltyAlreadyApplied;
        refused(at(HOUR, late(steps)), case::penalty("D2"), expected);
    }
    let in_time = accepted_after("2018-06-01T10:00:00", |_| {});
    refused(at(HOUR, in_time), case::penalty("D2"), DeliveryRejection::NotLate);
}

#[test]
fn all_penalties_together_are_within_the_guarantee() {
    // 50 days cost a quarter of D2, which is the whole guarantee; one more is too much.
    let delivered = |hour| {
        let mut steps = case::signature_steps();
        steps.extend([(hour, case::deliver("D2")), (hour, case::accept("D2"))]);
        played(steps)
    };
    let most = delivered("2018-07-21T10:00:00");
    let events = at(HOUR, most.clone()).when(case::penalty("D2")).then_events();
    let ContractEvent::PenaltyApplied(penalty) = &events[0] else { panic!("{events:?}") };
    assert_eq!((penalty.days_late, penalty.amount.centavos()), (50, 17_900_000));
    let zero = Money::mxn(0).unwrap();
    let guarantee = Money::mxn(17_900_000).unwrap();
    let above = |applied, penalty_centavos| DeliveryRejection::PenaltyAboveGuarantee {
        guarantee,
        applied,
        penalty_centavos,
    };
    let more = delivered("2018-07-22T10:00:00");
    refused(at(HOUR, more), case::penalty("D2"), above(zero, 18_258_000));
    // Another deliverable's penalty is added to it.
    let mut both: Vec<ContractEvent> = most.into_iter().chain(events).collect();
    for command in [case::deliver("D3"), case::accept("D3")] {
        let contract = Contract::replay(&both).unwrap();
        both.extend(contract.decide(command, local("2018-06-30T10:00:00")).unwrap());
    }
    refused(at(HOUR, both), case::penalty("D3"), above(guarantee, 268_500));
}

#[test]
fn a_penalty_is_never_more_than_its_deliverable() {
    let dear = |command: &mut PrepareContract| command.terms.penalty_per_day_per_mille = 50;
    let whole = accepted_after("2018-06-21T10:00:00", dear);
    let events = at(HOUR, whole).when(case::penalty("D2")).then_events();
    let ContractEvent::PenaltyApplied(penalty) = &events[0] else { panic!("{events:?}") };
    assert_eq!(penalty.amount.centavos(), 71_600_000);
    let more = accepted_after("2018-06-22T10:00:00", dear);
    let expected = DeliveryRejection::PenaltyAboveValue {
        value: Money::mxn(71_600_000).unwrap(),
        penalty_centavos: 75_180_000,
    };
    refused(at(HOUR, more), case::penalty("D2"), expected);
}

#[test]
fn a_contract_without_a_price_for_delay_has_penalties_of_nothing() {
    let free = |command: &mut PrepareContract| command.terms.penalty_per_day_per_mille = 0;
    let events = at(HOUR, accepted_after("2018-06-05T10:00:00", free))
        .when(case::penalty("D2"))
        .then_events();
    let ContractEvent::PenaltyApplied(penalty) = &events[0] else { panic!("{events:?}") };
    assert_eq!((penalty.days_late, penalty.amount.centavos()), (4, 0));
}
