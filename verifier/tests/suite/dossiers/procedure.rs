//! From the end of receipt to the last ballot: opened is what was sealed, drawn what the seed says.

use serde_json::{Value, json};
use verifier::dossier::Standing;

use super::{act, data, finding, is_incomplete, opinion, refuses, refuses_dossier};
use crate::world::chain::hex;
use crate::world::dossier::Act;
use crate::world::jcs;
use crate::world::story::{hmac, honest, money, told_without_blocks, world};

#[test]
pub fn receipt_ends_at_the_deadline_and_commits_to_what_is_live() {
    let topic = "receipt";
    refuses(
        topic,
        "the deadline",
        data("ReceiptClosed", 0, |it| {
            it["deadline"] = "2018-04-13T22:00:00.000Z".into();
        }),
    );
    refuses(
        topic,
        "it came before the deadline",
        act("ReceiptClosed", 0, |act| {
            act.at = "2018-04-13T22:59:59.999Z".into();
        }),
    );
    for late in ["2018-04-13T23:00:00.000Z", "2018-04-12T14:59:59.999Z"] {
        refuses(
            topic,
            "it was not submitted while",
            act("ProposalSubmitted", 1, |act| {
                act.at = late.into();
            }),
        );
    }
    let hidden = act("ReceiptClosed", 0, |act| act.shown.clear());
    is_incomplete(&told_without_blocks(&hidden), topic, "committed to are not shown");
    refuses(
        topic,
        "it commits to no positions",
        act("ReceiptClosed", 0, |act| act.withheld.clear()),
    );
    // A proposal that was live when receipt ended, and that the opening leaves out.
    refuses(
        topic,
        "the live proposals it committed to",
        act("ReceiptClosed", 0, |act| {
            let live = act.withheld[0].1.as_array_mut().unwrap();
            live.push("19".into());
        }),
    );
}

#[test]
pub fn the_opening_says_what_became_of_each_sealed_proposal() {
    let topic = "opened set";
    let listing = |place: usize, name: &'static str, other: &'static str| {
        data("ProposalsOpened", 0, move |it| it["proposals"][place][name] = other.into())
    };
    refuses(
        topic,
        "it leaves a proposal out",
        data("ProposalsOpened", 0, |it| {
            it["proposals"].as_array_mut().unwrap().remove(3);
        }),
    );
    refuses(
        topic,
        "it lists a position twice",
        data("ProposalsOpened", 0, |it| {
            let again = it["proposals"][0].clone();
            it["proposals"].as_array_mut().unwrap().push(again);
        }),
    );
    refuses(topic, "what the opening says became of it", listing(3, "disposition", "withdrawal"));
    refuses(topic, "what the opening says became of it", listing(0, "disposition", "opened"));
    refuses(topic, "the entry that came after it", listing(0, "by", "19"));
    refuses(topic, "nothing was opened under a mask", listing(1, "mask", "C"));
    refuses(topic, "the entry of its mask", listing(1, "mask", "B"));
    refuses(topic, "how many it opened", data("ProposalsOpened", 0, |it| it["opened"] = 3.into()));
    refuses(topic, "its masks have a gap or a double", |kind, nth, act| match (kind, nth) {
        ("ProposalOpened", 1) => act.data["mask"] = "C".into(),
        ("ProposalsOpened", _) => act.data["proposals"][2]["mask"] = "C".into(),
        _ => {}
    });
    refuses(
        topic,
        "the sealed entry it opens is not disclosed",
        act("ProposalReplaced", 0, |act| {
            act.shown.clear();
        }),
    );
    refuses(
        topic,
        "is not in the dossier before it",
        act("ProposalSubmitted", 1, |act| {
            act.is_included = false;
        }),
    );
    refuses(topic, "it is called unopenable", listing(1, "disposition", "unopenable"));
    refuses(
        topic,
        "is of another kind or tender",
        act("ProposalSubmitted", 1, |act| {
            act.data["tenderId"] = "x".into();
        }),
    );
    // An entry of the stream that nobody is shown.
    refuses(topic, "an event of its stream is missing", |kind, nth, act| match (kind, nth) {
        ("ProposalSubmitted", 0) => act.is_included = false,
        ("ProposalsOpened", _) => drop(act.data["proposals"].as_array_mut().unwrap().remove(0)),
        _ => {}
    });
}

