//! Witnesses beside the service: honest ones, and such as are away, slow or lying.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anchor::reader::BundleAnswer;
use anchor::witnesses::{Witness, WitnessRules, WitnessRulesError, Witnesses, published_witnesses};
use anchor::{BatchState, Step};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::post;
use merkle::WitnessKey as LogsWitnessKey;
use serde_json::Value;
use support::{Rig, TestService, append, connect, log_key};
use tokio::task::JoinHandle;
use verifier::note::{NoteKey, verify_checkpoint};
use witness::{AddCheckpoint, Ledger, WitnessKey, key_file};

const PATIENCE: Duration = Duration::from_secs(20);

/// The folder of another party, gone with the test.
struct Party {
    folder: PathBuf,
    key: WitnessKey,
}

impl Party {
    fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("witness-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let key = WitnessKey::create(&key_file(&folder), name).unwrap();
        Self { folder, key }
    }

    fn ledger(&self) -> Ledger {
        let log = NoteKey::parse(log_key().verifier()).unwrap();
        Ledger::open(&self.folder, vec![log]).unwrap()
    }

    /// Serves on a free port until the handle is aborted.
    async fn serve(&self) -> (JoinHandle<()>, Witness) {
        let (served, url) = serve(witness::server::router(self.ledger())).await;
        (served, self.at(url))
    }

    fn at(&self, url: String) -> Witness {
        Witness { url, key: LogsWitnessKey::parse(self.key.verifier_text()).unwrap() }
    }

    fn copy_state_to(&self, other: &Path) {
        let copied =
            std::process::Command::new("cp").arg("-rT").arg(&self.folder).arg(other).status();
        assert!(copied.unwrap().success());
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn serve(router: Router) -> (JoinHandle<()>, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }), url)
}

/// Rules that wait little.
fn rules(witnesses: Vec<Witness>, quorum: usize) -> WitnessRules {
    WitnessRules {
        poll_interval: Duration::from_millis(10),
        timeout: Duration::from_secs(1),
        backoff_max: Duration::from_millis(50),
        ..WitnessRules::new(witnesses, quorum)
    }
}

/// The log's side, running until it is aborted.
async fn ask(rig: &Rig, rules: WitnessRules) -> JoinHandle<()> {
    let witnesses = Witnesses::start(rig.store.pool(), rules).await.unwrap();
    tokio::spawn(async move { match witnesses.run().await {} })
}

