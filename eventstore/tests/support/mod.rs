//! Requests and stores for the tests of this room.
#![allow(dead_code, reason = "each test file uses its own part of these helpers")]

use std::sync::Arc;

use eventstore::{
    AppendRequest, Claim, EventStore, Keyring, LogSetup, MemoryKeys, MemoryStore, NewEvent,
    PgStore, StreamWrite, SystemEntropy, Withheld, initialise,
};
use merkle::Actor;
use private_postgres::TestDatabase;
use serde_json::{Value, json};
use uuid::Uuid;

pub const ORIGIN: &str = "log.example/test";
/// 2018-03-26T16:00:00.000Z
pub const START: i64 = 1_522_080_000_000;

pub fn keyring() -> Keyring {
    Keyring::new([7; 32], Arc::new(MemoryKeys::default()))
}

pub fn memory(keyring: Keyring) -> MemoryStore {
    MemoryStore::new(ORIGIN, Some(START), keyring, Box::new(SystemEntropy))
}

pub async fn postgres() -> (PgStore, TestDatabase) {
    postgres_with(keyring()).await
}

pub async fn postgres_with(keyring: Keyring) -> (PgStore, TestDatabase) {
    let database = TestDatabase::create().await;
    let owner = connect(&database.owner_url).await;
    let setup = LogSetup { origin: ORIGIN.into(), epoch: 1, simulated_clock: Some(START) };
    initialise(&owner, &setup).await.unwrap();
    let store = PgStore::connect(&database.service_url, keyring, Box::new(SystemEntropy)).await;
    (store.unwrap(), database)
}

pub async fn open(url: &str) -> PgStore {
    PgStore::connect(url, keyring(), Box::new(SystemEntropy)).await.unwrap()
}

pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub fn event(value: &Value) -> NewEvent {
    NewEvent {
        event_type: "ThingHappened".into(),
        schema: 1,
        actor: Some(Actor { kind: "system".into(), r#ref: "test".into(), role: "system".into() }),
        causation: None,
        rule_set: None,
        data: value.as_object().unwrap().clone(),
        withheld: vec![],
    }
}

/// One event on `stream`, which must have version `expected`.
pub fn request(stream: &str, expected: u64) -> AppendRequest {
    let command_id = Uuid::new_v4();
    AppendRequest {
        command_id,
        body: command_id.as_bytes().to_vec(),
        correlation: command_id,
        writes: vec![StreamWrite {
            stream: stream.into(),
            expected,
            events: vec![event(&json!({"of": stream}))],
            seal: None,
        }],
        unchanged: vec![],
        not_before: None,
        not_after: None,
        take: vec![],
        release: vec![],
    }
}

/// One sealed event on `stream`, which must have version `expected`.
pub fn sealed_request(stream: &str, expected: u64) -> AppendRequest {
    let mut request = request(stream, expected);
    request.writes[0].seal = Some(stream.into());
    request
}

pub fn claim(value: &str, stream: &str) -> Claim {
    Claim { kind: "rfc".into(), value: value.into(), stream: stream.into() }
}

pub fn withheld(path: &str, subject: &str, value: Value) -> Withheld {
    Withheld { path: path.into(), subject: subject.into(), value }
}

/// Checks that the log is one dense, correctly chained history; returns its length.
pub async fn check_history(store: &impl EventStore) -> u64 {
    let events = store.read(0, 1_000_000).await.unwrap();
    let mut streams = std::collections::HashMap::new();
    let mut at = 0;
    for (position, event) in (0..).zip(&events) {
        assert_eq!(event.position, position);
        assert_eq!(event.content.seq(), position);
        assert_eq!(merkle::leaf_hash(&event.entry), event.leaf);
        assert!(event.at() >= at, "the clock went back at {position}");
        at = event.at();
        let envelope = match event.open() {
            Some(envelope) => envelope.clone(),
            None => store.unseal(event).await.unwrap().unwrap(),
        };
        let last = streams.insert(envelope.stream.clone(), (envelope.ver, event.leaf));
        assert_eq!(envelope.ver, last.map_or(1, |(version, _)| version + 1));
        assert_eq!(envelope.prev, last.map(|(_, leaf)| leaf));
    }
    assert_eq!(store.head().await.unwrap().next_position, events.len() as u64);
    events.len() as u64
}
