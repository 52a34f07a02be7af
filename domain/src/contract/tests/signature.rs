//! Guarantee and signatures.

use super::*;
use crate::event::{ContractActivated, ContractSigned, GuaranteeLodged};
use crate::id::AccountRef;
use crate::money::{Currency, Money};
use crate::sample::contract::{BUYER_ACCOUNT, SUPPLIER_ACCOUNT};
use crate::sample::day;

const HOUR: &str = "2018-04-20T12:00:00";

/// The first steps: prepared, guaranteed, signed by the supplier, signed by the buyer.
fn first(steps: usize) -> Vec<ContractEvent> {
    played(case::signature_steps().into_iter().take(steps))
}

fn lodge(change: impl FnOnce(&mut String, &mut String)) -> ContractCommand {
    let mut command = case::lodge(17_900_000);
    let ContractCommand::LodgeGuarantee { amount, reference, .. } = &mut command else { panic!() };
    change(&mut amount.currency, reference);
    command
}

#[test]
fn the_guarantee_of_the_case_is_ten_per_cent() {
    let prepared = case::prepare_contract();
    let lodged = GuaranteeLodged {
        contract_id: prepared.contract_id,
        ocid: case::award_issued().ocid,
        amount: Money::mxn(17_900_000).unwrap(),
        reference: "FIANZA-2018-0417".to_owned(),
    };
    at(HOUR, first(1))
        .when(case::lodge(17_900_000))
        .then([ContractEvent::GuaranteeLodged(Box::new(lodged))]);
}

#[test]
fn a_guarantee_may_be_larger_but_not_smaller() {
    let minimum = Money::mxn(17_900_000).unwrap();
    let too_small = SignatureRejection::GuaranteeTooSmall { minimum };
    refused(at(HOUR, first(1)), case::lodge(17_899_999), too_small);
    at(HOUR, first(1)).when(case::lodge(17_900_001)).then_events();
}

#[test]
fn the_least_guarantee_is_rounded_up() {
    let mut prepare = case::prepare_contract();
    prepare.award.as_mut().unwrap().amount = Money::mxn(179_000_001).unwrap();
    let history = played([(HOUR, ContractCommand::Prepare(Box::new(prepare)))]);
    let minimum = Money::mxn(17_900_001).unwrap();
    let too_small = SignatureRejection::GuaranteeTooSmall { minimum };
    refused(at(HOUR, history.clone()), case::lodge(17_900_000), too_small);
    at(HOUR, history).when(case::lodge(17_900_001)).then_events();
}

#[test]
fn a_guarantee_is_lodged_once_and_before_the_signatures() {
    for history in [first(2), first(3), active(), played(case::steps())] {
        let expected = SignatureRejection::GuaranteeAlreadyLodged;
        refused(at(HOUR, history), case::lodge(17_900_000), expected);
    }
}

#[test]
fn a_guarantee_is_in_the_contracts_currency_and_has_a_number() {
    let usd = lodge(|currency, _| *currency = "USD".to_owned());
    let expected = ContractRejection::Currency { currency: Currency::MXN };
    refused(at(HOUR, first(1)), usd, expected);
    let blank = lodge(|_, reference| *reference = " ".to_owned());
    let empty = InputRejection::Empty { field: "reference".to_owned() };
    refused(at(HOUR, first(1)), blank, empty);
}

#[test]
fn only_the_suppliers_account_acts_for_the_supplier() {
    let strangers = [
        (BUYER_ACCOUNT, Some(SUPPLIER_ACCOUNT)),
        (SUPPLIER_ACCOUNT, None),
        (SUPPLIER_ACCOUNT, Some(BUYER_ACCOUNT)),
    ];
    let expected = ContractRejection::NotTheSuppliersAccount;
    for (stranger, registrant) in strangers {
        let mut command = case::lodge(17_900_000);
        if let ContractCommand::LodgeGuarantee { supplier_account, caller, .. } = &mut command {
            (*caller, *supplier_account) = (stranger, registrant);
        }
        refused(at(HOUR, first(1)), command, expected.clone());
        let sign = ContractCommand::Sign {
            party: Party::Supplier,
            caller: stranger,
            supplier_account: registrant,
        };
        refused(at(HOUR, first(2)), sign, expected.clone());
    }
}

#[test]
fn the_suppliers_account_does_not_sign_for_the_buyer() {
    let sign = |caller: AccountRef| ContractCommand::Sign {
        party: Party::Buyer,
        caller,
        supplier_account: Some(SUPPLIER_ACCOUNT),
    };
    let expected = SignatureRejection::NotTheBuyersAccount;
    refused(at(HOUR, first(2)), sign(SUPPLIER_ACCOUNT), expected);
    at(HOUR, first(2)).when(sign(BUYER_ACCOUNT)).then_events();
}

#[test]
fn nobody_signs_before_the_guarantee_is_lodged() {
    for party in [Party::Buyer, Party::Supplier] {
        let expected = SignatureRejection::GuaranteeMissing;
        refused(at(HOUR, first(1)), case::sign(party), expected);
    }
}

#[test]
fn the_first_signature_alone_puts_nothing_in_force() {
    for party in [Party::Buyer, Party::Supplier] {
        let events = at(HOUR, first(2)).when(case::sign(party)).then_events();
        assert!(matches!(events.as_slice(), [ContractEvent::Signed(it)] if it.party == party));
    }
    let contract = Contract::replay(&first(3)).unwrap();
    assert!(contract.is_signed_by(Party::Supplier) && !contract.is_signed_by(Party::Buyer));
    assert_eq!(contract.status(), "pending");
}

#[test]
fn the_second_signature_puts_the_contract_in_force() {
    let (contract_id, ocid) = (case::prepare_contract().contract_id, case::award_issued().ocid);
    let signature = ContractSigned { contract_id, ocid: ocid.clone(), party: Party::Buyer };
    let activated = ContractActivated { contract_id, ocid, signed_at: local(HOUR) };
    at(HOUR, first(3)).when(case::sign(Party::Buyer)).then([
        ContractEvent::Signed(Box::new(signature)),
        ContractEvent::Activated(Box::new(activated)),
    ]);
    let contract = Contract::replay(&active()).unwrap();
    assert_eq!(contract.status(), "active");
    assert_eq!(contract.signed_at(), Some(local("2018-04-20T12:30:00")));
    assert_eq!(contract.guarantee(), Some(Money::mxn(17_900_000).unwrap()));
    assert!(contract.is_signed_by(Party::Supplier) && contract.is_signed_by(Party::Buyer));
}

#[test]
fn a_party_signs_once() {
    let party = Party::Supplier;
    refused(at(HOUR, first(3)), case::sign(party), SignatureRejection::AlreadySigned { party });
    for party in [Party::Buyer, Party::Supplier] {
        let expected = SignatureRejection::AlreadySigned { party };
        refused(at(HOUR, active()), case::sign(party), expected.clone());
        refused(at(HOUR, played(case::steps())), case::sign(party), expected);
    }
}

#[test]
fn the_last_day_to_sign_is_a_whole_day_of_the_local_calendar() {
    at("2018-04-28T23:59:59.999", first(2)).when(case::sign(Party::Supplier)).then_events();
    let late = "2018-04-29T00:00:00";
    let (sign_by, now) = (day("2018-04-28"), local(late));
    let expected = SignatureRejection::PeriodEnded { sign_by, now };
    refused(at(late, first(2)), case::sign(Party::Supplier), expected.clone());
    refused(at(late, first(3)), case::sign(Party::Buyer), expected);
}
