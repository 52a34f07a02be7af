//! Who is not let in, and what comes a moment too early or too late.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use application::{Beacon, BidAct, BlockAnswer, Caller, Command, Parts, ProcedureAct};
use domain::evaluator::ApplyAsEvaluator;
use domain::participation::TENDERERS_MAX;
use domain::proposal::OFFERS_MAX;
use domain::{CompanyId, DomainEvent, Role};
use eventstore::{Claim, Entropy, EventStore as _};
use support::play::{COMPANY_ACCOUNTS, EVALUATOR_ACCOUNTS, Play, REASONS, account};
use support::{caller, destroy_key, heartbeat, parts, rejection};

const TAKE_PART: BidAct = BidAct::RegisterParticipant { declares_no_conflict: true };

#[tokio::test]
async fn nobody_acts_for_another_company() {
    let play = Play::published().await;
    play.takes_part(0).await;
    let stranger = play.company_account(1);
    let refused = play.world.rejected(&stranger, play.bid(2, TAKE_PART)).await;
    assert_eq!(refused.code, "not-the-companys-account");
    let submit = || BidAct::SubmitProposal(play.proposal(0));
    let refused = play.world.rejected(&stranger, play.bid(0, submit())).await;
    assert_eq!(refused.code, "not-the-companys-account");
    // Nor can a stranger tell from the answer whether the company has a proposal.
    for act in [BidAct::ReplaceProposal(play.proposal(0)), BidAct::WithdrawProposal] {
        let refused = play.world.rejected(&stranger, play.bid(0, act)).await;
        assert_eq!(refused.code, "not-the-companys-account");
    }
    play.try_bid(0, submit()).await.unwrap();
    for act in [BidAct::ReplaceProposal(play.proposal(0)), BidAct::WithdrawProposal] {
        let refused = play.world.rejected(&stranger, play.bid(0, act)).await;
        assert_eq!(refused.code, "not-the-companys-account");
    }
}

#[tokio::test]
async fn whoever_does_not_take_part_proposes_nothing() {
    let play = Play::published().await;
    let submit = BidAct::SubmitProposal(play.proposal(0));
    let refused = rejection(play.try_bid(0, submit).await);
    assert_eq!(refused.code, "participant-not-registered");
    play.takes_part(0).await;
    let refused = rejection(play.try_bid(0, TAKE_PART).await);
    assert_eq!(refused.code, "participant-already-registered");
    for act in [BidAct::ReplaceProposal(play.proposal(0)), BidAct::WithdrawProposal] {
        assert_eq!(rejection(play.try_bid(0, act).await).code, "proposal-unknown");
    }
}

#[tokio::test]
async fn a_proposal_that_is_refused_leaves_no_document_behind() {
    let play = Play::published().await;
    play.takes_part(0).await;
    play.try_bid(0, BidAct::SubmitProposal(play.proposal(0))).await.unwrap();
    let owner = play.world.owner().await;
    let kept = async || {
        let row = owner.query_one("SELECT count(*) FROM app.documents", &[]).await.unwrap();
        row.get::<_, i64>(0)
    };
    let before = kept().await;
    let again = BidAct::SubmitProposal(play.proposal(1));
    assert_eq!(rejection(play.try_bid(0, again).await).code, "proposal-already-submitted");
    assert_eq!((before, kept().await), (2, 2), "a technical and an economic envelope");
}

#[tokio::test]
async fn nobody_can_send_more_than_an_opening_can_list() {
    let play = Play::published().await;
    play.takes_part(0).await;
    play.try_bid(0, BidAct::SubmitProposal(play.proposal(0))).await.unwrap();
    for _ in 1..OFFERS_MAX - 1 {
        play.try_bid(0, BidAct::ReplaceProposal(play.proposal(0))).await.unwrap();
    }
    // To take it back and to send it anew is not a way around.
    play.try_bid(0, BidAct::WithdrawProposal).await.unwrap();
    play.try_bid(0, BidAct::SubmitProposal(play.proposal(0))).await.unwrap();
    let again = play.try_bid(0, BidAct::ReplaceProposal(play.proposal(0))).await;
    assert_eq!(rejection(again).code, "proposal-changes-max");
    play.try_bid(0, BidAct::WithdrawProposal).await.expect("taken back at any time");
    let again = play.try_bid(0, BidAct::SubmitProposal(play.proposal(0))).await;
    assert_eq!(rejection(again).code, "proposal-changes-max");
    play.takes_part(1).await;
    play.try_bid(1, BidAct::SubmitProposal(play.proposal(1))).await.expect("another may");
}

