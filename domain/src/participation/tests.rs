//! The rules of participations, one test each.

use super::*;
use crate::aggregate::tests::{Answer, given};
use crate::event::DomainEvent;
use crate::sample::local;
use crate::sample::procedure::{account, participant, register_participant, registration};

const LAST: &str = "2018-04-13T17:59:59.999";
const END: &str = "2018-04-13T18:00:00";

fn registered_at(at: &str, change: impl FnOnce(&mut RegisterParticipant)) -> Answer<Participation> {
    let mut command = register_participant(0);
    change(&mut command);
    given::<Participation>([]).at(local(at)).when(ParticipationCommand::Register(Box::new(command)))
}

fn registered() -> ParticipationEvent {
    ParticipationEvent::Registered(Box::new(participant(0)))
}

#[test]
fn an_approved_company_takes_part_until_just_before_the_end() {
    registered_at("2018-04-12T08:00:00", |_| ()).then([registered()]);
    registered_at(LAST, |_| ()).then([registered()]);
}

#[test]
fn a_participation_at_the_end_of_receipt_is_late() {
    let (deadline, now) = (local(END), local(END));
    let late = TendererRejection::SubmissionPeriodEnded { deadline, now };
    registered_at(END, |_| ()).then_rejected(late.into());
}

#[test]
fn a_participation_names_the_company_as_the_register_has_it() {
    let participant = participant(0);
    let company = registration(0);
    assert_eq!(participant.tenderer.rfc, company.rfc);
    assert_eq!(participant.tenderer.legal_name, company.legal_name);
    assert_eq!(participant.tenderer.size, company.size);
    assert!(DomainEvent::from(participant).is_sealed());
}

#[test]
fn nobody_takes_part_in_a_tender_that_is_not_published() {
    registered_at(LAST, |command| command.tender = None)
        .then_rejected(TendererRejection::TenderUnknown.into());
}

#[test]
fn only_approved_companies_take_part() {
    let company = || Box::new(registration(0));
    let others =
        [Company::Unregistered, Company::Submitted(company()), Company::Rejected(company())];
    for other in others {
        registered_at(LAST, |command| command.company = other)
            .then_rejected(TendererRejection::CompanyNotApproved.into());
    }
}

#[test]
fn only_the_account_that_registered_the_company_acts_for_it() {
    registered_at(LAST, |command| command.caller = account(1))
        .then_rejected(TendererRejection::NotTheCompanysAccount.into());
    registered_at(LAST, |command| command.registrant = None)
        .then_rejected(TendererRejection::NotTheCompanysAccount.into());
}

#[test]
fn nobody_takes_part_without_denying_a_conflict() {
    registered_at(LAST, |command| command.declares_no_conflict = false)
        .then_rejected(ParticipationRejection::ConflictNotDenied);
}

#[test]
fn a_participant_registers_once() {
    given::<Participation>([registered()])
        .at(local(LAST))
        .when(ParticipationCommand::Register(Box::new(register_participant(0))))
        .then_rejected(ParticipationRejection::AlreadyRegistered);
}

#[test]
fn a_second_registration_in_history_is_corrupt() {
    assert!(Participation::replay(&[registered(), registered()]).is_err());
    let state = Participation::replay(&[registered()]).unwrap();
    assert_eq!(state.registered(), Some(&participant(0)));
    assert_eq!(Participation::default().registered(), None);
}

#[test]
fn every_refusal_has_its_slug() {
    let (deadline, now) = (local(END), local(END));
    let late = TendererRejection::SubmissionPeriodEnded { deadline, now };
    assert_eq!(late.field(), None);
    let expected = vec![("deadline", deadline.to_string()), ("now", now.to_string())];
    assert_eq!(ParticipationRejection::from(late).details(), expected);
    let slugs = [
        (TendererRejection::TenderUnknown.into(), "tender-unknown"),
        (TendererRejection::CompanyNotApproved.into(), "company-not-approved"),
        (TendererRejection::NotTheCompanysAccount.into(), "not-the-companys-account"),
        (late.into(), "submission-period-ended"),
        (ParticipationRejection::ConflictNotDenied, "conflict-not-denied"),
        (ParticipationRejection::AlreadyRegistered, "participant-already-registered"),
    ];
    for (rejection, slug) in slugs {
        assert_eq!(rejection.code(), slug);
    }
}
