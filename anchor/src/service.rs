//! The state machine: pending → submitted → mined → confirmed, and back when the chain is reorganised.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use eventstore::EventStore;
use merkle::log_tree::{Question, edge};
use tokio::time::Instant;
use tracing::{info, warn};

use crate::config::BatchRules;
use crate::contract::{
    BatchContract, ChainTx, Confirmation, ContractError, ContractHead, Outlook, Sent,
};
use crate::error::AnchorError;
use crate::flush::FlushHandle;
use crate::log::{cut, holds_type, leaves};
use crate::memory::{BatchRow, Memory};
use crate::recovery;
use crate::signed::Signer;

/// Longest wait after repeated failures of the chain node.
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// How often a chain transaction that no block takes is replaced: each time it pays a quarter more.
const REPLACEMENTS_MAX: u32 = 8;

/// What one step did. Each writes the database once or calls the node once to change something, so that a crash
/// can only fall between two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing to do until something happens.
    Idle,
    /// A batch was found in the contract that the database did not know, and is the log's own.
    Adopted {
        /// Its index.
        index: u64,
    },
    /// Batches from this index on are no longer in their blocks.
    Rewound {
        /// The lowest index.
        from: u64,
    },
    /// A batch was cut.
    Closed {
        /// Its index.
        index: u64,
    },
    /// Its chain transaction was signed and stored.
    Signed {
        /// Its index.
        index: u64,
    },
    /// Its chain transaction was handed to the node.
    Sent {
        /// Its index.
        index: u64,
    },
    /// It was found in a block.
    Mined {
        /// Its index.
        index: u64,
    },
    /// A quorum of signers stands behind its block.
    Confirmed {
        /// Its index.
        index: u64,
    },
}

/// What this process did for the lowest batch that is in no block; a new process starts with a new one.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    index: u64,
    sent_at: Option<Instant>,
    /// Since when the chain transaction that is stored is being sent.
    sending_since: Option<Instant>,
    replacements: u32,
}

impl Attempt {
    fn at(index: u64) -> Self {
        Self { index, sent_at: None, sending_since: None, replacements: 0 }
    }
}

/// The one writer of the contract.
pub struct Service<S, C> {
    store: Arc<S>,
    contract: C,
    memory: Memory,
    signer: Signer,
    rules: BatchRules,
    flush: FlushHandle,
    attempt: Attempt,
    /// Since when entries wait for a batch.
    waiting_since: Option<Instant>,
    /// Which waiting entries were looked at for the end of a deadline: those before this position.
    looked_until: u64,
    /// Whether one of them ends a deadline.
    deadline_waits: bool,
    /// The next batch to check again; goes round for ever.
    recheck: u64,
}

impl<S: EventStore, C: BatchContract> Service<S, C> {
    /// Takes the lease, checks the log against its own batches, against what was signed and against the contract.
    ///
    /// # Errors
    /// [`AnchorError::LogBehind`] and [`AnchorError::OtherLog`] when the contract knows better,
    /// [`crate::SignerError`] when a checkpoint does: nothing may be anchored then. [`crate::memory::MemoryError::LeaseTaken`] while another service runs.
    pub async fn start(
        store: Arc<S>,
        contract: C,
        pool: &Pool,
        signer: impl Into<Signer>,
        rules: BatchRules,
    ) -> Result<Self, AnchorError> {
        let signer = signer.into();
        let origin = store.head().await?.origin;
        let named = contract.identity().origin_hash;
        if origin != signer.origin() || merkle::digest::origin_hash(&origin) != named {
            return Err(AnchorError::OtherOrigin { origin });
        }
        let mut memory = Memory::open(pool, contract.identity()).await?;
        let end = recovery::check_log(&*store, &mut memory, contract.identity()).await?;
        recovery::check_signed(&*store, &memory, &signer, end).await?;
        let head = contract.head().await?;
        recovery::check_contract(&*store, &memory, &contract, &head).await?;
        info!(
            anchor.contract = %contract.identity().address,
            anchor.batches = head.batches,
            anchor.size = head.size,
            log.batched = end,
            "the log agrees with the contract"
        );
        Ok(Self {
            store,
            contract,
            memory,
            signer,
            rules,
            flush: FlushHandle::default(),
            attempt: Attempt::at(0),
            waiting_since: None,
            looked_until: 0,
            deadline_waits: false,
            recheck: 0,
        })
    }