#[tokio::test]
async fn a_tender_takes_as_many_companies_as_an_opening_can_list() {
    let play = Play::published().await;
    play.takes_part(0).await;
    let stream = play.tender_id.stream();
    // What other companies would leave behind that registered.
    let take = (2..TENDERERS_MAX).map(|number| Claim {
        kind: "participation-number".to_owned(),
        value: format!("{stream}/{number}"),
        stream: "participation-of-another".to_owned(),
    });
    let request = heartbeat("participation-of-another", take.collect());
    play.world.application.store().append(request).await.unwrap();
    play.takes_part(1).await;
    let refused = rejection(play.try_bid(2, TAKE_PART).await);
    assert_eq!(refused.code, "participants-max");
}

#[tokio::test]
async fn a_company_that_is_not_approved_takes_no_part() {
    let play = Play::published().await;
    let registrant = caller(Role::Citizen, 30);
    let mut input = play.world.company(0);
    (input.rfc, input.confirm_rfc) = ("NUE180101AB1".to_owned(), true);
    let register = Command::RegisterCompany(Box::new(input));
    let company_id: CompanyId =
        play.world.accepted(&registrant, register).await.subject.parse().unwrap();
    let tender_id = play.tender_id;
    let take_part = || Command::Bid { tender_id, company_id, act: TAKE_PART };
    let refused = play.world.rejected(&registrant, take_part()).await;
    assert_eq!(refused.code, "company-not-approved");
    let reason = "Sancionada".to_owned();
    let reject = Command::RejectCompany { company_id, reason };
    play.world.accepted(&caller(Role::Approver, 3), reject).await;
    let refused = play.world.rejected(&registrant, take_part()).await;
    assert_eq!(refused.code, "company-not-approved");
}

#[tokio::test]
async fn an_evaluator_without_a_seat_does_nothing_on_the_panel() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    let seats = play.seats().await;
    let is_seated = |n: &u128| seats.iter().any(|(_, seat)| seat.account == account(*n));
    let alternate = (EVALUATOR_ACCOUNTS..EVALUATOR_ACCOUNTS + 12).find(|n| !is_seated(n)).unwrap();
    let alternate = caller(Role::Citizen, alternate);
    play.world.at("2018-04-14T10:00:00").await;
    let commitment = play.commitment(0).await;
    for act in [
        ProcedureAct::AcceptAssignment,
        ProcedureAct::DeclareConflict { reason: REASONS.to_owned() },
        ProcedureAct::CommitBallot { commitment },
    ] {
        assert_eq!(rejection(play.act(&alternate, act).await).code, "not-on-the-panel");
    }
    play.world.at("2018-04-15T08:00:00").await;
    let reveal = ProcedureAct::RevealBallot(Box::new(play.reveal(0).await));
    assert_eq!(rejection(play.act(&alternate, reveal).await).code, "not-on-the-panel");
}

#[tokio::test]
async fn a_pseudonym_that_only_looks_different_is_taken() {
    let play = Play::published().await;
    play.accredited(70, "EV-KQ2", &[]).await;
    // With the sign of kelvin, which is the letter K in normal form.
    let input = ApplyAsEvaluator {
        pseudonym: " ev-\u{212a}q2".to_owned(),
        organisation: "Otra".to_owned(),
        interests: Vec::new(),
    };
    let again = Command::ApplyAsEvaluator(input);
    assert_eq!(
        play.world.rejected(&caller(Role::Citizen, 71), again).await.code,
        "pseudonym-taken"
    );
}

