//! A procedure's dossier: an honest one is proven, and each rule refuses what breaks it alone.

use serde_json::{Value, json};
use verifier::dossier::{Finding, Opinion, Standing, verify_dossier};
use verifier::policy::Policy;

use crate::world::chain::hex;
use crate::world::dossier::{Act, Dossier};
use crate::world::story::{OCID, hmac, honest, money, told};
use crate::world::{jcs, sha256};

fn opinion(dossier: &Dossier) -> Opinion {
    let policy = Policy::parse(jcs(&dossier.policy).as_bytes()).unwrap();
    verify_dossier(&dossier.bytes(), &policy).unwrap()
}

fn finding<'a>(opinion: &'a Opinion, topic: &str) -> &'a Finding {
    opinion.findings.iter().find(|finding| finding.topic == topic).unwrap()
}

/// The opinion on the story as it was changed refuses `topic`, and says why in `words`, although
/// every proof is right.
fn refuses(topic: &str, words: &str, edit: impl Fn(&str, usize, &mut Act)) {
    refuses_dossier(&told(&edit, None), topic, words);
}

fn refuses_dossier(dossier: &Dossier, topic: &str, words: &str) {
    let opinion = opinion(dossier);
    assert_eq!(finding(&opinion, "proofs").standing, Standing::Proven, "{opinion}");
    let found = finding(&opinion, topic);
    assert_eq!(found.standing, Standing::Refused, "{topic}: {words}: {opinion}");
    assert!(found.says.contains(words), "{} does not say {words}", found.says);
    assert_eq!((opinion.exit_code(), opinion.word()), (1, "refused"));
}

/// An edit of the data of the `nth` act of a type.
fn data(kind: &str, nth: usize, edit: impl Fn(&mut Value)) -> impl Fn(&str, usize, &mut Act) {
    act(kind, nth, move |act| edit(&mut act.data))
}

fn act(kind: &str, nth: usize, edit: impl Fn(&mut Act)) -> impl Fn(&str, usize, &mut Act) {
    let kind = kind.to_owned();
    move |this, count, act| {
        if (this, count) == (kind.as_str(), nth) {
            edit(act);
        }
    }
}

#[test]
fn an_honest_dossier_is_proven_in_every_topic() {
    let opinion = opinion(&honest());
    let proven = opinion.findings.iter().all(|it| it.standing == Standing::Proven);
    assert!(proven, "{opinion}");
    assert_eq!((opinion.exit_code(), opinion.word(), opinion.findings.len()), (0, "proven", 17));
    let text = opinion.to_string();
    assert!(text.starts_with("PROVEN, everything that is there"), "{text}");
    assert!(text.contains("SIMULATED"), "{text}");
    assert!(text.contains("to COMPAÑÍA 1, first of 2 by the points, 1790000.00 MXN"), "{text}");
    assert!(text.contains("2 of 2 deliverables paid at value less penalty, 1 of them late"));
    assert!(text.lines().count() <= 45, "one page: {text}");
    let json: Value = serde_json::from_str(&opinion.to_json()).unwrap();
    assert_eq!((json["exitCode"].as_i64(), json["ocid"].as_str()), (Some(0), Some(OCID)));
    assert_eq!(
        json["findings"][0],
        json!({
            "topic": "proofs", "standing": "proven", "says": json["findings"][0]["says"],
        })
    );
}

#[test]
fn a_procedure_that_is_under_way_is_proven_as_far_as_it_is() {
    let absent = [
        vec![
            "receipt",
            "opened set",
            "technical",
            "draw",
            "ballots",
            "sheets",
            "economic",
            "points",
            "award",
            "contract",
            "execution",
        ],
        vec!["draw", "ballots", "sheets", "economic", "points", "award", "contract", "execution"],
        vec!["draw", "ballots", "sheets", "economic", "points", "award", "contract", "execution"],
        vec!["sheets", "economic", "points", "award", "contract", "execution"],
        vec!["points", "award", "contract", "execution"],
        vec!["contract", "execution"],
        vec![],
    ];
    for (part, absent) in absent.into_iter().enumerate() {
        let opinion = opinion(&told(&|_, _, _| {}, Some(part)));
        assert_eq!(opinion.exit_code(), 0, "{opinion}");
        let open = opinion.findings.iter().filter(|it| it.standing == Standing::NotExamined);
        let open: Vec<_> = open.map(|it| it.topic).filter(|topic| *topic != "documents").collect();
        assert_eq!(open, absent, "part {part}: {opinion}");
    }
}

