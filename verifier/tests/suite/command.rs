//! The command: what it prints and how it exits.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

use crate::world::dossier::Dossier;
use crate::world::server::{log, node, serve};
use crate::world::{RELEASE, RELEASE_JSON, World, jcs, receipt, story};
use serde_json::Value;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("verifier-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let world = World::new();
        let folder = Self(path);
        folder.write("policy.json", &world.policy().to_string());
        folder.write("bundle.json", &jcs(&world.bundle(RELEASE)));
        folder.write("release.json", RELEASE_JSON);
        folder
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_verifier"))
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .unwrap()
    }

    fn code(&self, arguments: &[&str]) -> i32 {
        self.run(arguments).status.code().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn the_exit_code_tells_the_verdicts_apart() {
    let folder = Folder::new("codes");
    assert_eq!(folder.code(&["bundle", "bundle.json", "--policy", "policy.json"]), 0);
    let release = ["release", "release.json", "--proof", "bundle.json", "--policy", "policy.json"];
    assert_eq!(folder.code(&release), 0);

    let mut bundle = World::new().bundle(RELEASE);
    bundle["anchor"] = Value::Null;
    folder.write("included.json", &jcs(&bundle));
    assert_eq!(folder.code(&["bundle", "included.json", "--policy", "policy.json"]), 3);

    folder.write("refused.json", "{}");
    assert_eq!(folder.code(&["bundle", "refused.json", "--policy", "policy.json"]), 1);

    for unusable in [
        ["bundle", "missing.json", "--policy", "policy.json"].as_slice(),
        &["bundle", "bundle.json", "--policy", "missing.json"],
        &["bundle", "bundle.json", "--policy", "bundle.json"],
        &["bundle", "bundle.json"],
        &["bundle"],
        &["dance"],
        &[],
        &[
            "log",
            "--api",
            "http://127.0.0.1:1",
            "--rpc",
            "http://127.0.0.1:1",
            "--policy",
            "policy.json",
        ],
    ] {
        assert_eq!(folder.code(unusable), 2, "{unusable:?}");
    }
}

#[test]
fn a_file_beyond_its_limit_is_refused_and_not_read_whole() {
    let folder = Folder::new("limits");
    folder.write("bundle.json", &" ".repeat(3 * 1024 * 1024));
    let output = folder.run(&["bundle", "bundle.json", "--policy", "policy.json"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("1048577 bytes, more than 1 MiB"), "{text}");
}

#[test]
fn json_is_one_line_for_programs() {
    let folder = Folder::new("json");
    let output = folder.run(&["bundle", "bundle.json", "--policy", "policy.json", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["verdict"], &json["exitCode"]), (&"anchored".into(), &0.into()));
    folder.write("refused.json", "{}");
    let output = folder.run(&["bundle", "refused.json", "--policy", "policy.json", "--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["refusal"]["check"], "limits");
}

#[test]
fn the_whole_log_is_replayed_from_its_servers() {
    let folder = Folder::new("log");
    let world = World::new();
    let url = serve(Arc::new(log(&world, 15)), Arc::new(node(world)));
    let output = folder.run(&["log", "--api", &url, "--rpc", &url, "--policy", "policy.json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("15 entries in 3 batches"), "{text}");

    let log = ["log", "--api", &url, "--rpc", &url, "--policy", "policy.json", "--state", "state"];
    assert_eq!(folder.code(&log), 0);
    assert_eq!(folder.code(&log), 0);
    folder.write("state", "damaged");
    let output = folder.run(&log);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("delete it, to replay from the start"), "{text}");
}

#[test]
fn a_receipt_is_checked_alone_with_its_proof_and_with_a_chain() {
    let folder = Folder::new("receipt");
    let world = receipt::tender(&receipt::honest_listings());
    folder.write("policy.json", &receipt::policy(&world).to_string());
    folder.write("acuse.json", &jcs(&receipt::file(&world, receipt::SUBMITTED, 500)));
    folder.write("late.json", &jcs(&receipt::file(&world, receipt::SUBMITTED, 20)));
    folder.write("proof.json", &jcs(&world.bundle(receipt::SUBMITTED)));
    folder.write("opening.json", &jcs(&world.bundle(receipt::OPENING)));
    let url = serve(Arc::new(log(&world, 15)), Arc::new(node(world)));
    let code = |file: &str, more: &[&str]| {
        folder.code(&[&["receipt", file, "--policy", "policy.json"], more].concat())
    };
    assert_eq!(code("acuse.json", &[]), 3);
    assert_eq!(code("acuse.json", &["--proof", "proof.json", "--opening", "opening.json"]), 0);
    assert_eq!(code("acuse.json", &["--rpc", &url]), 3);
    assert_eq!(code("late.json", &["--proof", "proof.json"]), 3);
    assert_eq!(code("late.json", &["--proof", "proof.json", "--rpc", &url]), 1);
    assert_eq!(code("proof.json", &[]), 1);
    assert_eq!(code("missing.json", &[]), 2);
    assert_eq!(code("acuse.json", &["--proof", "missing.json"]), 2);
    assert_eq!(code("acuse.json", &["--rpc", "http://127.0.0.1:1"]), 2);
    let json = ["receipt", "late.json", "--policy", "policy.json", "--proof", "proof.json"];
    let output = folder.run(&[&json, ["--rpc", &url, "--json"].as_slice()].concat());
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["breaches"][0]["breach"], "late-anchoring");
}

#[test]
fn a_dossier_is_judged_on_one_page_or_one_line() {
    let folder = Folder::new("dossier");
    let dossier = story::honest();
    folder.write("policy.json", &dossier.policy.to_string());
    let write = |name: &str, dossier: &Dossier| {
        std::fs::write(folder.0.join(name), dossier.bytes()).unwrap();
    };
    write("whole.zip", &dossier);
    let mut swapped = dossier.clone();
    for (name, bytes) in &mut swapped.files {
        if name.starts_with("documents/") {
            *bytes = b"another".to_vec();
        }
    }
    write("swapped.zip", &swapped);
    let mut young = story::told(&|_, _, _| {}, Some(0));
    young.edit_bundles(|bundle| bundle["anchor"] = Value::Null);
    write("young.zip", &young);
    folder.write("no.zip", "no zip");
    let run = |file: &str, more: &[&str]| {
        folder.run(&[&["dossier", file, "--policy", "policy.json"], more].concat())
    };
    let codes = ["whole.zip", "swapped.zip", "no.zip", "missing.zip", "young.zip"]
        .map(|file| run(file, &[]).status.code().unwrap());
    assert_eq!(codes, [0, 1, 2, 2, 3]);
    let text = String::from_utf8(run("swapped.zip", &[]).stdout).unwrap();
    assert!(text.contains("NOT PROVEN\n  ✘ documents      position"), "{text}");
    let json: Value = serde_json::from_slice(&run("swapped.zip", &["--json"]).stdout).unwrap();
    assert_eq!(json["verdict"], "refused");
}

#[test]
fn help_teaches_with_an_example() {
    let folder = Folder::new("help");
    for arguments in [
        ["--help"].as_slice(),
        &["bundle", "--help"],
        &["release", "--help"],
        &["receipt", "--help"],
        &["dossier", "--help"],
        &["log", "--help"],
        &["monitor", "--help"],
    ] {
        let output = folder.run(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8(output.stdout).unwrap().contains("Example"), "{arguments:?}");
    }
}
