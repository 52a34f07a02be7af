//! Ruling and award.

use serde::{Deserialize, Serialize};

use crate::content::{Tenderer, Unsolvent};
use crate::id::{AwardId, Mask, Ocid, TenderId};
use crate::money::Money;
use crate::time::Day;

/// The ruling (dictamen): the order in which the proposals are best, and which are not solvent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RulingIssued {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The solvent proposals, the best first.
    pub order: Vec<Mask>,
    /// The others, with the cause.
    pub unsolvent: Vec<Unsolvent>,
    /// Why.
    pub reasons: String,
}

/// The award (fallo).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwardIssued {
    /// Its id.
    pub award_id: AwardId,
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The winning proposal.
    pub mask: Mask,
    /// The company.
    pub supplier: Tenderer,
    /// The price, VAT excluded.
    pub amount: Money,
    /// Its points, in centipoints.
    pub total: u32,
    /// The last day to sign the contract.
    pub sign_by: Day,
    /// Why.
    pub reasons: String,
}

/// Nobody is awarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenderDeserted {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// Why.
    pub reasons: String,
}