#[test]
fn what_is_not_anchored_in_a_sealed_chain_is_complete_and_not_proven() {
    let mut dossier = told(&|_, _, _| {}, Some(2));
    dossier.edit_bundles(|bundle| bundle["anchor"] = Value::Null);
    let opinion = opinion(&dossier);
    assert_eq!((opinion.exit_code(), opinion.word()), (3, "not-anchored"), "{opinion}");
    assert_eq!(finding(&opinion, "anchoring").standing, Standing::NotProven);
    assert!(opinion.to_string().contains("events are in the log and not anchored"), "{opinion}");

    let mut dossier = honest();
    dossier.policy["chain"]["consensus"] = "dev".into();
    dossier.policy["chain"]["period"] = "0".into();
    dossier.policy["chain"]["epoch"] = "0".into();
    dossier.policy["chain"]["signers"] = json!([]);
    dossier.edit_bundles(|bundle| bundle["anchor"]["consensus"] = "dev".into());
    let opinion = self::opinion(&dossier);
    assert_eq!(opinion.exit_code(), 3, "{opinion}");
    assert!(opinion.to_string().contains("development chain"), "{opinion}");
}

#[test]
fn nothing_is_concluded_from_events_whose_proof_is_refused() {
    let mut dossier = honest();
    let proof = dossier.files.get_mut("proofs/5.proof.json").unwrap();
    let mut bundle: Value = serde_json::from_slice(proof).unwrap();
    bundle["anchor"]["headers"].as_array_mut().unwrap().truncate(1);
    *proof = jcs(&bundle).into_bytes();
    let opinion = opinion(&dossier);
    let proofs = finding(&opinion, "proofs");
    assert_eq!((opinion.exit_code(), &proofs.standing), (1, &Standing::Refused));
    assert!(proofs.says.contains("proofs/5.proof.json, confirmations"), "{}", proofs.says);
    assert!(opinion.findings[1..].iter().all(|it| it.standing == Standing::NotExamined));

    let mut dossier = honest();
    let other = dossier.files["proofs/6.proof.json"].clone();
    dossier.files.insert("proofs/5.proof.json".to_owned(), other);
    let says = finding(&self::opinion(&dossier), "proofs").says.clone();
    assert!(says.contains("a proof is of another event: proofs/5.proof.json"), "{says}");
}

#[test]
fn a_gap_in_a_public_stream_is_refused() {
    let gap = "an event of its stream is missing";
    for kind in ["ReceiptClosed", "BallotMissed", "BallotCommitted", "GuaranteeLodged"] {
        if kind != "BallotMissed" {
            refuses("streams", gap, act(kind, 0, |act| act.is_included = false));
        }
    }
    // The version of a stream that restarts, and one that does not continue the one before.
    refuses("streams", "missing", |kind, _, act| {
        if kind == "TenderPublished" {
            act.is_included = false;
        }
    });
}

