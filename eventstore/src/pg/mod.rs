//! The store on Postgres.

mod batch;
mod clock;
mod reader;
mod setup;
mod statements;
mod watcher;
mod writer;

use std::sync::Arc;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use merkle::bundle::Disclosure;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_postgres::{Config, NoTls};
use uuid::Uuid;

pub use setup::{LogSetup, SetupError, initialise};

use crate::types::{
    AppendError, AppendRequest, Appended, ClockError, Head, ReadError, Recorded, StoreFault,
};
use crate::{Entropy, EventStore, Keyring};

/// Requests that wait for the writer; beyond that, callers wait to hand theirs over.
const QUEUE: usize = 4_096;
/// Connections for readers.
const READERS: usize = 8;

/// The log in a Postgres database. Cheap to clone; the last clone stops the writer and the watcher.
#[derive(Clone)]
pub struct PgStore {
    pool: Pool,
    keyring: Keyring,
    queue: mpsc::Sender<Submission>,
    next_position: watch::Receiver<u64>,
}

/// A request on its way to the writer, and where its answer goes.
pub(crate) struct Submission {
    request: AppendRequest,
    answer: oneshot::Sender<Result<Appended, AppendError>>,
}

impl PgStore {
    /// Connects as the service's role; the log must have been set up by [`initialise`].
    ///
    /// `url` is a libpq connection string. Two tasks are started: the writer and the watcher.
    ///
    /// # Errors
    /// When the database cannot be reached or has no head row.
    ///
    /// # Panics
    /// Never: a pool without timeouts needs no runtime of its own.
    pub async fn connect(
        url: &str,
        keyring: Keyring,
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, ReadError> {
        let config: Config = url.parse()?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config.clone(), NoTls, recycling))
            .max_size(READERS)
            .build()
            .expect("a pool without timeouts needs no runtime");
        let head = reader::head(&pool).await?;
        let (announce, next_position) = watch::channel(head.next_position);
        let (queue, submissions) = mpsc::channel(QUEUE);
        let announce = Arc::new(announce);
        let writer =
            writer::Writer::new(config.clone(), keyring.clone(), entropy, announce.clone());
        tokio::spawn(writer.run(submissions));
        tokio::spawn(watcher::run(config, announce));
        Ok(Self { pool, keyring, queue, next_position })
    }

    /// Connections for readers of other schemas in the same database.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }
}

impl EventStore for PgStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        let stopped = || AppendError::Unavailable(StoreFault::WriterStopped);
        let (answer, answered) = oneshot::channel();
        self.queue.send(Submission { request, answer }).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }

    async fn read(&self, from: u64, limit: u32) -> Result<Vec<Recorded>, ReadError> {
        reader::range(&self.pool, from, limit).await
    }

    async fn read_stream(&self, stream: &str) -> Result<Vec<Recorded>, ReadError> {
        reader::stream(&self.pool, stream).await
    }

    async fn event(&self, id: Uuid) -> Result<Option<Recorded>, ReadError> {
        reader::event(&self.pool, id).await
    }

    async fn head(&self) -> Result<Head, ReadError> {
        reader::head(&self.pool).await
    }

    async fn advance_clock(&self, to: i64) -> Result<(), ClockError> {
        clock::advance_clock(&self.pool, to).await
    }

    async fn tick(&self) -> Result<i64, ReadError> {
        clock::tick(&self.pool).await
    }

    async fn disclose(&self, event: Uuid, path: &str) -> Result<Option<Disclosure>, ReadError> {
        let Some((subject, sealed)) = reader::vault(&self.pool, event, path).await? else {
            return Ok(None);
        };
        Ok(self.keyring.open(&subject, event, path, &sealed)?)
    }

    async fn holder(&self, kind: &str, value: &str) -> Result<Option<String>, ReadError> {
        reader::holder(&self.pool, &self.keyring.claim_hash(kind, value)).await
    }

    fn subscribe(&self) -> watch::Receiver<u64> {
        self.next_position.clone()
    }
}
