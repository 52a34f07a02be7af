//! The rules of proposals, one test each.

use super::*;
use crate::aggregate::tests::{Answer, given};
use crate::content::Disposition;
use crate::event::{DomainEvent, ProposalsOpened};
use crate::participation::TENDERERS_MAX;
use crate::rejection::{InputRejection, Refusal};
use crate::sample::local;
use crate::sample::procedure::{
    BIDDERS, account, company, document, offer, other_tender, participant, proposal_id,
    submit_proposal, withdraw_proposal,
};
use crate::sample::{TENDER, tender_published};
use proptest::prelude::*;

const LAST: &str = "2018-04-13T17:59:59.999";
const END: &str = "2018-04-13T18:00:00";

fn submitted() -> ProposalEvent {
    let (proposal_id, tender_id) = (proposal_id(0), TENDER);
    let event = ProposalSubmitted { proposal_id, tender_id, offer: offer(0) };
    ProposalEvent::Submitted(Box::new(event))
}

fn withdrawn() -> ProposalEvent {
    let (proposal_id, tender_id) = (proposal_id(0), TENDER);
    ProposalEvent::Withdrawn(Box::new(ProposalWithdrawn { proposal_id, tender_id }))
}

fn submit(change: impl FnOnce(&mut SubmitProposal)) -> ProposalCommand {
    let mut command = submit_proposal(0);
    change(&mut command);
    ProposalCommand::Submit(Box::new(command))
}

fn replace(change: impl FnOnce(&mut SubmitProposal)) -> ProposalCommand {
    let mut command = submit_proposal(0);
    change(&mut command);
    ProposalCommand::Replace(Box::new(command))
}

fn withdraw(change: impl FnOnce(&mut WithdrawProposal)) -> ProposalCommand {
    let mut command = withdraw_proposal(0);
    change(&mut command);
    ProposalCommand::Withdraw(Box::new(command))
}

fn first(at: &str, command: ProposalCommand) -> Answer<Proposal> {
    given::<Proposal>([]).at(local(at)).when(command)
}

fn then(at: &str, command: ProposalCommand) -> Answer<Proposal> {
    given::<Proposal>([submitted()]).at(local(at)).when(command)
}

fn refused(change: impl FnOnce(&mut SubmitProposal), expected: impl Into<ProposalRejection>) {
    first(LAST, submit(change)).then_rejected(expected.into());
}

#[test]
fn a_proposal_is_submitted_with_all_its_parts() {
    let events = first("2018-04-12T09:00:00", submit(|_| ())).then_events();
    let [ProposalEvent::Submitted(event)] = events.as_slice() else { panic!("not submitted") };
    let technical = event.offer.technical.as_ref().unwrap();
    assert_eq!(technical.documents, submit_proposal(0).technical);
    assert_eq!(event.offer.economic.as_ref().unwrap().price, Money::mxn(184_800_000).unwrap());
    assert_eq!(event.offer.company, Some(participant(0).tenderer));
}

#[test]
fn a_proposal_one_millisecond_before_the_end_is_on_time() {
    first(LAST, submit(|_| ())).then([submitted()]);
    then(LAST, withdraw(|_| ())).then([withdrawn()]);
    assert_eq!(then(LAST, replace(|_| ())).then_events().len(), 1);
}

#[test]
fn a_proposal_at_the_end_of_receipt_is_late() {
    let (deadline, now) = (local(END), local(END));
    let late = || TendererRejection::SubmissionPeriodEnded { deadline, now }.into();
    first(END, submit(|_| ())).then_rejected(late());
    then(END, replace(|_| ())).then_rejected(late());
    then(END, withdraw(|_| ())).then_rejected(late());
    let rejection: ProposalRejection = late();
    assert_eq!(rejection.code(), "submission-period-ended");
    assert_eq!(rejection.field(), None);
    let expected = vec![("deadline", deadline.to_string()), ("now", now.to_string())];
    assert_eq!(rejection.details(), expected);
}

#[test]
fn nothing_is_received_before_receipt_starts() {
    let at = "2018-04-12T08:59:59.999";
    let (start, now) = (local("2018-04-12T09:00:00"), local(at));
    let early = || ProposalRejection::SubmissionNotStarted { start, now };
    first(at, submit(|_| ())).then_rejected(early());
    then(at, replace(|_| ())).then_rejected(early());
    then(at, withdraw(|_| ())).then_rejected(early());
    assert_eq!(early().code(), "submission-not-started");
}

