//! The rules of a tender's stages after its publication, one test each.

use std::collections::BTreeSet;

use super::super::*;
use crate::aggregate::Aggregate;
use crate::aggregate::tests::{Answer, given};
use crate::content::Disposition;
use crate::event::{DomainEvent, ProposalsOpened};
use crate::money::Money;
use crate::rejection::{InputRejection, Refusal};
use crate::sample::procedure::*;
use crate::sample::{day, local, publish_call};
use crate::time::Timestamp;
use proptest::prelude::*;

const END: &str = "2018-04-13T18:00:00";
const TECHNICAL: &str = "2018-04-13T18:30:00";
const ECONOMIC: &str = "2018-04-15T12:30:00";
const AWARD: &str = "2018-04-15T13:00:00";

fn ask(history: Vec<TenderEvent>, at: &str, command: TenderCommand) -> Answer<Tender> {
    given::<Tender>(history).at(local(at)).when(command)
}

fn open(change: impl FnOnce(&mut OpenTechnical)) -> TenderCommand {
    let mut command = open_technical();
    change(&mut command);
    TenderCommand::OpenTechnical(Box::new(command))
}

fn price(change: impl FnOnce(&mut OpenEconomic)) -> TenderCommand {
    let mut command = open_economic();
    change(&mut command);
    TenderCommand::OpenEconomic(Box::new(command))
}

fn award(change: impl FnOnce(&mut IssueAward)) -> TenderCommand {
    let mut command = issue_award();
    change(&mut command);
    TenderCommand::IssueAward(Box::new(command))
}

fn desert(change: impl FnOnce(&mut DeclareDeserted)) -> TenderCommand {
    let mut command = declare_deserted();
    change(&mut command);
    TenderCommand::DeclareDeserted(Box::new(command))
}

fn deserted() -> Vec<TenderEvent> {
    after(priced(), local(AWARD), desert(|_| ()))
}

/// The end of receipt as whoever does not know its positions reads it.
fn closed_blindly() -> Vec<TenderEvent> {
    let mut history = closed();
    if let Some(TenderEvent::ReceiptClosed(event)) = history.last_mut() {
        event.positions = None;
    }
    history
}

fn summary(events: &[TenderEvent]) -> ProposalsOpened {
    let mut summaries = events.iter().filter_map(|event| match event {
        TenderEvent::ProposalsOpened(event) => Some((**event).clone()),
        _ => None,
    });
    summaries.next().expect("every opening has a summary")
}

fn before(at: &str) -> Timestamp {
    Timestamp::from_millis(local(at).as_millis() - 1).unwrap()
}

#[test]
fn receipt_closes_at_its_end_and_not_before() {
    let events = ask(published(), END, close_receipt()).then_events();
    let [TenderEvent::ReceiptClosed(event)] = events.as_slice() else { panic!("not closed") };
    assert_eq!(event.deadline, local(END));
    assert_eq!(event.positions, Some(vec![50, 52, 53, 56]));
    let (deadline, now) = (local(END), before(END));
    given::<Tender>(published())
        .at(now)
        .when(close_receipt())
        .then_rejected(StageRejection::ReceiptOpen { deadline, now }.into());
}

#[test]
fn the_positions_at_the_end_of_receipt_are_in_their_order() {
    let command = TenderCommand::CloseReceipt(CloseReceipt { positions: vec![56, 50, 53, 52] });
    let ordered = ask(published(), END, close_receipt()).then_events();
    ask(published(), END, command).then(ordered);
}

#[test]
fn receipt_is_closed_once_and_only_of_a_published_tender() {
    ask(vec![], END, close_receipt()).then_rejected(StageRejection::TenderUnknown.into());
    for history in [closed(), opened(), priced(), awarded(), deserted()] {
        ask(history, AWARD, close_receipt())
            .then_rejected(StageRejection::ReceiptAlreadyClosed.into());
    }
}

#[test]
fn a_call_is_not_published_again_at_any_stage() {
    for history in [published(), closed(), opened(), priced(), awarded(), deserted()] {
        ask(history, AWARD, TenderCommand::PublishCall(Box::new(publish_call())))
            .then_rejected(TenderRejection::AlreadyPublished);
    }
}

