//! A procedure's dossier: an honest one is proven, and each rule refuses what breaks it alone.

pub mod order;
pub mod procedure;
pub mod result;
pub mod shapes;
pub mod turns;

use serde_json::{Value, json};
use verifier::dossier::{Finding, Opinion, Standing, verify_dossier};
use verifier::policy::Policy;
use zip::CompressionMethod::Stored;

use crate::cases::dossiers::judged;
use crate::world::chain::hex;
use crate::world::dossier::{Act, Dossier, zip};
use crate::world::story::{OCID, honest, told, told_without_blocks};
use crate::world::{jcs, sha256};

fn opinion(dossier: &Dossier) -> Opinion {
    let policy = Policy::parse(jcs(&dossier.policy).as_bytes()).unwrap();
    let bytes = zip(&dossier.all(), Stored);
    let opinion = verify_dossier(&bytes, &policy);
    judged(&dossier.policy, &bytes, &opinion);
    opinion.unwrap()
}

fn finding<'a>(opinion: &'a Opinion, topic: &str) -> &'a Finding {
    opinion.findings.iter().find(|finding| finding.topic == topic).unwrap()
}

/// The opinion on the story as it was changed refuses `topic`, and says why in `words`, although
/// every proof is right.
fn refuses(topic: &str, words: &str, edit: impl Fn(&str, usize, &mut Act)) {
    refuses_dossier(&told_without_blocks(&edit), topic, words);
}

fn refuses_dossier(dossier: &Dossier, topic: &str, words: &str) {
    let opinion = opinion(dossier);
    assert_eq!(finding(&opinion, "proofs").standing, Standing::Proven, "{opinion}");
    let found = finding(&opinion, topic);
    assert_eq!(found.standing, Standing::Refused, "{topic}: {words}: {opinion}");
    assert!(found.says.contains(words), "{} does not say {words}", found.says);
    assert_eq!((opinion.exit_code(), opinion.word()), (1, "refused"));
}

/// Nothing is refused, and `topic` says in `words` what is not shown.
fn is_incomplete(dossier: &Dossier, topic: &str, words: &str) {
    let opinion = opinion(dossier);
    let found = finding(&opinion, topic);
    assert_eq!(found.standing, Standing::NotProven, "{topic}: {words}: {opinion}");
    assert!(found.says.contains(words), "{} does not say {words}", found.says);
    assert_eq!((opinion.exit_code(), opinion.word()), (3, "incomplete"), "{opinion}");
    assert!(opinion.to_string().contains("was erased as the law says"), "{opinion}");
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
pub fn an_honest_dossier_is_proven_in_every_topic() {
    let opinion = opinion(&honest());
    let proven = opinion.findings.iter().all(|it| it.standing == Standing::Proven);
    assert!(proven, "{opinion}");
    assert_eq!((opinion.exit_code(), opinion.word(), opinion.findings.len()), (0, "proven", 18));
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
pub fn a_procedure_that_is_under_way_is_proven_as_far_as_it_is() {
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
pub fn what_is_not_anchored_in_a_sealed_chain_is_complete_and_not_proven() {
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
pub fn nothing_is_concluded_from_events_whose_proof_is_refused() {
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
pub fn what_a_dossier_says_commands_no_terminal() {
    let name = "\u{1b}]0;PROVEN\u{7} \u{9b}2J\u{202e}";
    let dossier = told_without_blocks(&|kind: &str, _, act: &mut Act| {
        if kind == "AwardIssued" {
            act.data["supplier"]["legalName"] = name.into();
        }
        if kind == "EconomicOpened" && act.data["mask"] == "A" {
            act.data["tenderer"]["legalName"] = name.into();
        }
    });
    let mut renamed = dossier.clone();
    renamed.index["ocid"] = name.into();
    for dossier in [dossier, renamed] {
        let opinion = opinion(&dossier);
        let (text, json) = (opinion.to_string(), opinion.to_json());
        assert!(finding(&opinion, "award").says.contains("]0;PROVEN"), "{text}");
        let commands = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(commands) && !json.contains(commands), "{text:?}");
    }
}

#[test]
pub fn a_gap_in_a_public_stream_is_refused() {
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
pub fn an_event_of_another_procedure_or_stream_is_refused() {
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
pub fn a_document_is_there_byte_for_byte() {
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
            is_incomplete(&dossier, "documents", "documents are named and not there");
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
pub fn a_release_is_there_byte_for_byte() {
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
