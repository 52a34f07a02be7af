//! A whole system started by its own program, and the programs around it.
#![allow(dead_code, reason = "each test file uses its own part of these helpers")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Local time of the case's first act, 10:00 in Mexico City.
const CASE_STARTS: &str = "2018-03-26T16:00:00.000Z";

/// `smart-tenders up` on a folder of its own; stopped when dropped.
pub struct Up {
    pub data: PathBuf,
    pub state: Value,
    child: Child,
}

impl Up {
    /// Starts a new system and waits until it is ready.
    pub fn start(name: &str, chain: &str) -> Self {
        Self::start_with(name, chain, &[])
    }

    /// The same, with more arguments for `up`.
    pub fn start_with(name: &str, chain: &str, more: &[&str]) -> Self {
        let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&data);
        fs::create_dir_all(&data).unwrap();
        let output = File::create(data.join("up.out")).unwrap();
        let mut command = program("smart-tenders");
        command.arg("--data").arg(&data).args(["up", "--chain", chain]).args(more);
        command.args(["--simulated-clock", CASE_STARTS]);
        // All the play's users log in from one address, within a minute.
        command.env("ATTEMPTS_PER_MINUTE", "200");
        let child = command
            .current_dir(repository())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let mut up = Self { data, state: Value::Null, child };
        let file = up.data.join("run/state.json");
        wait_for("the system to be ready", Duration::from_mins(3), || {
            assert!(up.child.try_wait().unwrap().is_none(), "up ended: {}", up.output());
            file.is_file()
        });
        up.state = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        up
    }

    pub fn text(&self, name: &str) -> &str {
        self.state[name].as_str().unwrap()
    }

    /// What `up` and its services said.
    pub fn output(&self) -> String {
        let logs = ["up.out", "log/serve.log", "log/anchor.log"];
        logs.map(|log| fs::read_to_string(self.data.join(log)).unwrap_or_default()).join("\n")
    }

    /// Sends a signal such as `-KILL` to `postgres` or to a service, by the number it has now.
    pub fn signal(&self, name: &str, signal: &str) {
        let pid = match name {
            "postgres" => {
                let file = fs::read_to_string(self.data.join("pg/data/postmaster.pid")).unwrap();
                file.lines().next().unwrap().parse().unwrap()
            }
            service => self.service(service).unwrap_or_else(|| panic!("{service} does not run")),
        };
        send(signal, pid);
    }

    /// A service that died was started again under another number: the one that runs now is looked up.
    fn service(&self, name: &str) -> Option<u64> {
        fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let line = fs::read(entry.path().join("cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line);
            let words: Vec<&str> = line.split('\0').collect();
            let ours = words.first()?.ends_with("/smart-tenders")
                && words.contains(&self.data.to_str()?)
                && words.contains(&name);
            ours.then_some(pid)
        })
    }

    /// Ctrl-C; everything must be gone afterwards.
    pub fn stop(mut self) -> PathBuf {
        send("-INT", u64::from(self.child.id()));
        let status = self.child.wait().unwrap();
        assert!(status.success(), "up ended with {status}: {}", self.output());
        let pids: BTreeMap<String, u32> =
            serde_json::from_value(self.state["pids"].clone()).unwrap();
        for (name, pid) in pids {
            assert!(!Path::new("/proc").join(pid.to_string()).exists(), "{name} goes on");
        }
        self.data.clone()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            send("-INT", u64::from(self.child.id()));
            let _ = self.child.wait();
        }
    }
}

pub fn send(signal: &str, pid: u64) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// The folder of this build's programs.
pub fn programs() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_smart-tenders")).parent().unwrap()
}

pub fn program(name: &str) -> Command {
    let path = programs().join(name);
    assert!(path.is_file(), "{name} is not built: run `cargo build --workspace` first");
    Command::new(path)
}

/// The folder of this repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Plays the case on `up`; `on_line` sees every line the player prints.
pub fn play(up: &Up, out: &Path, mut on_line: impl FnMut(&str)) {
    play_until(up, out, |line| {
        on_line(line);
        false
    });
}

/// Like [`play`], and ends the play after the line of which `is_last` says so.
pub fn play_until(up: &Up, out: &Path, mut is_last: impl FnMut(&str) -> bool) {
    let mut player = program("demo")
        .arg("--data")
        .arg(&up.data)
        .arg("--case")
        .arg(repository().join("demo/case/case.json"))
        .arg("--out")
        .arg(out)
        .arg("--programs")
        .arg(programs())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    for line in BufReader::new(player.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        println!("{line}");
        if is_last(&line) {
            player.kill().unwrap();
            player.wait().unwrap();
            return;
        }
    }
    assert!(player.wait().unwrap().success(), "the play deviated: {}", up.output());
}

/// Runs the auditor's tool.
pub fn verifier<const N: usize>(arguments: [&str; N], policy: &Path) -> Output {
    program("verifier").args(arguments).arg("--policy").arg(policy).output().unwrap()
}

pub fn code(output: &Output) -> i32 {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    println!("  exit {code}: {}", text(&output.stdout).lines().next().unwrap_or_default());
    if code == 2 {
        println!("{}", text(&output.stderr));
    }
    code
}

pub fn wait_for(what: &str, patience: Duration, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < patience, "waited {patience:?} for {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// All files below `folder`, by relative path.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_path_buf();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

/// Runs a command of the operator's program that must succeed.
pub fn operator(up: &Up, arguments: &[&str]) {
    let output =
        program("smart-tenders").arg("--data").arg(&up.data).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "smart-tenders {arguments:?}: {said}");
}

/// What `url` answers: status and body.
pub fn get(url: &str) -> (u16, Vec<u8>) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer = agent.get(url).call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_vec().unwrap())
}

/// A file of JSON.
pub fn read(path: &Path) -> Value {
    value(&fs::read(path).unwrap())
}

pub fn value(json: &[u8]) -> Value {
    serde_json::from_slice(json).unwrap()
}

/// Asks the system's GraphQL, as whoever has `token`.
pub fn graphql(up: &Up, token: Option<&str>, text: &str, variables: &Value) -> Value {
    let mut request = ureq::post(format!("{}/graphql", up.text("apiUrl")));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let answer = request.send_json(json!({"query": text, "variables": variables}));
    answer.unwrap().body_mut().read_json().unwrap()
}
