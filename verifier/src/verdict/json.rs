//! The verdict as JSON.

use super::{AnchorFacts, EventFacts, Outcome, Report};
use crate::encoding::{hex, instant};
use crate::json::{Value, canonical_profile, object};

impl Report {
    /// The verdict as one line of canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let gaps = self.not_examined().into_iter().map(Value::from).collect();
        let ancestry = self.ancestry.map_or(Value::Null, |block| block.to_string().into());
        canonical_profile(&object([
            ("ancestry", ancestry),
            ("anchor", self.anchor.as_ref().map_or(Value::Null, anchor)),
            ("event", self.event.as_ref().map_or(Value::Null, event)),
            ("exitCode", Value::Integer(self.outcome.exit_code().into())),
            ("late", self.outcome.is_late().into()),
            ("log", self.log.as_ref().map_or(Value::Null, log)),
            ("notExamined", Value::Array(gaps)),
            ("policy", hex(&self.policy).into()),
            ("refusal", refusal(&self.outcome)),
            ("release", self.release.as_ref().map_or(Value::Null, release)),
            ("verdict", self.outcome.word().into()),
        ]))
    }
}

pub(crate) fn refusal(outcome: &Outcome) -> Value {
    let Outcome::Refused(refusal) = outcome else { return Value::Null };
    object([
        ("check", refusal.check.to_string().into()),
        ("evidence", refusal.cause.to_string().into()),
    ])
}

pub(crate) fn anchor(facts: &AnchorFacts) -> Value {
    let sealing = facts.sealing.as_ref().map_or(Value::Null, |sealing| {
        object([
            ("organisations", count(sealing.organisations)),
            ("sealerOrganisations", count(sealing.sealer_organisations)),
            ("sealers", count(sealing.sealers)),
            ("signers", count(sealing.signers)),
        ])
    });
    object([
        ("block", facts.block.to_string().into()),
        ("blockHash", hex(&facts.block_hash).into()),
        ("blockTime", instant(facts.block_ms).into()),
        ("contract", hex(&facts.contract).into()),
        ("headers", count(facts.headers)),
        ("sealing", sealing),
    ])
}

/// A count of things held in memory, far below 2^53.
pub(crate) fn count(n: usize) -> Value {
    Value::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}

pub(crate) fn event(facts: &EventFacts) -> Value {
    let (stream, ver, kind) = match &facts.name {
        Some((stream, ver, kind)) => {
            (stream.clone().into(), ver.to_string().into(), kind.clone().into())
        }
        None => (Value::Null, Value::Null, Value::Null),
    };
    let effective = facts.effective_at_ms.map_or(Value::Null, |ms| instant(ms.into()).into());
    object([
        ("at", instant(facts.at_ms.into()).into()),
        ("clock", facts.clock.as_str().into()),
        ("disclosed", count(facts.disclosed)),
        ("effectiveAt", effective),
        ("id", facts.id.clone().into()),
        ("leaf", hex(&facts.leaf).into()),
        ("log", facts.log.clone().into()),
        ("sealed", facts.sealed.into()),
        ("seq", facts.seq.to_string().into()),
        ("signatures", count(facts.signatures)),
        ("signaturesDisclosed", count(facts.signatures_disclosed)),
        ("signaturesVerified", Value::Integer(0)),
        ("stream", stream),
        ("type", kind),
        ("ver", ver),
        ("withheld", count(facts.withheld)),
    ])
}

fn log(facts: &super::LogFacts) -> Value {
    object([
        ("batch", facts.batch.to_string().into()),
        ("root", hex(&facts.root).into()),
        ("size", facts.size.to_string().into()),
        ("witnesses", count(facts.witnesses)),
    ])
}

fn release(facts: &crate::release::ReleaseFacts) -> Value {
    object([
        ("found", facts.found.to_string().into()),
        ("ocid", facts.ocid.clone().into()),
        ("releaseId", facts.release_id.clone().into()),
        ("sha256", hex(&facts.sha256).into()),
    ])
}
