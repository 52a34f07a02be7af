//! What has not its shape, its currency or its turn, and what is there a second time.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::{act, data, refuses};
use crate::world::dossier::Act;
use crate::world::story::{money, tender};

/// An edit by which the second act of a type says what the first one says.
fn repeated(kind: &'static str, nth: usize) -> impl Fn(&str, usize, &mut Act) {
    let first = RefCell::new(Value::Null);
    move |this, count, act| {
        if (this, count) == (kind, 0) {
            first.replace(act.data.clone());
        } else if (this, count) == (kind, nth) {
            act.data = first.borrow().clone();
        }
    }
}

#[test]
pub fn what_is_there_once_is_not_there_twice() {
    let words = "there is an earlier one";
    let other = |kind: &'static str, stream: Option<String>| {
        act("TieBroken", 0, move |act| {
            act.is_recorded = true;
            act.kind = kind.to_owned();
            act.stream = stream.clone().unwrap_or_else(|| act.stream.clone());
        })
    };
    refuses("award", words, other("RulingIssued", None));
    let deserted = other("TenderDeserted", Some(tender()));
    refuses("award", "the tender was declared deserted", deserted);
    refuses("ballots", "its seat was taken before", repeated("AssignmentAccepted", 1));
    refuses("ballots", "its seat revealed or missed before", repeated("BallotRevealed", 1));
}

#[test]
pub fn a_member_has_its_shape() {
    let shape = "a member is missing or not of its shape: ";
    for (topic, kind, name, other) in [
        ("award", "AwardIssued", "total", json!("8384")),
        ("award", "AwardIssued", "amount", json!({"centavos": "01", "currency": "MXN"})),
        ("receipt", "ReceiptClosed", "deadline", json!("2018-04-13")),
        ("draw", "PanelDrawn", "contribution", json!("0x07")),
        ("ballots", "AssignmentAccepted", "seat", json!(-1)),
        ("points", "EvaluationComputed", "scores", json!({})),
        ("execution", "InvoiceRegistered", "amount", money(1_000_000_000_000_001)),
    ] {
        let edit = data(kind, 0, move |it| it[name] = other.clone());
        refuses(topic, &format!("{shape}{name}"), edit);
    }
    let salt = data("BallotRevealed", 0, |it| it["salt"] = "AA".into());
    refuses("ballots", "its salt is not 32 bytes", salt);
    let due = data("ContractPrepared", 0, |it| it["milestones"][0]["due"] = "2018-02-30".into());
    refuses("execution", "its deliverable is due on no day", due);
    refuses("points", "a sheet has too many points", |kind, _, act| {
        if kind.starts_with("TechnicalSheet") {
            act.data["scores"] = json!([u32::MAX, 1]);
        }
    });
}

#[test]
pub fn amounts_are_of_one_currency_and_no_share_is_more_than_the_whole() {
    let budget = data("TenderPublished", 0, |it| it["budget"]["currency"] = "USD".into());
    refuses("points", "a price cannot be compared with its budget", budget);
    let share = |edit: fn(&mut Value)| data("ContractPrepared", 0, edit);
    let currency = share(|it| it["milestones"][0]["amount"]["currency"] = "USD".into());
    refuses("contract", "a deliverable's currency", currency);
    let more = share(|it| {
        it["milestones"][0]["percent"] = 150.into();
        it["milestones"][0]["amount"] = money(268_500_000);
    });
    refuses("contract", "its deliverables are worth more than it is", more);
    let penalty = data("PenaltyApplied", 0, |it| it["amount"]["currency"] = "USD".into());
    refuses("execution", "the currency", penalty);
    let offer = act("EconomicOpened", 0, |act| act.is_recorded = false);
    refuses("award", "no economic envelope of its mask", offer);
}

#[test]
pub fn a_seat_that_committed_neither_leaves_nor_misses_before_the_end() {
    let instead = |kind: &'static str, at: &'static str, committed: bool| {
        act("BallotRevealed", 2, move |act| {
            let pseudonym = act.data["ballot"]["pseudonym"].clone();
            let members = act.data.as_object_mut().unwrap();
            for name in ["ballot", "salt"] {
                members.remove(name);
            }
            act.data["pseudonym"] = pseudonym;
            act.data["committed"] = committed.into();
            (act.kind, act.at) = (kind.to_owned(), at.to_owned());
        })
    };
    let (before, after) = ("2018-04-15T16:59:59.999Z", "2018-04-15T17:00:00.000Z");
    let topic = "ballots";
    refuses(topic, "it came before the end of the reveal", instead("BallotMissed", before, true));
    refuses(topic, "whether it had committed", instead("BallotMissed", after, false));
    let leaves = instead("ConflictDeclared", before, true);
    refuses(topic, "its seat committed to a ballot before", leaves);
}

#[test]
pub fn nothing_that_was_recorded_after_receipt_is_opened() {
    // The position of the first opening, which is public.
    let later = data("ProposalsOpened", 0, |it| it["proposals"][1]["position"] = "20".into());
    refuses("receipt", "it was recorded after receipt ended", later);
}
