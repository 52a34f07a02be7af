//! Append at 1, 32 and 256 writers, against a plain prepared INSERT and COPY of the same rows in the same run.
//!
//! `cargo bench -p eventstore`. Figures that travel are the ratios; the seconds belong to the machine.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run ends by a panic")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eventstore::EventStore;
use futures::SinkExt as _;
use support::{connect, postgres, request};
use tokio::task::JoinSet;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

const LASTS: Duration = Duration::from_secs(4);
const COPY_ROWS: u64 = 50_000;
/// The kernel's unit in `/proc/PID/stat`, 100 a second on every Linux we run on.
const MICROSECONDS_PER_TICK: u64 = 10_000;

struct Row {
    what: String,
    writers: usize,
    events: u64,
    seconds: f64,
    fsyncs: i64,
    cpu_us: u64,
}

#[tokio::main]
async fn main() {
    let (store, database) = postgres().await;
    let owner = connect(&database.owner_url).await;
    owner
        .batch_execute(
            "CREATE TABLE plain (LIKE log.events INCLUDING ALL);
             CREATE SEQUENCE plain_position;
             CREATE TABLE copied (LIKE log.events INCLUDING ALL)",
        )
        .await
        .unwrap();
    let entry = store.append(request("sample", 0)).await.unwrap().events.remove(0).entry;
    let mut rows = Vec::new();
    for writers in [1, 32, 256] {
        let plain = measured(&owner, &store, "plain prepared INSERT", writers, || {
            plain(database.owner_url.clone(), writers, entry.clone())
        });
        rows.push(plain.await);
        let ours = measured(&owner, &store, "this store", writers, || ours(store.clone(), writers));
        rows.push(ours.await);
    }
    rows.push(measured(&owner, &store, "COPY, one transaction", 1, || copy(&owner, &entry)).await);
    print(&rows);
}

async fn measured<F: Future<Output = u64>>(
    owner: &Client,
    store: &impl EventStore,
    what: &str,
    writers: usize,
    run: impl FnOnce() -> F,
) -> Row {
    let (fsyncs, cpu, started) = (fsyncs(owner).await, cpu_ticks(owner).await, Instant::now());
    let events = run().await;
    let seconds = started.elapsed().as_secs_f64();
    // A backend reports at most once a second, and when a transaction ends: one more makes the writer's report whole.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    store.append(request(&format!("s{}", Uuid::new_v4()), 0)).await.unwrap();
    Row {
        what: what.into(),
        writers,
        events,
        seconds,
        fsyncs: self::fsyncs(owner).await - fsyncs,
        cpu_us: (cpu_ticks(owner).await - cpu) * MICROSECONDS_PER_TICK,
    }
}

async fn ours(store: impl EventStore + Clone, writers: usize) -> u64 {
    let count = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + LASTS;
    let mut tasks = JoinSet::new();
    for _ in 0..writers {
        let (store, count) = (store.clone(), count.clone());
        tasks.spawn(async move {
            let stream = format!("s{}", Uuid::new_v4());
            let mut version = 0;
            while Instant::now() < end {
                store.append(request(&stream, version)).await.unwrap();
                version += 1;
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tasks.join_all().await;
    count.load(Ordering::Relaxed)
}

/// One connection a writer, one row a transaction.
async fn plain(url: String, writers: usize, entry: Vec<u8>) -> u64 {
    let mut clients = Vec::new();
    for _ in 0..writers {
        clients.push(connect(&url).await);
    }
    let count = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + LASTS;
    let mut tasks = JoinSet::new();
    for client in clients {
        let (count, entry) = (count.clone(), entry.clone());
        tasks.spawn(async move {
            let insert = "INSERT INTO plain VALUES
                (nextval('plain_position'), $1, $2, $3, 'ThingHappened', 1, 0, $4, $5)";
            let statement = client.prepare(insert).await.unwrap();
            let (stream, leaf) = (format!("s{}", Uuid::new_v4()), vec![0_u8; 32]);
            let mut version = 1_i64;
            while Instant::now() < end {
                let row: [&(dyn ToSql + Sync); 5] =
                    [&Uuid::new_v4(), &stream, &version, &entry, &leaf];
                client.execute(&statement, &row).await.unwrap();
                version += 1;
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tasks.join_all().await;
    count.load(Ordering::Relaxed)
}

async fn copy(client: &Client, entry: &[u8]) -> u64 {
    let sink: tokio_postgres::CopyInSink<Cursor<Vec<u8>>> =
        client.copy_in("COPY copied FROM STDIN").await.unwrap();
    tokio::pin!(sink);
    let hex = |bytes: &[u8]| merkle::hash::to_hex(bytes).replacen("0x", "\\\\x", 1);
    let (entry, leaf) = (hex(entry), hex(&[0; 32]));
    let mut chunk = String::new();
    for position in 0..COPY_ROWS {
        let id = Uuid::new_v4();
        writeln!(chunk, "{position}\t{id}\ts{position}\t1\tThingHappened\t1\t0\t{entry}\t{leaf}")
            .unwrap();
        if chunk.len() > 1 << 16 {
            sink.send(Cursor::new(std::mem::take(&mut chunk).into_bytes())).await.unwrap();
        }
    }
    sink.send(Cursor::new(chunk.into_bytes())).await.unwrap();
    sink.finish().await.unwrap()
}

async fn fsyncs(owner: &Client) -> i64 {
    owner.query_one("SELECT wal_sync FROM pg_stat_wal", &[]).await.unwrap().get(0)
}

/// Processor time of this process, of the server and of all its backends, living and dead.
async fn cpu_ticks(owner: &Client) -> u64 {
    let file = "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)";
    let server: String = owner.query_one(file, &[]).await.unwrap().get(0);
    let mut total = ticks("self", false).unwrap_or(0) + ticks(&server, true).unwrap_or(0);
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let pid = entry.file_name().to_string_lossy().into_owned();
        if stat(&pid).is_some_and(|fields| fields[1] == server) {
            total += ticks(&pid, false).unwrap_or(0);
        }
    }
    total
}

/// Fields of `/proc/PID/stat` after the name: state, parent, …
fn stat(pid: &str) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split(' ').map(str::to_owned).collect())
}

fn ticks(pid: &str, with_dead_children: bool) -> Option<u64> {
    let fields = stat(pid)?;
    let last = if with_dead_children { 14 } else { 12 };
    fields.get(11..=last)?.iter().map(|ticks| ticks.parse::<u64>().ok()).sum()
}

#[expect(clippy::cast_precision_loss, reason = "figures for a table")]
fn print(rows: &[Row]) {
    println!("\nappend, fsync on, everything on this machine");
    println!(
        "{:<24} {:>7} {:>10} {:>9} {:>12} {:>9}",
        "", "writers", "events/s", "ratio", "fsync/event", "CPU µs"
    );
    let mut plain = 1.0;
    for row in rows {
        let rate = row.events as f64 / row.seconds;
        if row.what.starts_with("plain") {
            plain = rate;
        }
        println!(
            "{:<24} {:>7} {:>10.0} {:>8.2}× {:>12.3} {:>9.0}",
            row.what,
            row.writers,
            rate,
            rate / plain,
            row.fsyncs as f64 / row.events as f64,
            row.cpu_us as f64 / row.events as f64,
        );
    }
    println!("ratio: to the plain INSERT of as many writers (COPY: to that of 256)");
}
