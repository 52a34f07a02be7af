//! The chain as it was followed from its genesis block on.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;

use super::store::{Store, StoreError};
use crate::chain::Address;
use crate::chain::clique::recover_sealer;
use crate::chain::header::Header;
use crate::chain::snapshot::{FollowError, Snapshot};
use crate::merkle::Hash;
use crate::policy::Chain;
use crate::refusal::{At as _, Cause, Check, Refusal, require};

/// A branch that leaves the followed one before its last so many blocks is refused: what is older
/// is settled. At a block every five seconds it is an hour and a half.
pub const UNSETTLED_BLOCKS: usize = 1_024;

/// A block that may still be replaced by a heavier branch.
#[derive(Debug, Clone)]
pub struct Block {
    /// Its header.
    pub header: Header,
    /// Who sealed it.
    pub sealer: Address,
    /// The chain up to it.
    pub(super) after: Snapshot,
}

/// Blocks that follow one of a chain, and may be followed instead of those it has.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The last block that both have.
    ancestor: u64,
    /// The chain up to the branch's newest block.
    pub(super) after: Snapshot,
    blocks: Vec<Block>,
}

/// A heavier branch took the place of blocks that were followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reorganisation {
    /// The last block that both branches have.
    pub ancestor: u64,
    /// How many blocks were replaced.
    pub replaced: u64,
    /// A block that enough signers stood behind was among them: they went back on their word.
    pub replaced_confirmed: bool,
}

/// The chain from its genesis block to a head.
#[derive(Debug, Clone)]
pub struct Followed {
    pub(super) rules: Chain,
    /// The chain up to the newest settled block.
    pub(super) settled: Snapshot,
    /// Who may seal from which block on, as far as the block after the settled ones.
    pub(super) signers: Vec<(u64, Vec<Address>)>,
    /// The blocks after it, oldest first.
    pub(super) tail: VecDeque<Block>,
    /// The hashes of the settled blocks, by number.
    pub(super) hashes: Vec<Hash>,
}

impl Followed {
    /// The chain of `rules` that is only its genesis block.
    ///
    /// # Errors
    /// If the header is not the policy's, or lists no signers.
    pub fn genesis(rules: &Chain, header: &Header) -> Result<Self, Refusal> {
        require(header.hash == rules.genesis_hash, Check::Anchor, || {
            Cause::OtherGenesis(header.hash)
        })?;
        let settled = Snapshot::genesis(header).at(Check::Headers)?;
        let (signers, hashes) = (vec![(0, settled.signers())], vec![settled.hash]);
        Ok(Self { rules: rules.clone(), settled, signers, tail: VecDeque::new(), hashes })
    }

    /// The chain that `folder` keeps, to look blocks up in; `None` if it keeps none.
    ///
    /// # Errors
    /// If it cannot be read, another program uses it, or the policy does not fit it.
    pub fn kept(folder: &Path, rules: &Chain) -> Result<Option<Self>, StoreError> {
        if folder.is_dir() {
            Store::open(folder, rules).map(|(_, followed)| followed)
        } else {
            Ok(None)
        }
    }

    /// The chain up to its newest block.
    #[must_use]
    pub fn head(&self) -> &Snapshot {
        self.tail.back().map_or(&self.settled, |block| &block.after)
    }

    /// The hash of a block, if it was followed.
    #[must_use]
    pub fn hash(&self, number: u64) -> Option<Hash> {
        match self.tail_index(number) {
            Some(index) => self.tail.get(index).map(|block| block.header.hash),
            None => self.hashes.get(usize::try_from(number).ok()?).copied(),
        }
    }

    /// EIP-155 chain id.
    #[must_use]
    pub const fn chain_id(&self) -> u64 {
        self.rules.chain_id
    }

    /// Sum of the difficulties up to a block; of settled blocks only the newest one's is kept.
    #[must_use]
    pub fn total_difficulty(&self, number: u64) -> Option<u128> {
        self.snapshot(number).ok().map(|snapshot| snapshot.total_difficulty)
    }

    /// A block that is not settled yet.
    #[must_use]
    pub fn unsettled(&self, number: u64) -> Option<&Block> {
        self.tail.get(self.tail_index(number)?)
    }

    /// The newest block with more than half of the signers among its own and those of its
    /// descendants, at least one of which there is (§7, check 13). `None` if that block is settled,
    /// or if there is none.
    #[must_use]
    pub fn newest_confirmed(&self) -> Option<&Block> {
        let mut behind = BTreeSet::new();
        for (descendants, block) in self.tail.iter().rev().enumerate() {
            behind.insert(block.sealer);
            let signers = self.rules.signers_at(block.header.number).map_or(1, <[_]>::len);
            if descendants > 0 && behind.len() > signers / 2 {
                return Some(block);
            }
        }
        None
    }

    /// A branch that starts at block `ancestor`.
    ///
    /// # Errors
    /// If that block is older than the newest settled one, or was not followed.
    pub fn branch(&self, ancestor: u64) -> Result<Branch, Refusal> {
        let after = self.snapshot(ancestor).at(Check::Ancestry)?.clone();
        Ok(Branch { ancestor, after, blocks: Vec::new() })
    }

