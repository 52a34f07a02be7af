//! The log as static files: a folder and a bucket, read by Tessera's own client and fsck.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anchor::publication::{Bucket, BucketAddress, Folder, Place, PublishError, Published, publish};
use merkle::hash::to_hex;
use support::{Rig, append, log_key};
use uuid::Uuid;

struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let scratch = Self(std::env::temp_dir().join(format!("published-{}", Uuid::new_v4())));
        fs::create_dir(&scratch.0).unwrap();
        scratch
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// All files below a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

/// Tessera's client and fsck on the log at `url`; what they printed.
fn tessera(url: &str, sizes: &str) -> Result<String, String> {
    let output = Command::new("go")
        .args(["run", ".", "-log", url, "-key", log_key().verifier(), "-sizes", sizes])
        .current_dir("../verifier/interop/tessera")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_log_is_read_by_tessera_and_grows_by_what_is_new() {
    let (rig, scratch) = (Rig::new().await, Scratch::new());
    let mut service = rig.service().await;
    let (reader, folder) = (rig.reader(), Folder::new(&scratch.0));
    assert!(matches!(publish(&reader, &folder).await, Err(PublishError::NothingYet)));
    rig.anchor_batch(&mut service, 3).await;
    let first = publish(&reader, &folder).await.unwrap();
    assert_eq!(first, Published { before: 0, size: 3, tiles: 2 });
    rig.anchor_batch(&mut service, 540).await;
    let second = publish(&reader, &folder).await.unwrap();
    assert_eq!(second, Published { before: 3, size: 543, tiles: 7 });
    assert_eq!(publish(&reader, &folder).await.unwrap().tiles, 0, "nothing is new");
    let shown = files(&scratch.0);
    let names: Vec<&str> = shown.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "checkpoint",
            "tile/0/000",
            "tile/0/000.p/3",
            "tile/0/001",
            "tile/0/002.p/31",
            "tile/1/000.p/2",
            "tile/entries/000",
            "tile/entries/000.p/3",
            "tile/entries/001",
            "tile/entries/002.p/31",
        ]
    );
    let url = format!("file://{}", scratch.0.display());
    let root = to_hex(&reader.root(543).await.unwrap());
    assert_eq!(tessera(&url, "1,3,256,300"), Ok(format!("size 543\nroot {root}\n")));

    // One byte of one entry, and Tessera says so.
    let entries = scratch.0.join("tile/entries/001");
    let mut changed = fs::read(&entries).unwrap();
    changed[500] ^= 1;
    fs::write(&entries, changed).unwrap();
    assert!(tessera(&url, "").is_err());
}

/// A place that fails after a number of writes.
struct Failing<'a> {
    folder: &'a Folder,
    left: std::sync::atomic::AtomicUsize,
}

#[derive(Debug, thiserror::Error)]
#[error("the place failed")]
struct Failed;

