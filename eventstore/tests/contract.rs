//! One contract, two stores.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::sync::Arc;

use eventstore::{
    AppendError, AppendRequest, ClockError, EventStore, Keyring, MemoryKeys, ReadError,
    StreamWrite, VaultKeys as _,
};
use merkle::{Commitment, Entry, SealedEnvelope};
use serde_json::json;
use support::{
    START, check_history, claim, event, keyring, memory, postgres, postgres_with, request,
    sealed_request, withheld,
};

/// Runs each named fact against the in-memory store and against Postgres.
macro_rules! contract {
    ($($fact:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test] async fn $fact() { super::$fact(super::memory(super::keyring())).await; })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $fact() {
                let (store, _database) = super::postgres().await;
                super::$fact(store).await;
            })*
        }
    };
}

/// The same for facts that need the vault's keys, to destroy one.
macro_rules! contract_of_keys {
    ($($fact:ident),* $(,)?) => {
        mod in_memory_with_keys {
            $(#[tokio::test] async fn $fact() {
                let (keyring, keys) = super::keys();
                super::$fact(super::memory(keyring), &keys).await;
            })*
        }
        mod on_postgres_with_keys {
            $(#[tokio::test(flavor = "multi_thread")] async fn $fact() {
                let (keyring, keys) = super::keys();
                let (store, _database) = super::postgres_with(keyring).await;
                super::$fact(store, &keys).await;
            })*
        }
    };
}

fn keys() -> (Keyring, Arc<MemoryKeys>) {
    let keys = Arc::new(MemoryKeys::default());
    (Keyring::new([7; 32], keys.clone()), keys)
}

contract_of_keys!(
    a_sealed_entry_whose_key_was_destroyed_opens_to_nobody_and_stays,
    a_key_made_after_one_was_destroyed_opens_new_entries_only,
);

