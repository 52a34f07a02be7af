//! What every command is refused for alike, and how refusals are told to programs.

use super::*;
use crate::money::{Currency, Money};
use crate::sample::contract::SUPPLIER_ACCOUNT;
use crate::sample::day;

const HOUR: &str = "2018-06-14T10:00:00";

/// Every command that needs a contract in force.
fn in_force() -> Vec<ContractCommand> {
    vec![
        case::deliver("D2"),
        case::send_back("D2"),
        case::accept("D2"),
        case::penalty("D2"),
        case::invoice("D2", 70_168_000),
        case::order("D2"),
        case::pay("D2", 70_168_000),
    ]
}

#[test]
fn nothing_is_asked_of_a_contract_that_was_not_prepared() {
    let mut commands = in_force();
    commands.extend([
        case::lodge(17_900_000),
        case::sign(Party::Buyer),
        case::sign(Party::Supplier),
        ContractCommand::Complete,
        case::rate_performance(5),
        case::rate_work(5),
    ]);
    for command in commands {
        refused(at(HOUR, Vec::new()), command, ContractRejection::Unknown);
    }
}

#[test]
fn nothing_is_delivered_before_both_signed_or_after_completion() {
    let pending = played(case::signature_steps().into_iter().take(3));
    for command in in_force() {
        refused(at(HOUR, pending.clone()), command, ContractRejection::NotYetActive);
    }
    let completed = played(case::steps());
    for command in in_force() {
        refused(at(HOUR, completed.clone()), command, ContractRejection::NoLongerActive);
    }
}

#[test]
fn a_deliverable_that_the_contract_does_not_have_is_unknown() {
    let milestone_id = case::id("D5");
    let unknown = [
        case::deliver("D5"),
        case::send_back("D5"),
        case::accept("D5"),
        case::penalty("D5"),
        case::invoice("D5", 1),
        case::order("D5"),
        case::pay("D5", 1),
    ];
    for command in unknown {
        let milestone_id = milestone_id.clone();
        let expected = ContractRejection::UnknownMilestone { milestone_id };
        refused(at(HOUR, active()), command, expected);
    }
}

#[test]
fn the_suppliers_account_decides_on_nothing_of_its_own() {
    let mut own = [
        case::send_back("D2"),
        case::accept("D2"),
        case::penalty("D2"),
        case::order("D2"),
        case::pay("D2", 70_168_000),
        case::rate_performance(5),
        case::rate_work(5),
    ];
    for command in &mut own {
        let (ContractCommand::Return { caller, .. }
        | ContractCommand::Accept { caller, .. }
        | ContractCommand::ApplyPenalty { caller, .. }
        | ContractCommand::OrderPayment { caller, .. }
        | ContractCommand::RecordPayment { caller, .. }
        | ContractCommand::RatePerformance { caller, .. }
        | ContractCommand::RateWork { caller, .. }) = command
        else {
            panic!("{command:?}")
        };
        *caller = SUPPLIER_ACCOUNT;
        let expected = ContractRejection::SuppliersOwnAccount;
        refused(at(HOUR, late(4)), command.clone(), expected);
    }
}

