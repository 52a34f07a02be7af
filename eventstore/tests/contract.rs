//! One contract, two stores.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use eventstore::{AppendError, AppendRequest, ClockError, EventStore, StreamWrite};
use merkle::Commitment;
use serde_json::json;
use support::{START, check_history, claim, event, memory, postgres, request, withheld};

/// Runs each named fact against the in-memory store and against Postgres.
macro_rules! contract {
    ($($fact:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test] async fn $fact() { super::$fact(super::memory()).await; })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $fact() {
                let (store, _database) = super::postgres().await;
                super::$fact(store).await;
            })*
        }
    };
}

contract!(
    events_get_dense_positions_and_chained_versions,
    a_stale_version_is_refused_and_nothing_is_written,
    a_stream_that_was_read_must_not_have_changed,
    a_repeated_command_gets_its_first_answer,
    a_repeated_command_gets_its_first_answer_after_the_deadline_too,
    a_command_that_was_recorded_is_answered_whatever_it_would_write_now,
    a_command_id_with_another_body_is_refused,
    the_deadline_is_exclusive,
    a_claim_is_held_by_one_stream_at_a_time,
    a_claim_can_be_handed_on_in_one_request,
    a_withheld_value_is_in_the_vault_and_not_on_the_log,
    a_request_over_two_streams_is_whole_or_not_at_all,
    a_malformed_request_is_refused,
    what_breaks_the_entry_format_is_refused,
    the_simulated_clock_only_moves_forward,
    a_follower_is_woken_and_reads_by_position,
);

async fn events_get_dense_positions_and_chained_versions(store: impl EventStore) {
    for (stream, expected) in [("a", 0), ("b", 0), ("a", 1), ("a", 2), ("b", 1)] {
        store.append(request(stream, expected)).await.unwrap();
    }
    assert_eq!(check_history(&store).await, 5);
    let versions: Vec<u64> =
        store.read_stream("a").await.unwrap().iter().map(|event| event.envelope.ver).collect();
    assert_eq!(versions, [1, 2, 3]);
    assert_eq!(store.read(3, 1).await.unwrap()[0].position, 3);
    assert!(store.read(5, 10).await.unwrap().is_empty());
    let first = &store.read(0, 1).await.unwrap()[0];
    assert_eq!(store.event(first.envelope.id).await.unwrap().as_ref(), Some(first));
    assert_eq!(first.envelope.effective_at, START);
}

async fn a_stale_version_is_refused_and_nothing_is_written(store: impl EventStore) {
    store.append(request("a", 0)).await.unwrap();
    let refused = store.append(request("a", 0)).await.unwrap_err();
    assert!(
        matches!(refused, AppendError::VersionConflict { expected: 0, actual: 1, .. }),
        "{refused:?}"
    );
    assert_eq!(check_history(&store).await, 1);
}

async fn a_stream_that_was_read_must_not_have_changed(store: impl EventStore) {
    store.append(request("read", 0)).await.unwrap();
    let mut decided_before = request("a", 0);
    decided_before.unchanged = vec![("read".into(), 1), ("absent".into(), 0)];
    let mut decided_too_early = request("b", 0);
    decided_too_early.unchanged = vec![("read".into(), 0)];
    store.append(decided_before).await.unwrap();
    let refused = store.append(decided_too_early).await.unwrap_err();
    assert!(matches!(refused, AppendError::ReadChanged { expected: 0, actual: 1, .. }));
    assert_eq!(check_history(&store).await, 2);
}

async fn a_repeated_command_gets_its_first_answer(store: impl EventStore) {
    let request_once = request("a", 0);
    let first = store.append(request_once.clone()).await.unwrap();
    store.append(request("a", 1)).await.unwrap();
    let again = store.append(request_once).await.unwrap();
    assert_eq!(again.events, first.events);
    assert!(again.repeated && !first.repeated);
    assert_eq!(check_history(&store).await, 2);
}

async fn a_repeated_command_gets_its_first_answer_after_the_deadline_too(store: impl EventStore) {
    let mut request_once = request("a", 0);
    request_once.not_after = Some(START + 1);
    let first = store.append(request_once.clone()).await.unwrap();
    store.advance_clock(START + 1).await.unwrap();
    assert_eq!(store.append(request_once).await.unwrap().events, first.events);
}

/// How a caller asks for the first answer without deciding again.
async fn a_command_that_was_recorded_is_answered_whatever_it_would_write_now(
    store: impl EventStore,
) {
    let recorded = request("a", 0);
    let first = store.append(recorded.clone()).await.unwrap();
    let question = AppendRequest { writes: vec![], ..recorded };
    assert_eq!(store.append(question).await.unwrap().events, first.events);
}

async fn a_command_id_with_another_body_is_refused(store: impl EventStore) {
    let first = request("a", 0);
    let mut other = request("b", 0);
    other.command_id = first.command_id;
    store.append(first).await.unwrap();
    let refused = store.append(other).await.unwrap_err();
    assert!(matches!(refused, AppendError::CommandReused { .. }));
    assert_eq!(check_history(&store).await, 1);
}

async fn the_deadline_is_exclusive(store: impl EventStore) {
    let mut in_time = request("a", 0);
    in_time.not_after = Some(START + 1);
    let mut late = request("b", 0);
    late.not_after = Some(START);
    store.append(in_time).await.unwrap();
    let refused = store.append(late).await.unwrap_err();
    assert!(
        matches!(refused, AppendError::DeadlinePassed { not_after: START, now: START }),
        "{refused:?}"
    );
}

