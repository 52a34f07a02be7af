//! Following the log: batches, crashes, second runners, damaged releases, rebuilds. On a real Postgres.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod procedure;
mod processes;
mod support;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ocds::release::Mapping;
use projections::{ProjectionError, Reader, Runner, Step, drop_and_rebuild, rebuild};
use support::{STORE_RELEASE, World, event, ocid};

fn runner(world: &World, batch_size_max: u32) -> Runner<eventstore::PgStore> {
    Runner::new(world.store.clone(), world.store.pool().clone(), batch_size_max)
}

async fn log_size(world: &World) -> u64 {
    eventstore::EventStore::head(&*world.store).await.unwrap().next_position
}

/// Stands for a process that is killed: the future is dropped after so many polls.
struct KilledAfter<F> {
    future: Pin<Box<F>>,
    polls_left: u32,
}

impl<F: Future> Future for KilledAfter<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls_left == 0 {
            return Poll::Ready(None);
        }
        self.polls_left -= 1;
        self.future.as_mut().poll(context).map(Some)
    }
}

fn killed_after<F: Future>(polls: u32, future: F) -> KilledAfter<F> {
    KilledAfter { future: Box::pin(future), polls_left: polls }
}

#[tokio::test]
async fn what_is_sealed_is_passed_over_and_in_no_row() {
    let world = World::new().await;
    world.play(1).await;
    let mut runner = runner(&world, 2);
    runner.catch_up().await.unwrap();
    let before = world.rows().await;
    let unit = serde_json::json!({"key": "00900099B", "name": "Oculta", "buyer": "Comprador"});
    let recorded = world.append_sealed("sealed-1", vec![event("UnitRegistered", &unit)]).await;
    assert!(recorded[0].is_sealed());
    assert_eq!(runner.catch_up().await.unwrap(), log_size(&world).await);
    assert_eq!(world.rows().await, before);
}

#[tokio::test]
async fn batches_of_1_7_and_1000_give_the_same_rows() {
    let world = World::new().await;
    world.play(5).await;
    let mut all = Vec::new();
    for batch_size_max in [1, 7, 1_000] {
        world.forget().await;
        let position = runner(&world, batch_size_max).catch_up().await.unwrap();
        assert_eq!(position, log_size(&world).await);
        all.push(world.rows().await);
    }
    assert!(all[0].len() > 30, "{} rows", all[0].len());
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
}

#[tokio::test]
async fn a_runner_dropped_after_each_commit_gives_the_same_rows() {
    let world = World::new().await;
    world.play(3).await;
    runner(&world, 1_000).catch_up().await.unwrap();
    let expected = world.rows().await;
    world.forget().await;
    while let Step::Applied { .. } = runner(&world, 1).step().await.unwrap() {}
    assert_eq!(world.rows().await, expected);
}

#[tokio::test]
async fn a_runner_killed_at_any_point_gives_the_same_rows() {
    let world = World::new().await;
    world.play(4).await;
    runner(&world, 1_000).catch_up().await.unwrap();
    let expected = world.rows().await;
    world.forget().await;
    let (mut polls, mut kills) = (1, 0);
    loop {
        let mut runner = runner(&world, 1);
        if killed_after(polls, runner.catch_up()).await.is_some() {
            break;
        }
        kills += 1;
        polls += 1;
    }
    assert!(kills > 15, "only {kills} kills");
    assert_eq!(world.rows().await, expected);
}

#[tokio::test]
async fn of_two_runners_the_older_one_stops() {
    let world = World::new().await;
    world.play(2).await;
    let (mut older, mut newer) = (runner(&world, 2), runner(&world, 2));
    older.step().await.unwrap();
    newer.step().await.unwrap();
    let fenced = older.step().await;
    assert!(matches!(fenced, Err(ProjectionError::Fenced { generation: 1 })), "{fenced:?}");
    assert_eq!(newer.catch_up().await.unwrap(), log_size(&world).await);
}

#[tokio::test]
async fn a_release_with_other_bytes_stops_the_runner_and_says_so() {
    let world = World::new().await;
    world.play(2).await;
    let changed = "UPDATE app.releases
                   SET bytes = new.bytes, sha256 = sha256(new.bytes)
                   FROM (SELECT release_id,
                                convert_to(replace(convert_from(bytes, 'UTF8'), '2000000', '2000001'),
                                           'UTF8') AS bytes
                         FROM app.releases) AS new
                   WHERE ocid = $1 AND new.release_id = releases.release_id";
    assert!(world.owner.execute(changed, &[&ocid(2)]).await.unwrap() > 0);
    let stopped = runner(&world, 1_000).run(std::future::pending()).await.unwrap_err();
    assert!(matches!(stopped, ProjectionError::ReleaseHash { .. }), "{stopped:?}");
    let said = stopped.to_string();
    assert!(said.contains("ocds-000000-009000999-2018-2-") && said.contains("0x"), "{said}");
    let serving = Reader::new(world.store.pool().clone()).serving().await.unwrap();
    assert_eq!(serving.failure, Some(said));
    assert_eq!(serving.position, 0, "nothing of the batch was applied");
}

