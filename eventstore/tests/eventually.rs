//! `eventually-core`'s own aggregate root and repository over our stores.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::sync::Arc;

use eventstore::eventually::{AggregateStore, AggregateStoreError, Codec};
use eventstore::{EventStore, NewEvent};
use eventually_core::aggregate::{Aggregate, AggregateRootBuilder};
use eventually_core::repository::{Error as RepositoryError, Repository};
use eventually_core::store::{AppendError as _, EventStore as _, Expected, Persisted, Select};
use eventually_core::versioning::Versioned;
use futures::future::BoxFuture;
use futures::{StreamExt as _, TryStreamExt as _};
use merkle::Envelope;
use serde_json::json;
use support::{check_history, event, keyring, memory, postgres, request, sealed_request};

/// An account of points: never below zero.
#[derive(Debug, Clone)]
struct Account;

#[derive(Debug, Clone, PartialEq)]
enum Moved {
    Credited(i64),
    Debited(i64),
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
enum AccountError {
    #[error("the account has {0} points only")]
    Overdrawn(i64),
    #[error("{0} is no event of an account")]
    Unknown(String),
}

impl Aggregate for Account {
    type Id = String;
    type State = i64;
    type Event = Moved;
    type Command = i64;
    type Error = AccountError;

    fn apply(balance: i64, event: Moved) -> Result<i64, AccountError> {
        match event {
            Moved::Credited(points) => Ok(balance + points),
            Moved::Debited(points) => Ok(balance - points),
        }
    }

    fn handle<'a, 's: 'a>(
        &'a self,
        _: &'s String,
        balance: &'s i64,
        points: i64,
    ) -> BoxFuture<'a, Result<Option<Vec<Moved>>, AccountError>> {
        let decided = match points {
            0 => Ok(None),
            1.. => Ok(Some(vec![Moved::Credited(points)])),
            _ if balance + points < 0 => Err(AccountError::Overdrawn(*balance)),
            _ => Ok(Some(vec![Moved::Debited(-points)])),
        };
        Box::pin(async { decided })
    }
}

#[derive(Debug, Clone)]
struct AccountCodec;

impl Codec for AccountCodec {
    type SourceId = String;
    type Event = Moved;
    type Error = AccountError;

    fn stream(&self, source: &String) -> String {
        format!("account-{source}")
    }

    fn source(&self, stream: &str) -> Option<String> {
        stream.strip_prefix("account-").map(str::to_owned)
    }

    fn encode(&self, moved: Moved) -> NewEvent {
        let (event_type, points) = match moved {
            Moved::Credited(points) => ("Credited", points),
            Moved::Debited(points) => ("Debited", points),
        };
        NewEvent { event_type: event_type.into(), ..event(&json!({"points": points})) }
    }

    fn decode(&self, recorded: &Envelope) -> Result<Moved, AccountError> {
        let points = recorded.data.get("points").and_then(serde_json::Value::as_i64);
        match (recorded.r#type.as_str(), points) {
            ("Credited", Some(points)) => Ok(Moved::Credited(points)),
            ("Debited", Some(points)) => Ok(Moved::Debited(points)),
            (other, _) => Err(AccountError::Unknown(other.to_owned())),
        }
    }
}

type Accounts<S> = AggregateStore<S, AccountCodec>;

fn accounts<S: EventStore>(store: &Arc<S>) -> Accounts<S> {
    AggregateStore::new(Arc::clone(store), AccountCodec)
}

fn repository<S: EventStore>(store: &Arc<S>) -> Repository<Account, Accounts<S>> {
    Repository::new(AggregateRootBuilder::from(Account), accounts(store))
}

/// Runs each named fact against the in-memory store and against Postgres.
macro_rules! contract {
    ($($fact:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test] async fn $fact() {
                super::$fact(super::memory(super::keyring()).into()).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $fact() {
                let (store, _database) = super::postgres().await;
                super::$fact(store.into()).await;
            })*
        }
    };
}

contract!(
    a_repository_keeps_an_aggregate_over_several_flushes,
    of_two_roots_of_one_version_the_second_conflicts,
    an_append_that_expects_nothing_lands_whoever_else_writes,
    nothing_to_append_still_checks_the_version,
    a_stream_is_read_from_a_version_on,
    all_streams_come_in_the_order_of_the_log,
    an_event_of_something_else_is_an_error_that_names_it,
    a_sealed_stream_is_no_aggregate,
    nothing_is_removed,
);

async fn a_repository_keeps_an_aggregate_over_several_flushes(store: Arc<impl EventStore>) {
    let mut repository = repository(&store);
    let mut root = repository.get("ana".into()).await.unwrap();
    assert_eq!((root.version(), *root.state()), (0, 0));
    root.handle(70).await.unwrap().handle(-20).await.unwrap();
    let root = repository.add(root).await.unwrap();
    assert_eq!((root.version(), *root.state()), (2, 50));
    let mut root = repository.get("ana".into()).await.unwrap();
    assert_eq!((root.version(), *root.state()), (2, 50));
    assert_eq!(root.handle(-51).await.unwrap_err(), AccountError::Overdrawn(50));
    root.handle(-50).await.unwrap();
    assert_eq!(repository.add(root).await.unwrap().version(), 3);
    let root = repository.get("ana".into()).await.unwrap();
    assert_eq!((root.version(), *root.state()), (3, 0));
    assert_eq!(repository.get("eva".into()).await.unwrap().version(), 0);
    assert_eq!(check_history(&*store).await, 3);
}

