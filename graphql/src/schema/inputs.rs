//! Inputs of commands, and how they become commands of `application`.
//!
//! Nothing is judged here but what GraphQL cannot carry: ids, instants and numbers that are not of their shape
//! are refused with the name of their field; all else is read by `domain`.

use application::Command;
use async_graphql::InputObject;
use domain::input as d;
use domain::rejection::InputRejection;
use domain::{CompanyId, PlanId, TenderId, catalogue, company, content, event, plan, tender, unit};

use super::codes::{Aggregation, Category, CompanySize, ProcurementMethod};
use super::scalars::{DayText, Instant, UuidText};

/// A command's input.
pub(crate) trait CommandInput {
    /// The id its caller chose.
    fn command_id(&self) -> &UuidText;

    /// The command.
    fn into_command(self) -> Result<Command, InputRejection>;
}

macro_rules! command {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),+ $(,)? }
        $input:ident => $command:expr) => {
        $(#[$doc])*
        #[derive(InputObject, Debug)]
        pub(crate) struct $name {
            /// Chosen by the caller: the same id with the same input is the same command.
            command_id: UuidText,
            $($(#[$field_doc])* $field: $type),+
        }

        impl CommandInput for $name {
            fn command_id(&self) -> &UuidText {
                &self.command_id
            }

            fn into_command(self) -> Result<Command, InputRejection> {
                let $input = self;
                Ok($command)
            }
        }
    };
}

command!(
    /// A buying unit to enter in the register.
    RegisterUnitInput {
        /// Its key, nine digits or capital letters.
        key: String,
        /// Its name.
        name: String,
        /// The body it buys for.
        buyer: String,
    }
    it => Command::RegisterUnit(unit::RegisterUnit { key: it.key, name: it.name, buyer: it.buyer })
);

command!(
    /// An item to add to a catalogue.
    AddCatalogueItemInput {
        /// The catalogue, e.g. `MX-LOCAL`.
        scheme: String,
        /// The item's code.
        id: String,
        /// The code of the broader item, if there is one.
        parent: Option<String>,
        /// What it is.
        description: String,
        /// What is counted.
        unit: String,
    }
    it => Command::AddCatalogueItem(catalogue::AddCatalogueItem {
        scheme: it.scheme,
        id: it.id,
        parent: it.parent,
        description: it.description,
        unit: it.unit,
    })
);

/// The person who represents a company; kept out of the log.
#[derive(InputObject)]
pub(crate) struct ContactInput {
    /// Given names.
    nombre: String,
    /// First family name.
    apellido_paterno: String,
    /// Second family name, if there is one.
    apellido_materno: Option<String>,
    /// E-mail address.
    correo: String,
    /// Telephone, with or without `+52`.
    telefono: String,
}

/// Personal data has no place in a log line.
impl std::fmt::Debug for ContactInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContactInput")
    }
}

impl From<ContactInput> for event::Contact {
    fn from(contact: ContactInput) -> Self {
        Self {
            nombre: contact.nombre,
            apellido_paterno: contact.apellido_paterno,
            apellido_materno: contact.apellido_materno,
            correo: contact.correo,
            telefono: contact.telefono,
        }
    }
}

command!(
    /// A company that asks to be registered.
    RegisterCompanyInput {
        /// Razón social.
        legal_name: String,
        /// Its RFC, with or without hyphens.
        rfc: String,
        /// Whether a check digit that does not fit was confirmed.
        #[graphql(default)]
        confirm_rfc: bool,
        /// Its size.
        size: CompanySize,
        /// Its representative.
        contact: ContactInput,
    }
    it => Command::RegisterCompany(Box::new(company::RegisterCompany {
        legal_name: it.legal_name,
        rfc: it.rfc,
        confirm_rfc: it.confirm_rfc,
        size: it.size.into(),
        contact: it.contact.into(),
    }))
);

command!(
    /// A company to approve.
    ApproveCompanyInput {
        /// Which.
        company_id: UuidText,
    }
    it => Command::ApproveCompany { company_id: CompanyId(it.company_id.read("companyId")?) }
);

command!(
    /// A company to refuse.
    RejectCompanyInput {
        /// Which.
        company_id: UuidText,
        /// Why, for the company to read.
        reason: String,
    }
    it => Command::RejectCompany {
        company_id: CompanyId(it.company_id.read("companyId")?),
        reason: it.reason,
    }
);

