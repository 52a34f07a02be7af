//! The case from the sealed proposals to the last payment, through the one door, on a real Postgres.

mod support;

use application::{BidAct, Command, ContractAct, DocumentInput, ProcedureAct};
use domain::{CompanyId, ContractId, DomainEvent, Role};
use eventstore::EventStore as _;
use merkle::hash::sha256;
use support::play::{Play, text};
use support::{caller, mxn, rejection};

#[tokio::test]
async fn the_case_is_played_to_the_award_of_greatest_social_benefit() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    play.evaluated_and_awarded().await;
    let events = play.events(&play.tender_id.evaluation_stream()).await;
    let computed = events.iter().find_map(|event| match event {
        DomainEvent::EvaluationComputed(computed) => Some(computed.clone()),
        _ => None,
    });
    let computed = computed.unwrap();
    let masks = play.masks().await;
    let mask_of = |company: usize| masks.iter().find(|(_, it)| *it == company).unwrap().0.clone();
    for (company, technical, economic, social, total, rank) in [
        (0, 4350, 2532, 1262, 8144, 3),
        (1, 4200, 2615, 1724, 8539, 1),
        (2, 4150, 3000, 1100, 8250, 2),
    ] {
        let score = computed.scores.iter().find(|it| it.mask.as_str() == mask_of(company)).unwrap();
        assert_eq!((score.technical, score.economic), (technical, economic));
        let median = score.results[0];
        assert_eq!((median.social, median.total, median.rank), (social, total, rank));
    }
    assert_eq!(computed.outliers.len(), 1, "one ballot of five lies far from the others");
    assert_eq!((computed.outliers[0].cells, computed.outliers[0].of), (9, 9));
    let events = play.events(&play.tender_id.stream()).await;
    let Some(DomainEvent::AwardIssued(award)) = events.last() else { panic!("{events:?}") };
    assert_eq!(award.supplier.company_id, play.companies[1]);
    assert_eq!(award.amount.centavos(), 179_000_000);
    for stream in [play.tender_id.stream(), play.tender_id.evaluation_stream()] {
        for recorded in play.world.application.store().read_stream(&stream).await.unwrap() {
            let envelope = recorded.open().unwrap();
            assert!(envelope.rule_set.is_some(), "{} names no rules", envelope.r#type);
        }
    }
}

#[tokio::test]
async fn nothing_public_tells_of_a_proposal_before_the_opening() {
    let play = Play::published().await;
    play.all_propose().await;
    let store = play.world.application.store();
    let events = store.read(0, 1_000).await.unwrap();
    let sealed: Vec<_> = events.iter().filter(|event| event.is_sealed()).collect();
    assert_eq!(sealed.len(), 6, "three participations and three proposals");
    for event in sealed {
        assert_eq!(event.entry.len(), 1_024);
    }
    let log = events.iter().map(|event| String::from_utf8_lossy(&event.entry).into_owned());
    let log: String = log.collect();
    for secret in ["184800000", "179000000", "156000000", "propuesta-tecnica"] {
        assert!(!log.contains(secret), "{secret} is on the log");
    }
    play.world.at("2018-04-13T18:00:00").await;
    let events = play.events(&play.tender_id.stream()).await;
    let Some(DomainEvent::ReceiptClosed(closed)) = events.last() else { panic!("{events:?}") };
    assert_eq!(closed.positions, None, "the closing says nothing of how many there are");
}

#[tokio::test]
async fn a_proposal_is_on_time_until_just_before_the_deadline() {
    let play = Play::published().await;
    for index in 0..2 {
        let take_part = BidAct::RegisterParticipant { declares_no_conflict: true };
        play.try_bid(index, take_part).await.unwrap();
    }
    play.world.at("2018-04-13T17:59:59.999").await;
    play.try_bid(0, BidAct::SubmitProposal(play.proposal(0))).await.unwrap();
    play.world.at("2018-04-13T18:00:00.000").await;
    let late = play.try_bid(1, BidAct::SubmitProposal(play.proposal(1))).await;
    assert_eq!(rejection(late).code, "submission-period-ended");
}

