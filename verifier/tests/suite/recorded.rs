//! The recorded logs of the shared vectors, served as they were recorded, with what each replaces.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use verifier::log::{LogError, LogFault, LogReport, LogSource, verify_log};
use verifier::policy::Policy;
use verifier::refusal::Cause;
use verifier::verdict::Outcome;

use crate::vectors::{decoded, read, read_list};
use crate::world::server::{number, serve};
use crate::world::{FOUR, jcs};

/// A recording with the patches of a vector in it.
fn recording(recordings: &Value, vector: &Value) -> Value {
    let mut recording = recordings[vector["recording"].as_str().unwrap()].clone();
    for patch in vector["patches"].as_array().unwrap() {
        let (holder, name) = patch[0].as_str().unwrap().rsplit_once('/').unwrap();
        match recording.pointer_mut(holder).unwrap_or_else(|| panic!("no {holder}")) {
            Value::Array(items) => items[name.parse::<usize>().unwrap()] = patch[1].clone(),
            members => members[name.replace("~1", "/")] = patch[1].clone(),
        }
    }
    recording
}

/// What a recorded node answers.
pub fn answer(node: &Value, method: &str, params: &Value) -> Value {
    match method {
        "eth_chainId" => node["chainId"].clone(),
        "eth_blockNumber" => node["newest"].clone(),
        "eth_getBlockByNumber" => node["blocks"][params[0].as_str().unwrap()].clone(),
        "eth_getLogs" => {
            let (from, to) = (number(&params[0]["fromBlock"]), number(&params[0]["toBlock"]));
            let matches = |event: &&Value| {
                let Some(at) = event.get("blockNumber") else { return true };
                event["address"] == params[0]["address"] && (from..=to).contains(&number(at))
            };
            node["logs"].as_array().unwrap().iter().filter(matches).cloned().collect()
        }
        "eth_getProof" => {
            let proof = &node["proofs"][params[0].as_str().unwrap()];
            let slot = |key: &Value| proof["slots"][key.as_str().unwrap()].clone();
            let slots: Vec<_> = params[1].as_array().unwrap().iter().map(slot).collect();
            json!({"accountProof": proof["accountProof"], "storageProof": slots})
        }
        _ => panic!("no such method: {method}"),
    }
}

fn replay(recording: &Value) -> Result<LogReport, LogError> {
    let policy = Policy::parse(jcs(&recording["policy"]).as_bytes()).unwrap();
    let (log, node) = (recording["log"].clone(), recording["node"].clone());
    let file = move |path: &str| log.get(path).filter(|file| file.is_string()).map(decoded);
    let node = move |method: &str, params: &Value| answer(&node, method, params);
    let url = serve(Arc::new(file), Arc::new(node));
    let (patience, threads) = (Duration::ZERO, FOUR);
    verify_log(&LogSource { api: &url, rpc: &url, patience, threads }, &policy, &mut |_, _| ())
}

/// The position or batch that a refusal names.
fn place(cause: &Cause) -> Value {
    let Cause::Log(fault) = cause else { return Value::Null };
    match fault {
        LogFault::BatchRoot { index, .. }
        | LogFault::LogRoot { index, .. }
        | LogFault::BatchGap { index, .. }
        | LogFault::Digest { index, .. } => json!({"batch": index.to_string()}),
        fault => fault.position().map_or(Value::Null, |at| json!({"position": at.to_string()})),
    }
}

/// The ending in the words of the vectors.
fn ending(replayed: &Result<LogReport, LogError>) -> Value {
    let Ok(report) = replayed else {
        return json!({"verdict": "unreadable", "check": null, "at": null, "counts": null});
    };
    if let Outcome::Refused(refusal) = &report.outcome {
        let (check, at) = (refusal.check.to_string(), place(&refusal.cause));
        return json!({"verdict": "refused", "check": check, "at": at, "counts": null});
    }
    let counts = json!({"batches": report.batches, "anchored": report.anchored.to_string(),
        "ignored": report.ignored, "tail": report.tail().to_string()});
    let verdict = report.outcome.word().replace("unsealed", "development");
    json!({"verdict": verdict, "check": null, "at": null, "counts": counts})
}

#[test]
fn every_recorded_log_of_the_vectors_is_replayed_as_it_says() {
    let (recordings, vectors) = (read("recordings.json"), read_list("logs.json"));
    let mut wrong = Vec::new();
    for vector in &vectors {
        let replayed = replay(&recording(&recordings, vector));
        let found = ending(&replayed);
        if ["verdict", "check", "at", "counts"].iter().any(|member| vector[member] != found[member])
        {
            let said = replayed.map_or_else(|error| error.to_string(), |report| report.to_string());
            wrong.push(format!("{}: {found} was found: {said}", vector["name"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("logs.json: {} vectors", vectors.len());
}
