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
fn all_penalties_together_are_at_most_the_guarantee() {
    // D2 and then D3, both late: D2 so late that its penalty takes the guarantee, or all but a little.
    let late = |days: u32, guarantee| {
        let mut steps = case::signature_steps();
        steps[1].1 = case::lodge(guarantee);
        let hour = match days {
            50 => "2018-07-21T10:00:00",
            _ => "2018-07-22T10:00:00",
        };
        steps.extend([(hour, case::deliver("D2")), (hour, case::accept("D2"))]);
        steps.push((hour, case::penalty("D2")));
        steps.extend([(hour, case::deliver("D3")), (hour, case::accept("D3"))]);
        played(steps)
    };
    let penalties = |history: &[ContractEvent]| -> Vec<u64> {
        let milestones = Contract::replay(history).unwrap().milestones();
        milestones.iter().filter_map(|it| it.penalty).map(|it| it.centavos()).collect()
    };
    // 50 days cost a quarter of D2, which is the whole guarantee; a 51st costs no more.
    for days in [50, 51] {
        let history = late(days, 17_900_000);
        assert_eq!(penalties(&history), [17_900_000]);
        let guarantee = Money::mxn(17_900_000).unwrap();
        let used_up = DeliveryRejection::GuaranteeUsedUp { guarantee };
        refused(at(HOUR, history.clone()), case::penalty("D3"), used_up);
        // It is invoiced at its value, and D2 at what its penalty left.
        at(HOUR, history.clone()).when(case::invoice("D3", 53_700_000)).then_events();
        at(HOUR, history).when(case::invoice("D2", 53_700_000)).then_events();
    }
    let history = late(50, 17_900_100);
    let missing = PaymentRejection::PenaltyMissing;
    refused(at(HOUR, history.clone()), case::invoice("D3", 53_700_000), missing);
    let events = at(HOUR, history.clone()).when(case::penalty("D3")).then_events();
    let both: Vec<ContractEvent> = history.into_iter().chain(events).collect();
    assert_eq!(penalties(&both), [17_900_000, 100]);
    at(HOUR, both).when(case::invoice("D3", 53_699_900)).then_events();
}

#[test]
fn a_penalty_is_never_more_than_its_deliverable() {
    let dear = |command: &mut PrepareContract| command.terms.penalty_per_day_per_mille = 50;
    // Twenty days cost the whole of it; a guarantee of the contract's amount would give more.
    for hour in ["2018-06-21T10:00:00", "2018-06-22T10:00:00", "2038-06-22T10:00:00"] {
        let history = accepted_after(hour, dear);
        let events = at(HOUR, history.clone()).when(case::penalty("D2")).then_events();
        let ContractEvent::PenaltyApplied(penalty) = &events[0] else { panic!("{events:?}") };
        assert_eq!(penalty.amount.centavos(), 71_600_000);
        let after: Vec<ContractEvent> = history.into_iter().chain(events).collect();
        at(HOUR, after).when(case::invoice("D2", 0)).then_events();
    }
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
