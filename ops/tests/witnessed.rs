//! A system whose checkpoints are cosigned, by the programs that users run.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Up, code, get, graphql, operator, program, read, send, value, verifier, wait_for};

const PASSWORD: &str = "a long password for a test";
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn every_proof_is_cosigned_and_nothing_is_published_without_the_witness() {
    let up = Up::start_with("witnessed", "anvil", &["--local-witnesses", "1"]);
    let token = account(&up);
    let event = add_item(&up, &token, "33300001-W0");
    let bundle = anchored(&up, &event);
    let policy_file = up.data.join("policy.json");
    operator(&up, &["policy", "--out", policy_file.to_str().unwrap()]);
    let policy = read(&policy_file);
    assert_eq!(policy["witnessQuorum"], 1);
    assert_eq!(policy["witnessKeys"].as_array().unwrap().len(), 1);
    let verdict = bundle_code(&up, &bundle, &policy_file);
    assert_eq!(verdict, 3, "nobody seals a development chain; else everything is right");
    let (api, rpc) = (up.text("apiUrl"), up.text("rpcUrl"));
    assert_eq!(code(&verifier(["log", "--api", api, "--rpc", rpc], &policy_file)), 3);

    an_auditor_counts_the_witness(&up, &bundle, &policy);
    nothing_is_published_while_the_witness_stands_still(&up, &token);
    assert_eq!(code(&verifier(["log", "--api", api, "--rpc", rpc], &policy_file)), 3);
    let folder = up.data.join("exported");
    operator(&up, &["export", "--out", folder.to_str().unwrap()]);
    assert_eq!(read(&folder.join("policy.json")), policy);
    fs::remove_dir_all(up.stop()).unwrap();
}

fn an_auditor_counts_the_witness(up: &Up, bundle: &Value, policy: &Value) {
    let file = up.data.join("other-policy.json");
    // Whoever does not know the witness refuses its line.
    let mut nobody = policy.clone();
    (nobody["witnessKeys"], nobody["witnessQuorum"]) = (json!([]), json!(0));
    fs::write(&file, nobody.to_string()).unwrap();
    assert_eq!(bundle_code(up, bundle, &file), 1);
    // Whoever wants it refuses a checkpoint that only the log signed.
    let mut alone = bundle.clone();
    let note = alone["log"]["checkpoint"].as_str().unwrap();
    let cut = note.trim_end().rfind('\n').unwrap();
    alone["log"]["checkpoint"] = note[..=cut].into();
    fs::write(&file, policy.to_string()).unwrap();
    assert_eq!(bundle_code(up, &alone, &file), 1);
}

fn nothing_is_published_while_the_witness_stands_still(up: &Up, token: &str) {
    let witness = up.state["pids"]["witness-1"].as_u64().unwrap();
    let checkpoint = || get(&format!("{}/log/checkpoint", up.text("apiUrl")));
    let before = checkpoint();
    send("-STOP", witness);
    let event = add_item(up, token, "33300001-W1");
    // It is anchored and confirmed all the same.
    let text = "query($id: UUID!) { proof(eventId: $id) { anchor { state } bundle } }";
    wait_for("the batch to be confirmed", PATIENCE, || {
        let answer = graphql(up, None, text, &json!({"id": event}));
        let proof = &answer["data"]["proof"];
        assert_eq!(proof["bundle"], Value::Null, "{answer}");
        proof["anchor"]["state"] == "confirmed"
    });
    let (status, body) = get(&proof_of(up, &event));
    assert_eq!(status, 409);
    assert!(value(&body)["type"].as_str().unwrap().ends_with("not-yet-cosigned"));
    assert_eq!(checkpoint(), before);
    send("-CONT", witness);
    let bundle = anchored(up, &event);
    let note = bundle["log"]["checkpoint"].as_str().unwrap();
    assert_eq!(checkpoint().1, note.as_bytes());
}

/// Exit code of `verifier bundle`.
fn bundle_code(up: &Up, bundle: &Value, policy: &Path) -> i32 {
    let file = up.data.join("bundle.json");
    // `serde_json` sorts the members of these objects of ASCII names as JCS does.
    fs::write(&file, bundle.to_string()).unwrap();
    code(&verifier(["bundle", file.to_str().unwrap()], policy))
}

fn proof_of(up: &Up, event: &str) -> String {
    format!("{}/proofs/{event}", up.text("apiUrl"))
}

fn anchored(up: &Up, event: &str) -> Value {
    let mut bundle = Value::Null;
    wait_for("an anchored bundle", PATIENCE, || {
        let (status, body) = get(&proof_of(up, event));
        bundle = value(&body);
        status == 200 && bundle["anchor"] != Value::Null
    });
    bundle
}

fn account(up: &Up) -> String {
    let mut command = program("smart-tenders");
    command.arg("--data").arg(&up.data).args(["account", "add", "--login", "ana"]);
    command.args(["--role", "catalog_admin", "--password-stdin"]).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let text = "mutation($password: String!) {
        login(login: \"ana\", password: $password) { ... on Session { token } } }";
    let answer = graphql(up, None, text, &json!({"password": PASSWORD}));
    answer["data"]["login"]["token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn add_item(up: &Up, token: &str, id: &str) -> String {
    let text = "mutation($input: AddCatalogueItemInput!) { addCatalogueItem(input: $input) {
        ... on CommandAccepted { events { id } } ... on CommandRejected { code message } } }";
    let input = json!({"commandId": uuid::Uuid::new_v4(), "scheme": "MX-LOCAL", "id": id,
        "parent": null, "description": "Una partida", "unit": "Servicio"});
    let answer = graphql(up, Some(token), text, &json!({"input": input}));
    let id = &answer["data"]["addCatalogueItem"]["events"][0]["id"];
    id.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}
