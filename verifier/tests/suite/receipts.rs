//! Receipts: what they prove alone, with a proof, with an opening, and with a chain node.

use std::sync::Arc;

use crate::cases::policies::development;
use crate::cases::receipts::{IN_TIME, TOO_SHORT, contradictory_listings};
use crate::world::chain::hex;
use crate::world::receipt::{
    self, OPENING, ORDINARY, ORIGIN, OTHER_SUBMITTED, REPLACED, SUBMITTED, WITHDRAWN, body, bytes,
    file, honest, honest_listings, receipt_key, signed, tender,
};
use crate::world::server::{Node, node, serve};
use crate::world::{self, World, jcs};
use serde_json::{Value, json};
use verifier::log::LogError;
use verifier::policy::Policy;
use verifier::receipt::{
    Breach, Evidence, ReceiptOutcome, ReceiptPart, ReceiptReport, verify_receipt,
};

fn check(file: &Value, evidence: &Evidence<'_>, policy: &Value) -> ReceiptReport {
    let policy = Policy::parse(jcs(policy).as_bytes()).unwrap();
    verify_receipt(&bytes(file), evidence, &policy).unwrap()
}

/// The check that refused and where, or the verdict's word.
fn ending(report: &ReceiptReport) -> String {
    match &report.outcome {
        ReceiptOutcome::Refused { part, refusal } => format!("{}: {}", part.word(), refusal.check),
        outcome => outcome.word().to_owned(),
    }
}

fn alone(world: &World, file: &Value) -> String {
    ending(&check(file, &Evidence::default(), &receipt::policy(world)))
}

fn with_proof(world: &World, file: &Value, proof: &Value) -> ReceiptReport {
    let proof = bytes(proof);
    let evidence = Evidence { proof: Some(&proof), ..Evidence::default() };
    check(file, &evidence, &receipt::policy(world))
}

/// The receipt of `seq` held against the world's opening.
fn with_opening(world: &World, seq: u64) -> ReceiptReport {
    let opening = bytes(&world.bundle(OPENING));
    let evidence = Evidence { opening: Some(&opening), ..Evidence::default() };
    check(&file(world, seq, IN_TIME), &evidence, &receipt::policy(world))
}

/// The one breach that was found, in a word, after its exit code and its evidence were looked at.
fn breach(report: &ReceiptReport) -> &'static str {
    assert_eq!(report.outcome.exit_code(), 1, "{report}");
    let [breach] = report.breaches.as_slice() else { panic!("{report}") };
    let text = report.to_string();
    assert!(text.starts_with(&format!("BREACH: {breach}\n")), "{text}");
    let evidence = breach.evidence(report);
    assert_eq!(evidence[0].0, ReceiptPart::Receipt);
    for (part, proves) in &evidence {
        assert!(text.contains(&format!("{part}: {proves}")), "{text}");
    }
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!((&json["verdict"], &json["exitCode"]), (&json!("breach"), &json!(1)));
    assert_eq!(json["breaches"][0]["breach"], breach.word());
    assert_eq!(json["breaches"][0]["evidence"].as_array().unwrap().len(), evidence.len());
    breach.word()
}

fn open(report: &ReceiptReport, words: &str) {
    assert_eq!(report.outcome.exit_code(), 3, "{report}");
    let text = report.to_string();
    assert!(text.contains(words), "{text:?} does not say {words:?}");
}

#[test]
fn a_receipt_alone_is_acknowledged_and_not_shown_to_be_anchored() {
    let world = honest();
    for seq in [SUBMITTED, ORDINARY] {
        let report =
            check(&file(&world, seq, IN_TIME), &Evidence::default(), &receipt::policy(&world));
        open(&report, "give --proof or --rpc");
        let text = report.to_string();
        assert!(text.starts_with("ACKNOWLEDGED, NOT SHOWN TO BE ANCHORED\n"), "{text}");
        let json: Value = serde_json::from_str(&report.to_json()).unwrap();
        assert_eq!(json["verdict"], "acknowledged");
        assert_eq!(json["anchorBy"], world::instant(world::START_S + IN_TIME));
    }
}

#[test]
fn a_receipt_with_its_proof_is_anchored() {
    let world = honest();
    for seq in [SUBMITTED, ORDINARY, WITHDRAWN] {
        let report = with_proof(&world, &file(&world, seq, IN_TIME), &world.bundle(seq));
        assert_eq!((ending(&report).as_str(), report.outcome.exit_code()), ("anchored", 0));
        assert!(report.to_string().starts_with("ANCHORED as the receipt promised\n"), "{report}");
    }
}