#[test]
fn a_proposal_says_nothing_in_clear_of_who_and_how_much() {
    let event = DomainEvent::from(submitted());
    assert!(event.is_sealed() && event.withholds_actor());
    let expected = serde_json::json!({"proposalId": proposal_id(0), "tenderId": TENDER});
    assert_eq!(event.to_data(), expected);
    let paths: Vec<&str> = event.private_parts().iter().map(|part| part.path).collect();
    assert_eq!(paths, ["/data/company", "/data/technical", "/data/economic"]);
}

#[test]
fn a_proposal_belongs_to_a_published_tender() {
    refused(|command| command.tender = None, TendererRejection::TenderUnknown);
    then(LAST, withdraw(|command| command.tender = None))
        .then_rejected(TendererRejection::TenderUnknown.into());
}

#[test]
fn only_an_approved_company_offers() {
    refused(
        |command| command.company = Company::Unregistered,
        TendererRejection::CompanyNotApproved,
    );
}

#[test]
fn only_the_companys_account_acts() {
    let foreign = || TendererRejection::NotTheCompanysAccount;
    refused(|command| command.caller = account(1), foreign());
    then(LAST, replace(|command| command.caller = account(1))).then_rejected(foreign().into());
    then(LAST, withdraw(|command| command.caller = account(1))).then_rejected(foreign().into());
}

#[test]
fn only_a_participant_of_the_tender_offers() {
    let missing = || ProposalRejection::ParticipantNotRegistered;
    refused(|command| command.participation = None, missing());
    refused(|command| command.participation = Some(participant(1)), missing());
    let elsewhere = ParticipantRegistered { tender_id: other_tender(), ..participant(0) };
    refused(|command| command.participation = Some(elsewhere), missing());
}

#[test]
fn a_technical_envelope_holds_one_document_to_the_most() {
    refused(|command| command.technical.clear(), ProposalRejection::NoTechnicalDocuments);
    let many = vec![document("a.md"); DOCUMENTS_MAX + 1];
    let max = DOCUMENTS_MAX as u64;
    let (field, documents) = ("technical".to_owned(), many.clone());
    let too_many = InputRejection::OutOfRange { field, min: 1, max };
    refused(|command| command.technical = documents, too_many);
    let field = "economic".to_owned();
    let too_many = InputRejection::OutOfRange { field, min: 0, max };
    refused(|command| command.economic = many, too_many);
    first(LAST, submit(|command| command.economic.clear())).then_events();
}

#[test]
fn a_price_is_positive_and_in_the_budgets_currency() {
    refused(|command| command.price.centavos = "0".to_owned(), ProposalRejection::ZeroPrice);
    let currency = tender_published().budget.currency();
    let foreign = ProposalRejection::Currency { currency };
    refused(|command| command.price.currency = "USD".to_owned(), foreign);
    let centavos = InputRejection::Format {
        field: "price.centavos".to_owned(),
        expected: "el importe en centavos enteros, solo con dígitos",
    };
    refused(|command| command.price.centavos = "1.5".to_owned(), centavos);
}

#[test]
fn a_price_above_the_budget_is_taken() {
    let above = |command: &mut SubmitProposal| command.price.centavos = "200000001".to_owned();
    first(LAST, submit(above)).then_events();
}

#[test]
fn a_replacement_stands_in_the_place_of_a_live_proposal_only() {
    let cheaper = |command: &mut SubmitProposal| command.price.centavos = "100".to_owned();
    let events = then(LAST, replace(cheaper)).then_events();
    let [ProposalEvent::Replaced(event)] = events.as_slice() else { panic!("not replaced") };
    assert_eq!(event.offer.economic.as_ref().unwrap().price, Money::mxn(100).unwrap());
    first(LAST, replace(|_| ())).then_rejected(ProposalRejection::Unknown);
    given::<Proposal>([submitted(), withdrawn()])
        .at(local(LAST))
        .when(replace(|_| ()))
        .then_rejected(ProposalRejection::Withdrawn);
}

#[test]
fn only_a_live_proposal_is_taken_back() {
    first(LAST, withdraw(|_| ())).then_rejected(ProposalRejection::Unknown);
    given::<Proposal>([submitted(), withdrawn()])
        .at(local(LAST))
        .when(withdraw(|_| ()))
        .then_rejected(ProposalRejection::Withdrawn);
}

#[test]
fn a_proposal_is_submitted_once() {
    then(LAST, submit(|_| ())).then_rejected(ProposalRejection::AlreadySubmitted);
    given::<Proposal>([submitted(), withdrawn()])
        .at(local(LAST))
        .when(submit(|_| ()))
        .then_rejected(ProposalRejection::Withdrawn);
}

