//! What is asked for twice, or by two at once, happens once; and each timer at its own hour.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use application::{Application, Caller, Command, ContractAct, DocumentInput, ProcedureAct};
use domain::{ContractId, DomainEvent, Role};
use eventstore::{AppendRequest, Claim, EventStore as _};
use merkle::hash::sha256;
use support::play::Play;
use support::{World, caller, heartbeat, local, mxn, parts, pool_of, rejection, settings};
use uuid::Uuid;

/// When the events of a type happened, by the business clock.
async fn hours(play: &Play, stream: &str, event_type: &str) -> Vec<i64> {
    let recorded = play.world.application.store().read_stream(stream).await.unwrap();
    let of_type = recorded.iter().filter(|it| it.content.r#type() == event_type);
    of_type.map(|it| it.open().unwrap().effective_at).collect()
}

#[tokio::test]
async fn an_opening_that_is_repeated_gives_the_same_masks_and_another_is_refused() {
    let play = Play::published().await;
    play.all_propose().await;
    play.world.at("2018-04-13T18:30:00").await;
    let (application, contracting) = (&play.world.application, caller(Role::Contracting, 4));
    let open =
        || Command::Procedure { tender_id: play.tender_id, act: ProcedureAct::OpenTechnical };
    let id = Uuid::new_v4();
    let first = application.execute(&contracting, id, open()).await.unwrap();
    let masks = play.masks().await;
    let again = application.execute(&contracting, id, open()).await.unwrap();
    assert_eq!((&first, &masks), (&again, &play.masks().await));
    let other = application.execute(&contracting, Uuid::new_v4(), open()).await;
    assert_eq!(rejection(other).code, "already-opened");
}

#[tokio::test]
async fn no_command_waits_for_a_second_connection() {
    let world = World::create().await;
    world.registers().await;
    let plan_id = world.submitted_plan().await;
    let one = pool_of(&world.database.service_url, 1);
    let store = Arc::new(world.application.store().clone());
    let application = Application::new(store, one, settings(), parts());
    let run = async |by: Caller, command: Command| {
        let execution = application.execute(&by, Uuid::new_v4(), command);
        let answer = tokio::time::timeout(Duration::from_secs(20), execution).await;
        answer.expect("it waits for itself").unwrap()
    };
    run(caller(Role::Approver, 3), Command::ApprovePlan { plan_id }).await;
    let tender_id = world.approved_call(world.tender(plan_id)).await;
    world.at("2018-04-12T09:00:00").await;
    run(caller(Role::Contracting, 4), Command::PublishCall { tender_id }).await;
}

#[tokio::test]
async fn timers_of_two_processes_close_receipt_once() {
    let play = Play::published().await;
    play.all_propose().await;
    let other = play.world.beside(parts()).await;
    play.world.clock_at("2018-04-13T18:00:00").await;
    let (one, two) = tokio::join!(play.world.application.run_timers(), other.run_timers());
    one.unwrap();
    two.unwrap();
    let deadline = local("2018-04-13T18:00:00").as_millis();
    assert_eq!(hours(&play, &play.tender_id.stream(), "ReceiptClosed").await, [deadline]);
}

#[tokio::test]
async fn a_clock_that_jumps_over_a_deadline_stops_at_it() {
    let play = Play::published().await;
    play.world.at("2018-06-01T09:00:00").await;
    let deadline = local("2018-04-13T18:00:00").as_millis();
    assert_eq!(hours(&play, &play.tender_id.stream(), "ReceiptClosed").await, [deadline]);
    let now = play.world.application.now().await.unwrap();
    assert_eq!(now, local("2018-06-01T09:00:00"));
}

#[tokio::test]
async fn a_clock_that_jumps_over_the_reveal_misses_ballots_at_its_end() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    play.world.at("2018-06-01T09:00:00").await;
    let deadline = local("2018-04-15T12:00:00").as_millis();
    let missed = hours(&play, &play.tender_id.evaluation_stream(), "BallotMissed").await;
    assert_eq!(missed, [deadline; 5]);
}

