//! Has every checkpoint cosigned by the witnesses that the operator names (C2SP `tlog-witness`, the log's side).
//!
//! It runs beside the service and shares nothing with it but the database: a witness that is away, slow or lying
//! delays no batch. Each witness gets the checkpoints in the order of the log, because it cosigns none that is smaller
//! than the last one; so every batch has cosignatures of its own.

mod client;
mod memory;

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use deadpool_postgres::Pool;
use futures::future::join_all;
use merkle::cosignature::{CosignatureError, WitnessKey, WitnessKeyError};
use merkle::log_tree::{LogTreeError, Question};
use tracing::{debug, warn};

use crate::memory::MemoryError;
use client::{Answer, ClientError, Submission};
use memory::{Checkpoint, Memory};

/// How far ahead of this machine's clock the time of a cosignature may be.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

/// A witness, and where it takes checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Base URL: `<url>/add-checkpoint` takes checkpoints.
    pub url: String,
    /// Its key.
    pub key: WitnessKey,
}

impl std::str::FromStr for Witness {
    type Err = WitnessTextError;

    /// Reads `URL=VKEY`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (url, key) = text.split_once('=').ok_or(WitnessTextError::Form)?;
        if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(WitnessTextError::Form);
        }
        Ok(Self { url: url.trim_end_matches('/').to_owned(), key: WitnessKey::parse(key)? })
    }
}

/// Why a text names no witness.
#[derive(Debug, thiserror::Error)]
pub enum WitnessTextError {
    /// Not `URL=VKEY`.
    #[error("not URL=VKEY with an http or https URL")]
    Form,
    /// The key.
    #[error(transparent)]
    Key(#[from] WitnessKeyError),
}

/// Whom the log asks, and how many must have signed before a batch is published.
#[derive(Debug, Clone)]
pub struct WitnessRules {
    /// The witnesses.
    pub witnesses: Vec<Witness>,
    /// Cosignatures without which checkpoint and proofs of a batch are not published; 0 to the number of witnesses.
    pub quorum: usize,
    /// Wait between two looks for a new checkpoint; default 200 ms.
    pub poll_interval: Duration,
    /// Limit of one request, its answer included; default 5 s.
    pub timeout: Duration,
    /// Longest wait after repeated failures; default 30 s.
    pub backoff_max: Duration,
}

impl WitnessRules {
    /// These witnesses with the default waits.
    #[must_use]
    pub fn new(witnesses: Vec<Witness>, quorum: usize) -> Self {
        Self {
            witnesses,
            quorum,
            poll_interval: Duration::from_millis(200),
            timeout: Duration::from_secs(5),
            backoff_max: Duration::from_secs(30),
        }
    }
}

/// Why the witnesses cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum WitnessRulesError {
    /// More than there are.
    #[error("a quorum of {quorum} of {witnesses} witnesses cannot be reached")]
    Quorum {
        /// What is asked for.
        quorum: usize,
        /// How many there are.
        witnesses: usize,
    },
    /// One key counts once.
    #[error("the key of the witness {name} is given twice")]
    Repeated {
        /// Its name the second time.
        name: String,
    },
    /// The database.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
enum WitnessError {
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error("a consistency proof could not be made")]
    Proof(#[from] LogTreeError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Cosignature(#[from] CosignatureError),
    #[error("the witness answered with status {status}")]
    Status { status: u16 },
    #[error("the witness saw {witnessed} entries, this log has {size}: was the log set back?")]
    Behind { witnessed: u64, size: u64 },
    #[error(
        "the witness saw another log of {size} entries: this one was rewritten, or its key is in other hands"
    )]
    SplitView { size: u64 },
    #[error("the witness does not find that the checkpoint of {size} entries extends what it saw")]
    NotExtended { size: u64 },
}

impl WitnessError {
    /// Whether it says that the log is not what it was.
    const fn is_alarm(&self) -> bool {
        matches!(self, Self::Behind { .. } | Self::SplitView { .. } | Self::NotExtended { .. })
    }
}

/// What one request came to.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Every checkpoint is cosigned.
    Idle,
    /// One more is.
    Cosigned,
    /// The witness is at another size than was thought.
    Moved,
}

/// Asks the witnesses, each by itself, for as long as it runs.
#[derive(Debug)]
pub struct Witnesses {
    memory: Memory,
    rules: WitnessRules,
}

impl Witnesses {
    /// Writes down whose cosignatures are published from now on, and how many are needed.
    ///
    /// # Errors
    /// See [`WitnessRulesError`].
    pub async fn start(pool: &Pool, rules: WitnessRules) -> Result<Self, WitnessRulesError> {
        let witnesses = rules.witnesses.len();
        if rules.quorum > witnesses {
            return Err(WitnessRulesError::Quorum { quorum: rules.quorum, witnesses });
        }
        for (index, witness) in rules.witnesses.iter().enumerate() {
            let before = &rules.witnesses[..index];
            if before.iter().any(|other| other.key.same_key(&witness.key)) {
                let name = witness.key.name().to_owned();
                return Err(WitnessRulesError::Repeated { name });
            }
        }
        let memory = Memory::new(pool.clone());
        memory.remember(&rules).await?;
        Ok(Self { memory, rules })
    }

