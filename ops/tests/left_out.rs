//! A server that leaves a proposal out, and what its bidder can prove of it: by the programs that users run, on a real
//! Clique network.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use support::{Up, code, get, operator, play_until, read, value, verifier, wait_for};

#[test]
fn a_proposal_that_the_server_leaves_out_is_proven_by_its_bidders_receipt() {
    let up = Up::start("left-out", "clique");
    let out = up.data.join("demo");
    let mut left_out = None;
    let mut opening = None;
    play_until(&up, &out, |line| {
        if left_out.is_none() && line.contains("submitProposal     Sealed") {
            left_out = Some(leave_one_out(&up.data, &out));
        }
        opening = position_of("ProposalsOpened", line);
        opening.is_some()
    });
    let (left_out, opening) = (left_out.unwrap(), event_at(&up, opening.unwrap()));
    operator(&up, &["export", "--out", out.to_str().unwrap()]);
    let opening = anchored(&up, &out, &opening);
    let bids = bids(&out);
    assert_eq!(bids.len(), 3);
    for receipt in bids {
        let file = receipt.to_str().unwrap();
        let note = read(&receipt)["receipt"].as_str().unwrap().to_owned();
        let proof = anchored(&up, &out, note.lines().nth(2).unwrap());
        let arguments = ["receipt", file, "--proof", &proof, "--opening", &opening];
        let judged = verifier(arguments, &out.join("policy.json"));
        let said = String::from_utf8_lossy(&judged.stdout);
        let expected = i32::from(receipt == left_out);
        assert_eq!(code(&judged), expected, "{file}: {said}");
        assert_eq!(said.contains("left out of the opened set"), receipt == left_out, "{said}");
    }
    up.stop();
}

/// Whoever holds the server's keys can make a proposal unreadable before receipt is closed: the list that is closed
/// does not name it, nor does the opening. The receipt of that proposal.
fn leave_one_out(data: &Path, out: &Path) -> PathBuf {
    let receipt = bids(out).remove(0);
    let sealed = &read(&receipt)["disclosures"][0]["value"];
    let key = format!("{}.key", sealed["stream"].as_str().unwrap());
    println!("  removing {key}, whose proposal is in {}", receipt.display());
    fs::remove_file(data.join("keys/vault").join(key)).unwrap();
    receipt
}

/// The receipts of proposals, as their bidders keep them.
fn bids(out: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(out.join("receipts")).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    files.filter(|path| name(path).starts_with("proposal-")).collect()
}

/// The position that a line of the player says of an event.
fn position_of(kind: &str, line: &str) -> Option<u64> {
    let (_, rest) = line.split_once(&format!("{kind} at "))?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// The id of the event at `position`, from the public feed.
fn event_at(up: &Up, position: u64) -> String {
    let url = format!("{}/events?after={}", up.text("apiUrl"), position - 1);
    let feed = ureq::get(url).call().unwrap().into_body().into_reader();
    let mut lines = BufReader::new(feed).lines().map(Result::unwrap);
    let data = lines.find_map(|line| line.strip_prefix("data:").map(str::to_owned)).unwrap();
    let event = value(data.as_bytes());
    assert_eq!(event["position"], position.to_string(), "{event}");
    event["id"].as_str().unwrap().to_owned()
}

/// The file of an event's proof, once a quorum stands behind it.
fn anchored(up: &Up, out: &Path, event: &str) -> String {
    let url = format!("{}/proofs/{event}", up.text("apiUrl"));
    let file = out.join("proofs").join(format!("{event}.proof.json"));
    wait_for("an anchored proof", Duration::from_mins(2), || {
        let (status, bundle) = get(&url);
        fs::write(&file, &bundle).unwrap();
        status == 200 && value(&bundle)["anchor"] != Value::Null
    });
    file.to_str().unwrap().to_owned()
}