#[test]
fn the_technical_envelopes_are_opened_in_the_order_of_the_masks() {
    let events = ask(closed(), TECHNICAL, open(|_| ())).then_events();
    let masks: Vec<(String, u64)> = events
        .iter()
        .filter_map(|event| match event {
            TenderEvent::ProposalOpened(event) => Some((event.mask.to_string(), event.position)),
            _ => None,
        })
        .collect();
    let expected = [("A".to_owned(), 53), ("B".to_owned(), 50), ("C".to_owned(), 52)];
    assert_eq!(masks, expected);
    assert!(matches!(events.last(), Some(TenderEvent::ProposalsOpened(_))));
    let tender = Tender::replay(&opened()).unwrap();
    assert_eq!(tender.opened().len(), 3);
    assert_eq!(tender.opened()[0].documents.len(), 2);
}

#[test]
fn the_opening_says_what_became_of_every_entry() {
    let summary = summary(&opened());
    assert_eq!(summary.opened, 3);
    let reason = "Ya no se conserva su llave o alguno de sus documentos.".to_owned();
    let expected = [
        Disposition::Opened { position: 50, mask: mask(1) },
        Disposition::Replaced { position: 51, by: 53 },
        Disposition::Opened { position: 52, mask: mask(2) },
        Disposition::Opened { position: 53, mask: mask(0) },
        Disposition::Withdrawn { position: 54, by: 55 },
        Disposition::Withdrawal { position: 55 },
        Disposition::Unopenable { position: 56, reason },
    ];
    assert_eq!(summary.proposals, expected);
}

#[test]
fn an_entry_is_replaced_by_the_next_one_and_the_last_version_is_taken_back() {
    use SealedActKind::{Replaced, Submitted, Withdrawn};
    let acts = vec![act(3, 0, Withdrawn), act(1, 0, Submitted), act(2, 0, Replaced)];
    let command = open(|command| *command = OpenTechnical { acts, order: vec![] });
    let events = ask(closed_blindly(), TECHNICAL, command).then_events();
    let expected = [
        Disposition::Replaced { position: 1, by: 2 },
        Disposition::Withdrawn { position: 2, by: 3 },
        Disposition::Withdrawal { position: 3 },
    ];
    assert_eq!(summary(&events).proposals, expected);
}

#[test]
fn the_technical_opening_has_its_hour() {
    let (due, now) = (local(TECHNICAL), before(TECHNICAL));
    given::<Tender>(closed())
        .at(now)
        .when(open(|_| ()))
        .then_rejected(StageRejection::OpeningNotDue { due, now }.into());
}

#[test]
fn the_technical_opening_follows_the_end_of_receipt_once() {
    ask(vec![], TECHNICAL, open(|_| ())).then_rejected(StageRejection::TenderUnknown.into());
    ask(published(), TECHNICAL, open(|_| ()))
        .then_rejected(StageRejection::ReceiptNotClosed.into());
    for history in [opened(), priced(), awarded(), deserted()] {
        ask(history, AWARD, open(|_| ())).then_rejected(StageRejection::AlreadyOpened.into());
    }
}

#[test]
fn a_tender_without_proposals_is_deserted_at_the_opening() {
    let empty = open(|command| *command = OpenTechnical { acts: vec![], order: vec![] });
    let nothing = TenderCommand::CloseReceipt(CloseReceipt { positions: vec![] });
    let history = after(published(), local(END), nothing);
    let history = after(history, local(TECHNICAL), empty);
    let tender = Tender::replay(&history).unwrap();
    assert!(tender.is_deserted() && tender.is_receipt_closed() && tender.opened().is_empty());
    assert_eq!(summary(&history).opened, 0);
    let Some(TenderEvent::TenderDeserted(event)) = history.last() else { panic!("not deserted") };
    assert!(event.reasons.contains("no había ninguna proposición"));
}