/// That a refusal tells programs its code, the member to correct, and what was compared.
fn tells(
    rejection: impl Into<ContractRejection>,
    code: &str,
    field: &str,
    details: &[(&'static str, &str)],
) {
    let rejection = rejection.into();
    assert_eq!(rejection.code(), code);
    assert_eq!(rejection.field().unwrap_or_default(), field, "{code}");
    let expected: Vec<_> = details.iter().map(|(key, it)| (*key, (*it).to_owned())).collect();
    assert_eq!(rejection.details(), expected, "{code}");
    let message = rejection.message_es();
    assert!(
        message.ends_with('.') && message.contains(':') && !message.contains("  "),
        "{message}"
    );
}

#[test]
fn a_refusal_before_the_contract_is_in_force_tells_what_was_compared() {
    use {ContractRejection as C, SignatureRejection as S, TermsRejection as T};
    let (minimum, party) = (Money::mxn(2).unwrap(), Party::Buyer);
    let (sign_by, now) = (day("2018-04-28"), local("2018-04-29T00:00:00"));
    tells(C::Unknown, "contract-unknown", "contractId", &[]);
    tells(C::NotYetActive, "contract-not-active", "", &[("status", "pending")]);
    tells(C::NoLongerActive, "contract-not-active", "", &[("status", "completed")]);
    tells(C::NotTheSuppliersAccount, "not-the-suppliers-account", "", &[]);
    tells(C::SuppliersOwnAccount, "suppliers-own-account", "", &[]);
    let currency = Currency::MXN;
    let expected = [("expected", "MXN")];
    tells(C::Currency { currency }, "currency-not-allowed", "amount.currency", &expected);
    tells(T::AwardMissing, "award-missing", "awardId", &[]);
    tells(T::TenderUnknown, "tender-unknown", "tenderId", &[]);
    tells(T::AlreadyPrepared, "contract-already-prepared", "contractId", &[]);
    tells(T::AwardHasContract, "award-has-contract", "awardId", &[]);
    let ended = [("signBy", "2018-04-28"), ("now", "2018-04-29T05:00:00.000Z")];
    tells(T::SigningEnded { sign_by, now }, "signature-period-ended", "", &ended);
    tells(T::NoMilestones, "list-empty", "milestones", &[]);
    let sum = [("sum", "99"), ("expected", "100")];
    tells(T::PercentsSum { sum: 99 }, "percents-sum", "milestones", &sum);
    let worthless = T::WorthlessMilestone { index: 2 };
    tells(worthless, "milestone-amount-zero", "milestones[2].percent", &[]);
    let due = T::DueBeforeAward { index: 2, award_day: sign_by };
    tells(due, "due-before-award", "milestones[2].due", &[("after", "2018-04-28")]);
    let small = S::GuaranteeTooSmall { minimum };
    tells(small, "guarantee-too-small", "amount.centavos", &[("minimumCentavos", "2")]);
    tells(S::GuaranteeAlreadyLodged, "guarantee-already-lodged", "", &[]);
    tells(S::GuaranteeMissing, "guarantee-missing", "", &[]);
    tells(S::PeriodEnded { sign_by, now }, "signature-period-ended", "", &ended);
    tells(S::AlreadySigned { party }, "already-signed", "party", &[("party", "buyer")]);
    tells(S::NotTheBuyersAccount, "not-the-buyers-account", "party", &[]);
}

#[test]
fn a_refusal_of_what_is_delivered_or_paid_tells_what_was_compared() {
    use {ClosingRejection as L, DeliveryRejection as D, PaymentRejection as P};
    let milestone = "milestoneId";
    let (one, two) = (Money::mxn(1).unwrap(), Money::mxn(2).unwrap());
    let status = MilestoneStatus::PaymentOrdered;
    let stands = [("status", "paymentOrdered")];
    tells(D::NotExpected { status }, "deliverable-not-expected", milestone, &stands);
    tells(D::NoDocuments, "list-empty", "documents", &[]);
    tells(D::NothingDelivered { status }, "nothing-delivered", milestone, &stands);
    tells(D::NotAccepted { status }, "deliverable-not-accepted", milestone, &stands);
    tells(D::NotLate, "not-late", milestone, &[]);
    tells(D::PenaltyAlreadyApplied, "penalty-already-applied", milestone, &[]);
    let used_up = D::GuaranteeUsedUp { guarantee: two };
    tells(used_up, "guarantee-used-up", milestone, &[("guaranteeCentavos", "2")]);
    let unequal = [("expectedCentavos", "1"), ("actualCentavos", "2")];
    let (expected, actual) = (one, two);
    tells(P::PenaltyMissing, "penalty-missing", milestone, &[]);
    let invoice = P::InvoiceAmount { expected, actual };
    tells(invoice, "invoice-amount", "amount.centavos", &unequal);
    tells(P::InvoiceAlreadyRegistered, "invoice-already-registered", milestone, &[]);
    let taken = P::InvoiceIdTaken { invoice_id: "x".to_owned() };
    tells(taken, "invoice-id-taken", "invoiceId", &[("invoiceId", "x")]);
    tells(P::InvoiceMissing, "invoice-missing", milestone, &[]);
    tells(P::PaymentAlreadyOrdered, "payment-already-ordered", milestone, &[]);
    tells(P::PaymentNotOrdered, "payment-not-ordered", milestone, &[]);
    tells(P::PaymentAlreadyRecorded, "payment-already-recorded", milestone, &[]);
    let payment = P::PaymentAmount { expected, actual };
    tells(payment, "payment-amount", "amount.centavos", &unequal);
    let milestone_ids = vec![case::id("D1"), case::id("D2")];
    let open = [("milestoneIds", "D1, D2")];
    tells(L::MilestonesOpen { milestone_ids }, "milestones-open", "", &open);
    tells(L::AlreadyCompleted, "contract-already-completed", "", &[]);
    tells(L::NotCompleted, "contract-not-completed", "", &[]);
    tells(L::PerformanceAlreadyRated, "performance-already-rated", "", &[]);
    tells(L::NothingAccepted, "nothing-accepted", "", &[]);
    tells(L::WorkAlreadyRated, "work-already-rated", "", &[]);
}