#[tokio::test]
async fn a_release_without_bytes_stops_the_runner() {
    let world = World::new().await;
    world.play(1).await;
    world.owner.execute("DELETE FROM app.releases", &[]).await.unwrap();
    let stopped = runner(&world, 1).catch_up().await;
    assert!(matches!(stopped, Err(ProjectionError::ReleaseMissing { .. })), "{stopped:?}");
}

#[tokio::test]
async fn a_rebuild_from_zero_equals_what_was_followed() {
    let world = World::new().await;
    world.play(4).await;
    let mut follower = runner(&world, 7);
    follower.catch_up().await.unwrap();
    let rows_before = world.rows().await;
    let report = rebuild(&*world.store, world.store.pool(), 5).await.unwrap();
    assert_eq!((report.generation, report.releases_recomputed), (2, 8));
    assert_eq!(
        report.rows_compared.iter().map(|(_, rows)| rows).sum::<u64>(),
        rows_before.len() as u64
    );
    assert_eq!(world.rows().await, rows_before);
    let superseded = {
        world.append("heartbeat", vec![event("Heartbeat", &serde_json::json!({}))]).await;
        follower.step().await
    };
    assert!(matches!(superseded, Err(ProjectionError::Superseded { generation: 1 })));
    assert_eq!(follower.catch_up().await.unwrap(), log_size(&world).await);
}