#[test]
fn a_tender_whose_proposals_are_all_lost_is_deserted_for_that_reason() {
    let lost = open(|command| command.acts.iter_mut().for_each(|act| act.documents = None));
    let events = ask(closed(), TECHNICAL, lost).then_events();
    let [TenderEvent::ProposalsOpened(summary), TenderEvent::TenderDeserted(event)] =
        events.as_slice()
    else {
        panic!("not deserted")
    };
    assert_eq!((summary.opened, summary.proposals.len()), (0, 7));
    assert!(event.reasons.contains("se pudo abrir"));
}

#[test]
fn the_order_of_the_masks_names_each_live_proposal_once() {
    for order in [vec![], vec![0, 1, 2], vec![0, 1, 2, 2], vec![1, 2, 3, 4], vec![0, 1, 2, 3, 3]] {
        ask(closed(), TECHNICAL, open(|command| command.order = order))
            .then_rejected(StageRejection::MaskOrder { proposals: 4 }.into());
    }
}

#[test]
fn nothing_comes_or_goes_between_the_end_of_receipt_and_the_opening() {
    let changed = || StageRejection::ProposalsChanged.into();
    let fewer = |command: &mut OpenTechnical| {
        command.acts.pop();
        command.order = vec![0, 1, 2];
    };
    ask(closed(), TECHNICAL, open(fewer)).then_rejected(changed());
    let moved = |command: &mut OpenTechnical| command.acts[6].position = 57;
    ask(closed(), TECHNICAL, open(moved)).then_rejected(changed());
    ask(closed_blindly(), TECHNICAL, open(moved)).then_events();
}

#[test]
fn as_many_proposals_as_companies_may_take_part_are_opened_and_no_more() {
    let many = |count: usize| {
        let acts = (0..count).map(|n| act(n as u64, n, SealedActKind::Submitted)).collect();
        open(|command| *command = OpenTechnical { acts, order: (0..count).collect() })
    };
    let events = ask(closed_blindly(), TECHNICAL, many(PROPOSALS_MAX)).then_events();
    assert_eq!(summary(&events).opened as usize, PROPOSALS_MAX);
    let proposals = PROPOSALS_MAX + 1;
    ask(closed_blindly(), TECHNICAL, many(proposals))
        .then_rejected(StageRejection::TooManyProposals { proposals }.into());
}