impl Place for Failing<'_> {
    type Error = Failed;

    async fn read(&self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, Failed> {
        self.folder.read(name, bytes_max).await.map_err(|_| Failed)
    }

    async fn write(&self, name: &str, content: Vec<u8>, changes: bool) -> Result<(), Failed> {
        let order = std::sync::atomic::Ordering::SeqCst;
        self.left.fetch_update(order, order, |left| left.checked_sub(1)).map_err(|_| Failed)?;
        self.folder.write(name, content, changes).await.map_err(|_| Failed)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_that_breaks_off_anywhere_covers_nothing_that_is_missing() {
    let (rig, scratch) = (Rig::new().await, Scratch::new());
    let mut service = rig.service().await;
    let (reader, folder) = (rig.reader(), Folder::new(&scratch.0));
    rig.anchor_batch(&mut service, 300).await;
    publish(&reader, &folder).await.unwrap();
    let before = fs::read(scratch.0.join("checkpoint")).unwrap();
    rig.anchor_batch(&mut service, 300).await;
    let whole = 5;
    for written in 0..=whole {
        let failing = Failing { folder: &folder, left: written.into() };
        let outcome = publish(&reader, &failing).await;
        assert!(matches!(outcome, Err(PublishError::Place(_))), "after {written} writes");
        assert_eq!(fs::read(scratch.0.join("checkpoint")).unwrap(), before, "{written}");
    }
    let done = publish(&reader, &folder).await.unwrap();
    assert_eq!((done.before, done.size, done.tiles), (300, 600, whole));
    tessera(&format!("file://{}", scratch.0.display()), "300").unwrap();
}

/// A8, A10: whoever rewrote the log, or restored an older copy of it, cannot publish over what is there.
#[tokio::test(flavor = "multi_thread")]
async fn another_log_or_a_shorter_one_is_not_published_over_what_is_there() {
    let (rig, scratch) = (Rig::new().await, Scratch::new());
    let mut service = rig.service().await;
    let folder = Folder::new(&scratch.0);
    rig.anchor_batch(&mut service, 5).await;
    rig.anchor_batch(&mut service, 5).await;
    publish(&rig.reader(), &folder).await.unwrap();
    let before = files(&scratch.0);

    let other = Rig::new().await;
    let mut service = other.service().await;
    other.anchor_batch(&mut service, 5).await;
    let outcome = publish(&other.reader(), &folder).await;
    assert!(matches!(outcome, Err(PublishError::Longer { published: 10, ours: 5 })), "{outcome:?}");
    other.anchor_batch(&mut service, 9).await;
    let outcome = publish(&other.reader(), &folder).await;
    assert!(matches!(outcome, Err(PublishError::OtherLog { size: 10, .. })), "{outcome:?}");
    assert_eq!(files(&scratch.0), before);

    fs::write(scratch.0.join("checkpoint"), "<html>").unwrap();
    let outcome = publish(&rig.reader(), &folder).await;
    assert!(matches!(outcome, Err(PublishError::NotACheckpoint)), "{outcome:?}");
}

/// A store that speaks S3, ended with the test. It does not look at signatures of requests.
struct Store {
    process: Child,
    url: String,
}

impl Store {
    fn start(scratch: &Scratch) -> Self {
        let program = scratch.0.join("gofakes3");
        let built = Command::new("go")
            .args(["build", "-o", program.to_str().unwrap()])
            .arg("github.com/johannesboyne/gofakes3/cmd/gofakes3")
            .current_dir("tests/s3")
            .status();
        assert!(built.unwrap().success());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host = format!("127.0.0.1:{port}");
        let process = Command::new(program)
            .args(["-backend", "memory", "-initialbucket", "tenders", "-host", &host])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(&host).is_err() {
            assert!(Instant::now() < deadline, "the store did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { process, url: format!("http://{host}") }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_holds_the_same_files_as_a_folder() {
    let (rig, scratch) = (Rig::new().await, Scratch::new());
    let store = Store::start(&scratch);
    let mut service = rig.service().await;
    rig.anchor_batch(&mut service, 300).await;
    let address = |name: &str| BucketAddress {
        endpoint: store.url.parse().unwrap(),
        name: name.to_owned(),
        region: "us-east-1".to_owned(),
        prefix: "log".to_owned(),
    };
    let bucket = Bucket::new(&address("tenders"), "key", "secret").unwrap();
    publish(&rig.reader(), &bucket).await.unwrap();
    rig.anchor_batch(&mut service, 300).await;
    let done = publish(&rig.reader(), &bucket).await.unwrap();
    assert_eq!((done.before, done.size), (300, 600));

    let folder = Folder::new(&scratch.0.join("log"));
    publish(&rig.reader(), &folder).await.unwrap();
    for (name, content) in files(&scratch.0.join("log")) {
        let stored = bucket.read(&name, 1 << 25).await.unwrap();
        assert_eq!(stored, Some(content), "{name}");
    }
    assert_eq!(bucket.read("tile/9/000", 99).await.unwrap(), None);
    tessera(&format!("{}/tenders/log/", store.url), "300").unwrap();
    // And by Go's own client, which finds it below /log/ as on the server.
    let output = Command::new("go")
        .args(["run", ".", "-api", &format!("{}/tenders", store.url)])
        .args(["-key", log_key().verifier()])
        .current_dir("../verifier/interop")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    append(&rig.store, 1).await;
    let missing = Bucket::new(&address("others"), "key", "secret").unwrap();
    let outcome = publish(&rig.reader(), &missing).await;
    let Err(PublishError::Place(error)) = outcome else { panic!("{outcome:?}") };
    assert!(!format!("{error:?}").contains("Signature"), "no signed address is shown: {error:?}");
}
