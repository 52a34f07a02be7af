//! The contract, its deliverables and its payments.

use serde::{Deserialize, Serialize};

use crate::content::{Document, Milestone, Tenderer};
use crate::id::{AwardId, ContractId, LocalId, Ocid, TenderId, UnitKey};
use crate::money::Money;
use crate::time::{Day, Timestamp};
use crate::vocabulary::Party;

/// A contract was prepared for signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractPrepared {
    /// Its id.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The tender.
    pub tender_id: TenderId,
    /// The award.
    pub award_id: AwardId,
    /// The buying unit.
    pub unit_key: UnitKey,
    /// Its title: the tender's.
    pub title: String,
    /// The company.
    pub supplier: Tenderer,
    /// The amount, VAT excluded: the award's.
    pub amount: Money,
    /// The last day to sign.
    pub sign_by: Day,
    /// The guarantee's share of the amount, in per cent.
    pub guarantee_percent: u32,
    /// What a day of delay costs, in per mille of the late deliverable's value.
    pub penalty_per_day_per_mille: u32,
    /// The deliverables; their values add up to the amount.
    pub milestones: Vec<Milestone>,
}

/// The guarantee of performance was lodged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuaranteeLodged {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// How much.
    pub amount: Money,
    /// The guarantee's number.
    pub reference: String,
}

/// One party signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractSigned {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// Which.
    pub party: Party,
}

/// Both parties signed: the contract is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractActivated {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// When the last party signed.
    pub signed_at: Timestamp,
}

/// The supplier delivered, for the first time or again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeliverableSubmitted {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The deliverable.
    pub milestone_id: LocalId,
    /// Natural days after the day it was due, measured at the first delivery.
    pub days_late: u32,
    /// What was delivered.
    pub documents: Vec<Document>,
}

/// A deliverable was sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeliverableReturned {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The deliverable.
    pub milestone_id: LocalId,
    /// Why.
    pub reason: String,
}

/// A deliverable was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeliverableAccepted {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The deliverable.
    pub milestone_id: LocalId,
}

/// A late deliverable costs its supplier a part of its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PenaltyApplied {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The deliverable.
    pub milestone_id: LocalId,
    /// Natural days late.
    pub days_late: u32,
    /// How much.
    pub amount: Money,
}

/// The supplier sent an invoice (CFDI) for an accepted deliverable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InvoiceRegistered {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The deliverable.
    pub milestone_id: LocalId,
    /// The invoice's own id (folio fiscal).
    pub invoice_id: String,
    /// The deliverable's value less its penalty, VAT excluded.
    pub amount: Money,
    /// The last day to pay in time.
    pub pay_by: Day,
}

/// A payment was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaymentOrdered {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The deliverable.
    pub milestone_id: LocalId,
    /// How much.
    pub amount: Money,
}

/// A payment was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaymentRecorded {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The deliverable.
    pub milestone_id: LocalId,
    /// How much.
    pub amount: Money,
    /// The transfer's number.
    pub reference: String,
}

/// Everything was delivered, accepted and paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractCompleted {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
}

/// The accounts of a completed contract (finiquito).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettlementIssued {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The contract's amount.
    pub amount: Money,
    /// All penalties.
    pub penalties: Money,
    /// All payments.
    pub paid: Money,
}

/// The buyer rated how the supplier performed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PerformanceRated {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// From 1 to 5.
    pub stars: u32,
    /// Why.
    pub comment: String,
}

/// A citizen rated the work, from the first accepted deliverable on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkRated {
    /// The contract.
    pub contract_id: ContractId,
    /// The contracting process.
    pub ocid: Ocid,
    /// From 1 to 5.
    pub stars: u32,
}