#[test]
fn a_policy_without_a_key_for_receipts_trusts_none() {
    let world = honest();
    let receipt = file(&world, SUBMITTED, IN_TIME);
    let report = check(&receipt, &Evidence::default(), &world.policy());
    assert_eq!(ending(&report), "receipt: receipt");
    assert!(report.to_string().contains("the policy's receiptKey is null"), "{report}");
    let mut policy = receipt::policy(&world);
    policy["receiptKey"] = world::note_key("receipts", 1, &receipt_key()).into();
    let report = check(&receipt, &Evidence::default(), &policy);
    assert!(report.to_string().contains("not as the log"), "{report}");
}

#[test]
fn the_signed_text_is_seven_lines_of_one_spelling() {
    let world = honest();
    let honest = body(&world, SUBMITTED, IN_TIME);
    for (text, forged) in [
        ("receipt@v1", "receipt@v2"),
        ("\n4\n", "\n04\n"),
        ("\n4\n", "\n"),
        ("\n4\n", "\n4\n\n"),
        ("\n4\n", "\n4\n4\n"),
        ("\n0x", "\n0X"),
        ("\n019b8e00", "\n019B8E00"),
        ("Z\n", "+00:00\n"),
        (ORIGIN, "tenders example"),
    ] {
        assert!(honest.contains(text), "{honest}");
        let mut file = file(&world, SUBMITTED, IN_TIME);
        file["receipt"] = signed(&honest.replacen(text, forged, 1), &receipt_key()).into();
        let report = check(&file, &Evidence::default(), &receipt::policy(&world));
        assert!(report.to_string().contains("not the seven lines"), "{forged:?}: {report}");
    }
}

#[test]
fn a_receipt_and_its_entry_agree_in_everything() {
    let world = honest();
    let honest = body(&world, SUBMITTED, IN_TIME);
    let other = body(&world, ORDINARY, IN_TIME);
    let lines: Vec<_> = honest.lines().zip(other.lines()).collect();
    for (index, member) in [(2, "id"), (3, "seq"), (4, "leaf"), (5, "at")] {
        let (from, to) = lines[index];
        let mut file = file(&world, SUBMITTED, IN_TIME);
        let text = honest.replacen(&format!("\n{from}\n"), &format!("\n{to}\n"), 1);
        file["receipt"] = signed(&text, &receipt_key()).into();
        let report = check(&file, &Evidence::default(), &receipt::policy(&world));
        assert!(report.to_string().contains(&format!("another {member} than")), "{report}");
    }
    let mut elsewhere = file(&world, SUBMITTED, IN_TIME);
    elsewhere["receipt"] =
        signed(&honest.replacen(ORIGIN, "other.example/log", 1), &receipt_key()).into();
    let report = check(&elsewhere, &Evidence::default(), &receipt::policy(&world));
    assert!(report.to_string().contains("another log than"), "{report}");
}

#[test]
fn a_receipt_of_another_log_is_refused() {
    let world = honest();
    let mut other = receipt::policy(&world);
    for member in ["logKey", "receiptKey"] {
        let key = if member == "logKey" { world.log_key.clone() } else { receipt_key() };
        other[member] = world::note_key("other.example/log", 1, &key).into();
    }
    other["origin"] = "other.example/log".into();
    let report = check(&file(&world, SUBMITTED, IN_TIME), &Evidence::default(), &other);
    assert_eq!(ending(&report), "receipt: receipt", "its line is of another name");
    // The other log's operator signs what is on this one.
    let mut file = file(&world, SUBMITTED, IN_TIME);
    let text = body(&world, SUBMITTED, IN_TIME);
    let line = world::signature_line("other.example/log", 1, &receipt_key(), &text);
    file["receipt"] = format!("{text}\n{line}").into();
    assert_eq!(ending(&check(&file, &Evidence::default(), &other)), "receipt: profile");
}

