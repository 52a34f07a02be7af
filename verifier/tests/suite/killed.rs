//! A replay whose process is killed, and another that goes on from what it left.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::world::World;
use crate::world::server::{Log, log, node, serve};
use serde_json::Value;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("verifier-killed-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("policy.json"), World::long().policy().to_string()).unwrap();
        Self(folder)
    }

    fn start(&self, url: &str, threads: &str) -> Child {
        Command::new(env!("CARGO_BIN_EXE_verifier"))
            .args(["log", "--api", url, "--rpc", url, "--policy", "policy.json", "--json"])
            .args(["--state", "state", "--state-every-seconds", "0", "--threads", threads])
            .current_dir(&self.0)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The log, which tells when it is asked for `path` and never answers that.
fn stuck(path: &'static str) -> (Arc<Log>, Receiver<()>) {
    let all = log(&World::long(), 720);
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let served = move |asked: &str| {
        if asked != path {
            return all(asked);
        }
        tell.lock().unwrap().send(()).ok();
        loop {
            std::thread::park();
        }
    };
    (Arc::new(served), told)
}

#[test]
fn a_killed_replay_goes_on_to_the_verdict_of_an_undisturbed_one() {
    let serve = |log| serve(log, Arc::new(node(World::long())));
    let honest = serve(Arc::new(log(&World::long(), 720)));
    let run = |folder: &Folder, threads| -> Value {
        let output = folder.start(&honest, threads).wait_with_output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let whole = run(&Folder::new("whole"), "1");
    assert_eq!((&whole["resumed"], &whole["verdict"]), (&"0".into(), &"anchored".into()));
    for (threads, path, kept) in [
        ("1", "/log/checkpoint", None),
        ("4", "/log/tile/entries/001", None),
        ("1", "/log/tile/1/000.p/2", Some("512")),
        ("4", "/log/tile/1/000.p/2", Some("512")),
    ] {
        let folder = Folder::new("halfway");
        let (log, asked) = stuck(path);
        let mut child = folder.start(&serve(log), threads);
        asked.recv_timeout(Duration::from_mins(1)).unwrap();
        // SIGKILL: nothing can be tidied up.
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None);
        let mut resumed = run(&folder, threads);
        // How far it was kept is known where it was stuck after its last tile.
        if let Some(kept) = kept {
            assert_eq!(resumed["resumed"], kept, "{path}");
        }
        resumed["resumed"] = "0".into();
        assert_eq!(resumed, whole, "{path}");
    }
}