#[tokio::test]
async fn a_replaced_and_a_withdrawn_proposal_are_listed_and_not_opened() {
    let play = Play::published().await;
    play.all_propose().await;
    play.try_bid(0, BidAct::ReplaceProposal(play.proposal(0))).await.unwrap();
    play.try_bid(2, BidAct::WithdrawProposal).await.unwrap();
    let again = play.try_bid(1, BidAct::SubmitProposal(play.proposal(1))).await;
    assert_eq!(rejection(again).code, "proposal-already-submitted");
    play.world.at("2018-04-13T18:30:00").await;
    play.done(&caller(Role::Contracting, 4), ProcedureAct::OpenTechnical).await;
    let events = play.events(&play.tender_id.stream()).await;
    let Some(DomainEvent::ProposalsOpened(opened)) = events.last() else { panic!("{events:?}") };
    assert_eq!(opened.opened, 2);
    assert_eq!(opened.proposals.len(), 5, "every sealed entry of the proposals is listed");
    assert_eq!(play.masks().await.len(), 2);
}

#[tokio::test]
async fn what_is_opened_of_a_company_is_its_last_price_and_its_own_participation() {
    let play = Play::published().await;
    let mut participations = Vec::new();
    for index in 0..3 {
        let take_part = BidAct::RegisterParticipant { declares_no_conflict: true };
        let registered = play.try_bid(index, take_part).await.expect("takes part");
        participations.push(registered.events[0].position);
        play.try_bid(index, BidAct::SubmitProposal(play.proposal(index))).await.expect("proposes");
    }
    let mut better = play.proposal(0);
    better.price = mxn("150000000");
    play.try_bid(0, BidAct::ReplaceProposal(better)).await.expect("proposes again");
    play.opened_and_drawn_after_proposals().await;
    play.world.at("2018-04-15T12:30:00").await;
    play.done(&caller(Role::Contracting, 4), ProcedureAct::OpenEconomic).await;
    let mut opened = 0;
    for event in play.events(&play.tender_id.stream()).await {
        let DomainEvent::EconomicOpened(offer) = event else { continue };
        let is_it = |id: &CompanyId| *id == offer.tenderer.company_id;
        let index = play.companies.iter().position(is_it).expect("one of the three");
        assert_eq!(offer.participation, participations[index]);
        let price = [150_000_000, 179_000_000, 156_000_000][index];
        assert_eq!(offer.price.centavos(), price, "of company {index}");
        opened += 1;
    }
    assert_eq!(opened, 3);
}

#[tokio::test]
async fn only_the_ballot_that_was_committed_to_last_can_be_revealed() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    let seats = play.seats().await;
    play.world.at("2018-04-14T10:00:00").await;
    for place in [3, 1] {
        let commitment = play.commitment(place).await;
        let act = ProcedureAct::CommitBallot { commitment };
        // Whatever the first commitment was to, it is void.
        play.done(&seats[1].1, act).await;
    }
    play.world.at("2018-04-15T08:00:00").await;
    let older = ProcedureAct::RevealBallot(Box::new(play.reveal(3).await));
    let refused = rejection(play.act(&seats[1].1, older).await);
    assert_eq!(refused.code, "commitment-mismatch");
    let reveal = ProcedureAct::RevealBallot(Box::new(play.reveal(1).await));
    play.done(&seats[1].1, reveal).await;
    let justification = play.reveal(1).await.justification;
    let kept = play.world.application.document(&sha256(justification.as_bytes())).await.unwrap();
    assert_eq!(kept.as_deref(), Some(justification.as_bytes()), "why is kept to be read");
    let stranger = ProcedureAct::RevealBallot(Box::new(play.reveal(0).await));
    let refused = rejection(play.act(&caller(Role::Citizen, 99), stranger).await);
    assert_eq!(refused.code, "not-on-the-panel");
}

#[tokio::test]
async fn a_member_with_a_conflict_is_replaced_by_the_first_alternate() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    let before = play.seats().await;
    let reason = "Trabajé para la unidad compradora".to_owned();
    let conflict = ProcedureAct::DeclareConflict { reason };
    play.done(&before[2].1, conflict.clone()).await;
    let after = play.seats().await;
    assert_ne!(before[2].0, after[2].0);
    play.done(&after[2].1, ProcedureAct::AcceptAssignment).await;
    let refused = rejection(play.act(&before[2].1, conflict).await);
    assert_eq!(refused.code, "not-on-the-panel");
}