    /// Asks the running service to close a batch at once.
    #[must_use]
    pub fn flush_handle(&self) -> FlushHandle {
        self.flush.clone()
    }

    /// Runs until something is wrong that waiting does not mend; dropping it at any point is safe.
    ///
    /// # Errors
    /// See [`AnchorError`]; failures of the chain node are waited out.
    pub async fn run(mut self) -> Result<Infallible, AnchorError> {
        let mut news = self.store.subscribe();
        let mut wait = self.rules.poll_interval;
        loop {
            match self.step().await {
                Ok(Step::Idle) => wait = self.rules.poll_interval,
                Ok(step) => {
                    info!(anchor.step = ?step, "the anchor went a step on");
                    continue;
                }
                Err(error) if error.is_transient() => {
                    report(&error, wait);
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(BACKOFF_MAX);
                    continue;
                }
                Err(error) => return Err(error),
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.flush.requested() => {}
                // Only a wake-up; without a writer in this process the poll remains.
                Ok(()) = news.changed() => {}
            }
        }
    }

    /// Does the first thing there is to do.
    ///
    /// # Errors
    /// See [`AnchorError`]; whatever it is, the next step starts from what contract and database say.
    pub async fn step(&mut self) -> Result<Step, AnchorError> {
        let head = self.contract.head().await?;
        let known = self.memory.last().await?.map_or(0, |last| last.head.index + 1);
        if head.batches > known {
            recovery::adopt(&*self.store, &mut self.memory, &self.contract, &self.signer, known)
                .await?;
            return Ok(Step::Adopted { index: known });
        }
        if let Some(from) = self.gone_from(&head).await? {
            return self.rewind(from).await;
        }
        if let Some(step) = self.confirm().await? {
            return Ok(step);
        }
        match self.memory.first_unmined().await? {
            Some(batch) => self.advance(&batch, &head).await,
            None => self.close(known).await,
        }
    }

    /// The lowest batch whose block is gone. Besides the newest one, one older batch is looked at each time.
    async fn gone_from(&mut self, head: &ContractHead) -> Result<Option<u64>, AnchorError> {
        let Some(newest) = self.memory.last_in_block().await? else { return Ok(None) };
        if self.is_gone(&newest, head).await? {
            let mut from = newest.head.index;
            while let Some(before) = from.checked_sub(1) {
                match self.memory.batch(before).await? {
                    Some(batch) if self.is_gone(&batch, head).await? => from = before,
                    _ => break,
                }
            }
            return Ok(Some(from));
        }
        self.recheck = if self.recheck >= newest.head.index { 0 } else { self.recheck + 1 };
        match self.memory.batch(self.recheck).await? {
            Some(batch) if self.is_gone(&batch, head).await? => Ok(Some(batch.head.index)),
            _ => Ok(None),
        }
    }

    async fn is_gone(&self, batch: &BatchRow, head: &ContractHead) -> Result<bool, AnchorError> {
        let Some(block) = batch.block else { return Ok(false) };
        Ok(batch.head.index >= head.batches || !self.contract.is_canonical(block).await?)
    }

    async fn rewind(&mut self, from: u64) -> Result<Step, AnchorError> {
        // A crash here leaves batches marked as mined; the next step finds them gone again.
        self.memory.rewind(from).await?;
        // What was sent went with the blocks.
        self.attempt = Attempt::at(from);
        warn!(batch.index = from, "the chain was reorganised: batches are anchored again");
        Ok(Step::Rewound { from })
    }