#[test]
fn what_is_no_receipt_file_is_refused() {
    let world = honest();
    let honest = file(&world, SUBMITTED, IN_TIME);
    for member in ["v", "receipt", "entry", "disclosures"] {
        for other in [json!(null), json!(""), json!(0), json!([]), json!({})] {
            let mut forged = honest.clone();
            forged[member] = other.clone();
            let outcome = alone(&world, &forged);
            let empty = member == "disclosures" && other == json!([]);
            let expected = if empty { "acknowledged" } else { "receipt: " };
            assert!(outcome.starts_with(expected), "{member} = {other}: {outcome}");
        }
        let mut forged = honest.clone();
        forged.as_object_mut().unwrap().remove(member);
        assert_eq!(alone(&world, &forged), "receipt: limits");
    }
    let mut forged = honest;
    forged["more"] = json!(1);
    assert_eq!(alone(&world, &forged), "receipt: limits");
    let policy = Policy::parse(jcs(&receipt::policy(&world)).as_bytes()).unwrap();
    let long = vec![b' '; 1024 * 1024 + 1];
    let report = verify_receipt(&long, &Evidence::default(), &policy).unwrap();
    assert!(report.to_string().contains("1048577 bytes, more than 1 MiB"), "{report}");
}

#[test]
fn a_late_proof_alone_is_no_breach_since_anybody_can_make_one_of_a_later_block() {
    let world = honest();
    let at = |anchor_by| {
        with_proof(&world, &file(&world, SUBMITTED, anchor_by), &world.bundle(SUBMITTED))
    };
    // The block is of second 85, the promise ends a quarter after its second, the tolerance is 15.
    assert_eq!(ending(&at(70)), "anchored");
    let report = at(69);
    assert!(report.breaches.is_empty(), "{report}");
    open(&report, "block 17 is later than promised");
    open(&report, "give --rpc of a node with the state of block 16");
}

/// A late proof of `block`, with a node whose answers were changed.
fn late_with_node(block: u64, node: Arc<Node>) -> Result<ReceiptReport, LogError> {
    let world = honest();
    let mut proof = world.bundle(SUBMITTED);
    proof["anchor"] = world.chain.anchor(1, block, 3);
    let proof = bytes(&proof);
    let url = serve(Arc::new(|_: &str| None), node);
    let evidence = Evidence { proof: Some(&proof), rpc: Some(&url), ..Evidence::default() };
    let policy = Policy::parse(jcs(&receipt::policy(&world)).as_bytes()).unwrap();
    verify_receipt(&bytes(&file(&world, SUBMITTED, TOO_SHORT)), &evidence, &policy)
}

#[test]
fn a_node_tells_the_anchoring_block_from_a_later_one() {
    let report = late_with_node(17, Arc::new(node(honest()))).unwrap();
    assert_eq!(breach(&report), "late-anchoring");
    let text = report.to_string();
    let promise = world::instant(world::START_S + TOO_SHORT);
    assert!(text.contains(&format!("anchored by {promise}")), "{text}");
    assert!(text.contains("block 17 has it, of 2026-01-05T15:01:25.000Z"), "{text}");
    assert!(text.contains("in the state of block 16, its parent"), "{text}");
    // Anybody can make a bundle of a later block; that is no breach of the log's.
    let report = late_with_node(20, Arc::new(node(honest()))).unwrap();
    open(&report, "the block before the proof's had it already");

    // A node that shows another block as the parent, or another state of it.
    let honest_node = node(honest());
    let shifted = move |method: &str, params: &Value| match method {
        "eth_getBlockByNumber" => honest_node(method, &json!(["0xf", false])),
        "eth_getProof" => honest_node(method, &json!([params[0], params[1], "0xf"])),
        _ => honest_node(method, params),
    };
    assert_eq!(ending(&late_with_node(20, Arc::new(shifted)).unwrap()), "chain: headers");
    let honest_node = node(honest());
    let stale = move |method: &str, params: &Value| match method {
        "eth_getProof" => honest_node(method, &json!([params[0], params[1], "0xf"])),
        _ => honest_node(method, params),
    };
    assert_eq!(ending(&late_with_node(20, Arc::new(stale)).unwrap()), "chain: storage");
}

#[test]
fn another_entry_at_the_position_is_a_breach_once_it_is_anchored() {
    let world = honest();
    let receipt = file(&world, ORDINARY, IN_TIME);
    let forged = world.edited(ORDINARY, |envelope| envelope["data"]["title"] = "Otra".into());
    let mut proof = forged.bundle(ORDINARY);
    let report = with_proof(&forged, &receipt, &proof);
    assert_eq!(breach(&report), "another-entry");
    assert!(report.to_string().contains("block 17 anchors leaf 0x"), "{report}");
    proof["anchor"] = Value::Null;
    open(&with_proof(&forged, &receipt, &proof), "ANOTHER ENTRY");
}

