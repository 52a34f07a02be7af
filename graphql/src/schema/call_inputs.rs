//! Inputs of the commands about calls.

use application::Command;
use async_graphql::InputObject;
use domain::input as d;
use domain::rejection::InputRejection;
use domain::{PlanId, TenderId, content, tender};

use super::codes::{Aggregation, Category, ProcurementMethod};
use super::inputs::{CommandInput, ItemInput, MoneyInput, command, count, items, numbered};
use super::scalars::{DayText, Instant, UuidText};

/// Something a proposal must show.
#[derive(InputObject, Debug)]
pub(crate) struct RequirementInput {
    /// Its id, e.g. `R1`.
    id: String,
    /// What must be shown.
    title: String,
    /// Whether a proposal without it is not solvent.
    mandatory: bool,
}

/// How many points each block gives, in centipoints (1/100 point); together 10000.
#[derive(InputObject, Debug)]
pub(crate) struct WeightsInput {
    /// The technical sheet.
    technical: i32,
    /// The price.
    economic: i32,
    /// The citizens' panel.
    social: i32,
}

/// A criterion of the technical sheet.
#[derive(InputObject, Debug)]
pub(crate) struct TechnicalCriterionInput {
    /// Its id, e.g. `T1`.
    id: String,
    /// What is scored.
    title: String,
    /// The most it gives, in centipoints.
    maximum: i32,
}

/// A criterion of the citizens' panel.
#[derive(InputObject, Debug)]
pub(crate) struct SocialCriterionInput {
    /// Its id, e.g. `S1`.
    id: String,
    /// What is scored from 0 to 100.
    title: String,
    /// Its share of the social weight, in per cent.
    weight_percent: i32,
}

/// The hours of a tender; ends are exclusive.
#[derive(InputObject, Debug)]
pub(crate) struct ScheduleInput {
    /// From when proposals are received.
    receipt_start: Instant,
    /// From when they are late.
    receipt_end: Instant,
    /// When the technical envelopes may be opened.
    technical_opening: Instant,
    /// When the citizens' panel is drawn.
    panel_draw: Instant,
    /// From when ballots are committed.
    commit_start: Instant,
    /// From when a commitment is late.
    commit_end: Instant,
    /// From when ballots are revealed.
    reveal_start: Instant,
    /// From when a reveal is late.
    reveal_end: Instant,
    /// When the economic envelopes may be opened.
    economic_opening: Instant,
    /// When the award is announced.
    award_at: Instant,
}

impl ScheduleInput {
    fn read(&self) -> Result<content::Schedule, InputRejection> {
        Ok(content::Schedule {
            receipt_start: self.receipt_start.read("schedule.receiptStart")?,
            receipt_end: self.receipt_end.read("schedule.receiptEnd")?,
            technical_opening: self.technical_opening.read("schedule.technicalOpening")?,
            panel_draw: self.panel_draw.read("schedule.panelDraw")?,
            commit_start: self.commit_start.read("schedule.commitStart")?,
            commit_end: self.commit_end.read("schedule.commitEnd")?,
            reveal_start: self.reveal_start.read("schedule.revealStart")?,
            reveal_end: self.reveal_end.read("schedule.revealEnd")?,
            economic_opening: self.economic_opening.read("schedule.economicOpening")?,
            award_at: self.award_at.read("schedule.awardAt")?,
        })
    }
}

/// The days a call announces.
#[derive(InputObject, Debug)]
pub(crate) struct CallDaysInput {
    /// Inicio de licitación.
    tender_start: DayText,
    /// Fin de licitación.
    tender_end: DayText,
    /// Inicio de adjudicación.
    award_start: DayText,
    /// Fin de adjudicación.
    award_end: DayText,
    /// Inicio de contratación.
    contracting_start: DayText,
    /// Fin de contratación.
    contracting_end: DayText,
}

impl CallDaysInput {
    fn read(&self) -> Result<content::CallDays, InputRejection> {
        Ok(content::CallDays {
            tender_start: self.tender_start.read("call.tenderStart")?,
            tender_end: self.tender_end.read("call.tenderEnd")?,
            award_start: self.award_start.read("call.awardStart")?,
            award_end: self.award_end.read("call.awardEnd")?,
            contracting_start: self.contracting_start.read("call.contractingStart")?,
            contracting_end: self.contracting_end.read("call.contractingEnd")?,
        })
    }
}