/// An edit that shows nothing of what was sealed and never opened, and one more.
fn erased(kind: &str, nth: usize, act: &mut Act) {
    match (kind, nth) {
        ("ProposalSubmitted", 0 | 2) | ("ProposalWithdrawn", 0) => act.shown.clear(),
        _ => {}
    }
}

#[test]
pub fn what_was_never_opened_may_be_erased() {
    let (topic, words) = ("opened set", "3 that were not opened are not shown");
    is_incomplete(&told_without_blocks(&erased), topic, words);
    let listing = |place: usize, name: &'static str, other: &'static str| {
        move |kind: &str, nth: usize, act: &mut Act| {
            erased(kind, nth, act);
            if kind == "ProposalsOpened" {
                act.data["proposals"][place][name] = other.into();
            }
        }
    };
    // What is shown to continue it still tells what became of it.
    refuses(topic, "what the opening says became of it", listing(0, "disposition", "withdrawn"));
    refuses(topic, "what the opening says became of it", listing(0, "disposition", "unopenable"));
    refuses(topic, "the entry that came after it", listing(0, "by", "19"));
    refuses(topic, "is not disclosed", listing(0, "disposition", "opened"));
    refuses(topic, "an entry it lists is not in the dossier", |kind, nth, act| {
        act.is_included &= (kind, nth) != ("ProposalSubmitted", 2);
    });
}

#[test]
pub fn what_is_called_unopenable_is_counted() {
    let edit = |kind: &str, nth: usize, act: &mut Act| match (kind, nth) {
        ("ProposalSubmitted", 1) => act.shown.clear(),
        ("ProposalOpened", 1) => act.is_recorded = false,
        ("ProposalsOpened", _) => {
            act.data["opened"] = 1.into();
            act.data["proposals"][2]["disposition"] = "unopenable".into();
        }
        _ => {}
    };
    let opinion = opinion(&told_without_blocks(&edit));
    let found = finding(&opinion, "opened set");
    assert_eq!(found.standing, Standing::Proven, "{opinion}");
    assert!(found.says.contains("1 opened, 1 called unopenable"), "{opinion}");
    assert!(opinion.to_string().contains("called unopenable could be opened"), "{opinion}");
}

#[test]
pub fn what_is_opened_is_what_was_sealed() {
    refuses(
        "technical",
        "its documents are not the sealed ones",
        data("ProposalOpened", 0, |it| {
            it["documents"][0]["name"] = "otro.md".into();
        }),
    );
    refuses(
        "technical",
        "what it withholds is not disclosed",
        act("ProposalReplaced", 0, |act| {
            act.shown.retain(|path| *path != "/data/technical");
        }),
    );
    for (name, other) in
        [("scores", json!([2351, 2000])), ("mask", json!("B")), ("justification", json!("x"))]
    {
        refuses(
            "sheets",
            "the sheet is not the sealed one",
            data("TechnicalSheetOpened", 0, move |it| {
                it[name] = other.clone();
            }),
        );
    }
    let sheet = |scores: Value| {
        move |kind: &str, nth: usize, act: &mut Act| {
            if nth == 0 && kind.starts_with("TechnicalSheet") {
                act.data["scores"] = scores.clone();
            }
        }
    };
    refuses("sheets", "a score is above its criterion's maximum", sheet(json!([3001, 2000])));
    refuses("sheets", "how many criteria it scores", sheet(json!([3000])));
    let economic = |name: &'static str, other: Value| {
        data("EconomicOpened", 0, move |it| it[name] = other.clone())
    };
    let topic = "economic";
    refuses(topic, "the economic envelope is not the sealed one", economic("price", money(178)));
    refuses(topic, "the economic envelope is not the sealed one", economic("documents", json!([])));
    refuses(topic, "the company is not the sealed one", economic("tenderer", json!({})));
    refuses(topic, "the proposal is not the sealed one", economic("proposalId", json!("x")));
    refuses(topic, "is of another kind or tender", economic("participation", json!("14")));
    refuses(topic, "the entry of its mask", economic("mask", json!("B")));
    refuses(
        topic,
        "the company is not the one that took part",
        act("ParticipantRegistered", 0, |act| {
            act.data["tenderer"]["legalName"] = "OTRA".into();
        }),
    );
    refuses(
        topic,
        "the company is not as it was registered",
        data("CompanyRegistered", 0, |it| {
            it["size"] = "grande".into();
        }),
    );
    refuses(
        topic,
        "its company's record is not there",
        act("CompanyApproved", 1, |act| {
            act.is_included = false;
        }),
    );
}

