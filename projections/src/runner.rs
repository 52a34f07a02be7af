//! The runner: follows the log by position.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use eventstore::EventStore;

use crate::ProjectionError;
use crate::apply::{Check, apply_all};
use crate::generation::{self, Lease, NAME, Serving};
use crate::rebuild::replace;

/// Pause before a failed step is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A batch was applied; the next event to apply has this position.
    Applied {
        /// Position of the next event to apply.
        position: u64,
    },
    /// There was nothing to apply.
    UpToDate {
        /// Position of the next event to apply.
        position: u64,
    },
}

/// Follows the log and keeps the served generation up to date.
///
/// Whatever stops it, between any two statements, leaves a checkpoint that fits the rows: both move in one
/// transaction. Starting again is the whole recovery.
pub struct Runner<S> {
    store: Arc<S>,
    pool: Pool,
    batch_size_max: u32,
    lease: Option<Lease>,
}

impl<S: EventStore> Runner<S> {
    /// A runner that applies up to `batch_size_max` events (at least 1) in a transaction.
    #[must_use]
    pub fn new(store: Arc<S>, pool: Pool, batch_size_max: u32) -> Self {
        Self { store, pool, batch_size_max: batch_size_max.max(1), lease: None }
    }

    /// Follows the log until `stop` is ready.
    ///
    /// When the database is away it waits and goes on; when the served generation is replaced it goes on with
    /// the new one.
    ///
    /// # Errors
    /// A [`ProjectionError`] that somebody has to look at; it is also written down where
    /// [`Serving::failure`] shows it.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), ProjectionError> {
        let mut stop = pin!(stop);
        let mut next_position = self.store.subscribe();
        loop {
            let followed = tokio::select! {
                () = &mut stop => return Ok(()),
                followed = self.catch_up() => followed,
            };
            match followed {
                Ok(_) => {}
                Err(error) if error.is_transient() => {
                    tracing::warn!(%error, "the read models are not followed for a moment");
                    self.lease = None;
                    tokio::select! {
                        () = &mut stop => return Ok(()),
                        () = tokio::time::sleep(RETRY_PAUSE) => continue,
                    }
                }
                Err(error) => return Err(self.give_up(error).await),
            }
            tokio::select! {
                () = &mut stop => return Ok(()),
                changed = next_position.changed() => if changed.is_err() { return Ok(()) },
            }
        }
    }

    /// Applies batches until there is nothing to apply; answers the position of the next event.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn catch_up(&mut self) -> Result<u64, ProjectionError> {
        loop {
            if let Step::UpToDate { position } = self.step().await? {
                return Ok(position);
            }
        }
    }

    /// Applies one batch, at most.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn step(&mut self) -> Result<Step, ProjectionError> {
        let lease = match self.lease {
            Some(lease) => lease,
            None => self.take_over().await?,
        };
        // Not known whether it was committed until it is: a failed step reads the checkpoint again.
        self.lease = None;
        let events = self.store.read(lease.position, self.batch_size_max).await?;
        if events.is_empty() {
            self.lease = Some(lease);
            return Ok(Step::UpToDate { position: lease.position });
        }
        let mut client = self.pool.get().await?;
        let db_tx = client.transaction().await?;
        let moved = apply_all(&db_tx, &*self.store, lease, &events, Check::Hash).await;
        if let Err(ProjectionError::Superseded { .. } | ProjectionError::Database(_)) = &moved {
            return Err(moved.expect_err("it was matched as an error"));
        }
        // Any other failure keeps the lease, so that it can be written down under its epoch.
        self.lease = Some(lease);
        let moved = moved?;
        self.lease = None;
        db_tx.commit().await?;
        self.lease = Some(moved);
        Ok(Step::Applied { position: moved.position })
    }

    async fn take_over(&self) -> Result<Lease, ProjectionError> {
        let head = self.store.head().await?;
        if generation::serving(&self.pool).await?.is_none() {
            generation::serve_first(&self.pool, &head.origin).await?;
        }
        let served = generation::serving(&self.pool).await?;
        let serving = served.ok_or(ProjectionError::NoGeneration)?;
        check_log(&serving, &head.origin, head.next_position)?;
        let serving = if serving.name == NAME {
            serving
        } else {
            tracing::info!(name = NAME, served = serving.name, "the read models have a new shape");
            replace(&*self.store, &self.pool, self.batch_size_max).await?;
            generation::serving(&self.pool).await?.ok_or(ProjectionError::NoGeneration)?
        };
        generation::take_over(&self.pool, serving.generation).await
    }

    async fn give_up(&mut self, error: ProjectionError) -> ProjectionError {
        tracing::error!(error = %error, "the read models are not followed any more");
        if let (Some(lease), false) = (self.lease, matches!(error, ProjectionError::Fenced { .. }))
        {
            let recorded = generation::record_failure(&self.pool, lease, &error.to_string()).await;
            if let Err(error) = recorded {
                tracing::warn!(%error, "the failure could not be written down");
            }
        }
        error
    }
}

/// Read models of another log, or ahead of this one, are worth nothing.
fn check_log(serving: &Serving, origin: &str, log_size: u64) -> Result<(), ProjectionError> {
    if serving.origin != origin {
        let (found, expected) = (serving.origin.clone(), origin.to_owned());
        return Err(ProjectionError::OtherLog { found, expected });
    }
    if serving.position > log_size {
        return Err(ProjectionError::AheadOfLog { position: serving.position, log_size });
    }
    Ok(())
}
