//! The verdict on a whole log.

use std::fmt;

use super::anchored::Anchored;
use super::evidence::Evidence;
use super::replay::Replayed;
use crate::encoding::hex;
use crate::json::{Value, canonical_profile, object};
use crate::merkle::Hash;
use crate::note::Checkpoint;
use crate::policy::{Consensus, Policy};
use crate::refusal::Refusal;
use crate::verdict::{AnchorFacts, Outcome, json, write_anchor};

/// The verdict on a whole log with everything it rests on.
#[derive(Debug)]
pub struct LogReport {
    /// How the checks ended.
    pub outcome: Outcome,
    /// SHA-256 of the policy's JCS.
    pub policy: Hash,
    /// The log's origin.
    pub origin: String,
    /// Entries and root by the checkpoint, once its signature was checked.
    pub checkpoint: Option<(u64, Hash)>,
    /// Batches the contracts hold.
    pub batches: usize,
    /// Entries anchored.
    pub anchored: u64,
    /// Batches beyond the ranges of the policy.
    pub ignored: usize,
    /// Entries that are sealed.
    pub sealed: u64,
    /// Entries that an earlier replay had read.
    pub resumed: u64,
    /// The state of the chain that was examined.
    pub state: Option<AnchorFacts>,
    pub(crate) evidence: Evidence,
}

impl LogReport {
    pub(super) fn new(policy: &Policy) -> Self {
        Self {
            outcome: Outcome::NotAnchored,
            policy: policy.fingerprint,
            origin: policy.origin.clone(),
            checkpoint: None,
            batches: 0,
            anchored: 0,
            ignored: 0,
            sealed: 0,
            resumed: 0,
            state: None,
            evidence: Evidence::default(),
        }
    }

    pub(super) fn anchored(&mut self, anchored: &Anchored) {
        self.batches = anchored.batches.len();
        self.anchored = anchored.size;
        self.ignored = anchored.ignored;
        self.state.clone_from(&anchored.state);
        self.evidence.state.clone_from(&anchored.proof);
    }

    pub(super) const fn checkpoint(&mut self, checkpoint: &Checkpoint) {
        self.checkpoint = Some((checkpoint.size, checkpoint.root));
    }

    pub(super) const fn resumed(&mut self, position: u64) {
        self.resumed = position;
    }

    pub(super) fn replayed(&mut self, replayed: &Replayed) {
        self.sealed = replayed.entries.sealed();
        self.evidence.newest_at_ms = replayed.entries.at_ms();
        self.evidence.waiting = replayed.roots.leaf_at(self.anchored);
    }

    pub(super) fn conclude(&mut self, consensus: Consensus) {
        self.outcome = match consensus {
            _ if self.batches == 0 => Outcome::NotAnchored,
            Consensus::Clique => Outcome::Anchored { late: false },
            Consensus::Dev => Outcome::Unsealed { late: false },
        };
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.outcome = Outcome::Refused(refusal);
    }

    /// Entries after the last anchored batch.
    #[must_use]
    pub fn tail(&self) -> u64 {
        self.checkpoint.map_or(0, |(size, _)| size.saturating_sub(self.anchored))
    }

    /// The verdict as one line of canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        canonical_profile(&self.to_value())
    }

    pub(crate) fn to_value(&self) -> Value {
        let checkpoint = self.checkpoint.map_or(Value::Null, |(size, root)| {
            object([("root", hex(&root).into()), ("size", size.to_string().into())])
        });
        object([
            ("anchored", self.anchored.to_string().into()),
            ("batches", json::count(self.batches)),
            ("checkpoint", checkpoint),
            ("exitCode", Value::Integer(self.outcome.exit_code().into())),
            ("ignoredBatches", json::count(self.ignored)),
            ("origin", self.origin.clone().into()),
            ("policy", hex(&self.policy).into()),
            ("refusal", json::refusal(&self.outcome)),
            ("resumed", self.resumed.to_string().into()),
            ("sealed", self.sealed.to_string().into()),
            ("state", self.state.as_ref().map_or(Value::Null, json::anchor)),
            ("tail", self.tail().to_string().into()),
            ("verdict", self.outcome.word().into()),
        ])
    }
}

impl fmt::Display for LogReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.outcome)?;
        writeln!(f, "  log          {}", self.origin)?;
        if let Some((size, root)) = &self.checkpoint {
            writeln!(f, "  checkpoint   {size} entries, root {}", hex(root))?;
        }
        writeln!(f, "  anchored     {} entries in {} batches", self.anchored, self.batches)?;
        if self.ignored > 0 {
            writeln!(f, "  ignored      {} batches beyond the policy's ranges", self.ignored)?;
        }
        if let Some(state) = &self.state {
            write_anchor(f, state)?;
        }
        writeln!(f, "  policy       {}", hex(&self.policy))?;
        if matches!(self.outcome, Outcome::Refused(_)) {
            return Ok(());
        }
        writeln!(f, "  replayed     every entry, {} of them sealed", self.sealed)?;
        if self.resumed > 0 {
            writeln!(
                f,
                "  note         the first {} were read by an earlier replay",
                self.resumed
            )?;
        }
        if self.tail() > 0 {
            writeln!(f, "  note         the last {} entries are not anchored yet", self.tail())?;
        }
        writeln!(f, "  not examined the ancestry of the examined block back to the genesis block")?;
        writeln!(f, "  not examined what sealed entries hide, and whether the events are true")
    }
}