/// An amount.
#[derive(InputObject, Debug)]
pub(crate) struct MoneyInput {
    /// Whole centavos in decimal.
    centavos: String,
    /// Three capital letters.
    currency: String,
}

impl From<MoneyInput> for d::MoneyInput {
    fn from(money: MoneyInput) -> Self {
        Self { centavos: money.centavos, currency: money.currency }
    }
}

/// A line of a plan or tender.
#[derive(InputObject, Debug)]
pub(crate) struct ItemInput {
    /// Its id within the plan or tender.
    id: String,
    /// The catalogue.
    scheme: String,
    /// The item's code in it.
    item: String,
    /// How many of the item's unit, from 1.
    quantity: i32,
}

fn items(items: Vec<ItemInput>) -> Result<Vec<d::ItemInput>, InputRejection> {
    numbered(items, |index, it| {
        let quantity = count(&format!("items[{index}].quantity"), it.quantity)?;
        Ok(d::ItemInput { id: it.id, scheme: it.scheme, item: it.item, quantity })
    })
}

/// A price somebody quoted.
#[derive(InputObject, Debug)]
pub(crate) struct QuoteInput {
    /// Who quoted, or where the price was found.
    source: String,
    /// The price, VAT excluded.
    amount: MoneyInput,
}

/// The content of a plan.
#[derive(InputObject, Debug)]
pub(crate) struct PlanInput {
    /// The buying unit.
    unit_key: String,
    /// What is needed and why.
    need: String,
    /// The fiscal year.
    fiscal_year: i32,
    /// The budget line (partida), five digits.
    budget_line: String,
    /// The most that may be spent.
    amount: MoneyInput,
    /// What is planned; may be empty.
    items: Vec<ItemInput>,
    /// What the market asks for it.
    quotes: Vec<QuoteInput>,
}

impl PlanInput {
    fn read(self) -> Result<plan::PlanInput, InputRejection> {
        let fiscal_year = u16::try_from(self.fiscal_year).map_err(|_| {
            InputRejection::OutOfRange { field: "fiscalYear".to_owned(), min: 2000, max: 2100 }
        })?;
        let quote = |it: QuoteInput| d::QuoteInput { source: it.source, amount: it.amount.into() };
        Ok(plan::PlanInput {
            unit_key: self.unit_key,
            need: self.need,
            fiscal_year,
            budget_line: self.budget_line,
            amount: self.amount.into(),
            items: items(self.items)?,
            quotes: self.quotes.into_iter().map(quote).collect(),
        })
    }
}

command!(
    /// A plan's draft to begin or to change.
    SavePlanDraftInput {
        /// Which; absent: a new draft, whose id is the answer's `subject`.
        plan_id: Option<UuidText>,
        /// Its content.
        plan: PlanInput,
    }
    it => Command::SavePlanDraft {
        plan_id: it.plan_id.map(|id| id.read("planId")).transpose()?.map(PlanId),
        plan: Box::new(it.plan.read()?),
    }
);

command!(
    /// A plan to be decided on.
    SubmitPlanInput {
        /// Which.
        plan_id: UuidText,
    }
    it => Command::SubmitPlan { plan_id: PlanId(it.plan_id.read("planId")?) }
);

command!(
    /// A plan to send back.
    ReturnPlanInput {
        /// Which.
        plan_id: UuidText,
        /// Why, for its author to read.
        reason: String,
    }
    it => Command::ReturnPlan { plan_id: PlanId(it.plan_id.read("planId")?), reason: it.reason }
);

command!(
    /// A plan to approve.
    ApprovePlanInput {
        /// Which.
        plan_id: UuidText,
    }
    it => Command::ApprovePlan { plan_id: PlanId(it.plan_id.read("planId")?) }
);

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

/// A number that is not negative.
fn count(field: &str, number: i32) -> Result<u32, InputRejection> {
    u32::try_from(number).map_err(|_| InputRejection::OutOfRange {
        field: field.to_owned(),
        min: 0,
        max: u64::from(i32::MAX.unsigned_abs()),
    })
}

fn numbered<I, T>(
    list: Vec<I>,
    read: impl Fn(usize, I) -> Result<T, InputRejection>,
) -> Result<Vec<T>, InputRejection> {
    list.into_iter().enumerate().map(|(index, it)| read(index, it)).collect()
}
