//! What goes in and what comes out.

use merkle::entry::EntryError;
use merkle::{Actor, Clock, Entry, Envelope, Hash, RuleSetRef};
use serde_json::{Map, Value};
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::KeysError;

/// Events to append atomically, with everything that must still hold when they are.
#[derive(Debug, Clone)]
pub struct AppendRequest {
    /// Chosen by the caller; makes the request repeatable.
    pub command_id: Uuid,
    /// What the command says, in bytes that are equal when the command is. Only a keyed hash is stored.
    pub body: Vec<u8>,
    /// Shared by everything that one request of a user caused.
    ///
    /// In a sealed entry it is hidden, and must not be guessable from outside: no id that the caller chose and may
    /// show elsewhere, nor one that other events show, for it would say which events belong together.
    pub correlation: Uuid,
    /// The events, stream by stream; at least one event in all, no stream twice.
    pub writes: Vec<StreamWrite>,
    /// Streams that the decision read but does not write, and the version it read (0: no such stream).
    pub unchanged: Vec<(String, u64)>,
    /// The business clock must have reached this instant (inclusive), milliseconds since 1970-01-01 UTC.
    pub not_before: Option<i64>,
    /// The business clock must be before this instant (exclusive), milliseconds since 1970-01-01 UTC.
    pub not_after: Option<i64>,
    /// Unique keys to take.
    pub take: Vec<Claim>,
    /// Unique keys to give back; they must be held by the stream that the claim names.
    pub release: Vec<Claim>,
}

/// New events of one stream.
#[derive(Debug, Clone)]
pub struct StreamWrite {
    /// Name of the stream.
    pub stream: String,
    /// Version the stream must have (0: it must not exist).
    pub expected: u64,
    /// At least one.
    pub events: Vec<NewEvent>,
    /// Whose key the inner envelopes are kept under, a vault subject: destroying it leaves entries that nobody can
    /// open. `Some` makes every event of this write a sealed entry, `None` an open one; a stream is one or the other
    /// for its whole life.
    pub seal: Option<String>,
}

/// An event before it has a place in the log.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Name of the event type.
    pub event_type: String,
    /// Version of the event type, from 1.
    pub schema: u16,
    /// Who acted; `None` only when `withheld` has `/actor`.
    pub actor: Option<Actor>,
    /// The event that caused this one.
    pub causation: Option<Uuid>,
    /// The rules the act was judged by.
    pub rule_set: Option<RuleSetRef>,
    /// The event type's own members, without the withheld ones.
    pub data: Map<String, Value>,
    /// Members of which the log holds a commitment only.
    pub withheld: Vec<Withheld>,
}

/// A value that goes into the vault, its commitment into the log.
#[derive(Debug, Clone)]
pub struct Withheld {
    /// RFC 6901 pointer into the envelope, such as `/data/contact`.
    pub path: String,
    /// Whose it is: destroying this subject's key erases it.
    pub subject: String,
    /// The value.
    pub value: Value,
}

/// A unique key, such as a company's RFC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Name of the set in which `value` is unique.
    pub kind: String,
    /// The key; only a keyed hash of it is stored.
    pub value: String,
    /// The stream that holds or will hold it.
    pub stream: String,
}

/// An event that is on the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Place in the whole log, dense from 0.
    pub position: u64,
    /// The hashed bytes, verbatim.
    pub entry: Vec<u8>,
    /// Hash of the entry.
    pub leaf: Hash,
    /// What the entry says.
    pub content: Entry,
}

impl Recorded {
    /// Reads an event off its stored bytes.
    ///
    /// # Errors
    /// When the bytes are no entry: the database was tampered with or is damaged.
    pub fn from_stored(position: u64, entry: Vec<u8>, leaf: Hash) -> Result<Self, ReadError> {
        let content =
            Entry::from_entry(&entry).map_err(|source| ReadError::Corrupt { position, source })?;
        Ok(Self { position, entry, leaf, content })
    }

    /// Event id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.content.id()
    }

    /// Wall clock, milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn at(&self) -> i64 {
        self.content.at()
    }

    /// What the business clock is worth.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.content.clock()
    }

    /// The envelope, unless it is sealed.
    #[must_use]
    pub const fn open(&self) -> Option<&Envelope> {
        match &self.content {
            Entry::Open(envelope) => Some(envelope),
            Entry::Sealed(_) => None,
        }
    }

    /// Whether the log shows only its place and time.
    #[must_use]
    pub const fn is_sealed(&self) -> bool {
        matches!(self.content, Entry::Sealed(_))
    }
}

/// The answer to an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The events, in order of position.
    pub events: Vec<Recorded>,
    /// Whether this is the first answer again.
    pub repeated: bool,
}

/// Where the log stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Origin of the log.
    pub origin: String,
    /// Position of the next event = number of events.
    pub next_position: u64,
    /// Wall clock of the last batch, milliseconds since 1970-01-01 UTC.
    pub last_at: i64,
    /// Business clock now, milliseconds since 1970-01-01 UTC.
    pub business_clock: i64,
    /// What the business clock is worth.
    pub clock: Clock,
}