#[test]
fn an_event_of_another_procedure_or_stream_is_refused() {
    let other = "it is of another procedure: ocid";
    refuses("scope", other, data("RulingIssued", 0, |it| it["ocid"] = "ocds-1".into()));
    let other = "it is of another procedure: tenderId";
    refuses("scope", other, data("ContractPrepared", 0, |it| it["tenderId"] = "x".into()));
    refuses("scope", "its stream", data("BallotCommitted", 1, |it| it["tenderId"] = "x".into()));
    let other = "it is of another procedure: contractId";
    refuses(
        "scope",
        other,
        act("PaymentOrdered", 1, |act| {
            act.data["contractId"] = "x".into();
            act.stream = "contract-x".into();
        }),
    );
    refuses("scope", "its ballot is of another tender", |kind, nth, act| {
        if (kind, nth) == ("BallotRevealed", 0) {
            act.data["ballot"]["tenderId"] = "x".into();
        }
    });
    refuses(
        "scope",
        "the plan it carries out",
        data("PlanApproved", 0, |it| {
            it["planId"] = "x".into();
        }),
    );
    refuses("scope", "its stream", act("AwardIssued", 0, |act| act.stream = "tender-x".into()));
    refuses(
        "scope",
        "no event of that type",
        act("BallotCommitted", 0, |act| {
            act.kind = "TenderAmended".into();
        }),
    );
    refuses(
        "scope",
        "no event of that type",
        act("ParticipantRegistered", 0, |act| {
            act.kind = "AwardIssued".into();
        }),
    );
}

#[test]
fn a_document_is_there_byte_for_byte() {
    let name = |dossier: &Dossier, name: &str| {
        let documents = dossier.index["documents"].as_array().unwrap();
        let item = documents.iter().find(|item| item["name"] == name).unwrap();
        item["file"].as_str().unwrap().to_owned()
    };
    for document in ["a.md", "b-precio.md", "plan-2.md", "EV-AAA.txt", "EV-EEE.txt"] {
        let mut dossier = honest();
        if dossier.index.to_string().contains(document) {
            let file = name(&dossier, document);
            dossier.remove("documents", &file);
            refuses_dossier(&dossier, "documents", "a document it names is not there");
        }
    }
    let mut dossier = honest();
    let (a, b) = (name(&dossier, "a.md"), name(&dossier, "b.md"));
    let swapped = dossier.files[&a].clone();
    dossier.files.insert(b, swapped);
    refuses_dossier(&dossier, "documents", "a document it names has another content");

    let mut dossier = honest();
    let hash = sha256(b"more");
    let file = format!("documents/{}", &hex(&hash)[2..]);
    dossier.files.insert(file.clone(), b"more".to_vec());
    let documents = dossier.index["documents"].as_array_mut().unwrap();
    documents.push(json!({"sha256": hex(&hash), "file": file, "name": "more"}));
    documents.sort_by_key(|item| item["sha256"].as_str().unwrap().to_owned());
    refuses_dossier(&dossier, "documents", "a document is there that no event names");

    refuses(
        "documents",
        "another content",
        data("DeliverableSubmitted", 0, |it| {
            it["documents"][0]["bytes"] = 8.into();
        }),
    );
    refuses(
        "documents",
        "it names no document rightly",
        data("DeliverableSubmitted", 0, |it| {
            it["documents"][0]["sha256"] = "0xZZ".into();
        }),
    );
}

#[test]
fn a_release_is_there_byte_for_byte() {
    let mut dossier = honest();
    dossier.remove("releases", &format!("releases/{OCID}-1.json"));
    refuses_dossier(&dossier, "releases", "the release it names is not there");

    let mut dossier = honest();
    let file = dossier.files.get_mut(&format!("releases/{OCID}-1.json")).unwrap();
    file.push(b' ');
    refuses_dossier(&dossier, "releases", "its release has other bytes");

    let mut dossier = honest();
    let releases = dossier.index["releases"].as_array_mut().unwrap();
    releases[0]["proof"] = releases[1]["proof"].clone();
    refuses_dossier(&dossier, "releases", "the proof of its release");

    let mut dossier = honest();
    let mut more = dossier.index["releases"][0].clone();
    more["releaseId"] = "zzz".into();
    more["file"] = "releases/zzz.json".into();
    dossier.index["releases"].as_array_mut().unwrap().push(more);
    dossier.files.insert("releases/zzz.json".to_owned(), b"{}".to_vec());
    refuses_dossier(&dossier, "releases", "a release is there that no event names");

    for (name, other) in [("id", "x"), ("ocid", "ocds-1")] {
        let mut bytes = json!({"id": format!("{OCID}-1"), "ocid": OCID});
        bytes[name] = other.into();
        let bytes = jcs(&bytes).into_bytes();
        let hash = hex(&sha256(&bytes));
        let edit = data("ReleasePublished", 0, move |it| it["sha256"] = hash.clone().into());
        let mut dossier = told(&edit, None);
        dossier.files.insert(format!("releases/{OCID}-1.json"), bytes);
        refuses_dossier(&dossier, "releases", &format!("the {name} in its release"));
    }
}