#[test]
fn a_proof_that_proves_something_else_is_no_proof() {
    let world = honest();
    let receipt = file(&world, SUBMITTED, TOO_SHORT);
    let ended = |proof: &Value| ending(&with_proof(&world, &receipt, proof));
    assert_eq!(ended(&world.bundle(ORDINARY)), "proof: receipt");
    assert_eq!(ended(&json!({})), "proof: limits");
    let mut wrong = world.bundle(SUBMITTED);
    wrong["anchor"]["headers"].as_array_mut().unwrap().truncate(1);
    assert_eq!(ended(&wrong), "proof: confirmations");
    let mut included = world.bundle(SUBMITTED);
    included["anchor"] = Value::Null;
    open(&with_proof(&world, &receipt, &included), "the proof is in the log and not anchored");
}

#[test]
fn a_development_chain_proves_no_breach() {
    let world = tender(&json!([]));
    let (mut proof, mut opening) = (world.bundle(SUBMITTED), world.bundle(OPENING));
    proof["anchor"]["consensus"] = "dev".into();
    opening["anchor"]["consensus"] = "dev".into();
    let (proof, opening) = (bytes(&proof), bytes(&opening));
    let evidence = Evidence { proof: Some(&proof), opening: Some(&opening), rpc: None };
    let report = check(
        &file(&world, SUBMITTED, TOO_SHORT),
        &evidence,
        &development(receipt::policy(&world)),
    );
    open(&report, "the proof is of a development chain");
    open(&report, "the opening is of a development chain");
}

/// The receipt of `seq` held against a chain whose newest block is `head`.
fn asked(seq: u64, anchor_by: u64, head: u64, policy: &Value) -> ReceiptReport {
    let world = honest();
    let honest_node = node(honest());
    let halted = move |method: &str, params: &Value| match method {
        "eth_blockNumber" => format!("{head:#x}").into(),
        _ => honest_node(method, params),
    };
    let url = serve(Arc::new(|_: &str| None), Arc::new(halted));
    let evidence = Evidence { rpc: Some(&url), ..Evidence::default() };
    check(&file(&world, seq, anchor_by), &evidence, policy)
}

#[test]
fn a_promise_that_passed_in_the_chain_is_a_breach() {
    let policy = receipt::policy(&honest());
    // Block 18 confirms block 17, of second 85, which has 8 entries.
    let report = asked(8, TOO_SHORT, 18, &policy);
    assert_eq!(breach(&report), "not-anchored-in-time");
    let text = report.to_string();
    assert!(text.contains("block 17 of 2026-01-05T15:01:25.000Z is confirmed"), "{text}");
    assert!(text.contains("says 8 entries"), "{text}");
    assert_eq!(breach(&asked(8, 69, 18, &policy)), "not-anchored-in-time");
    open(&asked(8, 70, 18, &policy), "not due yet, or the chain stands still");
    open(&asked(7, TOO_SHORT, 18, &policy), "give --proof");
    open(&asked(8, TOO_SHORT, 30, &policy), "15 entries are anchored");
    open(&asked(8, TOO_SHORT, 0, &policy), "0 entries are anchored");
    // Block 17 alone is confirmed by nobody, so block 16 counts.
    open(&asked(7, 66, 17, &policy), "not due yet");
}

#[test]
fn a_chain_that_cannot_be_believed_proves_no_breach() {
    let world = honest();
    open(
        &asked(8, TOO_SHORT, 17, &development(receipt::policy(&world))),
        "the chain is of a development chain",
    );
    let mut policy = receipt::policy(&world);
    policy["contracts"][0]["toSize"] = "8".into();
    assert_eq!(ending(&asked(8, TOO_SHORT, 18, &policy)), "chain: anchor");
    open(&asked(7, TOO_SHORT, 18, &policy), "give --proof");

    let lie = |asked: &'static str, lie: fn(&mut Value)| {
        let honest_node = node(honest());
        let lying = move |method: &str, params: &Value| {
            let mut answer = honest_node(method, params);
            if method == asked {
                lie(&mut answer);
            }
            answer
        };
        let url = serve(Arc::new(|_: &str| None), Arc::new(lying));
        let evidence = Evidence { rpc: Some(&url), ..Evidence::default() };
        ending(&check(&file(&honest(), 14, TOO_SHORT), &evidence, &receipt::policy(&honest())))
    };
    assert_eq!(lie("eth_chainId", |answer| *answer = "0x1".into()), "chain: anchor");
    let no_batches = |answer: &mut Value| answer["storageProof"][0]["value"] = "0x1".into();
    assert_eq!(lie("eth_getProof", no_batches), "chain: storage");
    let genesis = |answer: &mut Value| answer["hash"] = hex(&[0; 32]).into();
    assert_eq!(lie("eth_getBlockByNumber", genesis), "chain: replay");

    let policy = Policy::parse(jcs(&receipt::policy(&world)).as_bytes()).unwrap();
    let evidence = Evidence { rpc: Some("http://127.0.0.1:1"), ..Evidence::default() };
    assert!(verify_receipt(&bytes(&file(&world, 8, TOO_SHORT)), &evidence, &policy).is_err());
}