/// The content of a call.
#[derive(InputObject, Debug)]
pub(crate) struct TenderInput {
    /// The plan it carries out.
    plan_id: UuidText,
    /// The procedure's number, e.g. `LA-009000999-E1-2018`.
    procedure_number: String,
    /// Its title.
    title: String,
    /// What is bought.
    description: String,
    /// How suppliers are chosen.
    procurement_method: ProcurementMethod,
    /// What sort of thing is bought.
    category: Category,
    /// The most that may be paid.
    budget: MoneyInput,
    /// What is bought, item by item.
    items: Vec<ItemInput>,
    /// What proposals must show.
    requirements: Vec<RequirementInput>,
    /// How many points each block gives.
    weights: WeightsInput,
    /// The fewest technical points of a solvent proposal, in centipoints.
    technical_minimum: i32,
    /// How the citizens' scores are aggregated.
    aggregation: Aggregation,
    /// The criteria of the technical sheet.
    technical_criteria: Vec<TechnicalCriterionInput>,
    /// The criteria of the citizens' panel.
    social_criteria: Vec<SocialCriterionInput>,
    /// The hours.
    schedule: ScheduleInput,
    /// The days the call announces.
    call: CallDaysInput,
}

impl TenderInput {
    fn read(self) -> Result<tender::TenderInput, InputRejection> {
        let requirement = |it: RequirementInput| d::RequirementInput {
            id: it.id,
            title: it.title,
            mandatory: it.mandatory,
        };
        Ok(tender::TenderInput {
            plan_id: PlanId(self.plan_id.read("planId")?),
            procedure_number: self.procedure_number,
            title: self.title,
            description: self.description,
            procurement_method: self.procurement_method.into(),
            category: self.category.into(),
            budget: self.budget.into(),
            items: items(self.items)?,
            requirements: self.requirements.into_iter().map(requirement).collect(),
            weights: content::Weights {
                technical: count("weights.technical", self.weights.technical)?,
                economic: count("weights.economic", self.weights.economic)?,
                social: count("weights.social", self.weights.social)?,
            },
            technical_minimum: count("technicalMinimum", self.technical_minimum)?,
            aggregation: self.aggregation.into(),
            technical_criteria: numbered(self.technical_criteria, |index, it| {
                let maximum = count(&format!("technicalCriteria[{index}].maximum"), it.maximum)?;
                Ok(d::TechnicalCriterionInput { id: it.id, title: it.title, maximum })
            })?,
            social_criteria: numbered(self.social_criteria, |index, it| {
                let field = format!("socialCriteria[{index}].weightPercent");
                let weight_percent = count(&field, it.weight_percent)?;
                Ok(d::SocialCriterionInput { id: it.id, title: it.title, weight_percent })
            })?,
            schedule: self.schedule.read()?,
            call: self.call.read()?,
        })
    }
}

command!(
    /// A call's draft to begin or to change.
    SaveTenderDraftInput {
        /// Which; absent: a new draft, whose id is the answer's `subject`.
        tender_id: Option<UuidText>,
        /// Its content.
        tender: TenderInput,
    }
    it => Command::SaveTenderDraft {
        tender_id: it.tender_id.map(|id| id.read("tenderId")).transpose()?.map(TenderId),
        tender: Box::new(it.tender.read()?),
    }
);

command!(
    /// A call to be decided on.
    SubmitCallInput {
        /// Which.
        tender_id: UuidText,
    }
    it => Command::SubmitCall { tender_id: TenderId(it.tender_id.read("tenderId")?) }
);

command!(
    /// A call to send back.
    ReturnCallInput {
        /// Which.
        tender_id: UuidText,
        /// Why, for its author to read.
        reason: String,
    }
    it => Command::ReturnCall {
        tender_id: TenderId(it.tender_id.read("tenderId")?),
        reason: it.reason,
    }
);

command!(
    /// A call to approve.
    ApproveCallInput {
        /// Which.
        tender_id: UuidText,
    }
    it => Command::ApproveCall { tender_id: TenderId(it.tender_id.read("tenderId")?) }
);

command!(
    /// An approved call to publish.
    PublishCallInput {
        /// Which.
        tender_id: UuidText,
    }
    it => Command::PublishCall { tender_id: TenderId(it.tender_id.read("tenderId")?) }
);
