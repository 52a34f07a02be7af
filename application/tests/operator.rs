//! What an operator can do who holds keys and database, and what whoever sent a proposal holds against it.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use application::{Accepted, BidAct, ProcedureAct};
use domain::content::Disposition;
use domain::event::ProposalsOpened;
use domain::{DomainEvent, Role};
use eventstore::EventStore as _;
use merkle::hash::{hash_from_base64url, sha256};
use merkle::{Commitment, Entry, Envelope, Salt};
use serde_json::{Value, json};
use support::play::Play;
use support::{caller, destroy_key};

/// All companies propose; their receipts.
async fn proposed(play: &Play) -> Vec<Accepted> {
    let mut receipts = Vec::new();
    play.world.at("2018-04-13T10:00:00").await;
    for index in 0..3 {
        play.takes_part(index).await;
        let submit = BidAct::SubmitProposal(play.proposal(index));
        receipts.push(play.try_bid(index, submit).await.unwrap());
    }
    receipts
}

fn stream(proposed: &Accepted) -> String {
    format!("proposal-{}", proposed.subject)
}

fn position(proposed: &Accepted) -> u64 {
    proposed.events[0].position
}

/// The positions that the end of receipt commits to.
async fn closed(play: &Play) -> Vec<u64> {
    let store = play.world.application.store();
    let events = store.read_stream(&play.tender_id.stream()).await.unwrap();
    let closed = events.iter().find(|it| it.content.r#type() == "ReceiptClosed").unwrap();
    let positions = store.disclose(closed.id(), "/data/positions").await.unwrap().unwrap().value;
    let number = |it: &Value| it.as_str().unwrap().parse().unwrap();
    positions.as_array().unwrap().iter().map(number).collect()
}

async fn opened(play: &Play) -> ProposalsOpened {
    play.world.at("2018-04-13T18:30:00").await;
    play.done(&caller(Role::Contracting, 4), ProcedureAct::OpenTechnical).await;
    let events = play.events(&play.tender_id.stream()).await;
    let opened = events.into_iter().find_map(|event| match event {
        DomainEvent::ProposalsOpened(opened) => Some(opened),
        _ => None,
    });
    opened.unwrap()
}

fn listed(opened: &ProposalsOpened) -> Vec<u64> {
    let position = |it: &Disposition| match it {
        Disposition::Opened { position, .. }
        | Disposition::Replaced { position, .. }
        | Disposition::Withdrawn { position, .. }
        | Disposition::Withdrawal { position }
        | Disposition::Unopenable { position, .. } => *position,
    };
    opened.proposals.iter().map(position).collect()
}

/// Paths and values that a receipt's file discloses, each found to fit what the entry commits to.
fn disclosed(file: &Value, entry: &Entry) -> Vec<(String, Value)> {
    let Entry::Sealed(outer) = entry else { panic!("it is not sealed") };
    let disclosures = file["disclosures"].as_array().unwrap();
    let inner = disclosures.iter().find(|it| it["path"] == "").expect("the inner envelope");
    let inner = Envelope::from_value(inner["value"].clone()).unwrap();
    let fits = |disclosure: &Value| {
        let path = disclosure["path"].as_str().unwrap();
        let salt = Salt(hash_from_base64url(disclosure["salt"].as_str().unwrap()).unwrap());
        let commitment = Commitment::to(path, &salt, &disclosure["value"]).unwrap();
        let promised = if path.is_empty() { Some(&outer.commitment) } else { inner.cm.get(path) };
        assert_eq!(promised, Some(&commitment), "{path}");
        (path.to_owned(), disclosure["value"].clone())
    };
    disclosures.iter().map(fits).collect()
}

#[tokio::test]
async fn a_proposal_made_unreadable_before_the_end_of_receipt_is_proven_by_its_receipt_alone() {
    let play = Play::published().await;
    let sent = proposed(&play).await;
    let (lost, receipt) = (position(&sent[1]), sent[1].receipt.clone().unwrap());
    destroy_key(&stream(&sent[1]));
    let opened = opened(&play).await;
    let others = [position(&sent[0]), position(&sent[2])];
    assert_eq!(closed(&play).await, others);
    assert_eq!(listed(&opened), others);
    let file: Value = serde_json::from_slice(&receipt.file).unwrap();
    assert_eq!(file["receipt"], receipt.note);
    assert!(
        receipt.note.contains(&format!("\n{lost}\n")),
        "the note names its place: {}",
        receipt.note
    );
    let recorded = play.world.application.store().read(lost, 1).await.unwrap().remove(0);
    assert_eq!(file["entry"], json!(merkle::hash::to_base64url(&recorded.entry)));
    let disclosed = disclosed(&file, &recorded.content);
    let paths: Vec<&str> = disclosed.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["", "/actor", "/data/company", "/data/economic", "/data/technical"]);
    assert_eq!(disclosed[0].1["data"]["tenderId"], json!(play.tender_id));
    assert!(disclosed[0].1["ruleSet"].is_object(), "it says by which rules it was taken");
    assert_eq!(disclosed[3].1["price"]["centavos"], "179000000");
}

#[tokio::test]
async fn a_proposal_made_unreadable_after_the_end_of_receipt_is_listed_as_such() {
    let play = Play::published().await;
    let sent = proposed(&play).await;
    let all: Vec<u64> = sent.iter().map(position).collect();
    play.world.at("2018-04-13T18:00:00").await;
    for proposal in &sent[1..] {
        destroy_key(&stream(proposal));
    }
    assert_eq!(closed(&play).await, all);
    let opened = opened(&play).await;
    assert_eq!((listed(&opened), opened.opened), (all, 1));
    for unopenable in &opened.proposals[1..] {
        assert!(matches!(unopenable, Disposition::Unopenable { .. }), "{opened:?}");
    }
}

#[tokio::test]
async fn a_tender_of_which_nothing_can_be_opened_is_deserted() {
    let play = Play::published().await;
    let sent = proposed(&play).await;
    play.world.at("2018-04-13T18:00:00").await;
    for proposal in &sent {
        destroy_key(&stream(proposal));
    }
    let opened = opened(&play).await;
    assert_eq!((listed(&opened), opened.opened), (sent.iter().map(position).collect(), 0));
    let events = play.events(&play.tender_id.stream()).await;
    assert!(matches!(events.last(), Some(DomainEvent::TenderDeserted(_))), "{events:?}");
}

#[tokio::test]
async fn a_document_that_is_gone_keeps_no_proposal_from_being_opened() {
    let play = Play::published().await;
    let sent = proposed(&play).await;
    let remove = "DELETE FROM app.documents WHERE subject = $1";
    let owner = play.world.owner().await;
    assert_eq!(owner.execute(remove, &[&stream(&sent[1])]).await.unwrap(), 2);
    assert_eq!(opened(&play).await.opened, 3);
    let hash = |index: usize| sha256(&play.proposal(index).technical[0].bytes);
    let application = &play.world.application;
    assert_eq!(application.document(&hash(1)).await.unwrap(), None);
    let kept = application.document(&hash(0)).await.unwrap();
    assert_eq!(kept, Some(play.proposal(0).technical[0].bytes.clone()));
}