#[test]
fn a_proposal_of_another_company_or_tender_is_unknown() {
    let of_another = |command: &mut WithdrawProposal| {
        command.company = company(1);
        (command.registrant, command.caller) = (Some(account(1)), account(1));
    };
    then(LAST, withdraw(of_another)).then_rejected(ProposalRejection::Unknown);
    let mut command = submit_proposal(1);
    command.proposal_id = proposal_id(0);
    then(LAST, ProposalCommand::Replace(Box::new(command)))
        .then_rejected(ProposalRejection::Unknown);
    let elsewhere = |command: &mut WithdrawProposal| {
        command.tender.as_mut().unwrap().tender_id = other_tender();
    };
    then(LAST, withdraw(elsewhere)).then_rejected(ProposalRejection::Unknown);
}

#[test]
fn only_a_live_proposal_would_be_opened() {
    assert!(!Proposal::default().is_live());
    assert!(Proposal::replay(&[submitted()]).unwrap().is_live());
    assert!(!Proposal::replay(&[submitted(), withdrawn()]).unwrap().is_live());
}

#[test]
fn history_that_no_decision_wrote_is_corrupt() {
    let (proposal_id, tender_id) = (proposal_id(0), TENDER);
    let event = ProposalReplaced { proposal_id, tender_id, offer: offer(0) };
    let replaced = ProposalEvent::Replaced(Box::new(event));
    for history in [
        vec![replaced.clone()],
        vec![withdrawn()],
        vec![submitted(), submitted()],
        vec![submitted(), withdrawn(), submitted()],
        vec![submitted(), withdrawn(), replaced],
        vec![submitted(), withdrawn(), withdrawn()],
    ] {
        assert!(Proposal::replay(&history).is_err(), "{history:?}");
    }
}

#[test]
fn every_refusal_has_its_slug_and_its_field() {
    let currency = tender_published().budget.currency();
    let all = [
        (ProposalRejection::ParticipantNotRegistered, "participant-not-registered", None),
        (ProposalRejection::NoTechnicalDocuments, "list-empty", Some("technical")),
        (ProposalRejection::ZeroPrice, "amount-zero", Some("price.centavos")),
        (ProposalRejection::Currency { currency }, "currency-not-allowed", Some("price.currency")),
        (ProposalRejection::Unknown, "proposal-unknown", Some("proposalId")),
        (ProposalRejection::AlreadySubmitted, "proposal-already-submitted", None),
        (ProposalRejection::Withdrawn, "proposal-withdrawn", Some("proposalId")),
    ];
    for (rejection, slug, field) in all {
        assert_eq!((rejection.code(), rejection.field().as_deref()), (slug, field));
    }
}

proptest! {
    #[test]
    fn what_decide_emits_evolve_accepts(
        steps in prop::collection::vec((0_u8..3, -2_i64..2, 0_usize..2), 0..8)
    ) {
        let mut proposal = Proposal::default();
        let end = local(END).as_millis();
        for (step, offset, bidder) in steps {
            let now = Timestamp::from_millis(end + offset).unwrap();
            let mut offered = submit_proposal(bidder);
            offered.proposal_id = proposal_id(0);
            let command = match step {
                0 => ProposalCommand::Submit(Box::new(offered)),
                1 => ProposalCommand::Replace(Box::new(offered)),
                _ => ProposalCommand::Withdraw(Box::new(withdraw_proposal(bidder))),
            };
            let answer = proposal.decide(command, now);
            prop_assert!(answer.is_err() || offset < 0, "nothing is taken from the end on");
            for event in answer.unwrap_or_default() {
                proposal = proposal.evolve(&event).unwrap();
            }
        }
    }
}

#[test]
fn what_an_opening_lists_of_all_that_may_be_sent_fits_into_an_event() {
    let entries = u64::from(TENDERERS_MAX * OFFERS_MAX * 2);
    let last = 9_999_999_999;
    let proposals = (0..entries)
        .map(|entry| Disposition::Withdrawn { position: last - entry, by: last })
        .collect();
    let ocid = "ocds-000000-009000999-2018-1".parse().unwrap();
    let opened = ProposalsOpened { tender_id: TENDER, ocid, proposals, opened: 0 };
    let data = DomainEvent::from(opened).to_data().to_string();
    // An entry has 65,535 bytes at most, and its envelope needs less than 2,000 of them.
    assert!(data.len() < 63_500, "{} bytes", data.len());
}

#[test]
fn what_is_sealed_is_not_printed() {
    let printed = format!("{:?} {:?}", submit(|_| ()), submitted());
    let price = submit_proposal(0).price.centavos;
    for secret in [&price, "propuesta-tecnica", BIDDERS[0].0] {
        assert!(!printed.contains(secret), "{printed}");
    }
    let economic = offer(0).economic.unwrap();
    assert!(!format!("{economic:?}").contains(&price));
}