#[test]
fn sheets_and_then_prices_are_opened_in_the_order_of_the_masks() {
    let shuffled = price(|command| {
        command.sheets.reverse();
        command.offers.rotate_left(1);
    });
    let events = ask(opened(), ECONOMIC, shuffled).then_events();
    let seen: Vec<(&str, String, u64)> = events
        .iter()
        .map(|event| match event {
            TenderEvent::TechnicalSheetOpened(it) => ("sheet", it.mask.to_string(), it.position),
            TenderEvent::EconomicOpened(it) => ("offer", it.mask.to_string(), it.position),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        ("sheet", "A".to_owned(), 70),
        ("sheet", "B".to_owned(), 71),
        ("sheet", "C".to_owned(), 72),
        ("offer", "A".to_owned(), 53),
        ("offer", "B".to_owned(), 50),
        ("offer", "C".to_owned(), 52),
    ];
    assert_eq!(seen, expected);
    let tender = Tender::replay(&priced()).unwrap();
    assert_eq!((tender.sheets().len(), tender.offers().len()), (3, 3));
    for (offer, bidder) in tender.offers().iter().zip(MASKED) {
        assert_eq!(offer.tenderer.legal_name, BIDDERS[bidder].0);
        assert_eq!(offer.price.centavos().to_string(), BIDDERS[bidder].3);
        assert_eq!(offer.participation, 40 + bidder as u64);
        assert_eq!(offer.proposal_id, proposal_id(bidder));
    }
}

#[test]
fn the_later_of_two_sheets_for_one_proposal_counts() {
    let corrected = price(|command| {
        let mut later = command.sheets[0].clone();
        (later.position, later.sheet.scores[0]) = (90, 1);
        command.sheets.insert(0, later);
    });
    let events = ask(opened(), ECONOMIC, corrected).then_events();
    let TenderEvent::TechnicalSheetOpened(sheet) = &events[0] else { panic!("no sheet") };
    assert_eq!((sheet.position, sheet.scores[0]), (90, 1));
}

#[test]
fn the_economic_opening_has_its_hour() {
    let (due, now) = (local(ECONOMIC), before(ECONOMIC));
    given::<Tender>(opened())
        .at(now)
        .when(price(|_| ()))
        .then_rejected(StageRejection::OpeningNotDue { due, now }.into());
}

#[test]
fn the_economic_opening_follows_the_technical_one_once() {
    ask(vec![], ECONOMIC, price(|_| ())).then_rejected(StageRejection::TenderUnknown.into());
    for history in [published(), closed()] {
        ask(history, ECONOMIC, price(|_| ())).then_rejected(StageRejection::TenderNotOpened.into());
    }
    for history in [priced(), awarded()] {
        ask(history, AWARD, price(|_| ())).then_rejected(StageRejection::AlreadyOpened.into());
    }
    ask(deserted(), AWARD, price(|_| ())).then_rejected(StageRejection::Deserted.into());
}

#[test]
fn prices_wait_for_every_technical_sheet() {
    let missing = || StageRejection::SheetsMissing { masks: vec![mask(0), mask(2)] };
    let some = |command: &mut OpenEconomic| command.sheets.retain(|it| it.position == 71);
    ask(opened(), ECONOMIC, price(some)).then_rejected(missing().into());
    let elsewhere = |command: &mut OpenEconomic| {
        command.sheets[0].sheet.tender_id = other_tender();
        command.sheets[2].sheet.tender_id = other_tender();
    };
    ask(opened(), ECONOMIC, price(elsewhere)).then_rejected(missing().into());
    assert_eq!(missing().details(), vec![("masks", "A, C".to_owned())]);
}

#[test]
fn prices_are_opened_all_or_none() {
    let missing = StageRejection::OfferMissing { masks: vec![mask(1)] };
    let some = |command: &mut OpenEconomic| command.offers.retain(|it| it.position != 50);
    ask(opened(), ECONOMIC, price(some)).then_rejected(missing.into());
}

#[test]
fn the_award_of_the_case_goes_to_the_first_of_the_ruling() {
    let events = ask(priced(), AWARD, award(|_| ())).then_events();
    let [TenderEvent::AwardIssued(event)] = events.as_slice() else { panic!("not awarded") };
    assert_eq!(event.supplier.legal_name, BIDDERS[1].0);
    assert_eq!(event.amount, Money::mxn(179_000_000).unwrap());
    assert_eq!((event.mask.as_str(), event.total), ("A", 8539));
    assert_eq!(event.sign_by, day("2018-04-28"));
    let tender = Tender::replay(&awarded()).unwrap();
    assert_eq!(tender.award(), Some(&**event));
    assert_eq!((tender.offers().len(), tender.is_deserted()), (3, false));
}

#[test]
fn the_award_has_its_hour() {
    let (due, now) = (local(AWARD), before(AWARD));
    given::<Tender>(priced())
        .at(now)
        .when(award(|_| ()))
        .then_rejected(StageRejection::AwardNotDue { due, now }.into());
}

#[test]
fn nobody_is_awarded_a_contract_that_nobody_may_sign() {
    ask(priced(), "2018-04-28T23:59:59.999", award(|_| ())).then_events();
    let late = "2018-04-29T00:00:00";
    let (sign_by, now) = (day("2018-04-28"), local(late));
    ask(priced(), late, award(|_| ()))
        .then_rejected(StageRejection::ContractingEnded { sign_by, now }.into());
}

#[test]
fn the_award_follows_the_economic_opening_once() {
    ask(vec![], AWARD, award(|_| ())).then_rejected(StageRejection::TenderUnknown.into());
    for history in [published(), closed(), opened()] {
        ask(history, AWARD, award(|_| ())).then_rejected(StageRejection::EconomicNotOpened.into());
    }
    ask(awarded(), AWARD, award(|_| ())).then_rejected(StageRejection::AlreadyAwarded.into());
    ask(deserted(), AWARD, award(|_| ())).then_rejected(StageRejection::Deserted.into());
}

#[test]
fn an_award_needs_a_ruling_with_somebody_in_it() {
    let missing = || StageRejection::RulingMissing.into();
    let refused = |change: fn(&mut IssueAward)| {
        ask(priced(), AWARD, award(change)).then_rejected(missing());
    };
    refused(|command| command.ruling = None);
    refused(|command| command.ruling.as_mut().unwrap().order.clear());
    refused(|command| command.ruling.as_mut().unwrap().tender_id = other_tender());
}

#[test]
fn an_award_needs_the_evaluation_of_its_winner() {
    let refused = |change: fn(&mut IssueAward)| {
        ask(priced(), AWARD, award(change)).then_rejected(StageRejection::EvaluationMissing.into());
    };
    refused(|command| command.evaluation = None);
    refused(|command| command.evaluation.as_mut().unwrap().tender_id = other_tender());
    refused(|command| command.evaluation.as_mut().unwrap().scores[0].mask = mask(7));
    refused(|command| command.evaluation.as_mut().unwrap().scores[0].results.truncate(0));
}

#[test]
fn an_award_to_nobody_that_offered_is_refused() {
    let stranger = |command: &mut IssueAward| {
        command.ruling.as_mut().unwrap().order = vec![mask(7)];
        command.evaluation.as_mut().unwrap().scores[0].mask = mask(7);
    };
    ask(priced(), AWARD, award(stranger))
        .then_rejected(StageRejection::OfferMissing { masks: vec![mask(7)] }.into());
}

#[test]
fn whoever_signed_a_technical_sheet_neither_awards_nor_declares_it_deserted() {
    ask(priced(), AWARD, award(|command| command.caller = SCORER))
        .then_rejected(StageRejection::TechnicalSigner.into());
    ask(priced(), AWARD, desert(|command| command.caller = SCORER))
        .then_rejected(StageRejection::TechnicalSigner.into());
}

#[test]
fn an_award_and_a_desertion_say_why() {
    let empty = || InputRejection::Empty { field: "reasons".to_owned() }.into();
    ask(priced(), AWARD, award(|command| command.reasons = " ".to_owned())).then_rejected(empty());
    ask(priced(), AWARD, desert(|command| command.reasons = String::new())).then_rejected(empty());
}

#[test]
fn a_tender_without_a_solvent_proposal_is_deserted() {
    let events = ask(priced(), AWARD, desert(|_| ())).then_events();
    assert!(matches!(events.as_slice(), [TenderEvent::TenderDeserted(_)]));
    let tender = Tender::replay(&deserted()).unwrap();
    assert!(tender.is_deserted() && tender.award().is_none());
    assert_eq!((tender.sheets().len(), tender.offers().len()), (3, 3));
}

#[test]
fn a_tender_with_a_solvent_proposal_is_not_deserted() {
    let masks = vec![mask(0), mask(1), mask(2)];
    ask(priced(), AWARD, desert(|command| command.evaluation = Some(evaluation())))
        .then_rejected(StageRejection::SolventProposals { masks }.into());
}

#[test]
fn a_tender_is_deserted_after_its_evaluation_once() {
    let missing = || StageRejection::EvaluationMissing.into();
    ask(priced(), AWARD, desert(|command| command.evaluation = None)).then_rejected(missing());
    let elsewhere = |command: &mut DeclareDeserted| {
        command.evaluation.as_mut().unwrap().tender_id = other_tender();
    };
    ask(priced(), AWARD, desert(elsewhere)).then_rejected(missing());
    ask(vec![], AWARD, desert(|_| ())).then_rejected(StageRejection::TenderUnknown.into());
    for history in [published(), closed(), opened()] {
        ask(history, AWARD, desert(|_| ())).then_rejected(StageRejection::EconomicNotOpened.into());
    }
    ask(awarded(), AWARD, desert(|_| ())).then_rejected(StageRejection::AlreadyAwarded.into());
    ask(deserted(), AWARD, desert(|_| ())).then_rejected(StageRejection::Deserted.into());
}

#[test]
fn every_stage_shows_what_is_public_by_then() {
    let shown: Vec<_> = [vec![], published(), closed(), opened(), priced(), awarded(), deserted()]
        .iter()
        .map(|history| {
            let tender = Tender::replay(history).unwrap();
            (
                tender.published().is_some(),
                tender.is_receipt_closed(),
                tender.opened().len(),
                tender.sheets().len(),
                tender.offers().len(),
                tender.award().is_some(),
                tender.is_deserted(),
            )
        })
        .collect();
    let expected = [
        (false, false, 0, 0, 0, false, false),
        (true, false, 0, 0, 0, false, false),
        (true, true, 0, 0, 0, false, false),
        (true, true, 3, 0, 0, false, false),
        (true, true, 3, 3, 3, false, false),
        (true, true, 3, 3, 3, true, false),
        (true, true, 3, 3, 3, false, true),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn an_event_follows_only_the_stages_it_can_follow() {
    let event = |history: Vec<TenderEvent>, index: usize| history[index].clone();
    let events = [
        event(published(), 0),
        event(closed(), 1),
        event(opened(), 2),
        event(opened(), 5),
        event(priced(), 6),
        event(priced(), 9),
        event(awarded(), 12),
        event(deserted(), 12),
    ];
    let stages = [vec![], published(), closed(), opened(), priced(), awarded(), deserted()];
    // By stage, whether each event may follow it.
    let accepted = [
        [true, false, false, false, false, false, false, false],
        [false, true, false, false, false, false, false, false],
        [false, false, true, true, false, false, false, false],
        [false, false, false, false, true, true, false, true],
        [false, false, false, false, false, true, true, true],
        [false; 8],
        [false; 8],
    ];
    for (stage, accepted) in stages.iter().zip(accepted) {
        let state = Tender::replay(stage).unwrap();
        let actual = events.each_ref().map(|event| state.clone().evolve(event).is_ok());
        assert_eq!(actual, accepted, "{} events before", stage.len());
    }
}

#[test]
fn every_refusal_of_a_stage_has_its_slug_and_a_sentence() {
    use StageRejection as R;
    let (due, now, masks) = (local(AWARD), local(END), || vec![mask(0)]);
    let all = [
        (R::TenderUnknown, "tender-unknown"),
        (R::ReceiptOpen { deadline: due, now }, "receipt-open"),
        (R::ReceiptAlreadyClosed, "receipt-already-closed"),
        (R::ReceiptNotClosed, "receipt-not-closed"),
        (R::OpeningNotDue { due, now }, "opening-not-due"),
        (R::AlreadyOpened, "already-opened"),
        (R::TenderNotOpened, "tender-not-opened"),
        (R::TooManyProposals { proposals: 301 }, "too-many-proposals"),
        (R::MaskOrder { proposals: 3 }, "mask-order"),
        (R::ProposalsChanged, "proposals-changed"),
        (R::SheetsMissing { masks: masks() }, "sheets-missing"),
        (R::OfferMissing { masks: masks() }, "offer-missing"),
        (R::AwardNotDue { due, now }, "award-not-due"),
        (R::ContractingEnded { sign_by: day("2018-04-28"), now }, "signature-period-ended"),
        (R::EconomicNotOpened, "economic-not-opened"),
        (R::RulingMissing, "ruling-missing"),
        (R::EvaluationMissing, "evaluation-missing"),
        (R::AlreadyAwarded, "already-awarded"),
        (R::Deserted, "tender-deserted"),
        (R::TechnicalSigner, "technical-signer"),
        (R::SolventProposals { masks: masks() }, "solvent-proposals"),
    ];
    let sentences: BTreeSet<String> = all.iter().map(|(it, _)| it.message_es()).collect();
    // The two ways of naming other proposals than there were say the same.
    assert_eq!(sentences.len(), all.len() - 1);
    for (rejection, slug) in all {
        let wrapped = TenderRejection::from(rejection.clone());
        assert_eq!((rejection.code(), wrapped.code()), (slug, slug));
        assert_eq!(wrapped.details(), rejection.details());
        assert!(!rejection.message_es().contains("  "));
        // Everywhere the slug names the same member.
        assert_eq!(wrapped.field().as_deref(), (slug == "tender-unknown").then_some("tenderId"));
    }
}

/// Streams of entries as they may happen: of each proposal whether it is replaced, taken back, lost.
fn any_acts() -> impl Strategy<Value = (Vec<SealedAct>, Vec<usize>)> {
    let streams = prop::collection::vec((0_usize..3, any::<bool>(), any::<bool>()), 0..12);
    streams.prop_flat_map(|streams| {
        let mut acts = Vec::new();
        for (n, (replacements, is_withdrawn, is_lost)) in streams.iter().enumerate() {
            let kinds = [SealedActKind::Submitted]
                .into_iter()
                .chain(std::iter::repeat_n(SealedActKind::Replaced, *replacements))
                .chain(is_withdrawn.then_some(SealedActKind::Withdrawn));
            for (version, kind) in kinds.enumerate() {
                let mut act = act((version * 100 + n) as u64, n, kind);
                act.documents = act.documents.filter(|_| !is_lost);
                acts.push(act);
            }
        }
        let live = streams.iter().filter(|(_, is_withdrawn, _)| !is_withdrawn).count();
        let order = Just((0..live).collect::<Vec<usize>>()).prop_shuffle();
        (Just(acts).prop_shuffle(), order)
    })
}

proptest! {
    #[test]
    fn the_masks_are_a_permutation_of_what_can_be_opened((acts, order) in any_acts()) {
        let mut last: Vec<&SealedAct> = Vec::new();
        for act in &acts {
            let is_last = acts.iter().all(|other| {
                other.proposal_id != act.proposal_id || other.position <= act.position
            });
            if is_last && act.kind != SealedActKind::Withdrawn {
                last.push(act);
            }
        }
        last.sort_by_key(|act| act.position);
        let expected: Vec<u64> = order
            .iter()
            .map(|place| last[*place])
            .filter(|act| act.documents.is_some())
            .map(|act| act.position)
            .collect();

        let command = OpenTechnical { acts: acts.clone(), order };
        let command = TenderCommand::OpenTechnical(Box::new(command));
        let history = after(closed_blindly(), local(TECHNICAL), command);
        let tender = Tender::replay(&history).unwrap();

        let positions: Vec<u64> = tender.opened().iter().map(|it| it.position).collect();
        prop_assert_eq!(positions, expected);
        for (place, proposal) in tender.opened().iter().enumerate() {
            prop_assert_eq!(&proposal.mask, &mask(place));
        }
        prop_assert_eq!(tender.is_deserted(), tender.opened().is_empty());
        let summary = summary(&history);
        prop_assert_eq!(summary.opened as usize, tender.opened().len());
        let named: Vec<u64> = summary
            .proposals
            .iter()
            .map(|it| match it {
                Disposition::Opened { position, .. }
                | Disposition::Replaced { position, .. }
                | Disposition::Withdrawn { position, .. }
                | Disposition::Withdrawal { position }
                | Disposition::Unopenable { position, .. } => *position,
            })
            .collect();
        let mut all: Vec<u64> = acts.iter().map(|act| act.position).collect();
        all.sort_unstable();
        prop_assert_eq!(named, all);
    }

    #[test]
    fn nothing_before_the_opening_tells_how_many_proposals_there_are(
        positions in prop::collection::vec(any::<u64>(), 0..50)
    ) {
        let close = |positions| {
            let command = TenderCommand::CloseReceipt(CloseReceipt { positions });
            after(published(), local(END), command)
                .into_iter()
                .map(|event| DomainEvent::from(event).to_data().to_string())
                .collect::<Vec<_>>()
        };
        prop_assert_eq!(close(positions), close(vec![]));
    }

    #[test]
    fn what_decide_emits_evolve_accepts(
        steps in prop::collection::vec((0_u8..6, 0_usize..5), 0..14)
    ) {
        let hours = ["2018-04-12T09:00:00", END, TECHNICAL, ECONOMIC, AWARD];
        let mut tender = Tender::default();
        for (step, hour) in steps {
            let command = match step {
                0 => TenderCommand::PublishCall(Box::new(publish_call())),
                1 => close_receipt(),
                2 => open(|_| ()),
                3 => price(|_| ()),
                4 => award(|_| ()),
                _ => desert(|_| ()),
            };
            for event in tender.decide(command, local(hours[hour])).unwrap_or_default() {
                tender = tender.evolve(&event).unwrap();
            }
        }
    }
}
