//! The group-commit writer: while one batch is being committed, the next one gathers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_postgres::{Client, Config, NoTls};

use super::Submission;
use super::batch;
use super::statements::Statements;
use super::watcher::publish;
use crate::types::{AppendError, StoreFault, passes};
use crate::{Entropy, Keyring};

/// Requests in a batch, at most.
const BATCH_MAX: usize = 512;
/// How often a batch is tried again before its callers are told to.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Writer {
    config: Config,
    keyring: Keyring,
    entropy: Box<dyn Entropy>,
    announce: Arc<watch::Sender<u64>>,
    connection: Option<(Client, Statements)>,
}

impl Writer {
    pub(super) fn new(
        config: Config,
        keyring: Keyring,
        entropy: Box<dyn Entropy>,
        announce: Arc<watch::Sender<u64>>,
    ) -> Self {
        Self { config, keyring, entropy, announce, connection: None }
    }

    /// Runs until every sender is gone.
    pub(super) async fn run(mut self, mut submissions: mpsc::Receiver<Submission>) {
        let mut waiting = Vec::with_capacity(BATCH_MAX);
        while submissions.recv_many(&mut waiting, BATCH_MAX).await > 0 {
            self.append(std::mem::take(&mut waiting)).await;
        }
    }

    /// Tries the batch until it is decided.
    ///
    /// After a lost COMMIT nobody knows whether it happened. Trying again is the whole recovery: the head row's
    /// lock waits for the lost transaction to end, and then its command ids are there, and are answered as
    /// repeats, or are not, and are appended.
    async fn append(&mut self, batch: Vec<Submission>) {
        let mut tries = 1;
        loop {
            let error = match self.try_append(&batch).await {
                Ok(answers) => {
                    for (submission, answer) in batch.into_iter().zip(answers) {
                        // A caller that went away gets the same answer when it repeats its command.
                        let _ = submission.answer.send(answer);
                    }
                    return;
                }
                Err(error) => error,
            };
            if !can_try_again(&error) || tries == TRIES {
                tracing::error!(error = %describe(&error), tries, "a batch could not be appended");
                refuse(batch, error);
                return;
            }
            tracing::warn!(error = %describe(&error), tries, "a batch is tried again");
            tokio::time::sleep(PAUSE * 2_u32.pow(tries)).await;
            tries += 1;
        }
    }

    async fn try_append(&mut self, batch: &[Submission]) -> Result<Vec<batch::Answer>, StoreFault> {
        let (client, statements) = match self.connection.take() {
            Some(connection) if !connection.0.is_closed() => self.connection.insert(connection),
            _ => self.connection.insert(connect(&self.config).await?),
        };
        let requests = batch.iter().map(|submission| &submission.request);
        let (answers, next_position) =
            batch::append(client, statements, requests, &self.keyring, &*self.entropy).await?;
        publish(next_position, &self.announce);
        Ok(answers)
    }
}

async fn connect(config: &Config) -> Result<(Client, Statements), tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "the writer's connection ended");
        }
    });
    let statements = Statements::prepare(&client).await?;
    Ok((client, statements))
}

fn can_try_again(fault: &StoreFault) -> bool {
    matches!(fault, StoreFault::Database(error) if passes(error))
}

/// Nobody is told "not appended" when that is not known.
fn refuse(batch: Vec<Submission>, fault: StoreFault) {
    let text = describe(&fault);
    let incident = matches!(&fault, StoreFault::Database(error)
        if error.code().is_some_and(|code| code.code().starts_with("23")));
    let mut first = Some(fault);
    for submission in batch {
        let answer = match first.take() {
            Some(StoreFault::Database(error)) if incident => AppendError::Incident(error),
            Some(fault) => AppendError::Unavailable(fault),
            None => AppendError::Unavailable(StoreFault::Batch { reason: text.clone() }),
        };
        let _ = submission.answer.send(Err(answer));
    }
}

fn describe(fault: &StoreFault) -> String {
    let source = std::error::Error::source(fault);
    source.map_or_else(|| fault.to_string(), |source| format!("{fault}: {source}"))
}
