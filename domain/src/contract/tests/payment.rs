//! Invoices and payments.

use super::*;
use crate::event::{InvoiceRegistered, PaymentOrdered, PaymentRecorded};
use crate::input::MoneyInput;
use crate::money::{Currency, Money};
use crate::sample::contract::{BUYER_ACCOUNT, SUPPLIER_ACCOUNT};
use crate::sample::day;

const HOUR: &str = "2018-06-14T10:00:00";

fn invoice(id: &str, amount: MoneyInput) -> ContractCommand {
    ContractCommand::RegisterInvoice {
        caller: SUPPLIER_ACCOUNT,
        supplier_account: Some(SUPPLIER_ACCOUNT),
        milestone_id: case::id("D2"),
        invoice_id: id.to_owned(),
        amount,
    }
}

fn mxn(centavos: u64) -> Money {
    Money::mxn(centavos).unwrap()
}

fn usd(centavos: u64) -> MoneyInput {
    MoneyInput { currency: "USD".to_owned(), ..case::mxn(centavos) }
}

#[test]
fn the_invoice_of_the_case_is_the_value_less_the_penalty() {
    let registered = InvoiceRegistered {
        contract_id: case::prepare_contract().contract_id,
        ocid: case::award_issued().ocid,
        milestone_id: case::id("D2"),
        invoice_id: "01620000-0000-4000-8000-0000000000d2".to_owned(),
        amount: mxn(70_168_000),
        pay_by: day("2018-07-04"),
    };
    at(HOUR, late(5))
        .when(case::invoice("D2", 70_168_000))
        .then([ContractEvent::InvoiceRegistered(Box::new(registered))]);
}

#[test]
fn an_invoice_of_another_amount_is_refused() {
    for centavos in [70_167_999, 70_168_001, 71_600_000, 0] {
        let (expected, actual) = (mxn(70_168_000), mxn(centavos));
        let expected = PaymentRejection::InvoiceAmount { expected, actual };
        refused(at(HOUR, late(5)), case::invoice("D2", centavos), expected);
    }
    let id = "01620000-0000-4000-8000-0000000000d2";
    let expected = ContractRejection::Currency { currency: Currency::MXN };
    refused(at(HOUR, late(5)), invoice(id, usd(70_168_000)), expected);
}

#[test]
fn only_the_supplier_sends_invoices() {
    for registrant in [None, Some(BUYER_ACCOUNT)] {
        let mut command = case::invoice("D2", 70_168_000);
        if let ContractCommand::RegisterInvoice { supplier_account, .. } = &mut command {
            *supplier_account = registrant;
        }
        refused(at(HOUR, late(5)), command, ContractRejection::NotTheSuppliersAccount);
    }
}

#[test]
fn what_is_not_accepted_is_not_invoiced() {
    for (steps, status) in [
        (0, MilestoneStatus::Expected),
        (2, MilestoneStatus::Returned),
        (3, MilestoneStatus::Delivered),
    ] {
        let expected = DeliveryRejection::NotAccepted { status };
        refused(at(HOUR, late(steps)), case::invoice("D2", 70_168_000), expected);
    }
}

#[test]
fn a_late_deliverable_is_invoiced_after_its_penalty() {
    let expected = PaymentRejection::PenaltyMissing;
    refused(at(HOUR, late(4)), case::invoice("D2", 71_600_000), expected);
    let mut in_time = case::signature_steps();
    in_time.extend([(HOUR, case::deliver("D3")), (HOUR, case::accept("D3"))]);
    at(HOUR, played(in_time)).when(case::invoice("D3", 53_700_000)).then_events();
}

#[test]
fn a_deliverable_has_one_invoice_and_an_invoice_one_deliverable() {
    for steps in [6, 7, 8] {
        let expected = PaymentRejection::InvoiceAlreadyRegistered;
        refused(at(HOUR, late(steps)), case::invoice("D2", 70_168_000), expected);
    }
    let mut other = case::signature_steps();
    other.extend(case::late_steps().into_iter().take(6));
    other.extend([(HOUR, case::deliver("D3")), (HOUR, case::accept("D3"))]);
    let command = ContractCommand::RegisterInvoice {
        caller: SUPPLIER_ACCOUNT,
        supplier_account: Some(SUPPLIER_ACCOUNT),
        milestone_id: case::id("D3"),
        invoice_id: "01620000-0000-4000-8000-0000000000D2".to_owned(),
        amount: case::mxn(53_700_000),
    };
    let invoice_id = "01620000-0000-4000-8000-0000000000d2".to_owned();
    let expected = PaymentRejection::InvoiceIdTaken { invoice_id };
    refused(at(HOUR, played(other)), command, expected);
}

