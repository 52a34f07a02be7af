//! The events of a dossier, once their proofs were checked.

use std::collections::BTreeMap;

use super::contradiction::{Contradiction, EVIDENCE_CHARS_MAX, plain};
use super::record::Record;
use crate::bundle::Bundle;
use crate::entry::{Clock, OpenEnvelope};
use crate::json::Value;
use crate::merkle::Hash;
use crate::policy::Policy;
use crate::refusal::{At as _, Check, Refusal};
use crate::verdict::Outcome;
use crate::verify::verify_event;

/// What stands for the type of an entry that is not shown.
const SEALED: &str = "Sealed";

/// The block that a bundle shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// The log's size that it anchors.
    pub size: u64,
    pub number: u64,
    pub hash: Hash,
}

/// An event whose bundle was right.
#[derive(Debug)]
pub(super) struct Event {
    pub position: u64,
    pub id: String,
    pub leaf: Hash,
    pub sealed: bool,
    pub clock: Clock,
    /// What the log shows, or what was disclosed of a sealed entry.
    pub envelope: Option<OpenEnvelope>,
    /// Its data; `null` if it is not shown.
    pub data: Value,
    /// Disclosed values by path.
    pub disclosed: BTreeMap<String, Value>,
    /// Where it is anchored.
    pub block: Option<Block>,
    /// Whether somebody seals that chain.
    pub is_sealed_chain: bool,
    pub late: bool,
    pub witnesses: usize,
}

impl Event {
    /// Checks a bundle.
    pub(super) fn verify(bytes: &[u8], policy: &Policy) -> Result<Self, Refusal> {
        let (report, envelope) = verify_event(bytes, policy);
        let (is_sealed_chain, late) = match report.outcome {
            Outcome::Anchored { late } => (true, late),
            Outcome::Unsealed { late } => (false, late),
            Outcome::NotAnchored => (false, false),
            Outcome::Refused(refusal) => return Err(refusal),
        };
        let bundle = Bundle::parse(bytes).at(Check::Limits)?;
        let facts = report.event.expect("a bundle that is not refused is of an event");
        let log = report.log.expect("a bundle that is not refused is of a log");
        let block = report.anchor.as_ref().map(|anchor| Block {
            size: log.size,
            number: anchor.block,
            hash: anchor.block_hash,
        });
        let data = envelope.as_ref().map_or(Value::Null, |open| Value::Object(open.data.clone()));
        let disclosed = bundle.disclosures.into_iter().map(|it| (it.path, it.value)).collect();
        Ok(Self {
            position: facts.seq,
            id: facts.id,
            leaf: facts.leaf,
            sealed: facts.sealed,
            clock: facts.clock,
            envelope,
            data,
            disclosed,
            block,
            is_sealed_chain,
            late,
            witnesses: log.witnesses,
        })
    }

    /// The type, or `Sealed` if it is not shown.
    pub(super) fn kind(&self) -> &str {
        self.envelope.as_ref().map_or(SEALED, |open| &open.kind)
    }

    /// The stream, empty if it is not shown.
    pub(super) fn stream(&self) -> &str {
        self.envelope.as_ref().map_or("", |open| &open.stream)
    }

    /// The business clock, milliseconds since 1970; 0 if it is not shown.
    pub(super) fn effective_at_ms(&self) -> i64 {
        self.envelope.as_ref().map_or(0, |open| open.effective_at_ms)
    }

    /// Its data, to be read.
    pub(super) const fn record(&self) -> Record<'_> {
        Record { event: self, value: &self.data }
    }

    /// A withheld value that the bundle discloses.
    pub(super) fn shown(&self, path: &str) -> Result<Record<'_>, Contradiction> {
        let value = self.disclosed.get(path);
        let value = value.ok_or_else(|| self.refuse("what it withholds is not disclosed", path))?;
        Ok(Record { event: self, value })
    }

    /// A contradiction of this event.
    pub(super) fn refuse(
        &self,
        what: &'static str,
        evidence: impl std::fmt::Display,
    ) -> Contradiction {
        let event = Some((self.position, self.kind().to_owned()));
        Contradiction { event, what, evidence: plain(&evidence.to_string(), EVIDENCE_CHARS_MAX) }
    }

    /// A contradiction unless `holds`.
    pub(super) fn require(&self, holds: bool, what: &'static str) -> Result<(), Contradiction> {
        if holds { Ok(()) } else { Err(self.refuse(what, "")) }
    }

    /// A contradiction unless both are the same.
    pub(super) fn same<T: Copy + PartialEq + std::fmt::Display>(
        &self,
        what: &'static str,
        recorded: T,
        shown: T,
    ) -> Result<(), Contradiction> {
        if recorded == shown {
            return Ok(());
        }
        Err(self.refuse(what, format_args!("recorded {recorded}, it is {shown}")))
    }

    /// Checks that it is the next one of its stream after `before`.
    pub(super) fn follows(&self, before: Option<&Self>) -> Result<(), Contradiction> {
        let Some(open) = &self.envelope else { return Ok(()) };
        let before_ver = before.and_then(|it| it.envelope.as_ref()).map_or(0, |open| open.ver);
        self.same("an event of its stream is missing: its version", open.ver, before_ver + 1)?;
        let leaf = before.map(|event| event.leaf);
        self.require(open.prev == leaf, "it does not continue the event before it of its stream")
    }
}