#[test]
pub fn no_sheet_is_opened_once_a_price_is_known() {
    let sheet = std::cell::RefCell::new(Value::Null);
    // The second sheet is opened in the place of the second price.
    refuses("sheets", "a price was opened before it", |kind, nth, act| match (kind, nth) {
        ("TechnicalSheetOpened", 1) => {
            sheet.replace(act.data.clone());
            act.is_recorded = false;
        }
        ("EconomicOpened", 1) => {
            act.kind = "TechnicalSheetOpened".to_owned();
            act.data = sheet.borrow().clone();
        }
        _ => {}
    });
}

#[test]
pub fn the_panel_is_drawn_again() {
    let topic = "draw";
    let drawn = |name: &'static str, other: Value| {
        data("PanelDrawn", 0, move |it| it[name] = other.clone())
    };
    refuses(topic, "the block's hash", drawn("blockHash", hex(&[2; 32]).into()));
    refuses(topic, "the block's number", drawn("blockNumber", "13".into()));
    refuses(topic, "the operator's number", drawn("contribution", hex(&[8; 32]).into()));
    refuses(topic, "the seed", drawn("seed", hex(&[8; 32]).into()));
    refuses(topic, "not the announced ones", drawn("candidates", json!(["EV-AAA", "EV-BBB"])));
    refuses(topic, "are not sorted", drawn("candidates", json!(["EV-BBB", "EV-AAA"])));
    refuses(
        topic,
        "the panel is another",
        data("PanelDrawn", 0, |it| {
            it["panel"].as_array_mut().unwrap().swap(0, 1);
        }),
    );
    refuses(topic, "the alternates are others", drawn("alternates", json!([])));
    refuses(
        topic,
        "how many candidates",
        data("PanelDrawScheduled", 0, |it| {
            it["candidates"] = 6.into();
        }),
    );
    refuses(
        topic,
        "a candidate's accreditation is not there",
        act("EvaluatorAccredited", 4, |act| {
            act.is_included = false;
        }),
    );
    refuses(
        topic,
        "there is an earlier one of its name",
        data("EvaluatorAccredited", 4, |it| {
            it["pseudonym"] = "EV-DDD".into();
        }),
    );
    refuses(topic, "it was accredited after the draw was announced", |kind, nth, act| {
        if kind == "EvaluatorAccredited" {
            act.is_recorded = nth != 4;
        }
    });
    // A seed of another block, everything else drawn rightly from it.
    let other = hex(&hmac(&[1; 32], "another block"));
    refuses(topic, "the block's hash", drawn("blockHash", other.into()));
}

#[test]
pub fn a_draw_by_a_later_block_than_another_proof_shows_is_refused() {
    let mut dossier = honest();
    let later = {
        let last = dossier.index["events"].as_array().unwrap().len() - 1;
        let file = dossier.index["events"][last]["file"].as_str().unwrap().to_owned();
        serde_json::from_slice::<Value>(&dossier.files[&file]).unwrap()["anchor"].clone()
    };
    assert!(later["headers"].is_array());
    let scheduled = dossier
        .files
        .iter()
        .find(|(_, bytes)| is_of(bytes, "PanelDrawScheduled"))
        .map(|(name, _)| name.clone())
        .unwrap();
    let world = world();
    let bytes = dossier.files.get_mut(&scheduled).unwrap();
    let mut bundle: Value = serde_json::from_slice(bytes).unwrap();
    bundle["anchor"] = world.chain.anchor(0, 14, 3);
    *bytes = jcs(&bundle).into_bytes();
    refuses_dossier(&dossier, "draw", "another proof shows an earlier block that had it: 12");

    let mut bundle: Value = serde_json::from_slice(&dossier.files[&scheduled]).unwrap();
    bundle["anchor"] = Value::Null;
    dossier.files.insert(scheduled, jcs(&bundle).into_bytes());
    refuses_dossier(&dossier, "draw", "its proof shows no block");
}

