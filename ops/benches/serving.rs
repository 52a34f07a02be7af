//! A record by GraphQL and by REST, against the same bytes straight from Postgres, in one run.
//!
//! `make bench`. A whole system on a development chain serves the reference case; 16 readers, everything on this
//! machine. The ratio to Postgres is what travels.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run ends by a panic")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Up, play};
use tokio_postgres::NoTls;

const READERS: usize = 16;
const LASTS: Duration = Duration::from_secs(4);

fn main() {
    let up = Up::start("bench", "anvil");
    let out = up.data.join("demo");
    play(&up, &out, |_| {});
    let report: Value =
        serde_json::from_slice(&std::fs::read(out.join("report.json")).unwrap()).unwrap();
    let ocid = report["ocid"].as_str().unwrap().to_owned();
    let postgres = straight(up.text("databaseUrl"), &ocid);
    let rest = by_rest(&format!("{}/ocds/records/{ocid}", up.text("apiUrl")));
    let graphql = by_graphql(&format!("{}/graphql", up.text("apiUrl")), &ocid);
    println!("\na record with all its releases, {READERS} readers, everything on this machine");
    println!("{:<28} {:>12} {:>14}", "", "records/s", "of Postgres");
    for (what, rate) in [("straight from Postgres", postgres), ("REST", rest), ("GraphQL", graphql)]
    {
        println!("{what:<28} {rate:>12.0} {:>13.0} %", 100.0 * rate / postgres);
    }
    up.stop();
}

/// The stored compiled release and the stored releases, two prepared statements, no JSON read.
fn straight(url: &str, ocid: &str) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        let count = Arc::new(AtomicU64::new(0));
        let end = Instant::now() + LASTS;
        for _ in 0..READERS {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
            tokio::spawn(connection);
            let (count, ocid) = (count.clone(), ocid.to_owned());
            tasks.spawn(async move {
                let serving =
                    "SELECT generation FROM projections.generations WHERE state = 'serving'";
                let generation: i64 = client.query_one(serving, &[]).await.unwrap().get(0);
                let record = format!(
                    "SELECT compiled_release FROM read_{generation}.records WHERE ocid = $1"
                );
                let record = client.prepare(&record).await.unwrap();
                let releases = "SELECT bytes FROM app.releases WHERE ocid = $1 ORDER BY position";
                let releases = client.prepare(releases).await.unwrap();
                while Instant::now() < end {
                    assert_eq!(client.query(&record, &[&ocid]).await.unwrap().len(), 1);
                    assert!(client.query(&releases, &[&ocid]).await.unwrap().len() > 60);
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        tasks.join_all().await;
        rate(&count)
    })
}

fn by_rest(url: &str) -> f64 {
    by_http(|agent| {
        let mut answer = agent.get(url).call().unwrap();
        assert!(answer.body_mut().read_to_vec().unwrap().len() > 1_000);
    })
}

fn by_graphql(url: &str, ocid: &str) -> f64 {
    let text = "query($ocid: String!) {
        record(ocid: $ocid) { compiledRelease }
        releases(ocid: $ocid, first: 100) { nodes { release } } }";
    let body = json!({"query": text, "variables": {"ocid": ocid}});
    by_http(|agent| {
        let mut answer = agent.post(url).send_json(&body).unwrap();
        assert!(answer.body_mut().read_to_vec().unwrap().len() > 1_000);
    })
}

/// One kept connection a reader.
fn by_http(ask: impl Fn(&ureq::Agent) + Sync) -> f64 {
    let count = AtomicU64::new(0);
    let end = Instant::now() + LASTS;
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                let agent = ureq::Agent::new_with_defaults();
                while Instant::now() < end {
                    ask(&agent);
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    rate(&count)
}

#[expect(clippy::cast_precision_loss, reason = "figures for a table")]
fn rate(count: &AtomicU64) -> f64 {
    count.load(Ordering::Relaxed) as f64 / LASTS.as_secs_f64()
}
