//! The rules of technical sheets, one test each.

use super::*;
use crate::aggregate::tests::{Answer, given};
use crate::event::DomainEvent;
use crate::rejection::InputRejection;
use crate::sample::local;
use crate::sample::procedure::{
    after, awarded, closed, declare_deserted, mask, opened, priced, published, sign_sheet,
    signed_sheet,
};
use crate::tender::{TenderCommand, TenderEvent};

const AT: &str = "2018-04-14T09:00:00";

fn sign(change: impl FnOnce(&mut SignSheet)) -> Answer<Sheet> {
    let mut command = sign_sheet(0);
    change(&mut command);
    given::<Sheet>([]).at(local(AT)).when(SheetCommand::Sign(Box::new(command)))
}

fn sign_in(history: &[TenderEvent]) -> Answer<Sheet> {
    let tender = Tender::replay(history).unwrap();
    sign(|command| command.tender = tender)
}

fn signed() -> SheetEvent {
    SheetEvent::Signed(Box::new(signed_sheet(0)))
}

#[test]
fn a_sheet_scores_an_opened_proposal() {
    sign(|_| ()).then([signed()]);
    assert!(DomainEvent::from(signed()).is_sealed());
    sign(|command| command.scores = vec![2000, 1500, 1000, 500]).then_events();
    sign(|command| command.scores = vec![0; 4]).then_events();
}

#[test]
fn nothing_is_scored_before_the_technical_opening() {
    for history in [vec![], published(), closed()] {
        sign_in(&history).then_rejected(SheetRejection::TenderNotOpened);
    }
}

#[test]
fn nothing_is_scored_once_ballots_or_prices_are_known() {
    let at = |hour| {
        let sign = SheetCommand::Sign(Box::new(sign_sheet(0)));
        given::<Sheet>([]).at(local(hour)).when(sign)
    };
    at("2018-04-15T07:59:59.999").then_events();
    let deadline = local("2018-04-15T08:00:00");
    at("2018-04-15T08:00:00")
        .then_rejected(SheetRejection::SheetsClosed { deadline, now: deadline });
    // A clock that jumped back opens nothing.
    let now = local(AT);
    for history in [priced(), awarded()] {
        sign_in(&history).then_rejected(SheetRejection::SheetsClosed { deadline, now });
    }
}

#[test]
fn a_deserted_tender_has_nothing_to_score() {
    let deserted = TenderCommand::DeclareDeserted(Box::new(declare_deserted()));
    let deserted = after(priced(), local("2018-04-15T13:00:00"), deserted);
    sign_in(&deserted).then_rejected(SheetRejection::TenderDeserted);
}

#[test]
fn a_mask_that_nobody_has_is_unknown() {
    let unknown = SheetRejection::MaskUnknown { mask: mask(3) };
    assert_eq!(unknown.field().as_deref(), Some("mask"));
    sign(|command| command.mask = mask(3)).then_rejected(unknown);
}

#[test]
fn every_criterion_has_one_score() {
    for actual in [0, 3, 5] {
        let refused = SheetRejection::ScoresCount { expected: 4, actual };
        sign(|command| command.scores = vec![1; actual]).then_rejected(refused);
    }
}

#[test]
fn a_score_is_within_its_criterion() {
    let rejection = SheetRejection::ScoreAboveMaximum {
        index: 1,
        criterion: "T2".parse().unwrap(),
        maximum: 1500,
    };
    assert_eq!(rejection.field().as_deref(), Some("scores[1]"));
    let named = vec![("criterion", "T2".to_owned()), ("maximum", "1500".to_owned())];
    assert_eq!(rejection.details(), named);
    assert!(rejection.message_es().contains("15.00"));
    sign(|command| command.scores[1] = 1501).then_rejected(rejection);
}

#[test]
fn a_justification_has_thirty_characters() {
    sign(|command| command.justification = format!(" {} ", "ñ".repeat(29)))
        .then_rejected(too_short().into());
    sign(|command| command.justification = "ñ".repeat(30)).then_events();
    sign(|command| command.justification = " ".to_owned())
        .then_rejected(InputRejection::Empty { field: "justification".to_owned() }.into());
}

#[test]
fn a_sheet_is_signed_once() {
    given::<Sheet>([signed()])
        .at(local("2018-04-14T09:00:00"))
        .when(SheetCommand::Sign(Box::new(sign_sheet(0))))
        .then_rejected(SheetRejection::AlreadySigned);
    assert!(Sheet::replay(&[signed(), signed()]).is_err());
    assert_eq!(Sheet::replay(&[signed()]).unwrap().signed(), Some(&signed_sheet(0)));
    assert_eq!(Sheet::default().signed(), None);
}

#[test]
fn every_refusal_has_its_slug() {
    let criterion: LocalId = "T1".parse().unwrap();
    let all = [
        (SheetRejection::TenderNotOpened, "tender-not-opened"),
        (SheetRejection::SheetsClosed { deadline: local(AT), now: local(AT) }, "sheets-closed"),
        (SheetRejection::TenderDeserted, "tender-deserted"),
        (SheetRejection::MaskUnknown { mask: mask(0) }, "mask-unknown"),
        (SheetRejection::ScoresCount { expected: 4, actual: 3 }, "scores-count"),
        (
            SheetRejection::ScoreAboveMaximum { index: 0, criterion, maximum: 1 },
            "score-above-maximum",
        ),
        (too_short().into(), "text-too-short"),
        (SheetRejection::AlreadySigned, "sheet-already-signed"),
    ];
    for (rejection, slug) in all {
        assert_eq!(rejection.code(), slug);
    }
    assert_eq!(opened().len(), 6, "three proposals of the case are opened");
}

fn too_short() -> InputRejection {
    InputRejection::TooShort { field: "justification".to_owned(), chars_min: 30 }
}
