//! What was found, for people and for programs.

pub(crate) mod json;
mod text;

pub(crate) use text::{write_anchor, write_event};

use crate::blocks::Sealing;
use crate::bundle::Disclosure;
use crate::chain::Address;
use crate::entry::{Clock, Envelope, OpenEnvelope};
use crate::light::Followed;
use crate::merkle::Hash;
use crate::policy::Policy;
use crate::refusal::{Cause, Check, Refusal};
use crate::release::ReleaseFacts;

/// How the checks ended.
#[derive(Debug)]
pub enum Outcome {
    /// In the log, and the log at that size is in a sealed chain.
    Anchored {
        /// The block came later than promised.
        late: bool,
    },
    /// In the log, and the log at that size is in a chain that nobody seals.
    Unsealed {
        /// The block came later than promised.
        late: bool,
    },
    /// In the log, which is not (yet) anchored at that size.
    NotAnchored,
    /// A check failed.
    Refused(Refusal),
}

impl Outcome {
    /// 0 anchored, 1 refused, 3 anything between.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Anchored { .. } => 0,
            Self::Refused(_) => 1,
            Self::Unsealed { .. } | Self::NotAnchored => 3,
        }
    }

    /// The verdict in one word for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Anchored { .. } => "anchored",
            Self::Unsealed { .. } => "unsealed",
            Self::NotAnchored => "not-anchored",
            Self::Refused(_) => "refused",
        }
    }

    const fn is_late(&self) -> bool {
        matches!(self, Self::Anchored { late: true } | Self::Unsealed { late: true })
    }
}

/// The event, as far as it may be read.
#[derive(Debug, Clone)]
pub struct EventFacts {
    /// The log's origin.
    pub log: String,
    /// Position in the log.
    pub seq: u64,
    /// Event id.
    pub id: String,
    /// Leaf hash.
    pub leaf: Hash,
    /// Recording by the log's wall clock, milliseconds since 1970.
    pub at_ms: i64,
    /// What the business clock is worth.
    pub clock: Clock,
    /// Whether the entry is sealed.
    pub sealed: bool,
    /// Stream, version and type, unless the entry is sealed and not disclosed.
    pub name: Option<(String, u64, String)>,
    /// The business clock, milliseconds since 1970, likewise.
    pub effective_at_ms: Option<i64>,
    /// Values committed to, signatures not counted.
    pub withheld: usize,
    /// Values disclosed, signatures not counted.
    pub disclosed: usize,
    /// Signatures committed to.
    pub signatures: usize,
    /// Signatures disclosed; none is verified by this version.
    pub signatures_disclosed: usize,
}

impl EventFacts {
    pub(crate) fn new(
        envelope: &Envelope,
        inner: Option<&OpenEnvelope>,
        leaf: Hash,
        disclosures: &[Disclosure],
    ) -> Self {
        let header = envelope.header();
        let (sealed, readable) = match envelope {
            Envelope::Open(open) => (false, Some(open.as_ref())),
            Envelope::Sealed(_) => (true, inner),
        };
        let signatures_disclosed =
            disclosures.iter().filter(|disclosure| disclosure.path.starts_with("/sig/")).count();
        Self {
            log: header.log.clone(),
            seq: header.seq,
            id: header.id.clone(),
            leaf,
            at_ms: header.at_ms,
            clock: header.clock,
            sealed,
            name: readable.map(|open| (open.stream.clone(), open.ver, open.kind.clone())),
            effective_at_ms: readable.map(|open| open.effective_at_ms),
            withheld: usize::from(sealed) + readable.map_or(0, |open| open.commitments.len()),
            disclosed: disclosures.len() - signatures_disclosed,
            signatures: readable.map_or(0, |open| open.signatures.len()),
            signatures_disclosed,
        }
    }
}

/// Where in the log.
#[derive(Debug, Clone)]
pub struct LogFacts {
    /// Index of the batch in its contract.
    pub batch: u64,
    /// Size of the log right after the batch.
    pub size: u64,
    /// Root at that size.
    pub root: Hash,
    /// Witnesses that cosigned.
    pub witnesses: usize,
}

/// Where in the chain.
#[derive(Debug, Clone)]
pub struct AnchorFacts {
    /// The contract.
    pub contract: Address,
    /// Number of the block whose state was examined.
    pub block: u64,
    /// Its hash.
    pub block_hash: Hash,
    /// Its time, milliseconds since 1970.
    pub block_ms: i128,
    /// Headers examined.
    pub headers: usize,
    /// Who stands behind it; `None` in a chain that nobody seals.
    pub sealing: Option<Sealing>,
}

/// The verdict with everything it rests on.
#[derive(Debug)]
pub struct Report {
    /// How the checks ended.
    pub outcome: Outcome,
    /// SHA-256 of the policy's JCS.
    pub policy: Hash,
    /// The event, once its entry and disclosures were checked.
    pub event: Option<EventFacts>,
    /// The log, once path and checkpoint were checked.
    pub log: Option<LogFacts>,
    /// The chain, once everything about it was checked.
    pub anchor: Option<AnchorFacts>,
    /// The release, if one was compared.
    pub release: Option<ReleaseFacts>,
    /// The block to which the chain was followed from its genesis block, if the anchoring block is
    /// in that chain.
    pub ancestry: Option<u64>,
}

impl Report {
    pub(crate) const fn new(policy: &Policy) -> Self {
        Self {
            outcome: Outcome::NotAnchored,
            policy: policy.fingerprint,
            event: None,
            log: None,
            anchor: None,
            release: None,
            ancestry: None,
        }
    }

    /// Looks for the anchoring block in a chain that was followed from its genesis block: the
    /// check `ancestry`. A block that is newer than what was followed stays unexamined.
    pub fn check_ancestry(&mut self, followed: &Followed) {
        let Some(anchor) = &self.anchor else { return };
        let (number, found) = (anchor.block, anchor.block_hash);
        match followed.hash(number) {
            None => {}
            Some(hash) if hash == found => self.ancestry = Some(followed.head().number),
            Some(followed) => {
                let cause = Box::new(Cause::OtherBlock { number, followed, found });
                self.outcome = Outcome::Refused(Refusal { check: Check::Ancestry, cause });
            }
        }
    }

    /// What nobody should conclude from this verdict.
    #[must_use]
    pub fn not_examined(&self) -> Vec<&'static str> {
        let mut gaps = Vec::new();
        if self.anchor.is_some() && self.ancestry.is_none() {
            gaps.push("the ancestry of the anchoring block back to the genesis block");
        }
        if self.event.as_ref().is_some_and(|event| event.signatures > 0) {
            gaps.push("the signatures committed to: this version examines commitments only");
        }
        gaps.push("whether what the event says is true");
        if self.log.as_ref().is_none_or(|log| log.witnesses == 0) {
            gaps.push("whether others were shown the same log: no witness signed");
        }
        gaps
    }
}
