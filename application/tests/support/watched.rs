//! The real store, which notes what a decision reads and its append does not guard.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use eventstore::{
    AppendError, AppendRequest, Appended, ClockError, EventStore, Head, PgStore, ReadError,
    Recorded,
};
use merkle::Envelope;
use merkle::bundle::Disclosure;
use tokio::sync::watch;
use uuid::Uuid;

/// Streams that a decision may read without saying at which version, for nothing that is recorded in them later can
/// change it: an evaluator's interests are declared once, and a participation is one event.
const NEVER_CHANGES: [&str; 2] = ["evaluator-", "participation-"];

/// Of use to whoever acts one command after another: reads of two at once would be mixed up.
#[derive(Clone)]
pub struct WatchedStore {
    store: PgStore,
    watched: Arc<Mutex<Watched>>,
}

#[derive(Default)]
struct Watched {
    read: BTreeSet<String>,
    unguarded: BTreeSet<String>,
}

impl WatchedStore {
    pub fn new(store: PgStore) -> Self {
        Self { store, watched: Arc::default() }
    }

    /// For each event type, the streams that its decision read and its append did not guard.
    pub fn unguarded(&self) -> BTreeSet<String> {
        self.watched.lock().unwrap().unguarded.clone()
    }

    fn watch(&self, request: &AppendRequest) {
        let mut watched = self.watched.lock().unwrap();
        let read = std::mem::take(&mut watched.read);
        let Some(write) = request.writes.first() else { return };
        let is_guarded = |stream: &String| {
            request.writes.iter().any(|write| write.stream == *stream)
                || request.unchanged.iter().any(|(unchanged, _)| unchanged == stream)
                || NEVER_CHANGES.iter().any(|prefix| stream.starts_with(prefix))
        };
        let event_type = write.events[0].event_type.clone();
        let unguarded = read.into_iter().filter(|stream| !is_guarded(stream));
        watched.unguarded.extend(unguarded.map(|stream| format!("{event_type} reads {stream}")));
    }
}

impl EventStore for WatchedStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        self.watch(&request);
        self.store.append(request).await
    }

    async fn read(&self, from: u64, limit: u32) -> Result<Vec<Recorded>, ReadError> {
        self.store.read(from, limit).await
    }

    async fn read_stream(&self, stream: &str) -> Result<Vec<Recorded>, ReadError> {
        self.watched.lock().unwrap().read.insert(stream.to_owned());
        self.store.read_stream(stream).await
    }

    async fn event(&self, id: Uuid) -> Result<Option<Recorded>, ReadError> {
        self.store.event(id).await
    }

    async fn head(&self) -> Result<Head, ReadError> {
        self.store.head().await
    }

    async fn advance_clock(&self, to: i64) -> Result<(), ClockError> {
        self.store.advance_clock(to).await
    }

    async fn tick(&self) -> Result<i64, ReadError> {
        self.store.tick().await
    }

    async fn unseal(&self, recorded: &Recorded) -> Result<Option<Envelope>, ReadError> {
        self.store.unseal(recorded).await
    }

    async fn disclose(&self, event: Uuid, path: &str) -> Result<Option<Disclosure>, ReadError> {
        self.store.disclose(event, path).await
    }

    async fn holder(&self, kind: &str, value: &str) -> Result<Option<String>, ReadError> {
        self.store.holder(kind, value).await
    }

    fn subscribe(&self) -> watch::Receiver<u64> {
        self.store.subscribe()
    }
}