    /// Looks whether the oldest mined batch has its quorum.
    async fn confirm(&mut self) -> Result<Option<Step>, AnchorError> {
        let Some(batch) = self.memory.first_mined().await? else { return Ok(None) };
        let Some(block) = batch.block else { return Ok(None) };
        let index = batch.head.index;
        match self.contract.confirmation(&batch.head, block).await? {
            Confirmation::Waiting { .. } => Ok(None),
            Confirmation::Reorganised => self.rewind(index).await.map(Some),
            Confirmation::Confirmed(evidence) => {
                // A crash here loses what the node showed; the next step asks it again.
                self.memory.confirm(index, &evidence).await?;
                Ok(Some(Step::Confirmed { index }))
            }
        }
    }

    /// Brings the lowest batch that is in no block one step nearer to one.
    async fn advance(
        &mut self,
        batch: &BatchRow,
        head: &ContractHead,
    ) -> Result<Step, AnchorError> {
        let index = batch.head.index;
        if self.attempt.index != index {
            self.attempt = Attempt::at(index);
        }
        if index < head.batches {
            return self.found(batch).await;
        }
        let Some(chain_tx) = &batch.chain_tx else { return self.sign(batch).await };
        match self.contract.outlook(chain_tx).await? {
            Outlook::Minable => {}
            Outlook::NonceUsed if self.contract.head().await?.batches > index => {
                // Mined between the two calls.
                return self.found(batch).await;
            }
            // The same call with the same nonce and a higher fee: of the two only one can be mined.
            Outlook::TooCheap => {
                warn!(batch.index = index, "the base fee rose: the chain transaction is replaced");
                return self.sign(batch).await;
            }
            // It cannot be mined as things are. Should it be after all, the contract refuses the second batch of
            // one index.
            Outlook::NonceUsed | Outlook::NonceGap | Outlook::OtherAccount => {
                return self.sign(batch).await;
            }
        }
        let resend_after = self.rules.resend_after;
        if self.attempt.sent_at.is_some_and(|at| at.elapsed() < resend_after) {
            return Ok(Step::Idle);
        }
        let waited =
            self.attempt.sending_since.is_some_and(|at| at.elapsed() >= self.rules.replace_after);
        if waited && self.attempt.replacements < REPLACEMENTS_MAX {
            // Our node has it, and tells nobody a second time: those who seal may never have heard of it.
            self.attempt.replacements += 1;
            warn!(batch.index = index, "no block takes the chain transaction: it is replaced");
            return self.sign(batch).await;
        }
        self.send(batch, chain_tx).await
    }

    /// The contract has the batch: remembers its block.
    async fn found(&mut self, batch: &BatchRow) -> Result<Step, AnchorError> {
        let index = batch.head.index;
        let from_block = self.block_before(index).await?;
        let anchored = self.contract.find(index, from_block).await?;
        let anchored = anchored.ok_or(ContractError::Missing("event of an anchored batch"))?;
        if anchored.head != batch.head {
            return Err(AnchorError::OtherLog { batch: index });
        }
        // A crash here leaves the batch submitted; the next step finds it again.
        self.memory.mine(index, anchored.block).await?;
        Ok(Step::Mined { index })
    }

    /// No batch is in a block before the one of its predecessor.
    async fn block_before(&self, index: u64) -> Result<u64, AnchorError> {
        let Some(before) = index.checked_sub(1) else { return Ok(0) };
        let block = self.memory.batch(before).await?.and_then(|batch| batch.block);
        Ok(block.map_or(0, |block| block.number))
    }

