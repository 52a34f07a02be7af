//! The command that watches: its lines, its exit codes, whom it tells, and how it ends.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use crate::world::World;
use crate::world::server::{log, node, serve};
use serde_json::Value;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("verifier-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("policy.json"), World::new().policy().to_string()).unwrap();
        Self(folder)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_verifier"));
        command.args(["monitor", "--policy", "policy.json", "--state", "state"]);
        command.args(["--patience-seconds", "0"]).args(arguments).current_dir(&self.0);
        command
    }

    fn once(&self, arguments: &[&str]) -> Output {
        self.command(arguments).arg("--once").output().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn honest() -> String {
    let world = World::new();
    serve(Arc::new(log(&world, 15)), Arc::new(node(world)))
}

fn line(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text:?}");
    text
}

#[test]
fn a_single_round_exits_with_the_code_of_its_verdict() {
    let (folder, url) = (Folder::new("monitor-codes"), honest());
    // The world's chain ended long ago: alarms after which the watch goes on.
    let output = folder.once(&["--api", &url, "--rpc", &url]);
    assert_eq!(output.status.code(), Some(0));
    let text = line(&output);
    assert!(text.contains("  anchored  size 15  anchored 15  block 29  lag 0 of 615 s"), "{text}");
    assert!(text.contains("ALARM stalled-chain: the newest confirmed block"), "{text}");
    let text = line(&folder.once(&["--api", &url, "--rpc", &url]));
    assert!(text.contains("  stalled-chain since "), "{text}");

    let nowhere = "http://127.0.0.1:1";
    assert_eq!(folder.once(&["--api", nowhere, "--rpc", &url]).status.code(), Some(2));
    let shrunk = serve(Arc::new(log(&World::new(), 8)), Arc::new(node(World::new())));
    let output = folder.once(&["--api", &shrunk, "--rpc", &url, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let json: Value = serde_json::from_str(&line(&output)).unwrap();
    assert_eq!((&json["verdict"], &json["exitCode"]), (&"refused".into(), &1.into()));
    assert_eq!(folder.once(&["--api", &url, "--rpc", &url]).status.code(), Some(1));

    std::fs::write(folder.0.join("state.alarms"), "damaged").unwrap();
    let output = folder.once(&["--api", &url, "--rpc", &url]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    for unusable in [
        ["--api", &url].as_slice(),
        &["--rpc", &url],
        &["--api", &url, "--rpc", &url, "--every", "0"],
        &["--api", &url, "--rpc", &url, "--exec", "true"],
    ] {
        assert_eq!(folder.once(unusable).status.code(), Some(2), "{unusable:?}");
    }
}

#[cfg(unix)]
#[test]
fn the_auditors_program_is_run_once_an_alarm_with_its_name_and_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, url) = (Folder::new("monitor-exec"), honest());
    // A name that a shell would take apart.
    let program = folder.0.join("send; alarm");
    std::fs::write(&program, "#!/bin/sh\necho said\necho \"$#|$1|$2\" >>sent\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let arguments =
        ["--api", &url, "--rpc", &url, "--alarms", "alarms", "--exec", program.to_str().unwrap()];
    for _ in 0..2 {
        let output = folder.once(&arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(!line(&output).contains("said"), "its output is not the watch's");
    }
    let sent = std::fs::read_to_string(folder.0.join("sent")).unwrap();
    let mut names = Vec::new();
    for line in sent.lines() {
        let [count, name, file] = line.split('|').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(count, "2");
        let evidence = std::fs::read(folder.0.join(file)).unwrap();
        let evidence: Value = serde_json::from_slice(&evidence).unwrap();
        assert_eq!(evidence["alarm"], name);
        names.push(name);
    }
    names.sort_unstable();
    assert_eq!(names, ["stale-checkpoint", "stalled-chain"]);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_watch_and_its_state_is_kept() {
    let (folder, url) = (Folder::new("monitor-signal"), honest());
    let arguments = ["--api", &url, "--rpc", &url, "--every", "1", "--json"];
    let mut watch = folder.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let round = |line: String| serde_json::from_str::<Value>(&line).unwrap();
    let (first, second) = (lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap());
    let (first, second) = (round(first), round(second));
    assert_eq!(
        (&first["alarms"][0]["new"], &second["alarms"][0]["new"]),
        (&true.into(), &false.into())
    );
    let pid = watch.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(watch.wait().unwrap().code(), None);
    let again = folder.once(&arguments);
    let again: Value = serde_json::from_str(&line(&again)).unwrap();
    assert_eq!(again["alarms"][0]["since"], first["alarms"][0]["since"]);
    assert_eq!(again["alarms"][0]["new"], false);
}