contract!(
    events_get_dense_positions_and_chained_versions,
    a_stale_version_is_refused_and_nothing_is_written,
    a_stream_that_was_read_must_not_have_changed,
    a_repeated_command_gets_its_first_answer,
    a_repeated_command_gets_its_first_answer_after_the_deadline_too,
    a_command_that_was_recorded_is_answered_whatever_it_would_write_now,
    a_command_id_with_another_body_is_refused,
    the_deadline_is_exclusive,
    the_hour_is_inclusive,
    a_tick_is_the_floor_of_everything_later,
    a_sealed_entry_has_one_length_and_shows_nothing_but_place_and_time,
    a_sealed_entry_chains_to_the_outer_leaf_before_it,
    the_vault_holds_what_a_sealed_entry_commits_to,
    what_is_withheld_inside_a_sealed_entry_has_its_own_commitment,
    a_stream_is_wholly_sealed_or_wholly_open,
    a_sealed_command_that_is_repeated_gets_its_first_answer,
    a_sealed_event_that_breaks_the_format_is_refused,
    an_open_entry_has_nothing_to_unseal,
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
    let versions: Vec<u64> = store
        .read_stream("a")
        .await
        .unwrap()
        .iter()
        .map(|event| event.open().unwrap().ver)
        .collect();
    assert_eq!(versions, [1, 2, 3]);
    assert_eq!(store.read(3, 1).await.unwrap()[0].position, 3);
    assert!(store.read(5, 10).await.unwrap().is_empty());
    let first = &store.read(0, 1).await.unwrap()[0];
    assert_eq!(store.event(first.id()).await.unwrap().as_ref(), Some(first));
    assert_eq!(first.open().unwrap().effective_at, START);
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

async fn the_hour_is_inclusive(store: impl EventStore) {
    let mut early = request("a", 0);
    early.not_before = Some(START + 1);
    let refused = store.append(early.clone()).await.unwrap_err();
    assert!(
        matches!(refused, AppendError::TooEarly { not_before, now: START } if not_before == START + 1),
        "{refused:?}"
    );
    assert_eq!(check_history(&store).await, 0);
    store.advance_clock(START + 1).await.unwrap();
    store.append(early).await.unwrap();
    let mut never = request("b", 0);
    (never.not_before, never.not_after) = (Some(START + 1), Some(START + 1));
    let refused = store.append(never).await.unwrap_err();
    assert!(matches!(refused, AppendError::DeadlinePassed { .. }), "{refused:?}");
}

async fn a_tick_is_the_floor_of_everything_later(store: impl EventStore) {
    assert_eq!(store.head().await.unwrap().last_at, 0);
    assert_eq!(store.tick().await.unwrap(), START);
    let floor = store.head().await.unwrap();
    assert!(floor.last_at > 0, "the wall clock was not pinned");
    store.advance_clock(START + 5_000).await.unwrap();
    assert_eq!(store.tick().await.unwrap(), START + 5_000);
    let mut late = request("a", 0);
    late.not_after = Some(START + 5_000);
    let refused = store.append(late).await.unwrap_err();
    assert!(matches!(refused, AppendError::DeadlinePassed { .. }), "{refused:?}");
    let recorded = store.append(request("a", 0)).await.unwrap().events.remove(0);
    assert!(recorded.at() >= floor.last_at);
    assert_eq!(recorded.open().unwrap().effective_at, START + 5_000);
    assert_eq!(check_history(&store).await, 1);
}

async fn a_sealed_entry_has_one_length_and_shows_nothing_but_place_and_time(
    store: impl EventStore,
) {
    let mut long = sealed_request("proposal-2", 0);
    long.writes[0].events[0].data.insert("text".into(), "secreto".repeat(1_000).into());
    for request in [sealed_request("proposal-1", 0), long] {
        let correlation = request.correlation.to_string();
        let recorded = store.append(request).await.unwrap().events.remove(0);
        assert!(recorded.is_sealed() && recorded.open().is_none());
        assert_eq!(recorded.entry.len(), 1_024);
        assert_eq!(recorded.content.r#type(), "Sealed");
        let text = String::from_utf8(recorded.entry.clone()).unwrap();
        for hidden in ["proposal", "ThingHappened", "secreto", "effectiveAt", &correlation] {
            assert!(!text.contains(hidden), "{hidden}");
        }
        assert_eq!(store.event(recorded.id()).await.unwrap(), Some(recorded));
    }
}

async fn a_sealed_entry_chains_to_the_outer_leaf_before_it(store: impl EventStore) {
    store.append(sealed_request("proposal-1", 0)).await.unwrap();
    store.append(request("a", 0)).await.unwrap();
    let mut both = sealed_request("proposal-1", 1);
    both.writes[0].events.push(event(&json!({"last": true})));
    store.append(both).await.unwrap();
    let recorded = store.read_stream("proposal-1").await.unwrap();
    let mut before = None;
    for (outer, version) in recorded.iter().zip(1..) {
        let inner = store.unseal(outer).await.unwrap().unwrap();
        assert_eq!((inner.ver, inner.prev), (version, before));
        assert_eq!((inner.seq, inner.id, inner.at), (outer.position, outer.id(), outer.at()));
        assert_eq!((inner.stream.as_str(), inner.clock), ("proposal-1", outer.clock()));
        before = Some(merkle::leaf_hash(&outer.entry));
    }
    assert_eq!(recorded.len(), 3);
    assert_eq!(check_history(&store).await, 4);
}

async fn the_vault_holds_what_a_sealed_entry_commits_to(store: impl EventStore) {
    let recorded = store.append(sealed_request("proposal-1", 0)).await.unwrap().events.remove(0);
    let disclosure = store.disclose(recorded.id(), "").await.unwrap().unwrap();
    let commitment = Commitment::to("", &disclosure.salt, &disclosure.value).unwrap();
    let Entry::Sealed(outer) = &recorded.content else { panic!("{recorded:?}") };
    assert_eq!(outer.commitment, commitment);
    let inner = store.unseal(&recorded).await.unwrap().unwrap();
    assert_eq!(inner.to_value().unwrap(), disclosure.value);
    let mut other = recorded.clone();
    other.content =
        Entry::Sealed(SealedEnvelope { commitment: Commitment([0; 32]), ..outer.clone() });
    let damaged = store.unseal(&other).await.unwrap_err();
    assert!(matches!(damaged, ReadError::Vault { position: 0 }), "{damaged:?}");
    other.content = Entry::Sealed(SealedEnvelope { seq: 7, ..outer.clone() });
    let moved = store.unseal(&other).await.unwrap_err();
    assert!(matches!(moved, ReadError::Vault { position: 7 }), "{moved:?}");
}

async fn what_is_withheld_inside_a_sealed_entry_has_its_own_commitment(store: impl EventStore) {
    let mut proposal = sealed_request("proposal-1", 0);
    let inner = &mut proposal.writes[0].events[0];
    let actor = serde_json::to_value(inner.actor.take()).unwrap();
    let withholds = [("/actor", actor), ("/data/economic", json!({"total": "185000000"}))];
    inner.withheld =
        withholds.iter().map(|(path, it)| withheld(path, "company-1", it.clone())).collect();
    let recorded = store.append(proposal).await.unwrap().events.remove(0);
    let inner = store.unseal(&recorded).await.unwrap().unwrap();
    assert_eq!(inner.actor, None);
    assert_eq!(inner.cm.len(), 2);
    for (path, value) in withholds {
        let disclosure = store.disclose(recorded.id(), path).await.unwrap().unwrap();
        assert_eq!(disclosure.value, value);
        assert_eq!(inner.cm[path], Commitment::to(path, &disclosure.salt, &value).unwrap());
    }
}

async fn a_stream_is_wholly_sealed_or_wholly_open(store: impl EventStore) {
    store.append(request("open", 0)).await.unwrap();
    store.append(sealed_request("sealed", 0)).await.unwrap();
    for (mixing, name) in [(sealed_request("open", 1), "open"), (request("sealed", 1), "sealed")] {
        let refused = store.append(mixing).await.unwrap_err();
        assert!(
            matches!(&refused, AppendError::SealMismatch { stream } if stream == name),
            "{refused:?}"
        );
    }
    store.append(request("open", 1)).await.unwrap();
    store.append(sealed_request("sealed", 1)).await.unwrap();
    assert_eq!(check_history(&store).await, 4);
}

async fn a_sealed_command_that_is_repeated_gets_its_first_answer(store: impl EventStore) {
    let once = sealed_request("proposal-1", 0);
    let first = store.append(once.clone()).await.unwrap();
    store.append(sealed_request("proposal-1", 1)).await.unwrap();
    let again = store.append(once).await.unwrap();
    assert_eq!(again.events, first.events);
    assert!(again.repeated);
    assert_eq!(check_history(&store).await, 2);
}

async fn a_sealed_event_that_breaks_the_format_is_refused(store: impl EventStore) {
    let mut float = sealed_request("a", 0);
    float.writes[0].events[0].data.insert("amount".into(), json!(1.5));
    let mut nobody = sealed_request("a", 0);
    nobody.writes[0].events[0].actor = None;
    let mut whole = sealed_request("a", 0);
    whole.writes[0].events[0].withheld = vec![withheld("", "company-1", json!({}))];
    let mut large = sealed_request("a", 0);
    large.writes[0].events[0].data.insert("text".into(), "x".repeat(66_000).into());
    for broken in [float, nobody, whole, large] {
        let refused = store.append(broken).await.unwrap_err();
        assert!(matches!(refused, AppendError::Entry(_)), "{refused:?}");
    }
    assert_eq!(check_history(&store).await, 0);
}

async fn a_sealed_entry_whose_key_was_destroyed_opens_to_nobody_and_stays(
    store: impl EventStore,
    keys: &MemoryKeys,
) {
    let recorded = store.append(sealed_request("proposal-1", 0)).await.unwrap().events.remove(0);
    assert!(store.unseal(&recorded).await.unwrap().is_some());
    keys.destroy("proposal-1").unwrap();
    assert_eq!(store.unseal(&recorded).await.unwrap(), None);
    assert!(store.disclose(recorded.id(), "").await.unwrap().is_none());
    assert_eq!(store.event(recorded.id()).await.unwrap(), Some(recorded));
}

async fn a_key_made_after_one_was_destroyed_opens_new_entries_only(
    store: impl EventStore,
    keys: &MemoryKeys,
) {
    store.append(sealed_request("proposal-1", 0)).await.unwrap();
    keys.destroy("proposal-1").unwrap();
    store.append(sealed_request("proposal-1", 1)).await.unwrap();
    let recorded = store.read_stream("proposal-1").await.unwrap();
    assert_eq!(store.unseal(&recorded[0]).await.unwrap(), None);
    let inner = store.unseal(&recorded[1]).await.unwrap().unwrap();
    assert_eq!((inner.ver, inner.prev), (2, Some(recorded[0].leaf)));
}

async fn an_open_entry_has_nothing_to_unseal(store: impl EventStore) {
    let recorded = store.append(request("a", 0)).await.unwrap().events.remove(0);
    assert!(!recorded.is_sealed());
    assert_eq!(store.unseal(&recorded).await.unwrap(), None);
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
    assert_eq!(store.holder("rfc", "X").await.unwrap().as_deref(), Some("a"));
    store.append(hand_on).await.unwrap();
    assert_eq!(store.holder("rfc", "X").await.unwrap().as_deref(), Some("b"));
    assert_eq!(store.holder("rfc", "Y").await.unwrap(), None);
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
    let disclosure = store.disclose(recorded.id(), "/data/contact").await.unwrap().unwrap();
    assert_eq!(disclosure.value, contact);
    let commitment = Commitment::to(&disclosure.path, &disclosure.salt, &contact).unwrap();
    assert_eq!(recorded.open().unwrap().cm["/data/contact"], commitment);
    assert!(store.disclose(recorded.id(), "/data/other").await.unwrap().is_none());
}

async fn a_request_over_two_streams_is_whole_or_not_at_all(store: impl EventStore) {
    store.append(request("b", 0)).await.unwrap();
    let mut both = request("a", 0);
    both.writes.push(StreamWrite {
        stream: "b".into(),
        expected: 0,
        events: vec![event(&json!({})), event(&json!({}))],
        seal: None,
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
    assert_eq!(recorded.open().unwrap().effective_at, START + 5_000);
    assert_eq!(recorded.clock(), merkle::Clock::Simulated);
    assert_eq!(store.head().await.unwrap().business_clock, START + 5_000);
}

async fn a_follower_is_woken_and_reads_by_position(store: impl EventStore) {
    let mut follower = store.subscribe();
    assert_eq!(*follower.borrow_and_update(), 0);
    store.append(request("a", 0)).await.unwrap();
    follower.changed().await.unwrap();
    assert_eq!(*follower.borrow_and_update(), 1);
}