    async fn sign(&mut self, batch: &BatchRow) -> Result<Step, AnchorError> {
        let (first, size) = (batch.head.first, batch.head.first + batch.head.count);
        let proof = if first == 0 {
            Vec::new()
        } else {
            let question = Question::Consistency { old_size: first, size };
            let ids: Vec<_> = question.tiles()?.into_keys().collect();
            let tiles = self.memory.tiles(&ids).await?;
            question.answer(&tiles)?
        };
        let chain_tx = self.contract.sign(&batch.head, &proof, batch.chain_tx.as_ref()).await?;
        // A crash before this leaves nothing: what was signed was never sent. A crash after it leaves a chain
        // transaction that may never have been sent, and the next start sends it.
        self.memory.submit(batch.head.index, &chain_tx).await?;
        self.attempt.sent_at = None;
        self.attempt.sending_since = None;
        Ok(Step::Signed { index: batch.head.index })
    }

    async fn send(&mut self, batch: &BatchRow, chain_tx: &ChainTx) -> Result<Step, AnchorError> {
        let index = batch.head.index;
        // A crash here, or a lost answer, leaves a chain transaction that may or may not be in the node's pool.
        // The contract will tell; until it does, the same bytes are sent again.
        let now = Instant::now();
        self.attempt.sent_at = Some(now);
        self.attempt.sending_since.get_or_insert(now);
        match self.contract.send(index, chain_tx).await {
            Ok(Sent::Pending) => Ok(Step::Sent { index }),
            Ok(Sent::NonceUsed) => {
                self.attempt.sent_at = None;
                Ok(Step::Idle)
            }
            Ok(Sent::Underpriced) => self.sign(batch).await,
            Err(ContractError::OutcomeUnknown { .. }) => {
                warn!(batch.index = index, "no answer to the chain transaction: looking for it");
                Ok(Step::Sent { index })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Cuts the next batch when one is due.
    async fn close(&mut self, index: u64) -> Result<Step, AnchorError> {
        let flushed = self.flush.take();
        let first = self.end().await?;
        let size = self.store.head().await?.next_position;
        let Some(waiting) = size.checked_sub(first) else {
            return Err(AnchorError::LogBehind { log_size: size, anchored: first });
        };
        if waiting == 0 {
            self.waiting_since = None;
            return Ok(Step::Idle);
        }
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        let due = flushed
            || waiting >= self.rules.batch_count_max
            || since.elapsed() >= self.rules.batch_age_max
            || self.deadline_waits(first, size).await?;
        if !due {
            return Ok(Step::Idle);
        }
        let count = waiting.min(self.rules.batch_count_max);
        if flushed && count < waiting {
            self.flush.flush();
        }
        let leaves = leaves(&*self.store, first, first + count).await?;
        let tiles = self.memory.tiles(&edge(first)).await?;
        let cut = cut(index, first, &leaves, &tiles)?;
        let checkpoint = self.signer.sign(first + count, &cut.head.log_root)?;
        // A crash before this leaves nothing; the same entries are cut again, perhaps elsewhere. From here on the
        // boundary stands for ever: one range, one root.
        self.memory.insert(&cut.head, &checkpoint, &cut.tiles).await?;
        self.waiting_since = None;
        self.deadline_waits = false;
        self.looked_until = first + count;
        Ok(Step::Closed { index })
    }

    /// Whether one of the waiting entries ends a deadline; each is looked at once, and none that is cut anyway.
    async fn deadline_waits(&mut self, first: u64, size: u64) -> Result<bool, AnchorError> {
        let from = self.looked_until.max(first);
        if !self.deadline_waits && from < size {
            self.deadline_waits =
                holds_type(&*self.store, from, size, self.rules.closing_types).await?;
            self.looked_until = size;
        }
        Ok(self.deadline_waits)
    }

    /// Position of the first entry that is in no batch.
    async fn end(&self) -> Result<u64, AnchorError> {
        let last = self.memory.last().await?;
        Ok(last
            .map_or(self.contract.identity().start_size, |last| last.head.first + last.head.count))
    }
}

/// Logs a failure with everything behind it.
fn report(error: &AnchorError, wait: Duration) {
    let error: &(dyn std::error::Error + 'static) = error;
    warn!(error, wait_ms = wait.as_millis(), "the anchor tries again");
}