async fn of_two_roots_of_one_version_the_second_conflicts(store: Arc<impl EventStore>) {
    let mut repository = repository(&store);
    let mut first = repository.get("ana".into()).await.unwrap();
    let mut second = repository.get("ana".into()).await.unwrap();
    first.handle(1).await.unwrap();
    second.handle(2).await.unwrap();
    repository.add(first).await.unwrap();
    let RepositoryError::Store(refused) = repository.add(second).await.unwrap_err() else {
        panic!("the store refuses, not the aggregate")
    };
    assert!(refused.is_conflict_error(), "{refused:?}");
    assert_eq!(*repository.get("ana".into()).await.unwrap().state(), 1);
    assert_eq!(check_history(&*store).await, 1);
}

async fn an_append_that_expects_nothing_lands_whoever_else_writes(store: Arc<impl EventStore>) {
    let credit = |points| {
        let mut accounts = accounts(&store);
        async move { accounts.append("ana".into(), Expected::Any, vec![Moved::Credited(points)]).await }
    };
    let versions = futures::future::join_all((1..=8).map(credit)).await;
    let mut versions: Vec<u32> = versions.into_iter().map(Result::unwrap).collect();
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(*repository(&store).get("ana".into()).await.unwrap().state(), 36);
}

async fn nothing_to_append_still_checks_the_version(store: Arc<impl EventStore>) {
    let mut accounts = accounts(&store);
    accounts.append("ana".into(), Expected::Exact(0), vec![Moved::Credited(1)]).await.unwrap();
    for expected in [Expected::Exact(1), Expected::Any] {
        assert_eq!(accounts.append("ana".into(), expected, vec![]).await.unwrap(), 1);
    }
    let refused = accounts.append("ana".into(), Expected::Exact(0), vec![]).await.unwrap_err();
    assert!(refused.is_conflict_error());
    assert_eq!(check_history(&*store).await, 1);
}

async fn a_stream_is_read_from_a_version_on(store: Arc<impl EventStore>) {
    let mut accounts = accounts(&store);
    let moved = vec![Moved::Credited(1), Moved::Credited(2), Moved::Debited(3)];
    accounts.append("ana".into(), Expected::Exact(0), moved.clone()).await.unwrap();
    for (select, skipped) in
        [(Select::All, 0), (Select::From(0), 0), (Select::From(2), 1), (Select::From(4), 3)]
    {
        let stream = accounts.stream("ana".into(), select).await.unwrap();
        let found: Vec<_> = stream.try_collect().await.unwrap();
        let versions: Vec<u32> = found.iter().map(Versioned::version).collect();
        assert_eq!(versions, (1..=3).skip(skipped).collect::<Vec<u32>>(), "{select:?}");
        let found: Vec<Moved> = found.into_iter().map(Persisted::take).collect();
        assert_eq!(found, moved[skipped..]);
    }
}

async fn all_streams_come_in_the_order_of_the_log(store: Arc<impl EventStore>) {
    let mut accounts = accounts(&store);
    // More than one page, and something else in between.
    for round in 0..6_u32 {
        let moved = vec![Moved::Credited(1); 100];
        accounts.append("ana".into(), Expected::Exact(100 * round), moved).await.unwrap();
        store.append(request("elsewhere", round.into())).await.unwrap();
        accounts.append("eva".into(), Expected::Any, vec![Moved::Credited(2)]).await.unwrap();
    }
    let all: Vec<_> = accounts.stream_all(Select::All).await.unwrap().try_collect().await.unwrap();
    let numbers: Vec<u32> = all.iter().map(Persisted::sequence_number).collect();
    assert_eq!(numbers, (0..612).filter(|number| number % 102 != 100).collect::<Vec<_>>());
    assert_eq!((all[100].source_id().as_str(), all[100].version()), ("eva", 1));
    assert_eq!((all[101].source_id().as_str(), all[101].version()), ("ana", 101));
    let later: Vec<_> =
        accounts.stream_all(Select::From(510)).await.unwrap().try_collect().await.unwrap();
    assert_eq!(later, all[505..]);
}

async fn an_event_of_something_else_is_an_error_that_names_it(store: Arc<impl EventStore>) {
    let mut accounts = accounts(&store);
    accounts.append("ana".into(), Expected::Exact(0), vec![Moved::Credited(1)]).await.unwrap();
    store.append(request("account-ana", 1)).await.unwrap();
    let read: Vec<_> = accounts.stream("ana".into(), Select::All).await.unwrap().collect().await;
    assert!(read[0].is_ok());
    assert!(matches!(read[1], Err(AggregateStoreError::Decode { position: 1, .. })), "{read:?}");
    let failed = repository(&store).get("ana".into()).await.unwrap_err();
    assert!(failed.to_string().contains("position 1"), "{failed}");
}

async fn a_sealed_stream_is_no_aggregate(store: Arc<impl EventStore>) {
    store.append(sealed_request("account-ana", 0)).await.unwrap();
    let failed = repository(&store).get("ana".into()).await.unwrap_err();
    let RepositoryError::Store(AggregateStoreError::Sealed { position: 0 }) = failed else {
        panic!("{failed:?}")
    };
    let all = accounts(&store).stream_all(Select::All).await.unwrap().count().await;
    assert_eq!(all, 0);
}

async fn nothing_is_removed(store: Arc<impl EventStore>) {
    let mut repository = repository(&store);
    let mut root = repository.get("ana".into()).await.unwrap();
    root.handle(7).await.unwrap();
    repository.add(root).await.unwrap();
    let refused = repository.remove("ana".into()).await.unwrap_err();
    assert!(matches!(refused, RepositoryError::Store(AggregateStoreError::AppendOnly)));
    assert_eq!(*repository.get("ana".into()).await.unwrap().state(), 7);
}
