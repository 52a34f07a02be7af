//! The roots of the batch and of the log, compared at each boundary.

use super::anchored::AnchoredBatch;
use super::state::StateError;
use super::{LogError, LogFault};
use crate::encoding::hex;
use crate::json::{Value, object};
use crate::members::Members;
use crate::merkle::{CompactRange, Hash, sha256};
use crate::refusal::{Check, require};

/// The roots of the batch and of the log.
///
/// The leaves since the last anchored boundary are kept: a batch that is anchored later may end
/// between here and there, and only its leaves tell its root.
#[derive(Default)]
pub(super) struct Roots {
    log: CompactRange,
    batch: CompactRange,
    /// The log at the end of the last batch that was compared.
    boundary: CompactRange,
    /// Leaves after it.
    since: Vec<Hash>,
    /// Batches compared.
    batches: usize,
    /// Hash over all of them.
    trail: Hash,
}

impl Roots {
    /// Leaves appended.
    pub(super) const fn size(&self) -> u64 {
        self.log.size()
    }

    /// The leaf at `position`, if it is one of those after the last boundary.
    pub(super) fn leaf_at(&self, position: u64) -> Option<Hash> {
        let after = position.checked_sub(self.boundary.size())?;
        self.since.get(usize::try_from(after).ok()?).copied()
    }

    /// Root of everything appended.
    pub(super) fn root(&self) -> Hash {
        self.log.root()
    }

    /// Checks that the batches compared so far are the first of `batches` still.
    pub(super) fn check_batches(&self, batches: &[AnchoredBatch]) -> Result<(), LogError> {
        let (compared, shown) = (self.batches, batches.len());
        let first = batches.get(..compared).ok_or(StateError::NodeBehind { compared, shown })?;
        let same = first.iter().fold(Hash::default(), trail) == self.trail;
        require(same, Check::Replay, || LogFault::BatchesChanged { compared }.into())?;
        Ok(())
    }

    /// The batches that are still to be compared.
    ///
    /// A batch that is new since may end among the leaves already appended; it is compared here.
    pub(super) fn resume<'a>(
        &mut self,
        batches: &'a [AnchoredBatch],
    ) -> Result<&'a [AnchoredBatch], LogFault> {
        let mut later = batches.get(self.batches..).unwrap_or_default();
        self.log = self.boundary.clone();
        self.batch = CompactRange::default();
        for leaf in std::mem::take(&mut self.since) {
            self.append(leaf, &mut later)?;
        }
        Ok(later)
    }

    /// Appends a leaf; at the end of the next of `batches`, compares and takes it.
    pub(super) fn append(
        &mut self,
        leaf: Hash,
        batches: &mut &[AnchoredBatch],
    ) -> Result<(), LogFault> {
        let position = self.log.size();
        self.log.append(leaf);
        self.since.push(leaf);
        let Some((next, later)) = batches.split_first() else { return Ok(()) };
        if position >= next.batch.first {
            self.batch.append(leaf);
        }
        if self.log.size() < next.size {
            return Ok(());
        }
        let (index, first, last) = (next.batch.index, next.batch.first, position);
        if self.batch.root() != next.batch.root {
            return Err(LogFault::BatchRoot { index, first, last });
        }
        if self.log.root() != next.log_root {
            return Err(LogFault::LogRoot { index, first, last });
        }
        *batches = later;
        self.batch = CompactRange::default();
        self.boundary = self.log.clone();
        self.since.clear();
        self.batches += 1;
        self.trail = trail(self.trail, next);
        Ok(())
    }

    /// For a state file.
    pub(super) fn to_json(&self) -> Value {
        let hashes = |hashes: &[Hash]| Value::Array(hashes.iter().map(|h| hex(h).into()).collect());
        object([
            ("batches", self.batches.to_string().into()),
            ("boundary", self.boundary.size().to_string().into()),
            ("since", hashes(&self.since)),
            ("subtrees", hashes(self.boundary.subtrees())),
            ("trail", hex(&self.trail).into()),
        ])
    }

    /// What [`Self::to_json`] made.
    pub(super) fn from_json(value: &Value) -> Option<Self> {
        let names = ["batches", "boundary", "since", "subtrees", "trail"];
        let members = Members::exactly(value, "roots", &names).ok()?;
        let size = members.position("boundary").ok()?;
        let boundary = CompactRange::from_parts(size, members.hash_list("subtrees").ok()?)?;
        let since = members.hash_list("since").ok()?;
        let mut log = boundary.clone();
        for leaf in &since {
            log.append(*leaf);
        }
        Some(Self {
            log,
            batch: CompactRange::default(),
            boundary,
            since,
            batches: usize::try_from(members.position("batches").ok()?).ok()?,
            trail: members.hex("trail").ok()?,
        })
    }
}

/// A hash over one batch more.
fn trail(so_far: Hash, next: &AnchoredBatch) -> Hash {
    let AnchoredBatch { contract, batch, log_root, .. } = next;
    let numbers = [batch.index, batch.first, batch.count].map(u64::to_be_bytes);
    let numbers = numbers.as_flattened();
    sha256(&[so_far.as_slice(), contract, numbers, &batch.root, log_root].concat())
}
