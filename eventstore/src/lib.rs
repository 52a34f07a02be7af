//! The append-only event store: append, read, follow; claims and the vault.
//!
//! A group-commit writer takes one lock a batch, on the single row of `log.head`, so that positions are dense,
//! readers that remember "the last position I saw" lose nothing, and a batch costs one fsync. What is decided
//! under the lock is decided in memory by one engine, which [`PgStore`] and its in-memory twin [`MemoryStore`]
//! share; one contract suite tests both.
//!
//! This room owns all SQL against the schema `log`. It deliberately knows no event type, no rule and no role:
//! what may be appended is `domain`'s business, who may append is `application`'s.

mod engine;
mod entropy;
#[cfg(feature = "eventually")]
pub mod eventually;
mod keys;
mod memory;
mod pg;
mod seal;
mod types;

pub use entropy::{Entropy, SystemEntropy};
pub use keys::{FolderKeys, Keyring, KeysError, MemoryKeys, VaultKeys};
pub use memory::MemoryStore;
pub use pg::{LogSetup, PgStore, SetupError, initialise};
pub use types::{
    AppendError, AppendRequest, Appended, Claim, ClockError, Head, NewEvent, ReadError, Recorded,
    StoreFault, StreamWrite, Withheld, passes,
};

use std::future::Future;

use merkle::Envelope;
use merkle::bundle::Disclosure;
use tokio::sync::watch;
use uuid::Uuid;

/// What the rest of the system may do with the log.
pub trait EventStore: Send + Sync + 'static {
    /// Appends all events of `request`, or none.
    ///
    /// A request with a `command_id` that was appended before returns the first answer when its body is the
    /// same. After [`AppendError::Unavailable`] repeat the request as it is: nothing is appended twice.
    ///
    /// # Errors
    /// See [`AppendError`]; in every case nothing of the request was appended, but for
    /// [`AppendError::Unavailable`], where that is not known.
    fn append(
        &self,
        request: AppendRequest,
    ) -> impl Future<Output = Result<Appended, AppendError>> + Send;

    /// Events from position `from` on, in order, `limit` at most.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn read(
        &self,
        from: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Recorded>, ReadError>> + Send;

    /// All events of a stream, in order; empty when there is no such stream.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn read_stream(
        &self,
        stream: &str,
    ) -> impl Future<Output = Result<Vec<Recorded>, ReadError>> + Send;

    /// The event with this id.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn event(&self, id: Uuid) -> impl Future<Output = Result<Option<Recorded>, ReadError>> + Send;

    /// Where the log stands and what its clocks say.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn head(&self) -> impl Future<Output = Result<Head, ReadError>> + Send;

    /// Moves the simulated business clock forward to `to`, milliseconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// See [`ClockError`].
    fn advance_clock(&self, to: i64) -> impl Future<Output = Result<(), ClockError>> + Send;

    /// The business clock, milliseconds since 1970-01-01 UTC, made the floor of everything later.
    ///
    /// Whoever has seen an instant by `tick` knows that nothing is ever recorded with an earlier one, even if the
    /// machine's clock is set back. Deadlines are closed with it; [`EventStore::head`] only shows the clock.
    ///
    /// # Errors
    /// See [`ReadError`]; it is then not known whether the floor was raised, which harms nobody.
    fn tick(&self) -> impl Future<Output = Result<i64, ReadError>> + Send;

    /// The inner envelope of a sealed entry; `None` when the entry is open or the key was destroyed.
    ///
    /// # Errors
    /// [`ReadError::Vault`] when what the vault holds is not what the entry commits to; see [`ReadError`].
    fn unseal(
        &self,
        recorded: &Recorded,
    ) -> impl Future<Output = Result<Option<Envelope>, ReadError>> + Send {
        async move {
            let merkle::Entry::Sealed(outer) = &recorded.content else { return Ok(None) };
            let disclosure = self.disclose(outer.id, seal::PATH).await?;
            disclosure.map(|disclosure| seal::open(outer, disclosure)).transpose()
        }
    }

    /// The withheld value at `path` of an event; `None` when there is none or its key was destroyed.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn disclose(
        &self,
        event: Uuid,
        path: &str,
    ) -> impl Future<Output = Result<Option<Disclosure>, ReadError>> + Send;

    /// The stream that holds a unique key; `None` when the key is free.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn holder(
        &self,
        kind: &str,
        value: &str,
    ) -> impl Future<Output = Result<Option<String>, ReadError>> + Send;

    /// Follows the log: the receiver holds the position of the next event to come.
    ///
    /// It is a wake-up only; readers always query by position.
    fn subscribe(&self) -> watch::Receiver<u64>;
}
