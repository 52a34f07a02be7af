//! From the award to the contract that waits for signature.

use super::*;
use crate::content::Milestone;
use crate::event::ContractPrepared;
use crate::money::Money;
use crate::sample::day;

const HOUR: &str = "2018-04-16T10:00:00";

fn prepare(change: impl FnOnce(&mut PrepareContract)) -> ContractCommand {
    let mut command = case::prepare_contract();
    change(&mut command);
    ContractCommand::Prepare(Box::new(command))
}

fn not_prepared(change: impl FnOnce(&mut PrepareContract), expected: impl Into<ContractRejection>) {
    refused(at(HOUR, Vec::new()), prepare(change), expected);
}

fn prepared(change: impl FnOnce(&mut PrepareContract)) -> ContractPrepared {
    let events = at(HOUR, Vec::new()).when(prepare(change)).then_events();
    let [ContractEvent::Prepared(prepared)] = events.as_slice() else { panic!("{events:?}") };
    (**prepared).clone()
}

#[test]
fn the_contract_of_the_case_follows_from_its_award() {
    let prepared = prepared(|_| {});
    let award = case::award_issued();
    assert_eq!(prepared.title, "SERVICIOS PARA LA MEJORA CONTINUA DE ACCESIBILIDAD");
    assert_eq!((prepared.tender_id, prepared.award_id), (award.tender_id, award.award_id));
    assert_eq!((prepared.supplier, prepared.amount), (award.supplier, award.amount));
    assert_eq!((prepared.sign_by, prepared.ocid), (award.sign_by, award.ocid));
    assert_eq!((prepared.guarantee_percent, prepared.penalty_per_day_per_mille), (10, 5));
    let values: Vec<u64> = prepared.milestones.iter().map(|it| it.amount.centavos()).collect();
    assert_eq!(values, [17_900_000, 71_600_000, 53_700_000, 35_800_000]);
    let second = Milestone {
        id: case::id("D2"),
        title: "Auditoría de 40 páginas".to_owned(),
        percent: 40,
        amount: Money::mxn(71_600_000).unwrap(),
        due: day("2018-06-01"),
    };
    assert_eq!(prepared.milestones[1], second);
}

#[test]
fn a_contract_waits_for_guarantee_and_signatures() {
    let contract = Contract::replay(&played(case::signature_steps()[..1].to_vec())).unwrap();
    assert_eq!((contract.status(), contract.guarantee()), ("pending", None));
    assert_eq!(contract.milestones().len(), 4);
    assert_eq!(contract.milestones()[3].status, MilestoneStatus::Expected);
    assert!(!contract.is_signed_by(Party::Buyer) && contract.signed_at().is_none());
    assert_eq!(Contract::Absent.milestones(), []);
    assert_eq!((Contract::Absent.status(), Contract::Absent.prepared()), ("absent", None));
}

#[test]
fn without_an_award_or_its_call_there_is_no_contract() {
    not_prepared(|command| command.award = None, TermsRejection::AwardMissing);
    not_prepared(|command| command.call = None, TermsRejection::TenderUnknown);
    let foreign = |command: &mut PrepareContract| {
        command.call.as_mut().unwrap().tender_id = crate::TenderId(uuid::Uuid::from_u128(9));
    };
    not_prepared(foreign, TermsRejection::TenderUnknown);
}

#[test]
fn a_contract_that_nobody_may_sign_is_not_prepared() {
    at("2018-04-28T23:59:59.999", Vec::new()).when(case::prepare()).then_events();
    let late = "2018-04-29T00:00:00";
    let (sign_by, now) = (day("2018-04-28"), local(late));
    let expected = TermsRejection::SigningEnded { sign_by, now };
    refused(at(late, Vec::new()), case::prepare(), expected);
}

#[test]
fn a_contract_is_prepared_once() {
    let pending = played(case::signature_steps()[..1].to_vec());
    for history in [pending, active(), played(case::steps())] {
        refused(at(HOUR, history), case::prepare(), TermsRejection::AlreadyPrepared);
    }
}