#[tokio::test]
async fn a_tender_without_proposals_is_deserted_at_the_opening() {
    let play = Play::published().await;
    play.takes_part(0).await;
    play.world.at("2018-04-13T18:30:00").await;
    play.done(&caller(Role::Contracting, 4), ProcedureAct::OpenTechnical).await;
    let events = play.events(&play.tender_id.stream()).await;
    let [.., DomainEvent::ProposalsOpened(opened), DomainEvent::TenderDeserted(_)] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!((opened.opened, opened.proposals.len()), (0, 0));
}

/// The first deliverable, accepted.
async fn delivered(play: &Play, contract_id: ContractId) {
    play.world.at("2018-05-04T12:00:00").await;
    let deliver = ContractAct::SubmitDeliverable {
        milestone_id: "D1".to_owned(),
        documents: vec![DocumentInput {
            name: "plan.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            bytes: b"Plan".to_vec(),
        }],
    };
    play.contract(&play.company_account(1), contract_id, deliver).await;
    let kept = play.world.application.document(&sha256(b"Plan")).await.unwrap();
    assert_eq!(kept.as_deref(), Some(&b"Plan"[..]));
    let accept = ContractAct::AcceptDeliverable { milestone_id: "D1".to_owned() };
    play.contract(&caller(Role::ContractAdmin, 7), contract_id, accept).await;
}

/// What a contract of another award would leave behind that was paid with the same invoice.
fn used_in_another_contract(invoice_id: &str) -> AppendRequest {
    let stream = "contract-of-another-award";
    let (kind, value) = ("invoice".to_owned(), invoice_id.to_owned());
    heartbeat(stream, vec![Claim { kind, value, stream: stream.to_owned() }])
}

#[tokio::test]
async fn an_award_has_one_contract_and_a_deliverable_one_invoice_and_one_payment() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    play.evaluated_and_awarded().await;
    let contract_id = play.contract_in_force().await;
    let buyer = caller(Role::Contracting, 4);
    let prepare = ProcedureAct::PrepareContract(Box::new(play.terms()));
    let second = rejection(play.act(&buyer, prepare).await);
    assert_eq!(second.code, "award-has-contract");
    delivered(&play, contract_id).await;
    let (store, supplier) = (play.world.application.store(), play.company_account(1));
    let used = "6f3cf0f1-2a1b-4c63-9d0a-52f71b0c8e02";
    store.append(used_in_another_contract(used)).await.unwrap();
    let command = |act: ContractAct| Command::Contract { contract_id, act };
    let invoice = |id: &str| ContractAct::RegisterInvoice {
        milestone_id: "D1".to_owned(),
        invoice_id: id.to_owned(),
        amount: mxn("17900000"),
    };
    for written in [used.to_owned(), format!(" {} ", used.to_uppercase())] {
        let refused = play.world.rejected(&supplier, command(invoice(&written))).await;
        assert_eq!(refused.code, "invoice-id-taken", "{written}");
    }
    let stranger = play.company_account(0);
    let fresh = || invoice("6f3cf0f1-2a1b-4c63-9d0a-52f71b0c8e03");
    let refused = play.world.rejected(&stranger, command(fresh())).await;
    assert_eq!(refused.code, "not-the-suppliers-account");
    play.contract(&supplier, contract_id, fresh()).await;
    let order = ContractAct::OrderPayment { milestone_id: "D1".to_owned() };
    play.contract(&caller(Role::ContractAdmin, 7), contract_id, order).await;
    let record = || ContractAct::RecordPayment {
        milestone_id: "D1".to_owned(),
        amount: mxn("17900000"),
        reference: "SPEI-1".to_owned(),
    };
    let finance = caller(Role::Finance, 8);
    play.contract(&finance, contract_id, record()).await;
    let refused = play.world.rejected(&finance, command(record())).await;
    assert_eq!(refused.code, "payment-already-recorded");
}