/// The bundle's checkpoint, once there is a bundle.
async fn checkpoint(rig: &Rig, position: u64) -> String {
    let started = Instant::now();
    loop {
        match rig.reader().bundle_for(position, &[]).await.unwrap() {
            BundleAnswer::Bundle(bytes) => {
                let bundle: Value = serde_json::from_slice(&bytes).unwrap();
                return bundle["log"]["checkpoint"].as_str().unwrap().to_owned();
            }
            waiting => assert!(started.elapsed() < PATIENCE, "position {position}: {waiting:?}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// How many of `parties` signed, by the auditor's strict reading: no line by anybody else, none that does not verify.
fn signed(note: &str, parties: &[&Party]) -> usize {
    let keys: Vec<NoteKey> = parties.iter().map(|party| party.key.verifier().clone()).collect();
    let log = NoteKey::parse(log_key().verifier()).unwrap();
    verify_checkpoint(note, &log, &keys, 0).unwrap().witnesses
}

async fn cosignatures(rig: &Rig) -> i64 {
    let client = connect(&rig.database.owner_url).await;
    client.query_one("SELECT count(*) FROM anchor.cosignatures", &[]).await.unwrap().get(0)
}

async fn rig_with_batches(batches: usize) -> (Rig, TestService) {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    for count in 1..=batches {
        rig.anchor_batch(&mut service, count).await;
    }
    (rig, service)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_batch_carries_the_cosignatures_of_its_own_checkpoint() {
    // Three batches that were there before any witness, of 1, 2 and 3 entries.
    let (rig, mut service) = rig_with_batches(3).await;
    let (one, two) = (Party::new("w.example/b"), Party::new("w.example/a"));
    let (_first, first) = one.serve().await;
    let (_second, second) = two.serve().await;
    let asking = ask(&rig, rules(vec![first, second], 2)).await;
    rig.anchor_batch(&mut service, 300).await;
    for (position, size) in [(0, 1), (2, 3), (5, 6), (6, 306), (305, 306)] {
        let note = checkpoint(&rig, position).await;
        assert_eq!(note.lines().nth(1), Some(size.to_string().as_str()));
        assert_eq!(signed(&note, &[&one, &two]), 2);
        let names: Vec<_> =
            note.lines().skip(5).map(|line| line.split(' ').nth(1).unwrap()).collect();
        assert_eq!(names, ["w.example/a", "w.example/b"], "sorted, each once");
    }
    let newest = rig.reader().checkpoint().await.unwrap().unwrap();
    assert_eq!(newest, checkpoint(&rig, 305).await);
    assert_eq!(rig.reader().batch_of(305).await.unwrap().unwrap().checkpoint, newest);
    assert_eq!(cosignatures(&rig).await, 8);
    asking.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_is_away_delays_no_batch_and_catches_up() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    let party = Party::new("w.example/a");
    let (served, witness) = party.serve().await;
    served.abort();
    let _ = served.await;
    let asking = ask(&rig, rules(vec![witness.clone()], 1)).await;
    for _ in 0..3 {
        rig.anchor_batch(&mut service, 4).await;
    }
    let batch = rig.reader().batch_of(11).await.unwrap().unwrap();
    assert_eq!(batch.state, BatchState::Confirmed);
    assert_eq!(signed(&batch.checkpoint, &[&party]), 0);
    // Nothing that the operator's own policy would refuse is published.
    assert_eq!(rig.reader().bundle_for(0, &[]).await.unwrap(), BundleAnswer::NotYetCosigned);
    assert_eq!(rig.reader().checkpoint().await.unwrap(), None);
    asking.abort();
    let (_served, witness) = party.serve().await;
    let asking = ask(&rig, rules(vec![witness], 1)).await;
    for position in [0, 4, 8] {
        assert_eq!(signed(&checkpoint(&rig, position).await, &[&party]), 1);
    }
    asking.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lying_witness_is_not_believed_and_delays_nobody() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    let honest = Party::new("w.example/honest");
    let (_served, good) = honest.serve().await;
    let liars: Vec<Party> = (0..6).map(|n| Party::new(&format!("w.example/liar{n}"))).collect();
    let stranger = WitnessKey::from_seed("w.example/stranger", &[9; 32]).unwrap();
    let line = format!("\u{2014} {} AAAA\n", liars[0].key.verifier().name());
    // A right cosignature of another party, a forged one, an endless answer, none at all, nonsense, a conflict with
    // itself.
    let (_other, other) = Party::new(stranger.verifier().name()).serve().await;
    let endless = || async {
        let chunk =
            |n: u64| async move { Some((Ok::<_, std::io::Error>(vec![b'x'; 65_536]), n + 1)) };
        axum::body::Body::from_stream(futures::stream::unfold(0, chunk))
    };
    let conflict =
        || async { (StatusCode::CONFLICT, [("content-type", "text/x.tlog.size")], "0\n") };
    let answers = [
        Router::new().route("/add-checkpoint", post(move || async move { line })),
        Router::new().route("/add-checkpoint", post(endless)),
        Router::new().route("/add-checkpoint", post(std::future::pending::<&str>)),
        Router::new().route("/add-checkpoint", post(|| async { StatusCode::IM_A_TEAPOT })),
        Router::new().route("/add-checkpoint", post(conflict)),
    ];
    let mut witnesses = vec![good, liars[5].at(other.url)];
    let asked: Vec<Arc<AtomicU32>> = answers.iter().map(|_| Arc::default()).collect();
    for ((liar, answer), asked) in liars.iter().zip(answers).zip(&asked) {
        let asked = Arc::clone(asked);
        let counted = answer.layer(middleware::map_request(move |request: Request| {
            asked.fetch_add(1, Ordering::Relaxed);
            std::future::ready(request)
        }));
        witnesses.push(liar.at(serve(counted).await.1));
    }
    let asking = ask(&rig, rules(witnesses, 1)).await;
    for _ in 0..2 {
        let started = Instant::now();
        rig.anchor_batch(&mut service, 2).await;
        assert!(started.elapsed() < PATIENCE);
    }
    for position in [0, 3] {
        assert_eq!(signed(&checkpoint(&rig, position).await, &[&honest]), 1);
    }
    let started = Instant::now();
    while asked.iter().any(|asked| asked.load(Ordering::Relaxed) < 3) {
        assert!(started.elapsed() < PATIENCE, "not everybody was asked again: {asked:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(cosignatures(&rig).await, 2);
    asking.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_at_another_size_gets_a_proof_from_there() {
    let (rig, mut service) = rig_with_batches(2).await;
    let party = Party::new("w.example/a");
    let backup = Party::new("w.example/backup");
    let (served, witness) = party.serve().await;
    let asking = ask(&rig, rules(vec![witness], 1)).await;
    checkpoint(&rig, 2).await;
    served.abort();
    let _ = served.await;
    party.copy_state_to(&backup.folder);
    let (served, witness) = party.serve().await;
    asking.abort();
    let asking = ask(&rig, rules(vec![witness], 1)).await;
    rig.anchor_batch(&mut service, 5).await;
    checkpoint(&rig, 7).await;
    asking.abort();
    served.abort();
    let _ = served.await;
    // It was set back to its backup: the log only learns of it by asking.
    backup.copy_state_to(&party.folder);
    let (served, witness) = party.serve().await;
    let asking = ask(&rig, rules(vec![witness], 1)).await;
    rig.anchor_batch(&mut service, 6).await;
    assert_eq!(signed(&checkpoint(&rig, 13).await, &[&party]), 1);
    asking.abort();
    served.abort();
    let _ = served.await;

    // Another one that somebody else brought to a size inside a batch, of which the log knows nothing.
    let follower = Party::new("w.example/follower");
    let note = verified_note(&rig, 10).await;
    let request = AddCheckpoint { old_size: 0, proof: vec![], note };
    follower.ledger().add(&request, 1_700_000_000).unwrap();
    let (_served, witness) = follower.serve().await;
    let asking = ask(&rig, rules(vec![witness], 1)).await;
    assert_eq!(signed(&checkpoint(&rig, 13).await, &[&follower]), 1);
    // What is smaller than that it cosigns no more.
    assert_eq!(rig.reader().bundle_for(0, &[]).await.unwrap(), BundleAnswer::NotYetCosigned);
    asking.abort();
}

/// A checkpoint of the log at a size that is no batch's end.
async fn verified_note(rig: &Rig, size: u64) -> String {
    let entries = eventstore::EventStore::read(&*rig.store, 0, 100).await.unwrap();
    let mut range = verifier::merkle::CompactRange::default();
    for entry in entries.iter().take(usize::try_from(size).unwrap()) {
        range.append(entry.leaf);
    }
    log_key().sign(size, &range.root()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_rewritten_finds_no_witness() {
    let (rig, mut service) = rig_with_batches(2).await;
    let party = Party::new("w.example/a");
    let (_served, witness) = party.serve().await;
    let asking = ask(&rig, rules(vec![witness.clone()], 1)).await;
    checkpoint(&rig, 2).await;
    asking.abort();
    // Whoever owns database and key signs the same size with another tree, and lets the old cosignature go.
    let forged = log_key().sign(3, &[7; 32]).unwrap();
    let owner = connect(&rig.database.owner_url).await;
    owner.execute("DELETE FROM anchor.cosignatures WHERE batch_index = 1", &[]).await.unwrap();
    let sql = "UPDATE anchor.batches SET checkpoint = $1 WHERE batch_index = 1";
    owner.execute(sql, &[&forged]).await.unwrap();
    let asking = ask(&rig, rules(vec![witness], 1)).await;
    let started = Instant::now();
    let evidence = party.folder.join("evidence");
    while std::fs::read_dir(&evidence).unwrap().next().is_none() {
        assert!(started.elapsed() < PATIENCE, "the witness noticed nothing");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let file = std::fs::read_dir(&evidence).unwrap().next().unwrap().unwrap().path();
    let kept = witness::Evidence::parse(&std::fs::read(file).unwrap()).unwrap();
    let log = NoteKey::parse(log_key().verifier()).unwrap();
    assert_eq!(kept.judge(&log).exit_code(), 1);
    assert_eq!(rig.reader().bundle_for(2, &[]).await.unwrap(), BundleAnswer::NotYetCosigned);
    // Anchoring goes on: it is not for a witness to stop it.
    append(&rig.store, 1).await;
    service.flush_handle().flush();
    rig.until(&mut service, |step| matches!(step, Step::Sent { .. })).await;
    asking.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_witnesses_in_use_are_published() {
    let (rig, _service) = rig_with_batches(1).await;
    assert_eq!(published_witnesses(rig.store.pool()).await.unwrap(), (vec![], 0));
    let (one, two) = (Party::new("w.example/a"), Party::new("w.example/b"));
    let (_first, first) = one.serve().await;
    let (_second, second) = two.serve().await;
    let asking = ask(&rig, rules(vec![second.clone(), first.clone()], 2)).await;
    assert_eq!(signed(&checkpoint(&rig, 0).await, &[&one, &two]), 2);
    asking.abort();
    let keys = vec![one.key.verifier_text().to_owned(), two.key.verifier_text().to_owned()];
    assert_eq!(published_witnesses(rig.store.pool()).await.unwrap(), (keys, 2));
    // A policy that does not list the first would refuse its line.
    Witnesses::start(rig.store.pool(), rules(vec![second.clone()], 1)).await.unwrap();
    assert_eq!(signed(&checkpoint(&rig, 0).await, &[&two]), 1);
    Witnesses::start(rig.store.pool(), rules(vec![], 0)).await.unwrap();
    assert_eq!(signed(&checkpoint(&rig, 0).await, &[]), 0);

    let twice =
        Witnesses::start(rig.store.pool(), rules(vec![first.clone(), first.clone()], 1)).await;
    assert!(matches!(twice, Err(WitnessRulesError::Repeated { .. })), "{twice:?}");
    let more = Witnesses::start(rig.store.pool(), rules(vec![first], 2)).await;
    assert!(matches!(more, Err(WitnessRulesError::Quorum { quorum: 2, witnesses: 1 })), "{more:?}");
}