#[tokio::test]
async fn a_rebuild_finds_a_changed_row_and_keeps_what_is_served() {
    let world = World::new().await;
    world.play(1).await;
    runner(&world, 7).catch_up().await.unwrap();
    world.owner.execute("UPDATE read_1.tenders SET title = 'OTRO'", &[]).await.unwrap();
    let found = rebuild(&*world.store, world.store.pool(), 100).await;
    assert!(
        matches!(
            found,
            Err(ProjectionError::RebuildDiffers {
                table: "tenders",
                served_only: 1,
                rebuilt_only: 1
            })
        ),
        "{found:?}"
    );
    let reader = Reader::new(world.store.pool().clone());
    assert_eq!(reader.serving().await.unwrap().generation, 1);
    let report = drop_and_rebuild(&*world.store, world.store.pool(), 100).await.unwrap();
    let serving = reader.serving().await.unwrap();
    assert_eq!((serving.generation, serving.position), (report.generation, report.position));
    let view = reader.view(0, Duration::ZERO).await.unwrap();
    assert_eq!(view.tender(&ocid(1)).await.unwrap().unwrap().data.title, "LICITACIÓN 1");
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'read\\_%'";
    assert_eq!(world.owner.query_one(schemas, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_rebuild_finds_a_release_that_its_event_does_not_make() {
    let world = World::new().await;
    world.play(1).await;
    let bytes =
        b"{\"date\":\"2018-04-30T00:00:00.000Z\",\"ocid\":\"ocds-000000-009000999-2018-1\"}";
    let release_id = format!("{}-999", ocid(1));
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&release_id, &ocid(1), &999_i64, &0_i64, &bytes.as_slice()];
    world.owner.execute(STORE_RELEASE, &parameters).await.unwrap();
    let data = serde_json::json!({
        "ocid": ocid(1), "releaseId": release_id, "mapping": "1",
        "sha256": "0x".to_owned() + &hex(&ocds_sha256(bytes)),
    });
    let stream = format!("releases-{}", ocid(1));
    world.append(&stream, vec![event("ReleasePublished", &data)]).await;
    runner(&world, 7).catch_up().await.expect("its bytes have the hash that is on the log");
    let found = rebuild(&*world.store, world.store.pool(), 100).await;
    assert!(matches!(found, Err(ProjectionError::NoSource { .. })), "{found:?}");
}

#[tokio::test]
async fn a_rebuild_makes_every_release_by_the_mapping_that_it_was_made_by() {
    let world = World { mapping: Mapping::First, ..World::new().await };
    world.play(1).await;
    let world = World { mapping: Mapping::Second, ..world };
    // Its first release names no older one, of whatever mapping.
    let planned = world.append("plan-9", vec![support::plan(9)]).await;
    support::Publisher::default().publish(&world, &planned[0]).await;
    runner(&world, 7).catch_up().await.unwrap();
    rebuild(&*world.store, world.store.pool(), 100).await.unwrap();
}

#[tokio::test]
async fn what_was_published_is_read_back_page_by_page() {
    let world = World::new().await;
    world.play(5).await;
    let position = runner(&world, 100).catch_up().await.unwrap();
    let reader = Reader::new(world.store.pool().clone());
    let view = reader.view(position, Duration::ZERO).await.unwrap();
    let first = view.tenders(None, 2).await.unwrap();
    let second = view.tenders(Some(first[1].position), 100).await.unwrap();
    let titles: Vec<_> = first.iter().chain(&second).map(|page| &page.data.title[..]).collect();
    assert_eq!(titles, [5, 4, 3, 2, 1].map(|number| format!("LICITACIÓN {number}")));
    assert_eq!(view.units(None, 10).await.unwrap().len(), 2);
    assert_eq!(view.catalogue_items(Some("MX-LOCAL"), None, 10).await.unwrap().len(), 2);
    assert_eq!(view.catalogue_items(Some("OTRO"), None, 10).await.unwrap().len(), 0);
    let rejected =
        view.companies(Some(projections::CompanyStatus::Rejected), None, 10).await.unwrap();
    assert_eq!(rejected[0].reason.as_deref(), Some("Falta el acta"));
    let record = view.record(&ocid(3)).await.unwrap().unwrap();
    assert_eq!(record.release_count, 2);
    let releases = view.releases(&ocid(3), None, 10).await.unwrap();
    assert_eq!(releases[1].release_id, record.last_release_id);
    let values: Vec<serde_json::Value> =
        releases.iter().map(|it| serde_json::from_slice(&it.bytes).unwrap()).collect();
    let rules = ocds::extensions::merge_rules();
    let compiled = ocds::merge::compiled_release(rules, &values).unwrap();
    assert_eq!(record.compiled_release, ocds::canonical::to_canonical(&compiled));
    let versioned = ocds::merge::versioned_release(rules, &values).unwrap();
    assert_eq!(record.versioned_release().unwrap(), versioned);
}

#[tokio::test]
async fn a_reader_waits_for_a_position_but_not_for_ever() {
    let world = World::new().await;
    let reader = Reader::new(world.store.pool().clone());
    let none = reader.view(0, Duration::ZERO).await;
    assert!(matches!(none, Err(ProjectionError::NoGeneration)));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(runner(&world, 10).run(async { drop(stopped.await) }));
    while reader.serving().await.is_err() {
        tokio::task::yield_now().await;
    }
    let waiting = tokio::spawn({
        let reader = reader.clone();
        async move { reader.view(3, Duration::from_secs(30)).await }
    });
    world.play(0).await;
    assert!(waiting.await.unwrap().unwrap().serving().position >= 3);
    let never = reader.view(1_000, Duration::from_millis(50)).await;
    assert!(matches!(never, Err(ProjectionError::NotYet { wanted: 1_000, .. })));
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn read_models_of_another_log_or_ahead_of_it_are_refused() {
    let world = World::new().await;
    world.play(0).await;
    runner(&world, 10).catch_up().await.unwrap();
    world
        .owner
        .execute("UPDATE projections.generations SET projection_position = 99", &[])
        .await
        .unwrap();
    let ahead = runner(&world, 10).catch_up().await;
    assert!(matches!(ahead, Err(ProjectionError::AheadOfLog { position: 99, .. })), "{ahead:?}");
    world.owner.execute("UPDATE projections.generations SET origin = 'other'", &[]).await.unwrap();
    let other = runner(&world, 10).catch_up().await;
    assert!(matches!(other, Err(ProjectionError::OtherLog { .. })), "{other:?}");
}

fn ocds_sha256(bytes: &[u8]) -> [u8; 32] {
    ocds::canonical::sha256(&serde_json::from_slice(bytes).unwrap())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[tokio::test]
async fn only_a_failure_that_passes_is_tried_again() {
    let world = World::new().await;
    let failure = async |sql: &str| {
        let error = world.owner.batch_execute(sql).await.unwrap_err();
        ProjectionError::from(error)
    };
    for sql in ["SELECT 1 / 0", "SELECT nothing", "SELECT convert_from('\\x00', 'UTF8')"] {
        assert!(!failure(sql).await.is_transient(), "{sql}");
    }
    assert!(failure("SET statement_timeout = 1; SELECT pg_sleep(9)").await.is_transient());
    let cut = failure("SET statement_timeout = 0; SELECT pg_terminate_backend(pg_backend_pid())");
    assert!(cut.await.is_transient());
}
