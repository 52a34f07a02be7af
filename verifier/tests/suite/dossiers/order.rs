//! Whose procedure it is, and in which order and at which hours it went.

use serde_json::json;
use verifier::dossier::Standing;

use super::{act, finding, opinion, refuses, refuses_dossier};
use crate::world::dossier::Act;
use crate::world::story::{honest, tender, told};

#[test]
pub fn an_event_without_what_it_rests_on_is_refused() {
    // Without these, whole topics have nothing to examine.
    for kind in [
        "ReceiptClosed",
        "PanelDrawScheduled",
        "EvaluationComputed",
        "AwardIssued",
        "ContractCompleted",
    ] {
        let words = format!("what it rests on is not in the dossier before it: {kind}");
        refuses("scope", &words, |this, _, act| act.is_recorded &= this != kind);
    }
}

#[test]
pub fn a_tender_that_is_deserted_rests_on_its_opening_alone() {
    let edit = |kind: &str, nth: usize, act: &mut Act| match (kind, nth) {
        ("ProposalReplaced", 0) | ("ProposalSubmitted", 1) => act.shown.clear(),
        ("ProposalOpened", _) => act.is_recorded = false,
        ("ProposalsOpened", _) => {
            act.data["opened"] = 0.into();
            for place in [1, 2] {
                act.data["proposals"][place]["disposition"] = "unopenable".into();
            }
        }
        ("PanelDrawScheduled", _) => {
            (act.kind, act.stream) = ("TenderDeserted".to_owned(), tender());
        }
        _ => {}
    };
    let opinion = opinion(&told(&edit, Some(2)));
    assert_eq!(opinion.exit_code(), 0, "{opinion}");
    assert_eq!(finding(&opinion, "award").standing, Standing::Proven, "{opinion}");
}

#[test]
pub fn accounts_without_any_delivery_are_examined() {
    let closing = ["ContractCompleted", "SettlementIssued", "ContractActivated", "ContractSigned"];
    let before = ["GuaranteeLodged", "ContractPrepared"];
    refuses("execution", "a deliverable is not paid", |kind, _, act: &mut Act| {
        let is_of_contract = act.stream.starts_with("contract-");
        act.is_recorded &= !is_of_contract || closing.contains(&kind) || before.contains(&kind);
    });
}

#[test]
pub fn a_dossier_without_its_plan_is_of_no_procedure() {
    let words = "the plan that gave the process its id is not in the dossier";
    let mut empty = honest();
    for list in ["events", "documents", "releases"] {
        empty.index[list] = json!([]);
    }
    empty.files.clear();
    let opinion = opinion(&empty);
    let scope = finding(&opinion, "scope");
    assert_eq!((opinion.exit_code(), &scope.standing), (1, &Standing::Refused), "{opinion}");
    assert!(scope.says.contains(words), "{opinion}");
    assert!(opinion.to_string().contains("not every checkpoint has a witness"), "{opinion}");

    let registers = |kind: &str, _: usize, act: &mut Act| {
        act.is_included = kind.starts_with("Company") || kind.starts_with("Evaluator");
    };
    let mut dossier = told(&registers, Some(0));
    dossier.index["releases"] = json!([]);
    dossier.files.retain(|name, _| !name.starts_with("releases/"));
    refuses_dossier(&dossier, "scope", words);
    let other = |it: &mut Act| drop(it.data.as_object_mut().unwrap().remove("ocid"));
    refuses("scope", "it names no procedure", act("PlanApproved", 0, other));
}

#[test]
pub fn the_wall_clock_is_the_hour_of_recording() {
    let words = "its hour is not that of its recording";
    refuses("hours", words, act("BallotCommitted", 0, |act| act.clock = "wall"));
    refuses("hours", words, act("ProposalSubmitted", 1, |act| act.clock = "wall"));
    let dossier = told(&act("PlanApproved", 0, |act| act.clock = "imported"), Some(0));
    let opinion = opinion(&dossier);
    assert!(opinion.imported && opinion.exit_code() == 0, "{opinion}");
    assert!(opinion.to_string().contains("IMPORTED"), "{opinion}");
    assert!(opinion.to_json().contains("\"imported\":true"), "{opinion}");
}

#[test]
pub fn no_envelope_is_opened_before_its_hour() {
    for (kind, before) in [
        ("ProposalOpened", "2018-04-13T23:29:59.999Z"),
        ("ProposalsOpened", "2018-04-13T23:29:59.999Z"),
        ("EconomicOpened", "2018-04-15T17:29:59.999Z"),
    ] {
        let early = act(kind, 0, move |act| act.at = before.to_owned());
        refuses("hours", "it came before its hour", early);
    }
}