#[test]
fn guarantee_and_penalty_keep_their_limits() {
    let guarantee = |percent| prepare(|command| command.terms.guarantee_percent = percent);
    for percent in [0, 9, 101, u32::MAX] {
        let expected = out_of_range("guaranteePercent", 10, 100);
        refused(at(HOUR, Vec::new()), guarantee(percent), expected);
    }
    let penalty = |command: &mut PrepareContract| command.terms.penalty_per_day_per_mille = 51;
    not_prepared(penalty, out_of_range("penaltyPerDayPerMille", 0, 50));
    let widest = prepared(|command| {
        command.terms.guarantee_percent = 100;
        command.terms.penalty_per_day_per_mille = 50;
    });
    assert_eq!((widest.guarantee_percent, widest.penalty_per_day_per_mille), (100, 50));
    prepared(|command| command.terms.penalty_per_day_per_mille = 0);
}

#[test]
fn the_shares_add_up_to_a_hundred_per_cent() {
    let sum = |percent, sum| {
        let change = |command: &mut PrepareContract| command.terms.milestones[0].percent = percent;
        not_prepared(change, TermsRejection::PercentsSum { sum });
    };
    sum(9, 99);
    sum(11, 101);
    let none = |command: &mut PrepareContract| command.terms.milestones.clear();
    not_prepared(none, TermsRejection::NoMilestones);
    for percent in [0, 101] {
        let change = |command: &mut PrepareContract| command.terms.milestones[2].percent = percent;
        not_prepared(change, out_of_range("milestones[2].percent", 1, 100));
    }
}

#[test]
fn a_deliverable_has_an_id_of_its_own_and_a_title() {
    let repeated = InputRejection::RepeatedId { field: "milestones".into(), id: "D1".into() };
    not_prepared(|command| command.terms.milestones[3].id = " D1".to_owned(), repeated);
    let empty = InputRejection::Empty { field: "milestones[1].title".to_owned() };
    not_prepared(|command| command.terms.milestones[1].title = " ".to_owned(), empty);
    let command = prepare(|command| command.terms.milestones[1].id = "D 2".to_owned());
    let rejection = Contract::Absent.decide(command, local(HOUR)).unwrap_err();
    assert_eq!(rejection.field().as_deref(), Some("milestones[1].id"));
}

#[test]
fn a_deliverable_is_due_after_the_day_of_the_award() {
    let award_day = day("2018-04-15");
    let same_day = |command: &mut PrepareContract| command.terms.milestones[1].due = award_day;
    not_prepared(same_day, TermsRejection::DueBeforeAward { index: 1, award_day });
    prepared(|command| command.terms.milestones[1].due = day("2018-04-16"));
}

#[test]
fn the_last_deliverable_takes_what_rounding_leaves() {
    let values = |centavos, percents: [u32; 4]| -> Vec<u64> {
        let prepared = prepared(|command| {
            command.award.as_mut().unwrap().amount = Money::mxn(centavos).unwrap();
            for (milestone, percent) in command.terms.milestones.iter_mut().zip(percents) {
                milestone.percent = percent;
            }
        });
        prepared.milestones.iter().map(|milestone| milestone.amount.centavos()).collect()
    };
    assert_eq!(values(50, [25, 25, 25, 25]), [13, 13, 13, 11]);
    assert_eq!(values(101, [33, 33, 33, 1]), [33, 33, 33, 2]);
}

#[test]
fn a_deliverable_is_worth_a_centavo_at_least() {
    let worthless = |centavos, index| {
        let change = |command: &mut PrepareContract| {
            command.award.as_mut().unwrap().amount = Money::mxn(centavos).unwrap();
        };
        not_prepared(change, TermsRejection::WorthlessMilestone { index });
    };
    // Ten per cent of four centavos are none.
    worthless(4, 0);
    // Of five they are one, then two and two: nothing is left for the last.
    worthless(5, 3);
}

#[test]
fn shares_that_are_half_a_centavo_never_give_more_than_there_is() {
    let command = |command: &mut PrepareContract| {
        command.award.as_mut().unwrap().amount = Money::mxn(50).unwrap();
        let milestones = (1..=100).map(|n| MilestoneInput {
            id: format!("D{n}"),
            percent: 1,
            ..case::terms().milestones[0].clone()
        });
        command.terms.milestones = milestones.collect();
    };
    not_prepared(command, TermsRejection::WorthlessMilestone { index: 50 });
}
