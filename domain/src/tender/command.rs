//! What may be asked of a tender, and what a call is drafted from. What its stages are decided on stands
//! with them.

use serde::{Deserialize, Serialize};

use crate::content::{
    CallDays, DraftItem, Requirement, Schedule, SocialCriterion, TechnicalCriterion, Weights,
};
use crate::event::{CatalogItemAdded, PlanApproved};
use crate::id::{AccountRef, PlanId, TenderId, UnitKey};
use crate::input::{
    ItemInput, MoneyInput, RequirementInput, SocialCriterionInput, TechnicalCriterionInput,
    read_items, read_requirements, read_social_criteria, read_technical_criteria,
};
use crate::money::Money;
use crate::rejection::InputRejection;
use crate::rule_set::RuleSet;
use crate::tender::award::{DeclareDeserted, IssueAward};
use crate::tender::economic::OpenEconomic;
use crate::tender::opening::{CloseReceipt, OpenTechnical};
use crate::text::{self, PROSE_CHARS_MAX, TITLE_CHARS_MAX};
use crate::time::Timestamp;
use crate::vocabulary::{Aggregation, Category, ProcurementMethod};

/// What may be asked of a tender, from the approval of its call on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenderCommand {
    /// Publish the call as it was approved.
    PublishCall(Box<PublishCall>),
    /// Close receipt, by the timer.
    CloseReceipt(CloseReceipt),
    /// Open the technical envelopes.
    OpenTechnical(Box<OpenTechnical>),
    /// Open the technical sheets and the economic envelopes.
    OpenEconomic(Box<OpenEconomic>),
    /// Award the best proposal.
    IssueAward(Box<IssueAward>),
    /// Award nobody.
    DeclareDeserted(Box<DeclareDeserted>),
}

/// Everything the publication of a call is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishCall {
    /// The tender's id.
    pub tender_id: TenderId,
    /// The draft's content.
    pub draft: TenderDraft,
    /// The plan the draft cites, if it is approved.
    pub plan: Option<PlanApproved>,
    /// The active catalogue items the draft cites.
    pub cited: Vec<CatalogItemAdded>,
    /// Who wrote the call.
    pub author: AccountRef,
    /// Who approved it.
    pub approver: AccountRef,
    /// When its draft was begun.
    pub registered_at: Timestamp,
    /// The rules it is checked against and pins.
    pub rules: RuleSet,
}

/// A call as it is typed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenderInput {
    /// The plan it carries out.
    pub plan_id: PlanId,
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
    pub budget: MoneyInput,
    /// What is bought, item by item.
    pub items: Vec<ItemInput>,
    /// What proposals must show.
    pub requirements: Vec<RequirementInput>,
    /// How many points each block gives.
    pub weights: Weights,
    /// The fewest technical points of a solvent proposal, in centipoints.
    pub technical_minimum: u32,
    /// How the citizens' scores are aggregated.
    pub aggregation: Aggregation,
    /// The criteria of the technical sheet.
    pub technical_criteria: Vec<TechnicalCriterionInput>,
    /// The criteria of the citizens' panel.
    pub social_criteria: Vec<SocialCriterionInput>,
    /// The hours.
    pub schedule: Schedule,
    /// The days the call announces.
    pub call: CallDays,
}

/// The content of a call's draft, in normal form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenderDraft {
    /// The plan it carries out.
    pub plan_id: PlanId,
    /// The procedure's number.
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
    /// What is bought, item by item.
    pub items: Vec<DraftItem>,
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
}

impl TenderInput {
    /// Reads what was typed in into normal form.
    ///
    /// # Errors
    /// [`InputRejection`] that names the first member which is not of its shape.
    pub fn read(&self) -> Result<TenderDraft, InputRejection> {
        Ok(TenderDraft {
            plan_id: self.plan_id,
            procedure_number: read_procedure_number(&self.procedure_number)?,
            title: text::line("title", &self.title, TITLE_CHARS_MAX)?,
            description: text::line("description", &self.description, PROSE_CHARS_MAX)?,
            procurement_method: self.procurement_method,
            category: self.category,
            budget: self.budget.read("budget")?,
            items: read_items("items", &self.items)?,
            requirements: read_requirements("requirements", &self.requirements)?,
            weights: self.weights,
            technical_minimum: self.technical_minimum,
            aggregation: self.aggregation,
            technical_criteria: read_technical_criteria(
                "technicalCriteria",
                &self.technical_criteria,
            )?,
            social_criteria: read_social_criteria("socialCriteria", &self.social_criteria)?,
            schedule: self.schedule,
            call: self.call,
        })
    }
}

impl TenderDraft {
    /// The unit key inside the procedure's number.
    #[must_use]
    pub fn procedure_unit(&self) -> Option<UnitKey> {
        self.procedure_number.split('-').nth(1)?.parse().ok()
    }
}

/// Reads a procedure's number: two letters (who buys what and how), the unit's key, N, E or T
/// with a sequence, the year, as `LA-009000999-E1-2018`.
fn read_procedure_number(text: &str) -> Result<String, InputRejection> {
    let number = text::line("procedureNumber", text, 64)?.to_uppercase();
    let parts: Vec<&str> = number.split('-').collect();
    let is_number = matches!(parts.as_slice(), [kind, unit, sequence, year]
        if matches!(*kind, "LA" | "IA" | "AA" | "LO" | "IO" | "SO")
            && unit.parse::<UnitKey>().is_ok()
            && sequence.strip_prefix(['N', 'E', 'T']).is_some_and(is_counter)
            && year.len() == 4 && is_counter(year));
    if is_number {
        Ok(number)
    } else {
        Err(InputRejection::Format {
            field: "procedureNumber".to_owned(),
            expected: "el número de procedimiento, como LA-009000999-E1-2018",
        })
    }
}

fn is_counter(text: &str) -> bool {
    (1..=6).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0')
}