#[tokio::test]
async fn ballots_are_taken_until_just_before_the_deadline() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    let seats = play.seats().await;
    let commit = async |place: usize| {
        let commitment = play.commitment(place).await;
        play.act(&seats[place].1, ProcedureAct::CommitBallot { commitment }).await
    };
    let reveal = async |place: usize| {
        let reveal = ProcedureAct::RevealBallot(Box::new(play.reveal(place).await));
        play.act(&seats[place].1, reveal).await
    };
    play.world.clock_at("2018-04-14T09:59:59.999").await;
    assert_eq!(rejection(commit(0).await).code, "voting-not-started");
    play.world.clock_at("2018-04-14T19:59:59.999").await;
    commit(0).await.unwrap();
    commit(1).await.unwrap();
    play.world.clock_at("2018-04-14T20:00:00.000").await;
    assert_eq!(rejection(commit(2).await).code, "voting-ended");
    play.world.clock_at("2018-04-15T07:59:59.999").await;
    assert_eq!(rejection(reveal(0).await).code, "reveal-not-started");
    play.world.clock_at("2018-04-15T11:59:59.999").await;
    reveal(0).await.unwrap();
    // No timer has run yet: the guard looks at the clock.
    play.world.clock_at("2018-04-15T12:00:00.000").await;
    assert_eq!(rejection(reveal(1).await).code, "reveal-ended");
}

#[tokio::test]
async fn nothing_is_opened_or_awarded_a_moment_early() {
    let play = Play::published().await;
    let contracting = caller(Role::Contracting, 4);
    let refused = async |at: &str, act: ProcedureAct| {
        play.world.at(at).await;
        rejection(play.act(&contracting, act).await).code
    };
    play.all_propose().await;
    // No timer has closed the receipt yet, though its hour has come.
    play.world.clock_at("2018-04-13T18:00:00.000").await;
    let open = rejection(play.act(&contracting, ProcedureAct::OpenTechnical).await);
    assert_eq!(open.code, "receipt-not-closed");
    let code = refused("2018-04-13T18:29:59.999", ProcedureAct::OpenTechnical).await;
    assert_eq!(code, "opening-not-due");
    play.opened_and_drawn_after_proposals().await;
    let code = refused("2018-04-15T12:29:59.999", ProcedureAct::OpenEconomic).await;
    assert_eq!(code, "opening-not-due");
    play.world.at("2018-04-15T12:30:00.000").await;
    play.done(&contracting, ProcedureAct::OpenEconomic).await;
    let award = ProcedureAct::IssueAward { reasons: REASONS.to_owned() };
    assert_eq!(refused("2018-04-15T12:59:59.999", award).await, "award-not-due");
}

#[tokio::test]
async fn prices_stay_sealed_until_every_sheet_is_signed() {
    let play = Play::published().await;
    let contracting = caller(Role::Contracting, 4);
    play.all_propose().await;
    play.world.at("2018-04-13T18:30:00").await;
    play.done(&contracting, ProcedureAct::OpenTechnical).await;
    play.world.at("2018-04-15T12:30:00").await;
    let refused = rejection(play.act(&contracting, ProcedureAct::OpenEconomic).await);
    assert_eq!(refused.code, "sheets-missing");
}

#[tokio::test]
async fn a_sheet_is_signed_once() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    let sign = |mask: &str| ProcedureAct::SignTechnicalSheet {
        mask: mask.to_owned(),
        scores: vec![100, 100, 100, 100],
        justification: "Valoración distinta de la que ya se firmó antes".to_owned(),
    };
    let another = caller(Role::Technical, 60);
    let refused = rejection(play.act(&another, sign("A")).await);
    assert_eq!(refused.code, "sheet-already-signed");
    assert_eq!(rejection(play.act(&another, sign("Z")).await).code, "mask-unknown");
    // Once votes are revealed, whoever scores would know them.
    play.world.clock_at("2018-04-15T08:00:00.000").await;
    assert_eq!(rejection(play.act(&another, sign("A")).await).code, "sheets-closed");
}