#[test]
fn an_invoices_id_is_a_uuid_with_hyphens() {
    let expected = InputRejection::Format {
        field: "invoiceId".to_owned(),
        expected: "el folio fiscal de la factura, 32 cifras hexadecimales con guiones",
    };
    for id in [
        "",
        "F-123",
        "01620000000040008000000000000000",
        "{01620000-0000-4000-8000-000000000002}",
        "urn:uuid:01620000-0000-4000-8000-000000000002",
        "01620000-0000-4000-8000-00000000000g",
    ] {
        refused(at(HOUR, late(5)), invoice(id, case::mxn(70_168_000)), expected.clone());
    }
    let spaced = invoice(" 01620000-0000-4000-8000-00000000000A ", case::mxn(70_168_000));
    let events = at(HOUR, late(5)).when(spaced).then_events();
    let ContractEvent::InvoiceRegistered(registered) = &events[0] else { panic!("{events:?}") };
    assert_eq!(registered.invoice_id, "01620000-0000-4000-8000-00000000000a");
}

#[test]
fn at_the_end_of_the_calendar_an_invoice_is_payable_the_same_day() {
    let events =
        at("9999-12-20T10:00:00", late(5)).when(case::invoice("D2", 70_168_000)).then_events();
    let ContractEvent::InvoiceRegistered(registered) = &events[0] else { panic!("{events:?}") };
    assert_eq!(registered.pay_by, day("9999-12-20"));
}

#[test]
fn a_payment_is_ordered_once_for_what_was_invoiced() {
    let ordered = PaymentOrdered {
        contract_id: case::prepare_contract().contract_id,
        ocid: case::award_issued().ocid,
        milestone_id: case::id("D2"),
        amount: mxn(70_168_000),
    };
    at(HOUR, late(6))
        .when(case::order("D2"))
        .then([ContractEvent::PaymentOrdered(Box::new(ordered))]);
    for steps in [0, 3, 5] {
        refused(at(HOUR, late(steps)), case::order("D2"), PaymentRejection::InvoiceMissing);
    }
    for steps in [7, 8] {
        refused(at(HOUR, late(steps)), case::order("D2"), PaymentRejection::PaymentAlreadyOrdered);
    }
}

#[test]
fn a_payment_is_recorded_once_and_as_it_was_ordered() {
    let recorded = PaymentRecorded {
        contract_id: case::prepare_contract().contract_id,
        ocid: case::award_issued().ocid,
        milestone_id: case::id("D2"),
        amount: mxn(70_168_000),
        reference: "SPEI-D2".to_owned(),
    };
    at(HOUR, late(7))
        .when(case::pay("D2", 70_168_000))
        .then([ContractEvent::PaymentRecorded(Box::new(recorded))]);
    let pay = || case::pay("D2", 70_168_000);
    refused(at(HOUR, late(5)), pay(), PaymentRejection::InvoiceMissing);
    refused(at(HOUR, late(6)), pay(), PaymentRejection::PaymentNotOrdered);
    refused(at(HOUR, late(8)), pay(), PaymentRejection::PaymentAlreadyRecorded);
    for centavos in [70_167_999, 70_168_001] {
        let (expected, actual) = (mxn(70_168_000), mxn(centavos));
        let expected = PaymentRejection::PaymentAmount { expected, actual };
        refused(at(HOUR, late(7)), case::pay("D2", centavos), expected);
    }
}

#[test]
fn a_payment_is_in_the_contracts_currency_and_has_a_number() {
    let pay = |amount, reference: &str| ContractCommand::RecordPayment {
        caller: BUYER_ACCOUNT,
        supplier_account: Some(SUPPLIER_ACCOUNT),
        milestone_id: case::id("D2"),
        amount,
        reference: reference.to_owned(),
    };
    let expected = ContractRejection::Currency { currency: Currency::MXN };
    refused(at(HOUR, late(7)), pay(usd(70_168_000), "SPEI"), expected);
    let empty = InputRejection::Empty { field: "reference".to_owned() };
    refused(at(HOUR, late(7)), pay(case::mxn(70_168_000), ""), empty);
}
