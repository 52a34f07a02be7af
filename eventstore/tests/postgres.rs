//! What only a database with other processes around it can show.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventstore::{AppendError, EventStore, FolderKeys, Keyring, PgStore, SystemEntropy};
use private_postgres::TestDatabase;
use serde_json::json;
use support::{check_history, claim, connect, open, postgres, request, withheld};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_of_two_processes_make_one_total_order_that_respects_real_time() {
    let (one, database) = postgres().await;
    let other = open(&database.service_url).await;
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let store = if writer % 2 == 0 { one.clone() } else { other.clone() };
        writers.spawn(async move {
            let mut positions = Vec::new();
            for version in 0..25 {
                let appended = store.append(request(&format!("s{writer}"), version)).await.unwrap();
                positions.push(appended.events[0].position);
            }
            // Each append began after the one before it was answered.
            assert!(positions.is_sorted());
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    assert_eq!(check_history(&one).await, 16 * 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_claims_and_versions_exactly_one_wins() {
    let (one, database) = postgres().await;
    let other = open(&database.service_url).await;
    let mut writers = JoinSet::new();
    for writer in 0..20 {
        let store = if writer % 2 == 0 { one.clone() } else { other.clone() };
        writers.spawn(async move {
            let stream = format!("company-{writer}");
            let mut request = request(&stream, 0);
            request.take = vec![claim("AAA010101AA1", &stream)];
            store.append(request).await
        });
    }
    let mut won = 0;
    while let Some(answer) = writers.join_next().await {
        match answer.unwrap() {
            Ok(_) => won += 1,
            Err(error) => assert!(matches!(error, AppendError::ClaimTaken { .. }), "{error:?}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(check_history(&one).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_costs_its_own_caller_only() {
    let (store, _database) = postgres().await;
    let mut writers = JoinSet::new();
    for number in 0..60_u64 {
        let store = store.clone();
        // Every third request expects a version that its stream does not have.
        let expected = if number % 3 == 0 { 9 } else { 0 };
        writers.spawn(async move { store.append(request(&format!("s{number}"), expected)).await });
    }
    let mut accepted = 0;
    while let Some(answer) = writers.join_next().await {
        accepted += u64::from(answer.unwrap().is_ok());
    }
    assert_eq!(accepted, 40);
    assert_eq!(check_history(&store).await, 40);
}

/// The reader that loses events where positions come from a sequence: it only remembers the last one it saw.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_remembers_only_its_last_position_misses_nothing() {
    let (store, _database) = postgres().await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let (store, done) = (store.clone(), done.clone());
        async move {
            let mut seen = Vec::new();
            loop {
                let finished = done.load(Ordering::SeqCst);
                let from = seen.last().map_or(0, |last| last + 1);
                let events = store.read(from, 1_000).await.unwrap();
                if events.is_empty() && finished {
                    return seen;
                }
                seen.extend(events.iter().map(|event| event.position));
            }
        }
    });
    let mut writers = JoinSet::new();
    for writer in 0..32 {
        let store = store.clone();
        writers.spawn(async move {
            for version in 0..20 {
                store.append(request(&format!("s{writer}"), version)).await.unwrap();
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    assert_eq!(reader.await.unwrap(), (0..640).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_again_and_again_loses_and_doubles_nothing() {
    let (store, database) = postgres().await;
    let owner = connect(&database.owner_url).await;
    let done = Arc::new(AtomicBool::new(false));
    let saboteur = tokio::spawn({
        let done = done.clone();
        async move {
            let mut cuts = 0_u64;
            while !done.load(Ordering::SeqCst) {
                let cut = "SELECT count(pg_terminate_backend(pid))
                           FROM pg_stat_activity
                           WHERE datname = current_database() AND pid <> pg_backend_pid()";
                cuts += owner.query_one(cut, &[]).await.unwrap().get::<_, i64>(0).unsigned_abs();
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
            cuts
        }
    });
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        let store = store.clone();
        writers.spawn(async move {
            for version in 0..40 {
                let request = request(&format!("s{writer}"), version);
                // The same request again, until it is answered: what a caller is told to do.
                while let Err(error) = store.append(request.clone()).await {
                    assert!(matches!(error, AppendError::Unavailable(_)), "{error:?}");
                }
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    assert!(saboteur.await.unwrap() > 0, "nothing was cut");
    let store = open(&database.service_url).await;
    assert_eq!(check_history(&store).await, 8 * 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_is_woken_by_an_append() {
    let (one, database) = postgres().await;
    let other = open(&database.service_url).await;
    let mut follower = other.subscribe();
    one.append(request("a", 0)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), follower.wait_for(|next| *next == 1))
        .await
        .expect("the other process hears of it")
        .unwrap();
}

/// Runs `act` while another transaction holds the append lock; returns what it returned, and an instant before the
/// lock was released.
async fn behind_the_lock<T: Send + 'static>(
    database: &TestDatabase,
    act: impl Future<Output = T> + Send + 'static,
) -> (T, i64) {
    let mut other = connect(&database.owner_url).await;
    let db_tx = other.transaction().await.unwrap();
    db_tx.query_one("SELECT origin FROM log.head WHERE id = 1 FOR UPDATE", &[]).await.unwrap();
    let act = tokio::spawn(act);
    let owner = connect(&database.owner_url).await;
    let waiting = "SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
                   WHERE NOT l.granted AND a.datname = current_database()";
    while owner.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
    owner.batch_execute("SELECT pg_sleep(0.2)").await.unwrap();
    let clock = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    let released_at: i64 = db_tx.query_one(clock, &[]).await.unwrap().get(0);
    db_tx.commit().await.unwrap();
    (act.await.unwrap(), released_at)
}

/// Read before the wait, the clock would date an event earlier than what was answered before it.
#[tokio::test(flavor = "multi_thread")]
async fn the_clock_is_read_after_the_lock_was_granted() {
    let (store, database) = postgres().await;
    let append = async move { store.append(request("a", 0)).await };
    let (appended, released_at) = behind_the_lock(&database, append).await;
    let recorded = appended.unwrap().events.remove(0);
    assert!(recorded.at() >= released_at, "{} < {released_at}", recorded.at());
}

/// Without the lock, a batch that read the clock before the tick could be committed after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_tick_waits_for_the_append_lock_and_then_reads_the_clock() {
    let (store, database) = postgres().await;
    let owner = connect(&database.owner_url).await;
    owner.batch_execute("UPDATE log.head SET simulated_clock_ms = NULL").await.unwrap();
    let ticking = store.clone();
    let (ticked, released_at) =
        behind_the_lock(&database, async move { ticking.tick().await }).await;
    let ticked = ticked.unwrap();
    assert!(ticked >= released_at, "{ticked} < {released_at}");
    let floor = "SELECT last_at_ms, last_effective_at_ms FROM log.head";
    let floor = owner.query_one(floor, &[]).await.unwrap();
    assert_eq!((floor.get::<_, i64>(0), floor.get::<_, i64>(1)), (ticked, ticked));
}

/// A floor in the future stands for a clock that is set back after the tick.
#[tokio::test(flavor = "multi_thread")]
async fn a_tick_under_a_clock_that_was_set_back_is_no_earlier_than_the_last_one() {
    let (store, database) = postgres().await;
    let owner = connect(&database.owner_url).await;
    let future = "UPDATE log.head SET simulated_clock_ms = NULL, last_at_ms = 4102444800000,
                                      last_effective_at_ms = 4102444800001";
    owner.batch_execute(future).await.unwrap();
    assert_eq!(store.tick().await.unwrap(), 4_102_444_800_001);
    assert_eq!(store.head().await.unwrap().last_at, 4_102_444_800_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_back_does_not_date_an_event_before_the_last_one() {
    let (store, database) = postgres().await;
    let owner = connect(&database.owner_url).await;
    let future =
        "UPDATE log.head SET last_at_ms = 4102444800000, last_effective_at_ms = 4102444800001";
    owner.batch_execute(future).await.unwrap();
    let recorded = store.append(request("a", 0)).await.unwrap().events.remove(0);
    assert_eq!(recorded.at(), 4_102_444_800_000);
    assert_eq!(recorded.open().unwrap().effective_at, 4_102_444_800_001);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_value_is_readable_nowhere_and_its_event_stays() {
    let (_, database) = postgres().await;
    let folder = std::env::temp_dir().join(format!("vault-{}", uuid::Uuid::new_v4()));
    let vault = Arc::new(FolderKeys::open(&folder).unwrap());
    let keyring = Keyring::new([7; 32], vault.clone());
    let store =
        PgStore::connect(&database.service_url, keyring, Box::new(SystemEntropy)).await.unwrap();
    let mut append = request("company-1", 0);
    append.writes[0].events[0].withheld =
        vec![withheld("/data/contact", "company-1", json!({"correo": "a@example.mx"}))];
    let recorded = store.append(append).await.unwrap().events.remove(0);
    let id = recorded.id();
    assert!(store.disclose(id, "/data/contact").await.unwrap().is_some());
    eventstore::VaultKeys::destroy(&*vault, "company-1").unwrap();
    assert!(store.disclose(id, "/data/contact").await.unwrap().is_none());
    assert_eq!(store.event(id).await.unwrap(), Some(recorded));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_entry_is_noticed_when_it_is_read_or_hashed() {
    let (store, database) = postgres().await;
    store.append(request("a", 0)).await.unwrap();
    let owner = connect(&database.owner_url).await;
    owner
        .batch_execute(
            "ALTER TABLE log.events DISABLE TRIGGER ALL;
             UPDATE log.events SET entry = overlay(entry placing '\\x58'::bytea from 60 for 1);
             ALTER TABLE log.events ENABLE TRIGGER ALL",
        )
        .await
        .unwrap();
    match store.read(0, 1).await {
        Ok(events) => assert_ne!(merkle::leaf_hash(&events[0].entry), events[0].leaf),
        Err(error) => assert!(matches!(error, eventstore::ReadError::Corrupt { position: 0, .. })),
    }
}