#[tokio::test]
async fn whoever_signed_a_technical_sheet_neither_rules_nor_awards() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    play.evaluated().await;
    let roles = vec![Role::Contracting, Role::Technical];
    let signer = Caller { account: account(6), roles };
    let ruling = || ProcedureAct::IssueRuling { reasons: REASONS.to_owned() };
    assert_eq!(rejection(play.act(&signer, ruling()).await).code, "technical-signer");
    play.done(&caller(Role::Contracting, 4), ruling()).await;
    play.world.at("2018-04-15T13:00:00").await;
    let award = ProcedureAct::IssueAward { reasons: REASONS.to_owned() };
    assert_eq!(rejection(play.act(&signer, award).await).code, "technical-signer");
    let desert = ProcedureAct::DeclareDeserted { reasons: REASONS.to_owned() };
    assert_eq!(rejection(play.act(&signer, desert).await).code, "technical-signer");
}

/// A beacon before the announcement is anchored.
#[derive(Debug)]
struct NoBlock;

impl Beacon for NoBlock {
    fn block_of(&self, _position: u64) -> BlockAnswer<'_> {
        Box::pin(async { Ok(None) })
    }
}

#[tokio::test]
async fn a_panel_is_drawn_once_its_announcement_is_anchored_and_among_those_announced() {
    let play = Play::published().await;
    let contracting = caller(Role::Contracting, 4);
    play.world.at("2018-04-13T18:30:00").await;
    play.accredited(70, "EV-INTERESADA", &[&play.world.text("/unit/key")]).await;
    let schedule = ProcedureAct::ScheduleDraw { seats: 5, alternates: 7 };
    play.done(&contracting, schedule).await;
    play.accredited(71, "EV-NUEVA", &[]).await;
    let draw = || ProcedureAct::DrawPanel;
    let early = rejection(play.act(&contracting, draw()).await);
    assert_eq!(early.code, "draw-not-due");
    play.world.at("2018-04-13T19:00:00").await;
    let unanchored = Parts { beacon: Arc::new(NoBlock), ..parts() };
    let unanchored = play.world.beside(unanchored).await;
    let command = Command::Procedure { tender_id: play.tender_id, act: draw() };
    let refused = unanchored.execute(&contracting, uuid::Uuid::new_v4(), command).await;
    assert_eq!(rejection(refused).code, "draw-not-anchored");
    play.done(&contracting, draw()).await;
    let events = play.events(&play.tender_id.evaluation_stream()).await;
    let Some(DomainEvent::PanelDrawn(drawn)) = events.last() else { panic!("{events:?}") };
    assert_eq!(drawn.panel.len() + drawn.alternates.len(), 12);
    let names = drawn.panel.iter().chain(&drawn.alternates).map(|seat| seat.pseudonym.to_string());
    assert!(names.into_iter().all(|name| !["EV-NUEVA", "EV-INTERESADA"].contains(&&*name)));
}

#[tokio::test]
async fn nobody_scores_a_company_that_it_is_linked_to() {
    let play = Play::published().await;
    let rfc = play.world.text("/companies/1/rfc").to_lowercase();
    // Whoever registered the first company, whoever names the second, and two who name nobody.
    play.accredited(COMPANY_ACCOUNTS, "EV-LICITANTE", &[]).await;
    play.accredited(70, "EV-VINCULADA", &[&rfc]).await;
    let erased = play.accredited(71, "EV-BORRADA", &[]).await;
    let erased_before = play.accredited(72, "EV-ANTES", &[]).await;
    play.all_propose().await;
    play.world.at("2018-04-13T18:30:00").await;
    let contracting = caller(Role::Contracting, 4);
    play.done(&contracting, ProcedureAct::OpenTechnical).await;
    // Everybody sits, but for whoever's interests are lost by then.
    destroy_key(&erased_before.stream());
    let schedule = ProcedureAct::ScheduleDraw { seats: 15, alternates: 0 };
    play.done(&contracting, schedule).await;
    play.world.at("2018-04-13T19:00:00").await;
    play.done(&contracting, ProcedureAct::DrawPanel).await;
    let accept =
        async |n| play.act(&caller(Role::Citizen, n), ProcedureAct::AcceptAssignment).await;
    assert_eq!(rejection(accept(72).await).code, "not-on-the-panel");
    for linked in [COMPANY_ACCOUNTS, 70] {
        let refused = rejection(accept(linked).await);
        assert_eq!(refused.code, "conflict-of-interest");
        // Which company it is, is still sealed.
        assert!(refused.details.is_empty() && !refused.message_es.contains("S.A."));
        let act = ProcedureAct::DeclareConflict { reason: REASONS.to_owned() };
        play.done(&caller(Role::Citizen, linked), act).await;
    }
    accept(EVALUATOR_ACCOUNTS).await.unwrap();
    accept(71).await.unwrap();
    destroy_key(&erased.stream());
    play.world.at("2018-04-14T10:00:00").await;
    let commit = || ProcedureAct::CommitBallot { commitment: "A".repeat(43) };
    let refused = rejection(play.act(&caller(Role::Citizen, 71), commit()).await);
    assert_eq!(refused.code, "interests-unknown");
    play.done(&caller(Role::Citizen, EVALUATOR_ACCOUNTS), commit()).await;
}

