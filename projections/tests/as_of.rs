//! A record as it was, merged anew from the stored bytes. On a real Postgres.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use std::time::Duration;

use domain::Timestamp;
use eventstore::EventStore as _;
use projections::{AsOf, ProjectionError, RELEASES_MAX, Reader, Runner, View};
use support::{Publisher, START, World, event, ocid, plan, tender};
use tokio_postgres::types::ToSql;

/// What the simulated clock moves by between the plan and the call.
const WEEKS_MS: i64 = 21 * 24 * 60 * 60 * 1_000;

/// A plan, weeks, a call; the wall clock moves too, by at least a millisecond.
async fn played() -> (World, View, [i64; 2]) {
    let world = World::new().await;
    let mut publisher = Publisher::default();
    let planned = world.append("plan-1", vec![plan(1)]).await;
    publisher.publish(&world, &planned[0]).await;
    world.store.advance_clock(START + WEEKS_MS).await.unwrap();
    loop {
        let beat =
            world.append("heartbeat", vec![event("Heartbeat", &serde_json::json!({}))]).await;
        if beat[0].at() > planned[0].at() {
            break;
        }
    }
    let called = world.append("tender-1", vec![tender(1)]).await;
    publisher.publish(&world, &called[0]).await;
    Runner::new(world.store.clone(), world.store.pool().clone(), 100).catch_up().await.unwrap();
    let view = Reader::new(world.store.pool().clone()).view(0, Duration::ZERO).await.unwrap();
    (world, view, [planned[0].at(), called[0].at()])
}

fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

#[tokio::test]
async fn what_was_known_and_what_was_in_force_are_two_questions() {
    let (world, view, [planned_at, called_at]) = played().await;
    let now = view.record(&ocid(1)).await.unwrap().unwrap();
    for (as_of, count) in [
        (AsOf::RecordedAt(instant(planned_at - 1)), 0),
        (AsOf::RecordedAt(instant(planned_at)), 1),
        (AsOf::RecordedAt(instant(called_at - 1)), 1),
        (AsOf::RecordedAt(instant(called_at)), 2),
        (AsOf::EffectiveAt(instant(START - 1)), 0),
        (AsOf::EffectiveAt(instant(START)), 1),
        (AsOf::EffectiveAt(instant(START + WEEKS_MS - 1)), 1),
        (AsOf::EffectiveAt(instant(START + WEEKS_MS)), 2),
        // The business clock had moved by weeks, the wall clock by less than that.
        (AsOf::RecordedAt(instant(START + WEEKS_MS)), 0),
        (AsOf::EffectiveAt(instant(called_at)), 2),
    ] {
        let was = view.record_as_of(&*world.store, &ocid(1), as_of).await.unwrap();
        let found = was.as_ref().map_or(0, |was| was.releases.len());
        assert_eq!(found, count, "{as_of:?}");
        if count == 2 {
            assert_eq!(was.unwrap().record, now, "{as_of:?}");
        } else if let Some(was) = was {
            assert_eq!(was.record.release_count, 1);
            assert_eq!(was.record.last_release_id, was.releases[0].release_id);
            assert_ne!(was.record.compiled_release, now.compiled_release);
            assert_eq!(was.record.versioned_release().unwrap()["ocid"], ocid(1));
        }
    }
    let none = AsOf::RecordedAt(instant(called_at));
    assert_eq!(view.record_as_of(&*world.store, &ocid(2), none).await.unwrap(), None);
}

#[tokio::test]
async fn a_release_whose_bytes_were_changed_goes_into_no_record() {
    let (world, view, [_, called_at]) = played().await;
    let last = view.record(&ocid(1)).await.unwrap().unwrap().last_release_id;
    let sql = "UPDATE app.releases
               SET bytes = convert_to('{}', 'UTF8'), sha256 = sha256(convert_to('{}', 'UTF8'))
               WHERE release_id = $1";
    world.owner.execute(sql, &[&last]).await.unwrap();
    let newest = AsOf::RecordedAt(instant(called_at));
    let refused = view.record_as_of(&*world.store, &ocid(1), newest).await.unwrap_err();
    assert!(
        matches!(&refused, ProjectionError::ReleaseHash { release_id, .. } if *release_id == last),
        "{refused:?}"
    );
    let before = AsOf::RecordedAt(instant(called_at - 1));
    assert!(view.record_as_of(&*world.store, &ocid(1), before).await.unwrap().is_some());
}

#[tokio::test]
async fn only_the_releases_that_go_in_are_counted() {
    let (world, view, [_, called_at]) = played().await;
    let beats = vec![event("Heartbeat", &serde_json::json!({})); RELEASES_MAX];
    let beaten = world.append("later", beats).await;
    // As if so many had been made out of them.
    let sql =
        "INSERT INTO read_1.releases (release_id, ocid, release_date, sha256, position, event_id)
         SELECT ocid || '-' || n, ocid, release_date, sha256, n + 1000000, event_id
         FROM read_1.releases, generate_series($2::bigint, $3) AS n
         WHERE ocid = $1 AND release_id = $4";
    let (first, last) = (beaten[0].position, beaten[RELEASES_MAX - 1].position);
    let numbers = [first, last].map(|position| i64::try_from(position).unwrap());
    let copied = view.record(&ocid(1)).await.unwrap().unwrap().last_release_id;
    let parameters: [&(dyn ToSql + Sync); 4] = [&ocid(1), &numbers[0], &numbers[1], &copied];
    world.owner.execute(sql, &parameters).await.unwrap();
    let sql =
        "INSERT INTO read_1.acts (position, ocid, event_id, type, stream, effective_at_ms, data)
               SELECT n, $1, gen_random_uuid(), 'x', 'x', $4, '{}'
               FROM generate_series($2::bigint, $3) AS n";
    let parameters: [&(dyn ToSql + Sync); 4] =
        [&ocid(1), &numbers[0], &numbers[1], &(START + WEEKS_MS + 1)];
    world.owner.execute(sql, &parameters).await.unwrap();
    for (as_of, last) in [
        (AsOf::RecordedAt(instant(called_at)), AsOf::RecordedAt(instant(beaten[0].at()))),
        (
            AsOf::EffectiveAt(instant(START + WEEKS_MS)),
            AsOf::EffectiveAt(instant(START + WEEKS_MS + 1)),
        ),
    ] {
        let was = view.record_as_of(&*world.store, &ocid(1), as_of).await.unwrap().unwrap();
        assert_eq!(was.releases.len(), 2, "{as_of:?}");
        let refused = view.record_as_of(&*world.store, &ocid(1), last).await.unwrap_err();
        assert!(matches!(refused, ProjectionError::TooManyReleases { .. }), "{refused:?}");
    }
}

#[tokio::test]
async fn a_release_without_its_event_goes_into_no_record() {
    let (world, view, [_, called_at]) = played().await;
    world
        .owner
        .execute("DELETE FROM read_1.acts WHERE type = 'TenderPublished'", &[])
        .await
        .unwrap();
    for as_of in [AsOf::EffectiveAt(instant(START)), AsOf::RecordedAt(instant(called_at - 1))] {
        let refused = view.record_as_of(&*world.store, &ocid(1), as_of).await.unwrap_err();
        assert!(matches!(refused, ProjectionError::NoSource { .. }), "{refused:?}");
    }
}
