//! Following a node: fetching headers, finding where branches part.

use std::path::Path;
use std::time::{Duration, Instant};

use super::followed::{Followed, Reorganisation};
use super::store::{Store, StoreError};
use crate::chain::header::Header;
use crate::policy::{Chain, Consensus};
use crate::refusal::{At as _, Cause, Check, Refusal, require};
use crate::rpc::{Node, RpcError};

/// Headers asked for at once.
const CHUNK: u64 = 192;
/// A block near the head may be replaced while it is being read.
const ATTEMPTS: usize = 3;
/// A chain that is being followed is kept at least this often.
const KEEP_EVERY: Duration = Duration::from_secs(30);

/// Why the chain could not be followed.
#[derive(Debug, thiserror::Error)]
pub enum LightError {
    /// The node gave no usable answer.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The chain cannot be kept.
    #[error(transparent)]
    Store(StoreError),
    /// The node shows a lighter chain than the one that was followed.
    #[error(
        "the node's chain ends at block {node} and is lighter than what was followed to block {followed}: it is behind, or on a branch that lost; ask it again later, or another"
    )]
    NodeBehind {
        /// The node's newest block.
        node: u64,
        /// The newest block that was followed.
        followed: u64,
    },
    /// A chain that nobody seals proves nothing to follow.
    #[error(
        "the policy's chain is for development: nobody seals it, so there is nothing to follow"
    )]
    Unsealed,
    /// A check failed; becomes the verdict.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<StoreError> for LightError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => Self::Refused(refusal),
            error => Self::Store(error),
        }
    }
}

/// What following a node once brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synced {
    /// Headers that were checked.
    pub headers: u64,
    /// Branches that took the place of blocks followed before.
    pub reorganisations: Vec<Reorganisation>,
}

/// The chain, the folder it is kept in, and the node that is asked.
#[derive(Debug)]
pub struct LightClient {
    pub(super) node: Node,
    followed: Followed,
    store: Option<Store>,
    kept: Instant,
}

impl LightClient {
    /// Goes on from what `folder` holds, or starts at the genesis block; without a folder nothing
    /// is kept.
    ///
    /// # Errors
    /// If node or folder cannot be used, or the node's genesis block is not the policy's.
    pub fn open(rpc: &str, rules: &Chain, folder: Option<&Path>) -> Result<Self, LightError> {
        if rules.consensus != Consensus::Clique {
            return Err(LightError::Unsealed);
        }
        let opened = folder.map(|folder| Store::open(folder, rules)).transpose()?;
        let (store, followed) = opened.map_or((None, None), |(store, found)| (Some(store), found));
        let node = Node::new(rpc);
        let chain_id = node.chain_id()?;
        require(chain_id == rules.chain_id, Check::Anchor, || Cause::OtherChainId(chain_id))?;
        let followed = match followed {
            Some(followed) => followed,
            None => Followed::genesis(rules, &header(&node.header(0)?)?)?,
        };
        Ok(Self { node, followed, store, kept: Instant::now() })
    }

    /// The chain as it was followed so far.
    #[must_use]
    pub const fn followed(&self) -> &Followed {
        &self.followed
    }

    /// Follows the node to its newest block; `progress` is told how far that is: the block
    /// reached, the newest block.
    ///
    /// # Errors
    /// If the node gives no usable answer or a lighter chain, or a check fails. What was checked before
    /// that is kept.
    pub fn sync(&mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<Synced, LightError> {
        let mut synced = Synced::default();
        let mut outcome = self.follow(&mut synced, progress);
        for _ in 1..ATTEMPTS {
            if !matches!(outcome, Err(LightError::Refused(_))) {
                break;
            }
            outcome = self.follow(&mut synced, progress);
        }
        if synced.headers > 0 {
            self.keep()?;
        }
        outcome.map(|()| synced)
    }

    fn follow(
        &mut self,
        synced: &mut Synced,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), LightError> {
        let newest = self.node.block_number()?;
        let mut reached = self.ancestor(newest)?;
        let mut branch = self.followed.branch(reached)?;
        while reached < newest {
            let last = newest.min(reached + CHUNK);
            let headers = self.fetch(reached + 1, last)?;
            // What is checked is bounded by what was sealed: others cannot make a branch long.
            self.followed.extend(&mut branch, headers)?;
            synced.headers += last - reached;
            reached = last;
            synced.reorganisations.extend(self.followed.adopt(&mut branch));
            progress(reached, newest);
            if self.kept.elapsed() >= KEEP_EVERY {
                self.keep()?;
            }
        }
        let head = self.followed.head();
        if head.hash == branch.after.hash {
            return Ok(());
        }
        Err(LightError::NodeBehind { node: newest, followed: head.number })
    }

    /// The newest block that both the node and we have.
    fn ancestor(&self, newest: u64) -> Result<u64, LightError> {
        let head = self.followed.head().number;
        let settled = self.followed.settled.number;
        let (mut low, mut high) = (settled, head.min(newest));
        if newest < settled {
            return Err(LightError::NodeBehind { node: newest, followed: head });
        }
        let has = |number: u64| -> Result<bool, LightError> {
            Ok(Some(header(&self.node.header(number)?)?.hash) == self.followed.hash(number))
        };
        if has(high)? {
            return Ok(high);
        }
        if !has(low)? {
            let found = header(&self.node.header(low)?)?.hash;
            let followed = self.followed.hash(low).unwrap_or_default();
            let cause = Cause::OtherBlock { number: low, followed, found };
            return Err(Refusal { check: Check::Ancestry, cause: Box::new(cause) }.into());
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if has(middle)? { low = middle } else { high = middle }
        }
        Ok(low)
    }

    fn fetch(&self, first: u64, last: u64) -> Result<Vec<Header>, LightError> {
        self.node.headers(first, last)?.iter().map(|rlp| header(rlp)).collect()
    }

    fn keep(&mut self) -> Result<(), LightError> {
        if let Some(store) = &mut self.store {
            store.keep(&self.followed)?;
        }
        self.kept = Instant::now();
        Ok(())
    }
}

fn header(rlp: &[u8]) -> Result<Header, LightError> {
    let read = Header::decode(rlp).map_err(|cause| Cause::Header { index: 0, cause });
    Ok(read.at(Check::Headers)?)
}
