//! The whole way, on a real Clique network and a real Postgres, by the programs that users run.
//!
//! One system is started and taken through everything in order, because a network costs half a minute: the case is
//! played while services are killed; what came out is checked from outside; the read models are dropped and rebuilt;
//! signers and anchor are stopped; at last everything is off and a bundle is verified with no network at all.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{
    Up, code, files, get, graphql, operator, play, program, programs, read, repository, value,
    verifier, wait_for,
};

#[test]
fn a_call_is_published_its_release_is_served_and_an_auditor_verifies_its_block() {
    let up = Up::start("clique", "clique");
    let out = up.data.join("demo");
    play_while_services_are_killed(&up, &out);
    the_report_says_one_root_for_each_range(&out);
    the_report_is_what_an_independent_program_computes(&out);
    gos_client_computes_the_root_that_the_contract_has(&up);
    rebuilt_read_models_export_the_same_bytes(&up, &out);
    the_auditors_walk_goes_as_it_is_written(&up, &out);
    a_light_node_is_node_enough_for_an_auditor(&up, &out);
    an_event_that_is_not_anchored_is_not_called_anchored(&up, &out);
    the_packages_pass_the_official_validator(&out);
    let data = up.stop();
    assert_eq!(data.join("demo"), out);
    a_bundle_verifies_with_no_network_and_nothing_running(&out);
    no_byte_of_a_bundle_can_change(&out);
}

#[test]
fn on_a_development_chain_every_verdict_says_that_nobody_sealed_it() {
    let up = Up::start("anvil", "anvil");
    let out = up.data.join("demo");
    // The player itself expects exit code 3 of every verdict on such a chain.
    play(&up, &out, |_| {});
    let report: Value = read(&out.join("report.json"));
    let verdicts = report["verdicts"].as_array().unwrap();
    assert!(verdicts.len() > 10 && verdicts.iter().all(|verdict| verdict["exitCode"] == 3));
    up.stop();
}

/// `kill -9` of each service twice, while the case is played: the play must come out the same.
fn play_while_services_are_killed(up: &Up, out: &Path) {
    let mut kills = vec![
        ("recordPayment      Payment", "anchor"),
        ("revealBallot       Ballot", "serve"),
        ("signTechnicalSheet Sealed", "postgres"),
        ("submitProposal     Sealed", "serve"),
        ("publishCall        Tender", "anchor"),
        ("approveCompany     Company", "postgres"),
    ];
    play(up, out, |line| {
        if kills.last().is_some_and(|(after, _)| line.contains(after)) {
            let (_, name) = kills.pop().unwrap();
            println!("  kill -9 {name}");
            up.signal(name, "-KILL");
        }
    });
    assert!(kills.is_empty(), "not everything was killed: {kills:?}");
}

