//! The verdict on a receipt.

use std::fmt;

use super::Acknowledged;
use super::breach::Breach;
use super::opening::Listing;
use super::part::{Pending, ReceiptPart};
use crate::encoding::{hex, instant};
use crate::json::{Value, canonical_profile, object};
use crate::merkle::Hash;
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::verdict::{AnchorFacts, EventFacts, json, write_anchor, write_event};

/// The latest instant, milliseconds since 1970, at which anchoring keeps a promise.
pub(super) fn latest_ms(anchor_by_ms: i64, policy: &Policy) -> i128 {
    i128::from(anchor_by_ms) + i128::from(policy.tolerance_s) * 1000
}

/// How the checks ended.
#[derive(Debug)]
pub enum ReceiptOutcome {
    /// The receipt is right, and its entry is anchored in time.
    Anchored,
    /// The receipt is right; what was promised is not shown to be kept, nor to be broken.
    Acknowledged,
    /// The receipt is right, and the log broke a promise or a rule.
    Breached,
    /// A check failed.
    Refused {
        /// What is at fault.
        part: ReceiptPart,
        /// How.
        refusal: Refusal,
    },
}

impl ReceiptOutcome {
    /// 0 anchored, 1 a breach or refused, 3 anything between.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Anchored => 0,
            Self::Breached | Self::Refused { .. } => 1,
            Self::Acknowledged => 3,
        }
    }

    /// The verdict in one word for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Anchored => "anchored",
            Self::Acknowledged => "acknowledged",
            Self::Breached => "breach",
            Self::Refused { .. } => "refused",
        }
    }
}

/// The verdict on a receipt with everything it rests on.
#[derive(Debug)]
pub struct ReceiptReport {
    /// How the checks ended.
    pub outcome: ReceiptOutcome,
    /// SHA-256 of the policy's JCS.
    pub policy: Hash,
    /// The event, once the receipt's file was checked.
    pub event: Option<EventFacts>,
    /// The promised instant, milliseconds since 1970, likewise.
    pub anchor_by_ms: Option<i64>,
    /// How far the clocks of log and chain may differ, in seconds.
    pub tolerance_s: u64,
    /// The block that the proof or the node shows.
    pub anchor: Option<AnchorFacts>,
    /// What the opening says of the proposal.
    pub listing: Option<Listing>,
    /// What the log broke.
    pub breaches: Vec<Breach>,
    /// What is still open.
    pub pending: Vec<Pending>,
}

impl ReceiptReport {
    pub(super) const fn new(policy: &Policy) -> Self {
        Self {
            outcome: ReceiptOutcome::Acknowledged,
            policy: policy.fingerprint,
            event: None,
            anchor_by_ms: None,
            tolerance_s: policy.tolerance_s,
            anchor: None,
            listing: None,
            breaches: Vec::new(),
            pending: Vec::new(),
        }
    }

    pub(super) fn acknowledged(&mut self, receipt: &Acknowledged) {
        self.event = Some(receipt.event.clone());
        self.anchor_by_ms = Some(receipt.anchor_by_ms);
    }

    pub(super) fn conclude(&mut self) {
        self.outcome = match (self.breaches.is_empty(), self.pending.is_empty()) {
            (false, _) => ReceiptOutcome::Breached,
            (true, false) => ReceiptOutcome::Acknowledged,
            (true, true) => ReceiptOutcome::Anchored,
        };
    }

    pub(super) fn refuse(&mut self, part: ReceiptPart, refusal: Refusal) {
        self.outcome = ReceiptOutcome::Refused { part, refusal };
    }

    /// What nobody should conclude from this verdict.
    #[must_use]
    pub fn not_examined(&self) -> Vec<&'static str> {
        let mut gaps = vec!["whether somebody else than the log holds the key of its receipts"];
        if self.anchor.is_some() || self.listing.is_some() {
            gaps.push("the ancestry of the examined block back to the genesis block");
        }
        if self.event.as_ref().is_some_and(|event| event.signatures > 0) {
            gaps.push("the signatures committed to: this version examines commitments only");
        }
        gaps.push("whether what the event says is true");
        gaps
    }

    /// The verdict as one line of canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let gaps = self.not_examined().into_iter().map(Value::from).collect();
        let pending = self.pending.iter().map(|open| open.to_string().into()).collect();
        let breaches = self.breaches.iter().map(|breach| self.breach_json(breach)).collect();
        let text = |text: Option<String>| text.map_or(Value::Null, Value::from);
        canonical_profile(&object([
            ("anchor", self.anchor.as_ref().map_or(Value::Null, json::anchor)),
            ("anchorBy", text(self.anchor_by_ms.map(|ms| instant(ms.into())))),
            ("breaches", Value::Array(breaches)),
            ("event", self.event.as_ref().map_or(Value::Null, json::event)),
            ("exitCode", Value::Integer(self.outcome.exit_code().into())),
            ("listing", text(self.listing.map(|listing| listing.to_string()))),
            ("notExamined", Value::Array(gaps)),
            ("pending", Value::Array(pending)),
            ("policy", hex(&self.policy).into()),
            ("refusal", refusal(&self.outcome)),
            ("toleranceSeconds", self.tolerance_s.to_string().into()),
            ("verdict", self.outcome.word().into()),
        ]))
    }

    fn breach_json(&self, breach: &Breach) -> Value {
        let item = |(part, proves): (ReceiptPart, String)| {
            object([("file", part.word().into()), ("proves", proves.into())])
        };
        object([
            ("breach", breach.word().into()),
            ("evidence", Value::Array(breach.evidence(self).into_iter().map(item).collect())),
            ("says", breach.to_string().into()),
        ])
    }
}

fn refusal(outcome: &ReceiptOutcome) -> Value {
    let ReceiptOutcome::Refused { part, refusal } = outcome else { return Value::Null };
    object([
        ("check", refusal.check.to_string().into()),
        ("evidence", refusal.cause.to_string().into()),
        ("file", part.word().into()),
    ])
}

impl fmt::Display for ReceiptReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            ReceiptOutcome::Anchored => writeln!(f, "ANCHORED as the receipt promised")?,
            ReceiptOutcome::Acknowledged => writeln!(f, "ACKNOWLEDGED, NOT SHOWN TO BE ANCHORED")?,
            ReceiptOutcome::Breached => {}
            ReceiptOutcome::Refused { part, refusal } => writeln!(
                f,
                "REFUSED: {part}, by the check \"{}\": {}",
                refusal.check, refusal.cause
            )?,
        }
        for breach in &self.breaches {
            writeln!(f, "BREACH: {breach}")?;
            for (part, proves) in breach.evidence(self) {
                writeln!(f, "  evidence     {part}: {proves}")?;
            }
        }
        if let Some(event) = &self.event {
            write_event(f, event)?;
        }
        if let Some(ms) = self.anchor_by_ms {
            let tolerance_s = self.tolerance_s;
            writeln!(
                f,
                "  promised     anchored by {}, tolerance {tolerance_s} s",
                instant(ms.into())
            )?;
        }
        if let Some(anchor) = &self.anchor {
            write_anchor(f, anchor)?;
        }
        if let Some(listing) = &self.listing {
            writeln!(f, "  opening      {listing}")?;
        }
        writeln!(f, "  policy       {}", hex(&self.policy))?;
        if matches!(self.outcome, ReceiptOutcome::Refused { .. }) {
            return Ok(());
        }
        for open in &self.pending {
            writeln!(f, "  open         {open}")?;
        }
        for gap in self.not_examined() {
            writeln!(f, "  not examined {gap}")?;
        }
        Ok(())
    }
}
