//! What comes after what it should come before, and what continues what it should not.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::{act, refuses, refuses_dossier};
use crate::world::chain::hex;
use crate::world::dossier::Act;
use crate::world::sha256;
use crate::world::story::{OCID, tender, told};

/// An edit by which an act is recorded behind the points, and not in its turn.
fn later(kind: &'static str, nth: usize) -> impl Fn(&str, usize, &mut Act) {
    let moved = RefCell::new((String::new(), Value::Null));
    move |this, count, act| {
        if (this, count) == (kind, nth) {
            moved.replace((act.stream.clone(), act.data.clone()));
            act.is_recorded = false;
        } else if this == "TieBroken" {
            (act.stream, act.data) = moved.borrow().clone();
            (act.kind, act.is_recorded) = (kind.to_owned(), true);
        }
    }
}

#[test]
pub fn what_rests_on_another_comes_after_it() {
    for (topic, words, kind, nth) in [
        ("draw", "it was drawn before it was announced", "PanelDrawScheduled", 0),
        ("ballots", "the panel was not drawn before it", "PanelDrawn", 0),
        ("points", "a ballot is revealed after it", "BallotRevealed", 2),
    ] {
        refuses(topic, words, later(kind, nth));
    }
    let paid = |act: &mut Act| act.data["milestoneId"] = "D1".into();
    let words = "its deliverable is invoiced before it";
    refuses("execution", words, act("PenaltyApplied", 0, paid));
}

#[test]
pub fn a_company_takes_part_before_it_submits() {
    let (company, position) = (RefCell::new(Value::Null), RefCell::new(Value::Null));
    let edit = |kind: &str, nth: usize, act: &mut Act| match (kind, nth) {
        ("ParticipantRegistered", 0) => drop(company.replace(act.data.clone())),
        // A sealed entry that is younger than the proposals.
        ("TechnicalSheetSigned", 0) => {
            act.data = company.borrow().clone();
            (act.kind, act.stream) =
                ("ParticipantRegistered".to_owned(), "participation-x".to_owned());
        }
        ("TechnicalSheetOpened", 0) => drop(position.replace(act.data["position"].clone())),
        ("EconomicOpened", 0) => act.data["participation"] = position.borrow().clone(),
        _ => {}
    };
    refuses("economic", "it took part after it submitted", edit);
}

#[test]
pub fn a_company_has_one_proposal() {
    let company = RefCell::new(Value::Null);
    let edit = |kind: &str, nth: usize, act: &mut Act| match (kind, nth) {
        ("ParticipantRegistered", 0) => drop(company.replace(act.data["tenderer"].clone())),
        ("ParticipantRegistered" | "EconomicOpened", 1) => {
            act.data["tenderer"] = company.borrow().clone();
        }
        ("ProposalSubmitted", 1) => act.withheld[0].1 = company.borrow().clone(),
        _ => {}
    };
    refuses("economic", "its company has another proposal", edit);
}

#[test]
pub fn an_entry_continues_its_own_stream_and_alone() {
    let first = RefCell::new(String::new());
    let continuing = |nth: usize, version: usize, own: bool| {
        let first = &first;
        move |kind: &str, count: usize, act: &mut Act| match (kind, count) {
            ("ProposalSubmitted", 0) => drop(first.replace(act.stream.clone())),
            ("ProposalReplaced" | "ProposalSubmitted", _)
                if count == nth && (kind == "ProposalReplaced") == own =>
            {
                act.continues = Some((first.borrow().clone(), version));
            }
            _ => {}
        }
    };
    let topic = "opened set";
    refuses(topic, "its proposal was submitted before", continuing(0, 0, true));
    refuses(topic, "the stream it continues", continuing(1, 1, false));
    refuses(topic, "another entry continues the same one", |kind, nth, act| {
        continuing(1, 1, false)(kind, nth, act);
        if (kind, nth) == ("ProposalSubmitted", 1) {
            act.stream = first.borrow().clone();
        }
    });
    // The ninth of the panel's events, where the tender's ninth should be.
    let panel = RefCell::new(String::new());
    let words = "it does not continue the event before it of its stream";
    refuses("streams", words, |kind, _, act| match kind {
        "PanelDrawn" => drop(panel.replace(act.stream.clone())),
        "AwardIssued" => act.continues = Some((panel.borrow().clone(), 9)),
        _ => {}
    });
}

#[test]
pub fn an_envelope_more_than_was_opened_is_refused() {
    refuses("opened set", "how many envelopes were opened", |kind, _, act| {
        if kind == "TieBroken" {
            (act.kind, act.stream) = ("ProposalOpened".to_owned(), tender());
            act.data["mask"] = "C".into();
            act.data["position"] = "20".into();
            act.data["documents"] = json!([]);
            act.is_recorded = true;
        }
    });
}

#[test]
pub fn a_release_is_json() {
    let bytes = b"{".to_vec();
    let hash = hex(&sha256(&bytes));
    let edit = act("ReleasePublished", 0, move |act| act.data["sha256"] = hash.clone().into());
    let mut dossier = told(&edit, None);
    dossier.files.insert(format!("releases/{OCID}-1.json"), bytes);
    refuses_dossier(&dossier, "releases", "its release is not JSON");
}