#[test]
fn receipt_ends_at_the_deadline_and_commits_to_what_is_live() {
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
    refuses(
        topic,
        "what it withholds is not disclosed",
        act("ReceiptClosed", 0, |act| {
            act.shown.clear();
        }),
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
fn the_opening_says_what_became_of_each_sealed_proposal() {
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

#[test]
fn what_is_opened_is_what_was_sealed() {
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
fn the_panel_is_drawn_again() {
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
    // A seed of another block, everything else drawn rightly from it.
    let other = hex(&hmac(&[1; 32], "another block"));
    refuses(topic, "the block's hash", drawn("blockHash", other.into()));
}

#[test]
fn a_draw_by_a_later_block_than_another_proof_shows_is_refused() {
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
    let world = crate::world::story::world();
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
fn a_ballot_is_the_one_its_seat_committed_to_last() {
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

#[test]
fn the_points_are_computed_again() {
    let topic = "points";
    let computed = |edit: fn(&mut Value)| data("EvaluationComputed", 0, edit);
    let differ = "the points are others";
    refuses(topic, differ, computed(|it| it["scores"][0]["economic"] = 2513.into()));
    refuses(topic, differ, computed(|it| it["scores"][1]["technical"] = 3901.into()));
    refuses(topic, differ, computed(|it| it["scores"][0]["results"][0]["social"] = 1521.into()));
    refuses(topic, differ, computed(|it| it["scores"][0]["results"][1]["total"] = 8418.into()));
    refuses(topic, differ, computed(|it| it["scores"][1]["results"][0]["rank"] = 1.into()));
    refuses(topic, differ, computed(|it| drop(it["scores"].as_array_mut().unwrap().pop())));
    refuses(topic, "how it aggregates", computed(|it| it["aggregation"] = "mean".into()));
    refuses(
        topic,
        "not solvent are others",
        computed(|it| {
            it["unsolvent"] = json!([{"mask": "B", "cause": "budget"}]);
        }),
    );
    refuses(
        topic,
        "the outliers are others",
        computed(|it| {
            it["outliers"] = json!([{"pseudonym": "EV-AAA", "cells": 1, "of": 4}]);
        }),
    );
    // A dearer budget or a higher minimum changes who is solvent.
    refuses(topic, differ, data("TenderPublished", 0, |it| it["budget"] = money(170_000_000)));
    refuses(topic, differ, data("TenderPublished", 0, |it| it["technicalMinimum"] = 4000.into()));
    refuses(
        topic,
        "an envelope is not opened before it",
        act("EconomicOpened", 1, |act| {
            act.is_recorded = false;
        }),
    );
    refuses(topic, "no ballot is revealed before it", |kind, _, act| {
        act.is_recorded = kind != "BallotRevealed";
    });
}

#[test]
fn the_award_follows_from_the_points() {
    let topic = "award";
    refuses(
        topic,
        "its order does not follow",
        data("RulingIssued", 0, |it| {
            it["order"] = json!(["B", "A"]);
        }),
    );
    refuses(
        topic,
        "who is not solvent",
        data("RulingIssued", 0, |it| {
            it["unsolvent"] = json!([{"mask": "C", "cause": "budget"}]);
        }),
    );
    refuses(
        topic,
        "there is no ruling before it",
        act("RulingIssued", 0, |act| {
            act.is_recorded = false;
        }),
    );
    let award = |name: &'static str, other: Value| {
        data("AwardIssued", 0, move |it| it[name] = other.clone())
    };
    refuses(topic, "who is first", award("mask", "B".into()));
    refuses(topic, "the company is not the first one's", award("supplier", json!({})));
    refuses(topic, "the amount", award("amount", money(179_000_001)));
    refuses(topic, "its points", award("total", 8385.into()));
    refuses(topic, "the last day to sign", award("signBy", "2018-04-29".into()));
    refuses(topic, "there is a solvent proposal", |kind, _, act| {
        if kind == "AwardIssued" {
            act.kind = "TenderDeserted".into();
        }
    });
}

#[test]
fn the_contract_is_what_was_awarded_and_its_parts_add_up() {
    let topic = "contract";
    let contract = |edit: fn(&mut Value)| data("ContractPrepared", 0, edit);
    let other = "it is not what was awarded";
    refuses(topic, other, contract(|it| it["amount"] = money(180_000_000)));
    refuses(topic, other, contract(|it| it["awardId"] = "x".into()));
    refuses(topic, other, contract(|it| it["supplier"]["rfc"] = "x".into()));
    refuses(
        topic,
        "a deliverable's value",
        contract(|it| {
            it["milestones"][1]["amount"] = money(89_500_001);
        }),
    );
    refuses(
        topic,
        "the sum of the shares",
        contract(|it| {
            it["milestones"][1]["percent"] = 40.into();
        }),
    );
    refuses(
        topic,
        "two deliverables have one id",
        contract(|it| {
            it["milestones"][1]["id"] = "D1".into();
        }),
    );
    refuses(
        topic,
        "the guarantee is smaller",
        data("GuaranteeLodged", 0, |it| {
            it["amount"] = money(17_899_999);
        }),
    );
    refuses(
        topic,
        "a party did not sign before it",
        act("ContractSigned", 1, |act| {
            act.is_recorded = false;
        }),
    );
    refuses(
        topic,
        "what it rests on is not in the dossier",
        act("AwardIssued", 0, |act| {
            act.is_recorded = false;
        }),
    );
}

#[test]
fn penalties_and_payments_are_computed_again() {
    let topic = "execution";
    let amount = |kind, nth, centavos| data(kind, nth, move |it| it["amount"] = money(centavos));
    refuses(topic, "the penalty in centavos", amount("PenaltyApplied", 0, 1_790_001));
    refuses(topic, "the value less the penalty", amount("InvoiceRegistered", 1, 89_500_000));
    refuses(topic, "the amount invoiced", amount("PaymentOrdered", 0, 89_500_001));
    refuses(topic, "the amount invoiced", amount("PaymentRecorded", 1, 89_500_000));
    refuses(
        topic,
        "how many days late it is",
        data("DeliverableSubmitted", 2, |it| {
            it["daysLate"] = 3.into();
        }),
    );
    refuses(
        topic,
        "how many days late it is",
        data("PenaltyApplied", 0, |it| {
            it["daysLate"] = 3.into();
        }),
    );
    refuses(
        topic,
        "how late the first delivery was",
        data("DeliverableSubmitted", 1, |it| {
            it["daysLate"] = 1.into();
        }),
    );
    let gone = |kind, nth| act(kind, nth, |act| act.is_recorded = false);
    refuses(topic, "its late deliverable has no penalty", gone("PenaltyApplied", 0));
    refuses(topic, "is not accepted before it", gone("DeliverableAccepted", 1));
    refuses(topic, "nothing was to be delivered", gone("DeliverableReturned", 0));
    refuses(topic, "nothing waits for a decision", gone("DeliverableSubmitted", 2));
    refuses(topic, "there is no invoice", gone("InvoiceRegistered", 0));
    refuses(topic, "the payment was not to be ordered", gone("PaymentOrdered", 0));
    refuses(topic, "a deliverable is not paid", gone("PaymentRecorded", 1));
    refuses(topic, "what it rests on is not in the dossier", gone("ContractActivated", 0));
    let settled = |name: &'static str| data("SettlementIssued", 0, move |it| it[name] = money(5));
    refuses(topic, "the amount", settled("amount"));
    refuses(topic, "all penalties", settled("penalties"));
    refuses(topic, "all payments", settled("paid"));
    refuses(
        topic,
        "the contract has no such deliverable",
        data("PaymentOrdered", 0, |it| {
            it["milestoneId"] = "D9".into();
        }),
    );
}

/// Makes a tie of the first rank: as many technical points for B as it lacks.
fn tie(kind: &str, nth: usize, act: &mut Act) {
    match (kind, nth) {
        ("TechnicalSheetSigned" | "TechnicalSheetOpened", 1) => {
            act.data["scores"] = json!([2264, 1900]);
        }
        ("EvaluationComputed", _) => {
            let b = &mut act.data["scores"][1];
            b["technical"] = 4164.into();
            b["results"][0]["total"] = 8384.into();
            b["results"][0]["rank"] = 1.into();
            b["results"][1]["total"] = 8384.into();
        }
        ("TieBroken", _) => act.is_recorded = true,
        _ => {}
    }
}

/// Makes A's company larger than B's, or B's than A's, wherever its size is recorded.
fn larger(mask: &str, kind: &str, nth: usize, act: &mut Act) {
    let place = usize::from(mask == "B");
    match kind {
        "CompanyRegistered" if nth == place => act.data["size"] = "mediana".into(),
        "ParticipantRegistered" | "EconomicOpened" if nth == place => {
            act.data["tenderer"]["size"] = "mediana".into();
        }
        "ProposalReplaced" if mask == "A" => act.withheld[0].1["size"] = "mediana".into(),
        "ProposalSubmitted" if mask == "B" && nth == 1 => {
            act.withheld[0].1["size"] = "mediana".into();
        }
        _ => {}
    }
}

#[test]
fn a_tie_goes_to_the_smaller_company() {
    let edit = |kind: &str, nth: usize, act: &mut Act| {
        tie(kind, nth, act);
        larger("B", kind, nth, act);
    };
    assert_eq!(opinion(&told(&edit, None)).exit_code(), 0);
    let other_way = |kind: &str, nth: usize, act: &mut Act| {
        edit(kind, nth, act);
        if kind == "TieBroken" {
            act.data["method"] = "draw".into();
        }
    };
    refuses("award", "how the tie is broken", other_way);
    refuses("award", "the tie's order is another", |kind, nth, act| {
        tie(kind, nth, act);
        larger("A", kind, nth, act);
    });
    refuses(
        "award",
        "what it rests on is not in the dossier before it: TieBroken",
        |kind, nth, act| {
            edit(kind, nth, act);
            act.is_recorded &= kind != "TieBroken";
        },
    );
    refuses("award", "there was no tie", act("TieBroken", 0, |act| act.is_recorded = true));
}

#[test]
fn a_tie_of_companies_of_one_size_goes_by_the_seed() {
    use std::cell::RefCell;
    let (seed, ids) = (RefCell::new([0; 32]), RefCell::new(Vec::<String>::new()));
    let drawn = |kind: &str, nth: usize, act: &mut Act| {
        tie(kind, nth, act);
        match kind {
            "PanelDrawn" => {
                let text = act.data["seed"].as_str().unwrap();
                let byte =
                    |at: usize| u8::from_str_radix(&text[2 + 2 * at..4 + 2 * at], 16).unwrap();
                *seed.borrow_mut() = std::array::from_fn(byte);
            }
            "EconomicOpened" => {
                ids.borrow_mut().push(act.data["proposalId"].as_str().unwrap().to_owned());
            }
            "TieBroken" => act.data["method"] = "draw".into(),
            _ => {}
        }
    };
    let opinion = opinion(&told(&drawn, None));
    let ranks: Vec<_> = ids.borrow().iter().map(|id| hmac(&seed.borrow(), id)).collect();
    let found = finding(&opinion, "award");
    if ranks[0] < ranks[1] {
        assert_eq!(found.standing, Standing::Proven, "{opinion}");
    } else {
        assert!(found.says.contains("the tie's order is another"), "{opinion}");
    }
}
