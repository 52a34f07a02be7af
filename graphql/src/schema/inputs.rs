//! Inputs of the commands about registers and plans, and how they become commands of `application`.
//!
//! Nothing is judged here but what GraphQL cannot carry: ids, instants and numbers that are not of their shape
//! are refused with the name of their field; all else is read by `domain`.

use application::Command;
use async_graphql::InputObject;
use domain::input as d;
use domain::rejection::InputRejection;
use domain::{CompanyId, PlanId, catalogue, company, event, plan, unit};

use super::codes::CompanySize;
use super::scalars::UuidText;

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

pub(super) use command;

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

pub(super) fn items(items: Vec<ItemInput>) -> Result<Vec<d::ItemInput>, InputRejection> {
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

/// A number that is not negative.
pub(super) fn count(field: &str, number: i32) -> Result<u32, InputRejection> {
    u32::try_from(number).map_err(|_| InputRejection::OutOfRange {
        field: field.to_owned(),
        min: 0,
        max: u64::from(i32::MAX.unsigned_abs()),
    })
}

/// Reads each of a list, with its place in it.
pub(super) fn numbered<I, T>(
    list: Vec<I>,
    read: impl Fn(usize, I) -> Result<T, InputRejection>,
) -> Result<Vec<T>, InputRejection> {
    list.into_iter().enumerate().map(|(index, it)| read(index, it)).collect()
}