#[tokio::test]
async fn a_ballot_that_is_not_revealed_is_missed_by_the_timer() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    let seats = play.seats().await;
    play.world.at("2018-04-14T10:00:00").await;
    let commitment = play.commitment(0).await;
    play.done(&seats[0].1, ProcedureAct::CommitBallot { commitment }).await;
    play.world.at("2018-04-15T12:00:00").await;
    let events = play.events(&play.tender_id.evaluation_stream()).await;
    let missed = events.iter().filter(|it| matches!(it, DomainEvent::BallotMissed(_))).count();
    assert_eq!(missed, 5);
    // A second run of the timers finds nothing left to do.
    let before = play.world.application.store().head().await.unwrap().next_position;
    play.world.application.run_timers().await.unwrap();
    let after = play.world.application.store().head().await.unwrap().next_position;
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_repeated_proposal_gets_the_same_receipt() {
    let play = Play::published().await;
    let take_part = BidAct::RegisterParticipant { declares_no_conflict: true };
    play.try_bid(0, take_part).await.unwrap();
    let submit = play.bid(0, BidAct::SubmitProposal(play.proposal(0)));
    let (by, id) = (play.company_account(0), uuid::Uuid::new_v4());
    let application = &play.world.application;
    let first = application.execute(&by, id, submit.clone()).await.unwrap();
    play.world.at("2018-04-13T18:00:00").await;
    let again = application.execute(&by, id, submit).await.unwrap();
    assert_eq!(first, again);
    let receipt = first.receipt.unwrap();
    assert!(receipt.note.starts_with("smart-tenders/receipt@v1\n"));
    let file = String::from_utf8(receipt.file).unwrap();
    assert!(file.contains("\"path\":\"/data/economic\""), "the author can prove what was sealed");
}

#[tokio::test]
async fn the_contract_is_carried_out_with_a_late_deliverable_and_its_penalty() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    play.evaluated_and_awarded().await;
    play.world.at("2018-04-16T10:00:00").await;
    let buyer = caller(Role::Contracting, 4);
    let prepare = ProcedureAct::PrepareContract(Box::new(play.terms()));
    let contract_id: ContractId = play.done(&buyer, prepare).await.subject.parse().unwrap();
    let supplier = play.company_account(1);
    let admin = caller(Role::ContractAdmin, 7);
    play.world.at("2018-04-19T10:00:00").await;
    let guarantee =
        ContractAct::LodgeGuarantee { amount: mxn("17900000"), reference: "FIANZA-1".to_owned() };
    play.contract(&supplier, contract_id, guarantee).await;
    play.world.at("2018-04-20T12:00:00").await;
    play.contract(&supplier, contract_id, ContractAct::SignContract).await;
    let signed = play.contract(&buyer, contract_id, ContractAct::SignContract).await;
    assert_eq!(signed.events.last().unwrap().event_type, "ContractActivated");
    let milestone_id = || "D2".to_owned();
    let deliver = || ContractAct::SubmitDeliverable {
        milestone_id: milestone_id(),
        documents: vec![DocumentInput {
            name: "auditoria.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            bytes: b"Auditoria".to_vec(),
        }],
    };
    play.world.at("2018-06-05T12:00:00").await;
    play.contract(&supplier, contract_id, deliver()).await;
    let reason = "Faltan doce de las cuarenta páginas".to_owned();
    let back = ContractAct::ReturnDeliverable { milestone_id: milestone_id(), reason };
    play.contract(&admin, contract_id, back).await;
    play.world.at("2018-06-11T12:00:00").await;
    play.contract(&supplier, contract_id, deliver()).await;
    let accept = ContractAct::AcceptDeliverable { milestone_id: milestone_id() };
    play.contract(&admin, contract_id, accept).await;
    let penalty = ContractAct::ApplyPenalty { milestone_id: milestone_id() };
    play.contract(&admin, contract_id, penalty).await;
    let events = play.events(&contract_id.stream()).await;
    let Some(DomainEvent::PenaltyApplied(penalty)) = events.last() else { panic!("{events:?}") };
    assert_eq!((penalty.days_late, penalty.amount.centavos()), (4, 1_432_000));
    let invoice = |amount: &str| ContractAct::RegisterInvoice {
        milestone_id: milestone_id(),
        invoice_id: "6f3cf0f1-2a1b-4c63-9d0a-52f71b0c8e01".to_owned(),
        amount: mxn(amount),
    };
    let too_much = Command::Contract { contract_id, act: invoice("71600000") };
    assert_eq!(play.world.rejected(&supplier, too_much).await.code, "invoice-amount");
    play.contract(&supplier, contract_id, invoice("70168000")).await;
    let rate = Command::Contract { contract_id, act: ContractAct::RateWork { stars: 5 } };
    let own = play.world.rejected(&supplier, rate.clone()).await;
    assert_eq!(own.code, "suppliers-own-account");
    play.world.accepted(&caller(Role::Citizen, 90), rate.clone()).await;
    let refused = play.world.rejected(&caller(Role::Citizen, 90), rate).await;
    assert_eq!(refused.code, "work-already-rated", "{}", text(&refused.message_es.clone().into()));
    let unguarded = play.world.application.store().unguarded();
    assert!(unguarded.is_empty(), "{unguarded:#?}");
}
