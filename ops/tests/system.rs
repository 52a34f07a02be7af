//! Whole systems on this machine, started as an operator starts them.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_smart-tenders");
/// Longer than anything here takes on a machine that does other things too.
const PATIENCE: Duration = Duration::from_mins(3);

/// A data folder that goes away with the test, but for a failing one, whose logs tell why.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let name = format!("smart-tenders-system-{}", network::random_word().unwrap());
        Self(std::env::temp_dir().join(name))
    }

    /// `smart-tenders --data FOLDER ARGUMENTS`, from the top of the checkout.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.current_dir("..").arg("--data").arg(&self.0).args(arguments);
        command
    }

    /// A system on a development chain that runs `script` when it is ready.
    fn up(&self, script: &str) -> Output {
        self.up_beating(script, 3_600)
    }

    /// The same with a heartbeat after so many seconds without an event.
    fn up_beating(&self, script: &str, idle_seconds: u32) -> Output {
        let up = ["up", "--chain", "anvil", "--simulated-clock", "2018-01-01T00:00:00.000Z"];
        let mut command = self.command(&up);
        command.args(["--then", "sh", "-euc", script, PROGRAM]);
        command.env("HEARTBEAT_IDLE_SECONDS", idle_seconds.to_string());
        command.env("SMART_TENDERS_DATA", &self.0).output().unwrap()
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn state(&self) -> Option<Value> {
        serde_json::from_slice(&std::fs::read(self.0.join("run/state.json")).ok()?).ok()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

fn until(what: &str, done: impl Fn() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < PATIENCE, "{what} did not happen in time");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Processes whose command line names `folder`.
fn processes(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(folder.to_str().unwrap()) {
            found.push(line);
        }
    }
    found
}

#[test]
fn a_system_comes_up_does_what_it_is_told_ends_with_its_command_and_goes_on_later() {
    let scratch = Scratch::new();
    let first = scratch.up(r#"
        printf 'a long enough password' |
            "$0" account add --login ana --role approver --password-stdin
        cp "$SMART_TENDERS_DATA/run/state.json" "$SMART_TENDERS_DATA/kept.json"
        "$0" network status
        "$0" project
        "$0" export --out "$SMART_TENDERS_DATA/out"
        exit 7
        "#);
    assert_eq!(first.status.code(), Some(7), "{}", text(&first));
    assert!(scratch.state().is_none());
    assert_eq!(processes(&scratch.0), Vec::<String>::new());
    let policy: Value = serde_json::from_str(&scratch.file("out/policy.json")).unwrap();
    let state: Value = serde_json::from_str(&scratch.file("kept.json")).unwrap();
    assert_eq!(policy["origin"], state["origin"]);
    assert_eq!(policy["chain"]["consensus"], "dev");
    assert_eq!(policy["contracts"][0]["address"], state["contract"]);

    let taken = r#"printf 'a long enough password' |
        "$0" account add --login ana --role approver --password-stdin"#;
    let second = scratch.up(taken);
    let said = text(&second);
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("login-taken"), "{said}");
    let contract = state["contract"].as_str().unwrap();
    assert!(said.contains(&format!("contract  {contract} in place")), "{said}");
    assert!(said.contains(state["origin"].as_str().unwrap()), "{said}");

    let other = scratch.command(&["up", "--chain", "clique"]).output().unwrap();
    assert_eq!(other.status.code(), Some(1));
    assert!(text(&other).contains("was made with another chain"), "{}", text(&other));
}

/// Waits until the newest contract has one batch more than it had; heartbeats give it something to anchor.
const ANCHORED: &str = r#"
    batches() { "$0" contract show | sed -n 's/^anchored .* \([0-9]*\) batches.*/\1/p'; }
    before=$(batches)
    for _ in $(seq 120); do [ "$(batches)" -gt "$before" ] && break; sleep 0.5; done
    [ "$(batches)" -gt "$before" ]
    "#;

#[test]
fn the_anchorers_key_is_rotated_and_the_contract_succeeded_by_command() {
    let scratch = Scratch::new();
    let first = scratch.up_beating(
        &format!(
            r#"{ANCHORED}
        keys="$SMART_TENDERS_DATA/keys"
        new=$("$0" contract new-key --out "$keys/anchorer.key.next")
        ! "$0" contract new-key --out "$keys/anchorer.key.next"
        old=$("$0" contract show | sed -n 's/^anchorer  //p')
        "$0" contract pay "$new"
        "$0" contract grant "$new"
        "$0" contract grant "$new" --owner-key "$keys/anchor.key"
        "$0" contract revoke "$old" --owner-key "$keys/anchor.key"
        ! "$0" contract revoke "$new" --owner-key "$keys/anchorer.key.next"
        mv "$keys/anchorer.key.next" "$keys/anchorer.key"
        "$0" contract show
        echo "old $old new $new"
        "#
        ),
        1,
    );
    let said = text(&first);
    assert_eq!(first.status.code(), Some(0), "{said}");
    for words in ["Nothing was sent", "may anchor in", "may not anchor in", "never written over"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(said.contains("is that the contract's owner?"), "{said}");
    let accounts = said.lines().find_map(|line| line.strip_prefix("old ")).unwrap();
    let (old, new) = accounts.split_once(" new ").unwrap();
    assert_ne!(old, new);
    let shown = said.rsplit("contract  0x").next().unwrap();
    let anchorers: Vec<_> =
        shown.lines().filter_map(|line| line.strip_prefix("anchorer  ")).collect();
    assert_eq!(anchorers, [new], "{said}");

    // The new key anchors what the old one may not, and the successor goes on from there.
    let second = scratch.up_beating(
        &format!(
            r#"{ANCHORED}
        until "$0" contract succeed --owner {old} --anchorer {new}; do sleep 1; done"#
        ),
        1,
    );
    let said = text(&second);
    assert_eq!(second.status.code(), Some(0), "{said}");
    assert!(said.contains("successor 0x") && said.contains("smart-tenders policy"), "{said}");

    let policy = r#""$0" policy --out "$SMART_TENDERS_DATA/policy.json""#;
    let third = scratch.up_beating(&format!("{ANCHORED}{policy}"), 1);
    assert_eq!(third.status.code(), Some(0), "{}", text(&third));
    let policy: Value = serde_json::from_str(&scratch.file("policy.json")).unwrap();
    let contracts = policy["contracts"].as_array().unwrap();
    assert_eq!(contracts.len(), 2, "{policy}");
    assert_eq!(contracts[0]["toSize"], contracts[1]["fromSize"]);
    assert_eq!(contracts[1]["toSize"], Value::Null);
    let addresses: Vec<_> = contracts.iter().map(|it| it["address"].as_str().unwrap()).collect();
    assert_eq!(scratch.file("contract").lines().collect::<Vec<_>>(), addresses);
}

#[test]
fn what_dies_comes_back_and_a_killed_system_leaves_no_process() {
    let scratch = Scratch::new();
    let mut up = scratch.command(&["up", "--chain", "anvil"]).spawn().unwrap();
    until("the start", || scratch.state().is_some());
    let second = scratch.command(&["up"]).output().unwrap();
    assert!(text(&second).contains("is running on"), "{}", text(&second));

    let state = scratch.state().unwrap();
    let kill = |pid: &Value| {
        let done = Command::new("kill").arg("-9").arg(pid.to_string()).status().unwrap();
        assert!(done.success());
    };
    kill(&state["pids"]["serve"]);
    kill(&state["pids"]["anchor"]);
    kill(&state["pids"]["postgres"]);
    let address = state["apiUrl"].as_str().unwrap().replace("http://", "");
    until("the return of the API", || is_ready(&address));

    up.kill().unwrap();
    up.wait().unwrap();
    until("the end of all processes", || processes(&scratch.0).is_empty());
}

/// Whether `GET /readyz` answers 200.
fn is_ready(address: &str) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(address) else { return false };
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

#[test]
fn without_a_system_the_message_says_how_to_start_one() {
    let scratch = Scratch::new();
    let output = scratch.command(&["policy"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("start it with `make up`"), "{}", text(&output));
    let output = scratch.command(&["no-such-command"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
