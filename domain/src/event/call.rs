//! From the plan to the published call.

use serde::{Deserialize, Serialize};

use crate::content::{
    CallDays, Item, MarketResearch, Requirement, Schedule, SocialCriterion, TechnicalCriterion,
    Weights,
};
use crate::id::{AccountRef, Ocid, PlanId, TenderId, UnitKey};
use crate::money::Money;
use crate::time::Timestamp;
use crate::vocabulary::{Aggregation, Category, ProcurementMethod};

/// A plan was approved, and its contracting process has an ocid from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanApproved {
    /// Its id.
    pub plan_id: PlanId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The buying unit.
    pub unit_key: UnitKey,
    /// The unit's name at that moment.
    pub unit_name: String,
    /// The body it buys for.
    pub buyer: String,
    /// What is needed and why.
    pub need: String,
    /// The fiscal year.
    pub fiscal_year: u16,
    /// The budget line (partida).
    pub budget_line: String,
    /// The most that may be spent.
    pub amount: Money,
    /// What is planned, item by item; may be empty.
    pub items: Vec<Item>,
    /// What the market asks for it.
    pub market_research: MarketResearch,
    /// Who wrote the plan.
    pub author: AccountRef,
    /// Who approved it; never its author.
    pub approver: AccountRef,
    /// When its draft was begun.
    pub drafted_at: Timestamp,
}

/// A call was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenderPublished {
    /// Its id.
    pub tender_id: TenderId,
    /// The contracting process, its plan's.
    pub ocid: Ocid,
    /// The plan it carries out.
    pub plan_id: PlanId,
    /// The buying unit.
    pub unit_key: UnitKey,
    /// The unit's name at that moment.
    pub unit_name: String,
    /// The body it buys for.
    pub buyer: String,
    /// The procedure's number, e.g. `LA-009000999-E1-2018`.
    pub procedure_number: String,
    /// Its title.
    pub title: String,
    /// What is bought.
    pub description: String,
    /// How suppliers are chosen.
    pub procurement_method: ProcurementMethod,
    /// What sort of thing is bought.
    pub category: Category,
    /// The most that may be paid.
    pub budget: Money,
    /// When its draft was begun (fecha de registro).
    pub registered_at: Timestamp,
    /// What is bought, item by item.
    pub items: Vec<Item>,
    /// What proposals must show.
    pub requirements: Vec<Requirement>,
    /// How many points each block gives.
    pub weights: Weights,
    /// The fewest technical points of a solvent proposal, in centipoints.
    pub technical_minimum: u32,
    /// How the citizens' scores are aggregated.
    pub aggregation: Aggregation,
    /// The criteria of the technical sheet.
    pub technical_criteria: Vec<TechnicalCriterion>,
    /// The criteria of the citizens' panel.
    pub social_criteria: Vec<SocialCriterion>,
    /// The hours.
    pub schedule: Schedule,
    /// The days the call announces.
    pub call: CallDays,
    /// Who wrote the call.
    pub author: AccountRef,
    /// Who approved it; never its author.
    pub approver: AccountRef,
}
