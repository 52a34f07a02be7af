//! The in-memory twin: same engine, same contract, nothing durable. For tests of what is built on the store.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use merkle::Clock;
use merkle::bundle::Disclosure;
use tokio::sync::watch;
use uuid::Uuid;

use crate::engine::{Engine, Known, Locked, Placed, Writes};
use crate::types::{AppendError, AppendRequest, Appended, ClockError, Head, ReadError, Recorded};
use crate::{Entropy, EventStore, Keyring};

/// A log that lives as long as this value.
pub struct MemoryStore {
    origin: String,
    keyring: Keyring,
    entropy: Box<dyn Entropy>,
    log: Mutex<Log>,
    next_position: watch::Sender<u64>,
}

#[derive(Default)]
struct Log {
    known: Known,
    events: Vec<Placed>,
    vault: HashMap<(Uuid, String), (String, Vec<u8>)>,
    last_at: i64,
    last_effective_at: i64,
    simulated: Option<i64>,
}

impl MemoryStore {
    /// An empty log. `simulated` is the business clock, milliseconds since 1970-01-01 UTC; `None`: the wall clock.
    #[must_use]
    pub fn new(
        origin: &str,
        simulated: Option<i64>,
        keyring: Keyring,
        entropy: Box<dyn Entropy>,
    ) -> Self {
        let log = Mutex::new(Log { simulated, ..Log::default() });
        let next_position = watch::Sender::new(0);
        Self { origin: origin.to_owned(), keyring, entropy, log, next_position }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // A panic elsewhere cannot leave the log half changed: the engine changes it only when it accepts.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970-01-01 UTC.
fn wall_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Log {
    fn locked(&self, origin: &str) -> Locked {
        let at = wall_clock().max(self.last_at);
        Locked {
            origin: origin.to_owned(),
            next_position: self.events.len() as u64,
            at,
            effective_at: self.simulated.unwrap_or(at).max(self.last_effective_at),
            clock: if self.simulated.is_some() { Clock::Simulated } else { Clock::Wall },
        }
    }
}

impl EventStore for MemoryStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        let mut log = self.log();
        let mut locked = log.locked(&self.origin);
        let mut writes = Writes::default();
        let decided = Engine {
            locked: &mut locked,
            known: &mut log.known,
            writes: &mut writes,
            keyring: &self.keyring,
            entropy: &*self.entropy,
        }
        .decide(&request)?;
        if !decided.repeated {
            log.last_at = locked.at;
            log.last_effective_at = locked.effective_at;
        }
        log.events.extend(writes.events);
        for row in writes.vault {
            log.vault.insert((row.event_id, row.path), (row.subject, row.sealed));
        }
        self.next_position.send_replace(log.events.len() as u64);
        let first = usize::try_from(decided.first_position).unwrap_or(usize::MAX);
        let events = &log.events[first..first + decided.event_count as usize];
        let events = events.iter().map(|event| event.recorded.clone()).collect();
        Ok(Appended { events, repeated: decided.repeated })
    }

    async fn read(&self, from: u64, limit: u32) -> Result<Vec<Recorded>, ReadError> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let log = self.log();
        let events = log.events.iter().skip(from).take(limit as usize);
        Ok(events.map(|event| event.recorded.clone()).collect())
    }

    async fn read_stream(&self, stream: &str) -> Result<Vec<Recorded>, ReadError> {
        let log = self.log();
        let events = log.events.iter().filter(|event| event.stream == stream);
        Ok(events.map(|event| event.recorded.clone()).collect())
    }

    async fn event(&self, id: Uuid) -> Result<Option<Recorded>, ReadError> {
        let log = self.log();
        let mut events = log.events.iter().map(|event| &event.recorded);
        Ok(events.find(|event| event.id() == id).cloned())
    }

    async fn head(&self) -> Result<Head, ReadError> {
        let log = self.log();
        let locked = log.locked(&self.origin);
        Ok(Head {
            origin: locked.origin,
            next_position: locked.next_position,
            last_at: log.last_at,
            business_clock: locked.effective_at,
            clock: locked.clock,
        })
    }

    async fn advance_clock(&self, to: i64) -> Result<(), ClockError> {
        let mut log = self.log();
        let now = log.simulated.ok_or(ClockError::NotSimulated)?;
        merkle::instant::format(to).ok_or(ClockError::OutOfRange { to })?;
        if to < now {
            return Err(ClockError::Backwards { now, to });
        }
        log.simulated = Some(to);
        Ok(())
    }

    async fn tick(&self) -> Result<i64, ReadError> {
        let mut log = self.log();
        let locked = log.locked(&self.origin);
        log.last_at = locked.at;
        log.last_effective_at = locked.effective_at;
        Ok(locked.effective_at)
    }

    async fn disclose(&self, event: Uuid, path: &str) -> Result<Option<Disclosure>, ReadError> {
        let row = self.log().vault.get(&(event, path.to_owned())).cloned();
        let Some((subject, sealed)) = row else { return Ok(None) };
        Ok(self.keyring.open(&subject, event, path, &sealed)?)
    }

    async fn holder(&self, kind: &str, value: &str) -> Result<Option<String>, ReadError> {
        let claim = self.keyring.claim_hash(kind, value);
        Ok(self.log().known.claims.get(&claim).cloned())
    }

    fn subscribe(&self) -> watch::Receiver<u64> {
        self.next_position.subscribe()
    }
}