    /// Runs until it is dropped, which is safe at any point.
    pub async fn run(self) -> Infallible {
        join_all(self.rules.witnesses.iter().map(|witness| self.serve(witness))).await;
        // Without witnesses there is nothing to wait for.
        std::future::pending().await
    }

    async fn serve(&self, witness: &Witness) {
        let mut known = None;
        let mut wait = self.rules.poll_interval;
        let mut last = Step::Idle;
        loop {
            match self.step(witness, &mut known).await {
                // Twice in a row is a witness that does not know what it wants.
                Ok(Step::Moved) if last == Step::Moved => last = Step::Idle,
                Ok(Step::Idle) => {
                    wait = self.rules.poll_interval;
                    last = Step::Idle;
                }
                Ok(step) => {
                    wait = self.rules.poll_interval;
                    last = step;
                    continue;
                }
                Err(error) => {
                    wait = (wait * 2).min(self.rules.backoff_max);
                    report(witness, &error, wait);
                    last = Step::Idle;
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Submits the first checkpoint that this witness has not cosigned; `known` is the size it is known to be at.
    async fn step(&self, witness: &Witness, known: &mut Option<u64>) -> Result<Step, WitnessError> {
        let old_size = match *known {
            Some(size) => size,
            // The largest one it ever cosigned; should it be elsewhere, it says so.
            None => *known.insert(self.memory.cosigned_size(&witness.key).await?),
        };
        let Some(next) = self.memory.next_uncosigned(&witness.key, old_size).await? else {
            return Ok(Step::Idle);
        };
        let proof = if old_size == 0 || old_size == next.size {
            Vec::new()
        } else {
            let question = Question::Consistency { old_size, size: next.size };
            let ids: Vec<_> = question.tiles()?.into_keys().collect();
            question.answer(&self.memory.tiles(&ids).await?)?
        };
        let note = next.note.clone();
        let submission = Submission { old_size, proof, note, timeout: self.rules.timeout };
        // A crash here, or a lost answer, leaves a witness that is ahead of what is known; it cosigns the same
        // checkpoint again.
        match client::submit(&witness.url, submission).await? {
            Answer::Cosigned(lines) => self.cosigned(witness, &next, &lines, known).await,
            Answer::OtherSize(size) if size == old_size => Err(WitnessError::SplitView { size }),
            Answer::OtherSize(size) => {
                let newest = self.memory.newest_size().await?;
                if size > newest {
                    return Err(WitnessError::Behind { witnessed: size, size: newest });
                }
                *known = Some(size);
                Ok(Step::Moved)
            }
            Answer::NotExtended => Err(WitnessError::NotExtended { size: next.size }),
            Answer::Other(status) => Err(WitnessError::Status { status }),
        }
    }

    async fn cosigned(
        &self,
        witness: &Witness,
        checkpoint: &Checkpoint,
        lines: &str,
        known: &mut Option<u64>,
    ) -> Result<Step, WitnessError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let latest = (now + CLOCK_TOLERANCE).as_secs();
        let line = witness.key.cosignature(&checkpoint.note, lines, latest)?;
        self.memory.keep(checkpoint, &witness.key, &line).await?;
        *known = Some(checkpoint.size);
        debug!(witness.name = witness.key.name(), log.size = checkpoint.size, "a witness cosigned");
        Ok(Step::Cosigned)
    }
}

/// Logs a failure once, where it is handled.
fn report(witness: &Witness, error: &WitnessError, wait: Duration) {
    let is_alarm = error.is_alarm();
    let error: &(dyn std::error::Error + 'static) = error;
    let (name, wait_ms) = (witness.key.name(), wait.as_millis());
    if is_alarm {
        tracing::error!(error, witness.name = name, wait_ms, "a witness refuses this log");
    } else {
        warn!(error, witness.name = name, wait_ms, "a witness did not cosign");
    }
}

/// The keys whose cosignatures are published, sorted, and the quorum: what a policy says of witnesses.
///
/// # Errors
/// When the database cannot be read.
pub async fn published_witnesses(pool: &Pool) -> Result<(Vec<String>, u32), MemoryError> {
    memory::published(pool).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_is_an_address_and_a_key() {
        let key = "witness.example/w1+";
        for wrong in ["", "http://w", "ftp://w=x", "http://w=", &format!("http://w={key}")] {
            assert!(wrong.parse::<Witness>().is_err(), "{wrong}");
        }
    }
}