async fn a_claim_is_held_by_one_stream_at_a_time(store: impl EventStore) {
    let mut first = request("company-1", 0);
    first.take = vec![claim("AAA010101AA1", "company-1")];
    let mut second = request("company-2", 0);
    second.take = vec![claim("AAA010101AA1", "company-2")];
    let mut release = request("company-1", 1);
    release.release = vec![claim("AAA010101AA1", "company-1")];
    let mut not_mine = request("company-3", 0);
    not_mine.release = vec![claim("AAA010101AA1", "company-3")];
    store.append(first).await.unwrap();
    let taken = store.append(second.clone()).await.unwrap_err();
    assert!(matches!(taken, AppendError::ClaimTaken { ref kind } if kind == "rfc"));
    let not_held = store.append(not_mine).await.unwrap_err();
    assert!(matches!(not_held, AppendError::ClaimNotHeld { .. }));
    store.append(release).await.unwrap();
    store.append(second).await.unwrap();
    assert_eq!(check_history(&store).await, 3);
}

async fn a_claim_can_be_handed_on_in_one_request(store: impl EventStore) {
    let mut first = request("a", 0);
    first.take = vec![claim("X", "a")];
    store.append(first).await.unwrap();
    let mut hand_on = request("b", 0);
    hand_on.release = vec![claim("X", "a")];
    hand_on.take = vec![claim("X", "b")];
    store.append(hand_on).await.unwrap();
    let mut twice = request("c", 0);
    twice.take = vec![claim("Y", "c"), claim("Y", "c")];
    assert!(matches!(store.append(twice).await, Err(AppendError::ClaimTaken { .. })));
}

async fn a_withheld_value_is_in_the_vault_and_not_on_the_log(store: impl EventStore) {
    let mut with_contact = request("company-1", 0);
    let contact = json!({"correo": "luis.perez@example.mx"});
    with_contact.writes[0].events[0].withheld =
        vec![withheld("/data/contact", "company-1", contact.clone())];
    let recorded = store.append(with_contact).await.unwrap().events.remove(0);
    assert!(!String::from_utf8(recorded.entry.clone()).unwrap().contains("luis"));
    let disclosure = store.disclose(recorded.envelope.id, "/data/contact").await.unwrap().unwrap();
    assert_eq!(disclosure.value, contact);
    let commitment = Commitment::to(&disclosure.path, &disclosure.salt, &contact).unwrap();
    assert_eq!(recorded.envelope.cm["/data/contact"], commitment);
    assert!(store.disclose(recorded.envelope.id, "/data/other").await.unwrap().is_none());
}

async fn a_request_over_two_streams_is_whole_or_not_at_all(store: impl EventStore) {
    store.append(request("b", 0)).await.unwrap();
    let mut both = request("a", 0);
    both.writes.push(StreamWrite {
        stream: "b".into(),
        expected: 0,
        events: vec![event(&json!({})), event(&json!({}))],
    });
    assert!(store.append(both.clone()).await.is_err());
    assert!(store.read_stream("a").await.unwrap().is_empty());
    both.writes[1].expected = 1;
    assert_eq!(store.append(both).await.unwrap().events.len(), 3);
    assert_eq!(check_history(&store).await, 4);
}

async fn a_malformed_request_is_refused(store: impl EventStore) {
    let mut empty = request("a", 0);
    empty.writes.clear();
    let mut hollow = request("a", 0);
    hollow.writes[0].events.clear();
    let mut twice = request("a", 0);
    twice.writes.push(twice.writes[0].clone());
    for malformed in [empty, hollow, twice] {
        assert!(matches!(store.append(malformed).await, Err(AppendError::Malformed)));
    }
    assert_eq!(check_history(&store).await, 0);
}

async fn what_breaks_the_entry_format_is_refused(store: impl EventStore) {
    let mut float = request("a", 0);
    float.writes[0].events[0].data.insert("amount".into(), json!(1.5));
    let mut name = request("Not A Stream", 0);
    name.writes[0].events[0].data.clear();
    let mut large = request("a", 0);
    large.writes[0].events[0].data.insert("text".into(), "x".repeat(66_000).into());
    for broken in [float, name, large] {
        let refused = store.append(broken).await.unwrap_err();
        assert!(matches!(refused, AppendError::Entry(_)), "{refused:?}");
    }
    assert_eq!(check_history(&store).await, 0);
}

async fn the_simulated_clock_only_moves_forward(store: impl EventStore) {
    store.advance_clock(START + 5_000).await.unwrap();
    let back = store.advance_clock(START).await.unwrap_err();
    assert!(matches!(back, ClockError::Backwards { now, .. } if now == START + 5_000));
    assert!(matches!(store.advance_clock(i64::MAX).await, Err(ClockError::OutOfRange { .. })));
    let recorded = store.append(request("a", 0)).await.unwrap().events.remove(0);
    assert_eq!(recorded.envelope.effective_at, START + 5_000);
    assert_eq!(recorded.envelope.clock, merkle::Clock::Simulated);
    assert_eq!(store.head().await.unwrap().business_clock, START + 5_000);
}

async fn a_follower_is_woken_and_reads_by_position(store: impl EventStore) {
    let mut follower = store.subscribe();
    assert_eq!(*follower.borrow_and_update(), 0);
    store.append(request("a", 0)).await.unwrap();
    follower.changed().await.unwrap();
    assert_eq!(*follower.borrow_and_update(), 1);
}