fn the_report_says_one_root_for_each_range(out: &Path) {
    let report = read(&out.join("report.json"));
    let mut next = 0;
    for (index, batch) in report["batches"].as_array().unwrap().iter().enumerate() {
        assert_eq!(batch["index"], index);
        assert_eq!(batch["first"], next);
        next += batch["count"].as_u64().unwrap();
    }
    let positions: Vec<u64> = report["acts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|act| act["events"].as_array().unwrap())
        .map(|event| event["position"].as_u64().unwrap())
        .collect();
    assert!(positions.is_sorted() && positions.iter().all(|position| *position < next));
    assert!(report["releases"].as_array().unwrap().len() > 60);
    assert_eq!(report["drill"].as_array().unwrap().len(), 2);
}

/// `demo/case/oracle.py` computes in exact rationals what must come out of the case.
fn the_report_is_what_an_independent_program_computes(out: &Path) {
    let folder = repository().join("demo/case");
    let mut oracle = Command::new("python3");
    oracle.arg(folder.join("oracle.py")).arg(folder.join("case.json"));
    let output = oracle.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (expected, report) = (value(&output.stdout), read(&out.join("report.json")));
    for (member, expected) in expected.as_object().unwrap() {
        assert_eq!(&report[member], expected, "{member}");
    }
}

/// `golang.org/x/mod/sumdb/tlog`, through the served tiles and from the served entries, against `eth_call`.
fn gos_client_computes_the_root_that_the_contract_has(up: &Up) {
    let output = Command::new("go")
        .args(["run", ".", "-api", up.text("apiUrl"), "-rpc", up.text("rpcUrl")])
        .args(["-contract", up.text("contract")])
        .current_dir(repository().join("verifier/interop"))
        .output()
        .unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn rebuilt_read_models_export_the_same_bytes(up: &Up, out: &Path) {
    let exported = up.data.join("exported-before");
    let again = up.data.join("exported-after");
    operator(up, &["export", "--out", exported.to_str().unwrap()]);
    operator(up, &["project", "--discard"]);
    operator(up, &["export", "--out", again.to_str().unwrap()]);
    assert_eq!(files(&exported), files(&again), "{}", out.display());
}

/// Every block of commands in `docs/auditor.md`, in order, with the exit code it names.
fn the_auditors_walk_goes_as_it_is_written(up: &Up, out: &Path) {
    let page = fs::read_to_string(repository().join("docs/auditor.md")).unwrap();
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let path = std::env::join_paths(
        [programs().to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let path = path.unwrap();
    let mut walked = 0;
    for block in blocks {
        let last = block.lines().last().unwrap();
        let expected = last.strip_prefix("# exit code ").map_or(0, |code| code.parse().unwrap());
        let output = Command::new("bash")
            .args(["-e", "-o", "pipefail", "-c", block])
            .envs([("API", up.text("apiUrl")), ("RPC", up.text("rpcUrl"))])
            .env("PATH", &path)
            .current_dir(out)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(code(&output), expected, "{block}\n{said}");
        walked += 1;
    }
    assert!(walked > 8, "{walked} blocks of commands");
}

/// The whole log, replayed with nothing but `verifier chain serve` as the node.
fn a_light_node_is_node_enough_for_an_auditor(up: &Up, out: &Path) {
    let policy = out.join("policy.json");
    let mut light = program("verifier");
    light.args(["chain", "serve", "--rpc", up.text("rpcUrl"), "--policy"]).arg(&policy);
    let mut light = light.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(light.stdout.take().unwrap()).lines().map(Result::unwrap);
    let url = lines.find_map(|line| line.strip_prefix("serving      ").map(str::to_owned)).unwrap();
    let verdict = verifier(["log", "--api", up.text("apiUrl"), "--rpc", &url], &policy);
    light.kill().unwrap();
    light.wait().unwrap();
    assert_eq!(code(&verdict), 0, "{}", String::from_utf8_lossy(&verdict.stderr));
}

/// The anchor stands still: there is no proof. Two of three signers stand still: a batch is closed and signed, but
/// nothing confirms it.
fn an_event_that_is_not_anchored_is_not_called_anchored(up: &Up, out: &Path) {
    let passwords = read(&up.data.join("run/demo-passwords.json"));
    let token = log_in(up, "u-catalogos", passwords["u-catalogos"].as_str().unwrap());
    let proof_of = |event: &str| format!("{}/proofs/{event}", up.text("apiUrl"));
    up.signal("anchor", "-STOP");
    let event = add_item(up, &token, "33300001-X0");
    let opened = Instant::now();
    wait_for("longer than a batch stays open", Duration::from_mins(1), || {
        assert_eq!(get(&proof_of(&event)).0, 409, "nobody closes a batch");
        opened.elapsed() > Duration::from_secs(8)
    });
    up.signal("anchor", "-CONT");
    // One batch is under way at a time: the next one needs signers that still seal this one.
    wait_for("the anchored proof after all", Duration::from_mins(2), || {
        let (status, bundle) = get(&proof_of(&event));
        status == 200 && value(&bundle)["anchor"] != Value::Null
    });

    operator(up, &["network", "stop", "signer1"]);
    operator(up, &["network", "stop", "signer2"]);
    let event = add_item(up, &token, "33300001-X1");
    let url = proof_of(&event);
    let file = out.join("not-anchored.proof.json");
    wait_for("a batch that nothing confirms", Duration::from_mins(1), || {
        let (status, body) = get(&url);
        fs::write(&file, body).unwrap();
        status == 200
    });
    let bundle = read(&file);
    assert_eq!(bundle["anchor"], Value::Null);
    let verdict = verifier(["bundle", file.to_str().unwrap()], &out.join("policy.json"));
    assert_eq!(code(&verdict), 3, "included, but not anchored");
    operator(up, &["network", "start", "signer1"]);
    operator(up, &["network", "start", "signer2"]);
    wait_for("the batch to be confirmed after all", Duration::from_mins(2), || {
        let (_, bundle) = get(&url);
        fs::write(&file, &bundle).unwrap();
        value(&bundle)["anchor"] != Value::Null
    });
    let verdict = verifier(["bundle", file.to_str().unwrap()], &out.join("policy.json"));
    assert_eq!(code(&verdict), 0);
}

/// Extra: only where a validator is named, for it is no part of this repository.
fn the_packages_pass_the_official_validator(out: &Path) {
    let Some(validator) = std::env::var_os("OCDS_VALIDATOR") else {
        println!("OCDS_VALIDATOR is not set: the packages were not given to an external validator");
        return;
    };
    let status = Command::new(validator)
        .arg("--local")
        .arg(repository().join("ocds/extensions"))
        .args(["release-package.json", "record-package.json"].map(|name| out.join(name)))
        .status()
        .unwrap();
    assert!(status.success());
}

fn a_bundle_verifies_with_no_network_and_nothing_running(out: &Path) {
    let bundle = release_proof(out);
    let program = programs().join("verifier");
    // Root may make a network namespace; others need a user namespace for it.
    for unshare in [&["-n"][..], &["-rn"][..]] {
        let output = Command::new("unshare")
            .args(unshare)
            .arg(&program)
            .args([Path::new("bundle"), &bundle, Path::new("--policy"), &out.join("policy.json")])
            .output()
            .unwrap();
        if String::from_utf8_lossy(&output.stderr).contains("unshare") {
            continue;
        }
        assert_eq!(code(&output), 0);
        return;
    }
    println!("no network namespace can be made here: verified with everything stopped only");
    let output = verifier(["bundle", bundle.to_str().unwrap()], &out.join("policy.json"));
    assert_eq!(code(&output), 0);
}

/// A bundle of a real network, each byte changed in turn: nothing that changed is anchored.
fn no_byte_of_a_bundle_can_change(out: &Path) {
    let policy = fs::read(out.join("policy.json")).unwrap();
    let policy = verifier::policy::Policy::parse(&policy).unwrap();
    let bundle = fs::read(release_proof(out)).unwrap();
    assert_eq!(verifier::verify_bundle(&bundle, &policy).outcome.exit_code(), 0);
    let survivors: Vec<usize> = (0..bundle.len())
        .filter(|index| {
            let mut changed = bundle.clone();
            changed[*index] ^= 0x01;
            verifier::verify_bundle(&changed, &policy).outcome.exit_code() != 1
        })
        .collect();
    assert_eq!(survivors, Vec::<usize>::new(), "of {} bytes", bundle.len());
}

fn release_proof(out: &Path) -> std::path::PathBuf {
    let report = read(&out.join("report.json"));
    let release = report["releases"][1]["id"].as_str().unwrap().to_owned();
    out.join("proofs").join(format!("{release}.proof.json"))
}

fn log_in(up: &Up, login: &str, password: &str) -> String {
    let text = "mutation($login: String!, $password: String!) {
        login(login: $login, password: $password) { ... on Session { token } } }";
    let answer = graphql(up, None, text, &json!({"login": login, "password": password}));
    answer["data"]["login"]["token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn add_item(up: &Up, token: &str, id: &str) -> String {
    let text = "mutation($input: AddCatalogueItemInput!) { addCatalogueItem(input: $input) {
        ... on CommandAccepted { events { id } } ... on CommandRejected { code message } } }";
    let input = json!({"commandId": uuid::Uuid::new_v4(), "scheme": "MX-LOCAL", "id": id,
        "parent": "33300001", "description": "Otra partida", "unit": "Servicio"});
    let answer = graphql(up, Some(token), text, &json!({"input": input}));
    let id = &answer["data"]["addCatalogueItem"]["events"][0]["id"];
    id.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}