    /// Checks that `headers` may follow a branch, and adds them to it.
    ///
    /// # Errors
    /// If one of them may not follow, or the policy has other signers than the branch.
    pub fn extend(&self, branch: &mut Branch, headers: Vec<Header>) -> Result<(), Refusal> {
        let sealers = recover_sealers(&headers);
        let cadence = (self.rules.period_s, self.rules.epoch);
        for (header, sealer) in headers.into_iter().zip(sealers) {
            check_signers(branch.after.signers(), &self.rules, header.number)?;
            let sealer = branch.after.append(&header, sealer, cadence).map_err(refusal)?;
            branch.blocks.push(Block { header, sealer, after: branch.after.clone() });
        }
        Ok(())
    }

    /// Follows a branch from now on, if it is the heavier one; its blocks are this chain's then.
    /// Says so if others were replaced.
    pub fn adopt(&mut self, branch: &mut Branch) -> Option<Reorganisation> {
        let head = self.head();
        if branch.after.total_difficulty <= head.total_difficulty {
            return None;
        }
        let ancestor = std::mem::replace(&mut branch.ancestor, branch.after.number);
        let replaced = head.number - ancestor;
        let confirmed = self.newest_confirmed().map(|block| block.header.number);
        let kept = self.tail_index(ancestor).map_or(0, |index| index + 1);
        self.tail.truncate(kept);
        self.tail.extend(branch.blocks.drain(..));
        self.settle();
        let replaced_confirmed = confirmed.is_some_and(|confirmed| confirmed > ancestor);
        (replaced > 0).then_some(Reorganisation { ancestor, replaced, replaced_confirmed })
    }

    /// Who may seal from which block on, by the chain's own votes.
    #[must_use]
    pub fn signers(&self) -> Vec<(u64, Vec<Address>)> {
        let mut signers = self.signers.clone();
        for block in &self.tail {
            note_signers(&mut signers, &block.after);
        }
        signers
    }

    /// Checks that the policy says of the signers of settled blocks what the chain made of them:
    /// it may be another policy than the one the chain was followed with.
    pub(super) fn check_settled_signers(&self) -> Result<(), Refusal> {
        let policy =
            self.rules.signers.iter().flat_map(|range| [Some(range.from_block), range.to_block]);
        let changes = self.signers.iter().map(|(number, _)| *number).chain(policy.flatten());
        for number in changes.filter(|number| *number <= self.settled.number) {
            let (_, voted) = &self.signers[self.signers.partition_point(|(n, _)| *n <= number) - 1];
            check_signers(voted.clone(), &self.rules, number)?;
        }
        Ok(())
    }

    /// What is old enough can no longer be replaced.
    fn settle(&mut self) {
        while self.tail.len() > UNSETTLED_BLOCKS {
            let Some(block) = self.tail.pop_front() else { return };
            self.hashes.push(block.header.hash);
            note_signers(&mut self.signers, &block.after);
            self.settled = block.after;
        }
    }

    /// The chain up to `number`, from which a branch may start.
    fn snapshot(&self, number: u64) -> Result<&Snapshot, Cause> {
        if number == self.settled.number {
            return Ok(&self.settled);
        }
        let block = self.unsettled(number);
        block.map(|block| &block.after).ok_or(Cause::Settled { settled: self.settled.number })
    }

    fn tail_index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.settled.number)?.checked_sub(1)?).ok()
    }
}

/// Who sealed each header; most of the work of following a chain, so all processors do it.
fn recover_sealers(headers: &[Header]) -> Vec<Option<Address>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = headers.len().div_ceil(threads).max(1);
    let recover = |headers: &[Header]| headers.iter().map(recover_sealer).collect::<Vec<_>>();
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            headers.chunks(share).map(|part| scope.spawn(move || recover(part))).collect();
        let joined = parts.into_iter().map(|part| part.join().expect("recovering cannot panic"));
        joined.flatten().collect()
    })
}

/// What the chain made of its signers by votes has to be what the policy says: whom the auditor
/// does not trust is not let in by others.
fn check_signers(voted: Vec<Address>, rules: &Chain, number: u64) -> Result<(), Refusal> {
    let known = rules.signers_at(number).unwrap_or_default();
    let known: Vec<Address> = known.iter().map(|signer| signer.address).collect();
    let holds = voted == known;
    require(holds, Check::Seals, || Cause::Signers { number, voted, known })
}

/// Adds the signers of the block after `after`, if they are others than before.
fn note_signers(signers: &mut Vec<(u64, Vec<Address>)>, after: &Snapshot) {
    let now = after.signers();
    if signers.last().is_none_or(|(_, before)| *before != now) {
        signers.push((after.number + 1, now));
    }
}

fn refusal(error: FollowError) -> Refusal {
    let check = if matches!(error, FollowError::Seal(_)) { Check::Seals } else { Check::Headers };
    Refusal { check, cause: Box::new(error.into()) }
}