/// Whether a file is the bundle of a public event of a type.
fn is_of(bytes: &[u8], kind: &str) -> bool {
    use base64::Engine as _;
    let Ok(bundle) = serde_json::from_slice::<Value>(bytes) else { return false };
    let Some(entry) = bundle["entry"].as_str() else { return false };
    let entry = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(entry).unwrap();
    String::from_utf8_lossy(&entry).contains(&format!("\"type\":\"{kind}\""))
}

#[test]
pub fn a_panel_has_no_more_than_fifteen_seats() {
    let crowd: Vec<_> =
        (1..=16).map(|seat| json!({"seat": seat, "evaluatorId": "x", "pseudonym": "x"})).collect();
    let crowded = data("PanelDrawn", 0, move |it| it["panel"] = crowd.clone().into());
    refuses("ballots", "it has more than 15 seats", crowded);
}

#[test]
pub fn a_ballot_is_the_one_its_seat_committed_to_last() {
    let topic = "ballots";
    let ballot =
        |edit: fn(&mut Value)| data("BallotRevealed", 0, move |it| edit(&mut it["ballot"]));
    let differs = "its ballot is not what was committed to";
    refuses(topic, differs, ballot(|it| it["proposals"][0]["scores"][0] = 81.into()));
    refuses(
        topic,
        differs,
        data("BallotRevealed", 0, |it| {
            it["salt"] = crate::world::b64u(&[9; 32]).into();
        }),
    );
    // The earlier commitment of the seat reveals nothing.
    refuses(topic, differs, |kind, nth, act| {
        if kind == "BallotCommitted" && nth < 2 {
            let first = nth == 0;
            act.data["commitment"] = if first {
                act.data["commitment"].clone()
            } else {
                crate::world::b64u(&[2; 32]).into()
            };
        }
    });
    refuses(topic, "whose ballot it is", ballot(|it| it["pseudonym"] = "EV-ZZZ".into()));
    refuses(topic, "nobody has its seat", data("BallotRevealed", 2, |it| it["seat"] = 4.into()));
    refuses(
        topic,
        "its proposals",
        ballot(|it| it["proposals"].as_array_mut().unwrap().swap(0, 1)),
    );
    refuses(topic, "how many proposals it scores", ballot(|it| it["proposals"] = json!([])));
    refuses(topic, "how many criteria", ballot(|it| it["proposals"][0]["scores"] = json!([1])));
    refuses(
        topic,
        "a score is above 100",
        ballot(|it| it["proposals"][0]["scores"][0] = 101.into()),
    );
    let at = |kind, at: &'static str| act(kind, 0, move |act| act.at = at.into());
    let hours = "it came outside its hours";
    refuses(topic, hours, at("BallotCommitted", "2018-04-15T01:00:00.000Z"));
    refuses(topic, hours, at("BallotRevealed", "2018-04-15T14:59:59.999Z"));
    refuses(
        topic,
        "its seat could not commit",
        act("AssignmentAccepted", 2, |act| {
            act.is_recorded = false;
        }),
    );
    refuses(
        topic,
        "who has its seat",
        data("AssignmentAccepted", 0, |it| {
            it["pseudonym"] = "EV-ZZZ".into();
        }),
    );
    refuses(
        topic,
        "who enters is not the next alternate",
        data("ConflictDeclared", 0, |it| {
            it["replacement"]["pseudonym"] = "EV-ZZZ".into();
        }),
    );
    refuses(topic, "a ballot could still be revealed", |kind, nth, act| {
        if (kind, nth) == ("BallotRevealed", 2) {
            act.is_recorded = false;
        }
        if kind == "TechnicalSheetOpened" || kind == "EconomicOpened" {
            act.at = "2018-04-15T16:30:00.000Z".into();
        }
    });
}