#[test]
fn an_honest_opening_says_what_became_of_each_proposal() {
    let world = honest();
    for (seq, words) in [
        (SUBMITTED, "replaced by position 6"),
        (REPLACED, "opened"),
        (OTHER_SUBMITTED, "withdrawn by position 9"),
        (WITHDRAWN, "a withdrawal that was heeded"),
    ] {
        let report = with_opening(&world, seq);
        open(&report, &format!("  opening      {words}\n"));
        let (proof, opening) = (bytes(&world.bundle(seq)), bytes(&world.bundle(OPENING)));
        let evidence = Evidence { proof: Some(&proof), opening: Some(&opening), rpc: None };
        let report = check(&file(&world, seq, IN_TIME), &evidence, &receipt::policy(&world));
        assert_eq!(ending(&report), "anchored", "{report}");
    }
}

#[test]
fn a_proposal_left_out_of_the_opened_set_is_a_breach() {
    for seq in [SUBMITTED, REPLACED, OTHER_SUBMITTED] {
        let (mut listings, position) = (honest_listings(), json!(seq.to_string()));
        listings.as_array_mut().unwrap().retain(|item| item["position"] != position);
        let report = with_opening(&tender(&listings), seq);
        assert_eq!(breach(&report), "left-out");
        assert!(report.to_string().contains("the anchored event at position 12"), "{report}");
    }
    let listings = json!([{"position": "7", "disposition": "opened", "mask": "A"}]);
    assert_eq!(breach(&with_opening(&tender(&listings), WITHDRAWN)), "withdrawal-ignored");
}

#[test]
fn a_contradicted_disposition_is_a_breach() {
    let listed = |seq: u64, mut listings: Value| {
        for item in listings.as_array_mut().unwrap() {
            item["more"] = json!("members are no concern of ours");
        }
        with_opening(&tender(&listings), seq)
    };
    for (seq, listings, words) in contradictory_listings() {
        let report = listed(seq, listings.clone());
        assert_eq!(breach(&report), "contradicted");
        assert!(report.to_string().contains(words), "{listings}: {report}");
    }
}

#[test]
fn a_refusal_names_the_file_at_fault() {
    let world = honest();
    let no_bundle = b"{}".as_slice();
    let ended = |seq: u64, evidence: Evidence<'_>| {
        ending(&check(&file(&world, seq, IN_TIME), &evidence, &receipt::policy(&world)))
    };
    let nothing = Evidence::default();
    assert_eq!(ended(SUBMITTED, Evidence { proof: Some(no_bundle), ..nothing }), "proof: limits");
    let opening = bytes(&world.bundle(OPENING));
    let with = |opening| Evidence { opening: Some(opening), ..nothing };
    assert_eq!(ended(SUBMITTED, with(no_bundle)), "opening: limits");
    assert_eq!(ended(ORDINARY, with(&opening)), "opening: opening");
    assert_eq!(ended(SUBMITTED, with(&opening)), "acknowledged");
}

#[test]
fn an_opening_that_is_not_anchored_is_no_breach_yet() {
    let world = tender(&json!([]));
    let mut opening = world.bundle(OPENING);
    opening["anchor"] = Value::Null;
    let opening = bytes(&opening);
    let evidence = Evidence { opening: Some(&opening), ..Evidence::default() };
    let report = check(&file(&world, SUBMITTED, IN_TIME), &evidence, &receipt::policy(&world));
    open(&report, "the opening is in the log and not anchored");
}

#[test]
fn two_breaches_are_both_named() {
    let world = tender(&json!([]));
    let (proof, opening) = (bytes(&world.bundle(SUBMITTED)), bytes(&world.bundle(OPENING)));
    let url = serve(Arc::new(|_: &str| None), Arc::new(node(world.clone())));
    let evidence = Evidence { proof: Some(&proof), opening: Some(&opening), rpc: Some(&url) };
    let report = check(&file(&world, SUBMITTED, TOO_SHORT), &evidence, &receipt::policy(&world));
    let words: Vec<_> = report.breaches.iter().map(Breach::word).collect();
    assert_eq!(words, ["late-anchoring", "left-out"]);
    assert_eq!(report.outcome.exit_code(), 1);
}