/// Chance as whoever wants the last to be the first would have it.
#[derive(Debug, Default)]
struct Downwards(AtomicU8);

impl Entropy for Downwards {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(u8::MAX - self.0.fetch_add(1, Ordering::SeqCst));
    }
}

#[tokio::test]
async fn masks_are_given_in_an_order_that_is_drawn() {
    let play = Play::published().await;
    play.all_propose().await;
    play.world.at("2018-04-13T18:30:00").await;
    let downwards = Parts { entropy: Arc::new(Downwards::default()), ..parts() };
    let application = play.world.beside(downwards).await;
    let command =
        Command::Procedure { tender_id: play.tender_id, act: ProcedureAct::OpenTechnical };
    let id = uuid::Uuid::new_v4();
    application.execute(&caller(Role::Contracting, 4), id, command).await.unwrap();
    let companies: Vec<usize> = play.masks().await.into_iter().map(|(_, it)| it).collect();
    assert_eq!(companies, [2, 1, 0], "the last that came is the first by this chance");
}

#[tokio::test]
async fn a_proposal_is_opened_in_its_own_tender_only() {
    let play = Play::published().await;
    let tender_id = play.another_tender().await;
    let contracting = caller(Role::Contracting, 4);
    play.all_propose().await;
    play.world.at("2018-04-13T18:30:00").await;
    play.done(&contracting, ProcedureAct::OpenTechnical).await;
    let open = Command::Procedure { tender_id, act: ProcedureAct::OpenTechnical };
    play.world.accepted(&contracting, open).await;
    let events = play.events(&tender_id.stream()).await;
    assert!(matches!(events.last(), Some(DomainEvent::TenderDeserted(_))), "{events:?}");
    assert_eq!(play.masks().await.len(), 3);
}

#[tokio::test]
async fn too_few_ballots_are_not_computed() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    let seats = play.seats().await;
    play.world.at("2018-04-14T10:00:00").await;
    for (place, (_, evaluator)) in seats.iter().enumerate().take(2) {
        let commitment = play.commitment(place).await;
        play.done(evaluator, ProcedureAct::CommitBallot { commitment }).await;
    }
    play.world.at("2018-04-15T08:00:00").await;
    for (place, (_, evaluator)) in seats.iter().enumerate().take(2) {
        let reveal = ProcedureAct::RevealBallot(Box::new(play.reveal(place).await));
        play.done(evaluator, reveal).await;
    }
    let contracting = caller(Role::Contracting, 4);
    let ruling = ProcedureAct::IssueRuling { reasons: REASONS.to_owned() };
    let refused = rejection(play.act(&contracting, ruling).await);
    assert_eq!(refused.code, "evaluation-missing");
    play.world.at("2018-04-15T12:30:00").await;
    play.done(&contracting, ProcedureAct::OpenEconomic).await;
    let refused = rejection(play.act(&contracting, ProcedureAct::ComputeEvaluation).await);
    assert_eq!(refused.code, "quorum-missing");
}
