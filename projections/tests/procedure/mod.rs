//! The state of a process, and what its events make public: folded without a database.

use std::sync::Arc;

use domain::DomainEvent;
use eventstore::{Keyring, MemoryKeys, MemoryStore, Recorded, SystemEntropy};
use projections::ocid_of;
use projections::procedure::{ActRef, MilestoneStatus, OutOfPlace, Procedure, ProcedureStatus};
use serde_json::Value;
use uuid::Uuid;

use crate::support::case::{self, Case};

fn store() -> MemoryStore {
    let keyring = Keyring::new([7; 32], Arc::new(MemoryKeys::default()));
    MemoryStore::new("log.example/fold", Some(1_522_080_000_000), keyring, Box::new(SystemEntropy))
}

fn case(store: &MemoryStore) -> Case<'_, MemoryStore> {
    Case::new(store, "ocds-000000-009000999-2018-1", Uuid::from_u128(2 << 32))
}

fn event(recorded: &Recorded) -> Option<DomainEvent> {
    let envelope = recorded.open()?;
    let data = Value::Object(envelope.data.clone());
    DomainEvent::from_recorded(&envelope.r#type, envelope.schema, &data).unwrap()
}

fn folded(recorded: &[Recorded]) -> Result<Procedure, OutOfPlace> {
    let mut procedure = Procedure::default();
    for recorded in recorded {
        let Some(event) = event(recorded) else { continue };
        let act = ActRef {
            position: recorded.position,
            event_id: recorded.id(),
            effective_at_ms: recorded.open().unwrap().effective_at,
        };
        procedure.fold(&event, act)?;
    }
    Ok(procedure)
}

#[tokio::test]
async fn before_the_opening_nothing_says_how_many_proposals_there_are() {
    let store = store();
    let mut case = case(&store);
    case.seal_proposals().await;
    case.close_receipt().await;
    let procedure = folded(&case.recorded).unwrap();
    let mut expected = Procedure { status: ProcedureStatus::ReceiptClosed, ..Procedure::default() };
    expected.receipt_closed = procedure.receipt_closed;
    assert_eq!(procedure, expected);
}

#[tokio::test]
async fn at_the_technical_opening_documents_are_known_but_neither_company_nor_price() {
    let store = store();
    let mut case = case(&store);
    case.seal_proposals().await;
    case.close_receipt().await;
    case.open_technical().await;
    case.seal_sheets().await;
    let procedure = folded(&case.recorded).unwrap();
    assert_eq!(procedure.status, ProcedureStatus::Opened);
    assert_eq!(procedure.opening.unwrap().opened, 2);
    let entries: Vec<_> = procedure.proposals.iter().map(|it| it.entry).collect();
    assert_eq!(entries, case.sealed.proposals[1..3]);
    for proposal in &procedure.proposals {
        assert_eq!(proposal.documents.len(), 1);
        assert_eq!((&proposal.offer, &proposal.sheet), (&None, &None));
    }
}

#[tokio::test]
async fn who_enters_for_somebody_else_starts_anew() {
    let store = store();
    let mut case = case(&store);
    case.draw().await;
    let panel = folded(&case.recorded).unwrap().panel.unwrap();
    let seats: Vec<_> = panel
        .seats
        .iter()
        .map(|it| (it.seat, it.pseudonym.as_str(), it.accepted.is_some()))
        .collect();
    assert_eq!(seats, [(1, "EV-001", true), (2, "EV-002", true), (3, "EV-004", true)]);
    // The last acceptance is the alternate's: without it the seat is not accepted.
    case.recorded.pop();
    let panel = folded(&case.recorded).unwrap().panel.unwrap();
    assert_eq!(panel.seats[2].accepted, None);
    assert_eq!(panel.conflicts[0].replacement.as_ref().unwrap().as_str(), "EV-004");
    assert_eq!(panel.draw.unwrap().block_number, 4_711);
}

#[tokio::test]
async fn the_last_commitment_counts_and_a_missed_ballot_is_named() {
    let store = store();
    let mut case = case(&store);
    case.draw().await;
    case.vote().await;
    let panel = folded(&case.recorded).unwrap().panel.unwrap();
    let again = merkle::hash::to_base64url(&merkle::hash::sha256("uno, otra vez".as_bytes()));
    assert_eq!(panel.seats[0].committed.as_ref().unwrap().commitment, again);
    assert_eq!(panel.seats[1].revealed.as_ref().unwrap().ballot.delivery_probability_percent, 70);
    assert!(panel.seats[2].missed.as_ref().unwrap().committed);
    assert_eq!(panel.seats[2].revealed, None);
}

#[tokio::test]
async fn a_played_process_is_completed_with_its_prices_points_and_payments() {
    let store = store();
    let mut case = case(&store);
    case.play().await;
    let procedure = folded(&case.recorded).unwrap();
    assert_eq!(procedure.status, ProcedureStatus::Completed);
    let [winner, other] = &procedure.proposals[..] else { panic!("two were opened") };
    assert_eq!(winner.offer.as_ref().unwrap().price.centavos(), 80_000_000);
    assert_eq!(winner.sheet.as_ref().unwrap().scores, [1_500, 1_400]);
    assert_eq!(winner.score.as_ref().unwrap().results[0].rank, 1);
    assert_eq!(other.unsolvent.unwrap().as_str(), "budget");
    assert_eq!(procedure.award.unwrap().supplier.legal_name, "EMPRESA 0");
    let contract = procedure.contract.unwrap();
    assert_eq!(contract.signatures.len(), 2);
    let first = &contract.milestones[0];
    assert_eq!((first.status, first.days_late), (MilestoneStatus::Paid, Some(2)));
    assert_eq!((first.deliveries.len(), first.returns.len()), (2, 1));
    assert_eq!(contract.settlement.unwrap().penalties.centavos(), 1_600_000);
    // 13 stars of three: 4.33.
    assert_eq!((contract.work.count, contract.work.average_hundredths()), (3, Some(433)));
}

#[tokio::test]
async fn each_step_of_a_process_has_its_status_and_its_milestones_theirs() {
    use MilestoneStatus as M;
    use ProcedureStatus as P;
    let store = store();
    let mut case = case(&store);
    case.play().await;
    let mut statuses = Vec::new();
    let mut milestones = Vec::new();
    for length in 1..=case.recorded.len() {
        let procedure = folded(&case.recorded[..length]).unwrap();
        statuses.push(procedure.status);
        milestones.extend(procedure.contract.map(|it| it.milestones[0].status));
    }
    statuses.dedup();
    milestones.dedup();
    let expected = [
        P::Planned,
        P::ReceiptClosed,
        P::Opened,
        P::EconomicOpened,
        P::Evaluated,
        P::Ruled,
        P::Awarded,
        P::Contracted,
        P::Completed,
    ];
    assert_eq!(statuses, expected);
    let expected = [
        M::Pending,
        M::Delivered,
        M::Returned,
        M::Delivered,
        M::Accepted,
        M::Invoiced,
        M::Ordered,
        M::Paid,
    ];
    assert_eq!(milestones, expected);
}

#[tokio::test]
async fn a_state_reads_back_as_it_was_written() {
    let store = store();
    let mut case = case(&store);
    case.play().await;
    let procedure = folded(&case.recorded).unwrap();
    let written = serde_json::to_value(&procedure).unwrap();
    assert_eq!(serde_json::from_value::<Procedure>(written).unwrap(), procedure);
}

#[tokio::test]
async fn an_act_without_what_it_speaks_of_is_out_of_place() {
    let store = store();
    let mut case = case(&store);
    case.sealed.sheets = vec![0, 1];
    case.sealed.proposals = vec![0, 1, 2, 3, 4];
    case.sealed.participations = vec![0, 1, 2];
    case.open_economic().await;
    let found = folded(&case.recorded);
    assert!(matches!(found, Err(OutOfPlace::Mask(mask)) if mask.as_str() == "A"));
    case.recorded.clear();
    case.vote().await;
    assert_eq!(folded(&case.recorded), Err(OutOfPlace::Panel));
    case.recorded.clear();
    case.perform("D1").await;
    assert_eq!(folded(&case.recorded), Err(OutOfPlace::Contract));
    case.recorded.clear();
    case.sign().await;
    case.perform("D9").await;
    assert!(matches!(folded(&case.recorded), Err(OutOfPlace::Milestone(_))));
}

#[tokio::test]
async fn every_public_act_of_a_process_is_of_its_ocid_and_no_sealed_one_is() {
    let store = store();
    let mut case = case(&store);
    case.play().await;
    case::evaluators(&store).await;
    for recorded in &case.recorded {
        match event(recorded) {
            Some(event) => assert_eq!(ocid_of(&event), Some(&case.ocid), "{event:?}"),
            None => assert!(recorded.is_sealed()),
        }
    }
}
