//! From an accepted command to its confirmed root, and a whole-log audit against raw SHA-256 of the same bytes.
//!
//! `make bench`. A whole system on a Clique network of three signers; the auditor reads log and chain over HTTP, on
//! this machine. The ratios are what travels.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run ends by a panic")]
#![expect(clippy::cast_precision_loss, reason = "figures for a table")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventstore::{
    AppendRequest, EventStore as _, Keyring, MemoryKeys, NewEvent, PgStore, StreamWrite,
    SystemEntropy,
};
use merkle::Actor;
use serde_json::{Value, json};
use support::{Up, code, program, verifier, wait_for};
use uuid::Uuid;

const COMMANDS: usize = 12;
const REQUESTS: u64 = 60;
const EVENTS_A_REQUEST: u64 = 500;

fn main() {
    let up = Up::start("audit", "clique");
    latency(&up);
    let bytes = fill(&up);
    audit(&up, &bytes);
    up.stop();
}

fn latency(up: &Up) {
    let token = catalogue_admin(up);
    let period = up.state["blockPeriodSeconds"].as_u64().unwrap() as f64;
    let mut seconds: Vec<f64> =
        (0..COMMANDS).map(|number| confirmed_after(up, &token, number)).collect();
    seconds.sort_by(f64::total_cmp);
    let (median, worst) = (seconds[COMMANDS / 2], seconds[COMMANDS - 1]);
    println!(
        "\naccepted command to confirmed root, {COMMANDS} commands one after another, a block every {period} s"
    );
    println!("{:<12} {:>10} {:>16}", "", "seconds", "block periods");
    for (what, seconds) in [("median", median), ("worst", worst)] {
        println!("{what:<12} {seconds:>10.1} {:>16.1}", seconds / period);
    }
}

fn confirmed_after(up: &Up, token: &str, number: usize) -> f64 {
    let text = "mutation($input: AddCatalogueItemInput!) { addCatalogueItem(input: $input) {
        ... on CommandAccepted { events { id } } } }";
    let input = json!({"commandId": Uuid::new_v4(), "scheme": "MX-LOCAL", "id": format!("33300001-B{number}"),
        "description": "Otra partida", "unit": "Servicio"});
    let answer = graphql(up, Some(token), text, &json!({"input": input}));
    let started = Instant::now();
    let event = answer["data"]["addCatalogueItem"]["events"][0]["id"].as_str().unwrap();
    let text = "query($id: UUID!) { event(id: $id) { anchor { state } } }";
    wait_for("the root to be confirmed", Duration::from_mins(2), || {
        let answer = graphql(up, None, text, &json!({"id": event}));
        answer["data"]["event"]["anchor"]["state"] == "confirmed"
    });
    started.elapsed().as_secs_f64()
}

fn catalogue_admin(up: &Up) -> String {
    let password = Uuid::new_v4().simple().to_string();
    let mut command = program("smart-tenders");
    command.arg("--data").arg(&up.data).args(["account", "add", "--login", "u-catalogos"]);
    command.args(["--role", "catalog_admin", "--unit", "009000999", "--password-stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
    assert!(child.wait().unwrap().success());
    let text = "mutation($login: String!, $password: String!) {
        login(login: $login, password: $password) { ... on Session { token } } }";
    let variables = json!({"login": "u-catalogos", "password": password});
    let answer = graphql(up, None, text, &variables);
    answer["data"]["login"]["token"].as_str().unwrap().to_owned()
}

/// Fills the log and waits until all of it is anchored; returns every entry.
fn fill(up: &Up) -> Vec<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let entries = runtime.block_on(async {
        let keyring = Keyring::new([7; 32], Arc::new(MemoryKeys::default()));
        let entropy = Box::new(SystemEntropy);
        let store = PgStore::connect(up.text("databaseUrl"), keyring, entropy).await.unwrap();
        for request in 0..REQUESTS {
            store.append(items(request)).await.unwrap();
        }
        let size = store.head().await.unwrap().next_position;
        let all = store.read(0, u32::try_from(size).unwrap()).await.unwrap();
        all.into_iter().map(|recorded| recorded.entry).collect::<Vec<_>>()
    });
    let last = entries.len() as u64;
    let text = "query { batches(first: 100) { nodes { first count state } } }";
    wait_for("the log to be anchored", Duration::from_mins(3), || {
        let answer = graphql(up, None, text, &json!({}));
        let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
        let batches = answer["data"]["batches"]["nodes"].as_array().unwrap();
        batches.iter().any(|batch| {
            batch["state"] == "confirmed"
                && number(&batch["first"]) + number(&batch["count"]) >= last
        })
    });
    entries
}

fn items(request: u64) -> AppendRequest {
    let item = |number: u64| NewEvent {
        event_type: "CatalogItemAdded".into(),
        schema: 1,
        actor: Some(Actor { kind: "official".into(), r#ref: "bench".into(), role: "bench".into() }),
        causation: None,
        rule_set: None,
        data: json!({"scheme": "MX-BENCH", "id": format!("{request}-{number}"),
            "description": "x".repeat(400), "unit": "Servicio"})
        .as_object()
        .unwrap()
        .clone(),
        withheld: Vec::new(),
    };
    let command_id = Uuid::new_v4();
    AppendRequest {
        command_id,
        body: command_id.as_bytes().to_vec(),
        correlation: command_id,
        writes: vec![StreamWrite {
            stream: "catalog-MX-BENCH".into(),
            expected: request * EVENTS_A_REQUEST,
            events: (0..EVENTS_A_REQUEST).map(item).collect(),
            seal: None,
        }],
        unchanged: Vec::new(),
        not_before: None,
        not_after: None,
        take: Vec::new(),
        release: Vec::new(),
    }
}

fn audit(up: &Up, entries: &[Vec<u8>]) {
    let policy = up.data.join("policy.json");
    let mut command = program("smart-tenders");
    command.arg("--data").arg(&up.data).args(["policy", "--out"]).arg(&policy);
    assert!(command.status().unwrap().success());
    let started = Instant::now();
    let replay = ["log", "--api", up.text("apiUrl"), "--rpc", up.text("rpcUrl")];
    let verdict = verifier(replay, &policy);
    let audit = started.elapsed().as_secs_f64();
    assert_eq!(code(&verdict), 0, "{}", String::from_utf8_lossy(&verdict.stdout));
    let started = Instant::now();
    for entry in entries {
        std::hint::black_box(merkle::leaf_hash(entry));
    }
    let raw = started.elapsed().as_secs_f64();
    let bytes: usize = entries.iter().map(Vec::len).sum();
    let count = entries.len() as f64;
    println!("\nwhole-log audit of {count} entries, {} bytes on average", bytes / entries.len());
    println!("{:<28} {:>12} {:>18}", "", "events/s", "times raw SHA-256");
    println!("{:<28} {:>12.0} {:>18.1}", "raw SHA-256", count / raw, 1.0);
    println!("{:<28} {:>12.0} {:>18.1}", "verifier log", count / audit, audit / raw);
}

fn graphql(up: &Up, token: Option<&str>, text: &str, variables: &Value) -> Value {
    let mut request = ureq::post(format!("{}/graphql", up.text("apiUrl")));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let answer = request.send_json(json!({"query": text, "variables": variables}));
    answer.unwrap().body_mut().read_json().unwrap()
}