/// The store could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// Postgres refused or was not there.
    #[error("the event store's database failed")]
    Database(#[from] tokio_postgres::Error),
    /// No connection could be had.
    #[error("no connection to the event store's database")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// The log was never set up.
    #[error("the log has no head row: run the set-up first")]
    NotInitialised,
    /// The batch that this request was part of failed; the first of its callers got the cause itself.
    #[error("the batch failed: {reason}")]
    Batch {
        /// The cause, in words.
        reason: String,
    },
    /// The writer has stopped.
    #[error("the writer of the event store has stopped")]
    WriterStopped,
}

/// Whether a failure of Postgres passes by waiting: a lost connection, a server that starts or stops, or a conflict
/// that another try resolves.
#[must_use]
pub fn passes(error: &tokio_postgres::Error) -> bool {
    // Without an SQLSTATE it was not the server that refused.
    error.code().is_none_or(|code| {
        [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
        ]
        .contains(code)
            || code.code().starts_with("08")
    })
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else wrote the stream: load it again and decide anew.
    #[error("stream {stream} has version {actual}, expected {expected}")]
    VersionConflict {
        /// The stream.
        stream: String,
        /// Version the request was decided at.
        expected: u64,
        /// Version it has.
        actual: u64,
    },
    /// A stream that the decision read has changed: load it again and decide anew.
    #[error("stream {stream}, which the decision read, has version {actual}, expected {expected}")]
    ReadChanged {
        /// The stream.
        stream: String,
        /// Version the decision read.
        expected: u64,
        /// Version it has.
        actual: u64,
    },
    /// A stream is wholly sealed or wholly open, and this one is the other.
    #[error("stream {stream} is sealed and the request is not, or the other way round")]
    SealMismatch {
        /// The stream.
        stream: String,
    },
    /// The hour had not come when the lock was granted.
    #[error("the business clock is {now} ms, the hour is {not_before} ms")]
    TooEarly {
        /// The inclusive hour.
        not_before: i64,
        /// The business clock under the lock.
        now: i64,
    },
    /// The deadline passed before the lock was granted.
    #[error("the business clock is {now} ms, the deadline was {not_after} ms")]
    DeadlinePassed {
        /// The exclusive deadline.
        not_after: i64,
        /// The business clock under the lock.
        now: i64,
    },
    /// A unique key is taken.
    #[error("a claim of kind {kind} is taken")]
    ClaimTaken {
        /// Name of the set.
        kind: String,
    },
    /// A unique key that was to be released is not held by the stream.
    #[error("a claim of kind {kind} is not held by the stream that releases it")]
    ClaimNotHeld {
        /// Name of the set.
        kind: String,
    },
    /// The command id was used with another body.
    #[error("command {command_id} was used before with another body")]
    CommandReused {
        /// The command id.
        command_id: Uuid,
    },
    /// The request has no event, or a stream twice.
    #[error("the request writes nothing, or a stream twice")]
    Malformed,
    /// An event breaks the entry's format.
    #[error("an event does not fit the format of the log")]
    Entry(#[from] EntryError),
    /// A vault key could not be made durable.
    #[error("the vault's keys cannot be used")]
    Keys(#[from] KeysError),
    /// A stored entry could not be read back to repeat an answer.
    #[error("the first answer to this command cannot be read")]
    Read(#[from] ReadError),
    /// A constraint that the writer guards was hit: a defect, or someone wrote past it.
    #[error("a constraint of the log was hit")]
    Incident(#[source] tokio_postgres::Error),
    /// Not known whether it was appended; repeat the request as it is.
    #[error("the event store is not available; repeat the command with the same id")]
    Unavailable(#[source] StoreFault),
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The store could not be used.
    #[error(transparent)]
    Fault(#[from] StoreFault),
    /// Stored bytes are no entry.
    #[error("the entry at position {position} is damaged")]
    Corrupt {
        /// Its position.
        position: u64,
        /// What is wrong with it.
        #[source]
        source: EntryError,
    },
    /// A stored hash or number has the wrong shape.
    #[error("a row of the log at position {position} is damaged")]
    Row {
        /// Its position.
        position: i64,
    },
    /// What the vault holds for a sealed entry is not what the entry commits to.
    #[error("the vault's value for the sealed entry at position {position} is damaged")]
    Vault {
        /// The entry's position.
        position: u64,
    },
    /// The vault's keys could not be read.
    #[error("the vault's keys cannot be used")]
    Keys(#[from] KeysError),
}

impl From<tokio_postgres::Error> for ReadError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl From<deadpool_postgres::PoolError> for ReadError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Self::Fault(error.into())
    }
}

/// Why the business clock was not moved.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// The log runs on the wall clock.
    #[error("the business clock of this log is the wall clock; nobody moves it")]
    NotSimulated,
    /// The clock only moves forward.
    #[error("the business clock is at {now} ms already, which is after {to} ms")]
    Backwards {
        /// Where it stands.
        now: i64,
        /// Where it was to go.
        to: i64,
    },
    /// The instant cannot be written down.
    #[error("{to} ms is outside the years 1970 to 9999")]
    OutOfRange {
        /// Where it was to go.
        to: i64,
    },
    /// The store could not be used.
    #[error(transparent)]
    Fault(#[from] StoreFault),
}

impl From<tokio_postgres::Error> for ClockError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Fault(error.into())
    }
}
