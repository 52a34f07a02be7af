//! The program, as another party runs it and as a log, an attacker and an auditor meet it.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use support::{Log, ORIGIN, Place};
use verifier::encoding::hex;
use verifier::merkle::sha256;
use verifier::note::{NoteKey, verify_checkpoint};
use witness::{AddCheckpoint, REQUEST_BYTES_MAX, WitnessKey, key_file};

const PROGRAM: &str = env!("CARGO_BIN_EXE_witness");

/// `witness serve` on a free port; killed when dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(place: &Path, log: &str) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", log, "--data"])
            .arg(place)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines.map(Result::unwrap);
        let url = lines.find_map(|line| line.strip_prefix("listening ").map(str::to_owned));
        Self { child, url: url.expect("it says where it listens") }
    }

    /// Status, content type and body.
    fn post(&self, body: &[u8]) -> (u16, String, String) {
        let agent = agent();
        let mut answer = agent.post(format!("{}/add-checkpoint", self.url)).send(body).unwrap();
        let kind =
            answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        let body = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), kind.unwrap_or_default(), body)
    }

    fn add(&self, request: &AddCheckpoint) -> (u16, String, String) {
        self.post(request.to_body().as_bytes())
    }

    fn get(&self, path: &str) -> (u16, String) {
        let mut answer = agent().get(format!("{}{path}", self.url)).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

fn cosigned(place: &Place, log: &Log, size: u64, line: &str) -> usize {
    let note = format!("{}{line}", log.note(size));
    let key = WitnessKey::read(&key_file(&place.0)).unwrap();
    let key = NoteKey::parse(key.verifier_text()).unwrap();
    verify_checkpoint(&note, &log.verifier(), &[key], 1).unwrap().witnesses
}

fn run(arguments: &[&str], place: &Path) -> Output {
    Command::new(PROGRAM).args(arguments).arg(place).output().unwrap()
}

#[test]
fn every_answer_has_the_status_of_the_specification() {
    let (place, log) = (Place::new(), Log::new("a", 20));
    let server = Server::start(&place.0, &log.verifier_text());
    let (status, _, line) = server.add(&log.request(0, 9));
    assert_eq!((status, cosigned(&place, &log, 9, &line)), (200, 1));
    let (status, _, line) = server.add(&log.request(9, 20));
    assert_eq!((status, cosigned(&place, &log, 20, &line)), (200, 1));

    assert_eq!(server.post(b"old x\n\n").0, 400);
    assert_eq!(server.post(b"old 1\n\nx\n").0, 400);
    let beyond = AddCheckpoint { old_size: 21, ..log.request(20, 20) };
    assert_eq!(server.add(&beyond).0, 400);
    let mut forger = Log::new("a", 20);
    forger.key = ed25519_dalek::SigningKey::from_bytes(&[4; 32]);
    assert_eq!(server.add(&forger.request(20, 20)).0, 403);
    forger.origin = "another.example/log".into();
    assert_eq!(server.add(&forger.request(0, 9)).0, 404);

    let size = |(status, kind, body): (u16, String, String)| {
        assert_eq!((status, kind.as_str()), (409, "text/x.tlog.size"));
        body
    };
    assert_eq!(size(server.add(&log.request(9, 20))), "20\n");
    assert_eq!(size(server.add(&log.rewritten(3, 20).request(20, 20))), "20\n");
    let more = Log::new("a", 30);
    let wrong = AddCheckpoint { proof: vec![[1; 32]], ..more.request(20, 30) };
    assert_eq!(server.add(&wrong).0, 422);
    assert_eq!(server.add(&more.rewritten(3, 30).request(20, 30)).0, 422);
    assert_eq!(server.add(&more.request(20, 30)).0, 200);

    assert_eq!(server.get("/add-checkpoint").0, 405);
    assert_eq!(server.get("/healthz"), (200, "ok\n".to_owned()));
    let hash = hex(&sha256(ORIGIN.as_bytes()));
    let (status, note) = server.get(&format!("/cosigned/{}", &hash[2..]));
    let line = note.lines().last().unwrap();
    assert_eq!((status, cosigned(&place, &more, 30, &format!("{line}\n"))), (200, 1));
    assert_eq!(server.get("/cosigned/00").0, 404);
    let metrics = server.get("/metrics").1;
    for wanted in [
        "witness_requests_total{outcome=\"cosigned\"} 3",
        "witness_requests_total{outcome=\"split_view\"} 1",
        "witness_requests_total{outcome=\"not_extended\"} 2",
        "witness_evidence_files 3",
        &format!("witness_cosigned_size{{origin_hash=\"{}\"}} 30", &hash[2..]),
    ] {
        assert!(metrics.lines().any(|line| line == wanted), "{wanted} in\n{metrics}");
    }
}

#[test]
fn a_body_that_is_too_long_is_not_read() {
    let (place, log) = (Place::new(), Log::new("a", 9));
    let server = Server::start(&place.0, &log.verifier_text());
    assert_eq!(server.post(&vec![b'x'; REQUEST_BYTES_MAX + 1]).0, 413);
    // One without end, and without saying how long it is.
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    let mut sent = 0;
    // Megabytes lie in the buffers of two sockets before anybody notices.
    while sent < 64 * 1024 * 1024 && stream.write_all(chunk.as_bytes()).is_ok() {
        sent += chunk.len();
    }
    assert!(sent < 64 * 1024 * 1024, "it read on");
    let mut answer = [0; 12];
    if stream.read_exact(&mut answer).is_ok() {
        assert_eq!(&answer, b"HTTP/1.1 413");
    }
    assert_eq!(server.add(&log.request(0, 9)).0, 200);
}

#[test]
fn a_witness_that_is_killed_goes_on_where_it_was() {
    let (place, log) = (Place::new(), Log::new("a", 30));
    for (old, size) in [(0, 5), (5, 9), (9, 30)] {
        let server = Server::start(&place.0, &log.verifier_text());
        assert_eq!(server.add(&log.request(old, size)).0, 200);
        // Killed, not asked to stop: what was answered is on the disk.
        drop(server);
        let server = Server::start(&place.0, &log.verifier_text());
        let (status, _, line) = server.add(&log.request(size, size));
        assert_eq!((status, cosigned(&place, &log, size, &line)), (200, 1));
    }
}

#[test]
fn a_second_process_on_the_folder_is_refused() {
    let (place, log) = (Place::new(), Log::new("a", 1));
    let _server = Server::start(&place.0, &log.verifier_text());
    let second = run(
        &["serve", "--listen", "127.0.0.1:0", "--log", &log.verifier_text(), "--data"],
        &place.0,
    );
    assert_eq!(second.status.code(), Some(1));
    let says = String::from_utf8(second.stderr).unwrap();
    assert!(says.contains("in use by another witness"), "{says}");
}

#[test]
fn init_makes_a_key_once_and_prints_it() {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("init-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let arguments = ["init", "--name", "witness.example/w2", "--data"];
    let made = run(&arguments, &folder);
    let text = String::from_utf8(made.stdout).unwrap();
    let key = NoteKey::parse(text.trim_end()).unwrap();
    assert_eq!(key.algorithm(), verifier::note::Algorithm::Cosignature);
    let shown = run(&["key", "--data"], &folder);
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), text);
    let again = run(&arguments, &folder);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(WitnessKey::read(&key_file(&folder)).unwrap().verifier_text(), text.trim_end());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn evidence_convicts_by_the_key_that_the_reader_brings() {
    let (place, log) = (Place::new(), Log::new("a", 20));
    let server = Server::start(&place.0, &log.verifier_text());
    assert_eq!(server.add(&log.request(0, 9)).0, 200);
    let other = log.rewritten(3, 20);
    assert_eq!(server.add(&other.request(9, 20)).0, 422);
    assert_eq!(server.add(&other.request(9, 9)).0, 409);
    let judge = |file: &Path, key: &str| {
        let output = run(&["evidence", "--log", key], file);
        let code = output.status.code().unwrap();
        (code, String::from_utf8(output.stdout).unwrap())
    };
    let [unproven, split] = &place.evidence()[..] else { panic!("{:?}", place.evidence()) };
    let (code, says) = judge(split, &log.verifier_text());
    assert_eq!(code, 1, "{says}");
    assert!(says.contains("the key of tenders.example/log signed two logs of 9 entries"), "{says}");
    let (code, says) = judge(unproven, &log.verifier_text());
    assert_eq!(code, 3, "{says}");
    assert!(says.contains("convicts nobody"), "{says}");

    let mut stranger = Log::new("a", 1);
    stranger.key = ed25519_dalek::SigningKey::from_bytes(&[4; 32]);
    assert_eq!(judge(split, &stranger.verifier_text()).0, 2);
    // Somebody who has no key of the log cannot make evidence of two notes.
    let forged = place.0.join("forged.json");
    let text = std::fs::read_to_string(split).unwrap();
    for (from, to) in [("\\n9\\n", "\\n8\\n"), ("tenders.example/log\\n", "tenders.example/lag\\n")]
    {
        std::fs::write(&forged, text.replacen(from, to, 1)).unwrap();
        assert_eq!(judge(&forged, &log.verifier_text()).0, 2);
    }
    let evidence = witness::Evidence::parse(text.as_bytes()).unwrap();
    let same = witness::Evidence { given: evidence.cosigned.clone(), ..evidence };
    std::fs::write(&forged, same.to_bytes()).unwrap();
    assert_eq!(judge(&forged, &log.verifier_text()).0, 0, "one note twice shows nothing");
    for wrong in ["", "{}", &text[..50], &text.replacen("\"v\":", "\"w\":", 1)] {
        std::fs::write(&forged, wrong).unwrap();
        assert_eq!(judge(&forged, &log.verifier_text()).0, 2);
    }
}
