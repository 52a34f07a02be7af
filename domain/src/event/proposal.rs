//! Proposals, from the sealed envelopes to their opening.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{PrivatePart, part};
use crate::content::{Disposition, Document, EconomicEnvelope, TechnicalEnvelope, Tenderer};
use crate::id::{Mask, Ocid, ParticipationId, ProposalId, SheetId, TenderId};
use crate::money::Money;
use crate::time::Timestamp;

/// A company took part in a tender; sealed until the economic opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParticipantRegistered {
    /// Its id.
    pub participation_id: ParticipationId,
    /// The tender.
    pub tender_id: TenderId,
    /// The company, as the register had it.
    pub tenderer: Tenderer,
}

/// What a proposal says. Known when the event is made; when it is read, what was disclosed of it. The inner
/// envelope commits to each part at a path of its own, so that the envelopes are opened one after the other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// Who offers, at `/data/company`.
    pub company: Option<Tenderer>,
    /// The technical envelope, at `/data/technical`.
    pub technical: Option<TechnicalEnvelope>,
    /// The economic envelope, at `/data/economic`.
    pub economic: Option<EconomicEnvelope>,
}

impl std::fmt::Debug for Offer {
    /// Says nothing: what is sealed must not be printed with its event.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Offer(…)")
    }
}

/// A proposal was submitted; sealed. Its actor is withheld too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProposalSubmitted {
    /// Its id.
    pub proposal_id: ProposalId,
    /// The tender.
    pub tender_id: TenderId,
    /// What it says.
    #[serde(skip)]
    pub offer: Offer,
}

/// A proposal was replaced by another of the same company; sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProposalReplaced {
    /// Its id.
    pub proposal_id: ProposalId,
    /// The tender.
    pub tender_id: TenderId,
    /// What it says now.
    #[serde(skip)]
    pub offer: Offer,
}

/// A proposal was taken back; sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProposalWithdrawn {
    /// Its id.
    pub proposal_id: ProposalId,
    /// The tender.
    pub tender_id: TenderId,
}

/// Receipt ended, by the timer. Says nothing of how many proposals there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReceiptClosed {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The exclusive end of receipt.
    pub deadline: Timestamp,
    /// Positions of the live proposals, in order: known when the event is made; the envelope commits to
    /// them at `/data/positions`, which the opening discloses.
    #[serde(skip)]
    pub positions: Option<Vec<u64>>,
}

/// The technical envelope of one proposal was opened, under a mask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProposalOpened {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The letter it is known by until the prices are opened.
    pub mask: Mask,
    /// Position of the sealed entry that is opened, in decimal.
    #[serde(with = "crate::content::decimal")]
    pub position: u64,
    /// The documents of its technical envelope.
    pub documents: Vec<Document>,
}

/// The technical envelopes were opened: what became of every proposal of the tender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProposalsOpened {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// Every sealed entry of the tender's proposal streams, by position.
    pub proposals: Vec<Disposition>,
    /// How many were opened.
    pub opened: u32,
}

/// The area that specified scored a proposal; sealed until the last ballot is revealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TechnicalSheetSigned {
    /// Its id.
    pub sheet_id: SheetId,
    /// The tender.
    pub tender_id: TenderId,
    /// The proposal.
    pub mask: Mask,
    /// Centipoints, in the order of the call's technical criteria.
    pub scores: Vec<u32>,
    /// Why.
    pub justification: String,
}

/// A technical sheet was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TechnicalSheetOpened {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The proposal.
    pub mask: Mask,
    /// Position of the sealed entry that is opened, in decimal.
    #[serde(with = "crate::content::decimal")]
    pub position: u64,
    /// Centipoints, in the order of the call's technical criteria.
    pub scores: Vec<u32>,
    /// Why.
    pub justification: String,
}

/// The economic envelope of one proposal was opened: whose it is and what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EconomicOpened {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The letter it was known by.
    pub mask: Mask,
    /// The proposal.
    pub proposal_id: ProposalId,
    /// Position of the sealed proposal, in decimal.
    #[serde(with = "crate::content::decimal")]
    pub position: u64,
    /// Position of the sealed participation, in decimal.
    #[serde(with = "crate::content::decimal")]
    pub participation: u64,
    /// The company.
    pub tenderer: Tenderer,
    /// The price, VAT excluded.
    pub price: Money,
    /// The documents of its economic envelope.
    pub documents: Vec<Document>,
}

impl Offer {
    /// The parts that are known, each at its path.
    pub(super) fn parts(&self) -> Vec<PrivatePart> {
        [
            part("/data/company", self.company.as_ref()),
            part("/data/technical", self.technical.as_ref()),
            part("/data/economic", self.economic.as_ref()),
        ]
        .concat()
    }

    pub(super) fn disclose(&mut self, path: &str, value: &Value) -> Result<(), serde_json::Error> {
        match path {
            "/data/company" => self.company = Some(Tenderer::deserialize(value)?),
            "/data/technical" => self.technical = Some(TechnicalEnvelope::deserialize(value)?),
            "/data/economic" => self.economic = Some(EconomicEnvelope::deserialize(value)?),
            _ => {}
        }
        Ok(())
    }
}
