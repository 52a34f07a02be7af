//! Plans (planeaciones): what a unit needs, what it may cost, what the market says.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::aggregate::{Aggregate, aggregate_events};
use crate::catalogue::resolve;
use crate::content::{DraftItem, Item, MarketResearch, Quote};
use crate::event::{CatalogItemAdded, CorruptHistory, PlanApproved, UnitRegistered};
use crate::id::{AccountRef, CatalogueScheme, ItemCode, Ocid, PlanId, UnitKey};
use crate::input::{ItemInput, MoneyInput, QuoteInput, read_items, read_quotes};
use crate::money::{Currency, Money};
use crate::rejection::{InputRejection, Refusal, in_range};
use crate::rule_set::RuleSet;
use crate::text::{self, PROSE_CHARS_MAX};
use crate::time::Timestamp;
use crate::unit::read_key;

/// What may be asked of a plan once its draft is in review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanCommand {
    /// Approve the draft as it is.
    Approve(Box<ApprovePlan>),
}

/// Everything the approval of a plan is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovePlan {
    /// The plan's id.
    pub plan_id: PlanId,
    /// The ocid minted for it.
    pub ocid: Ocid,
    /// The draft's content.
    pub draft: PlanDraft,
    /// The buying unit, if it is in the register.
    pub unit: Option<UnitRegistered>,
    /// The active catalogue items the draft cites.
    pub cited: Vec<CatalogItemAdded>,
    /// Who wrote the draft.
    pub author: AccountRef,
    /// Who approves it.
    pub approver: AccountRef,
    /// When the draft was begun.
    pub drafted_at: Timestamp,
    /// The rules it is checked against.
    pub rules: RuleSet,
}

/// A plan as it is typed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanInput {
    /// The buying unit.
    pub unit_key: String,
    /// What is needed and why.
    pub need: String,
    /// The fiscal year, 2000–2100.
    pub fiscal_year: u16,
    /// The budget line (partida), five digits.
    pub budget_line: String,
    /// The most that may be spent.
    pub amount: MoneyInput,
    /// What is planned; may be empty.
    pub items: Vec<ItemInput>,
    /// What the market asks for it.
    pub quotes: Vec<QuoteInput>,
}

/// The content of a plan's draft, in normal form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanDraft {
    /// The buying unit.
    pub unit_key: UnitKey,
    /// What is needed and why.
    pub need: String,
    /// The fiscal year.
    pub fiscal_year: u16,
    /// The budget line (partida).
    pub budget_line: String,
    /// The most that may be spent.
    pub amount: Money,
    /// What is planned; may be empty.
    pub items: Vec<DraftItem>,
    /// What the market asks for it.
    pub quotes: Vec<Quote>,
}

aggregate_events!(
    /// What is recorded of a plan.
    PlanEvent of "plan" {
        /// It was approved.
        Approved(PlanApproved),
    }
);

/// How a plan is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanRejection {
    /// A member of the input is not of its shape.
    #[error(transparent)]
    Input(#[from] InputRejection),
    /// The buying unit is not in the register.
    #[error("unit {unit_key} is not registered")]
    UnknownUnit {
        /// Its key.
        unit_key: UnitKey,
    },
    /// An item is not in its catalogue.
    #[error("item {item} is not in catalogue {scheme}")]
    UnknownItem {
        /// The line's place in the list, from 0.
        index: usize,
        /// The catalogue.
        scheme: CatalogueScheme,
        /// The code.
        item: ItemCode,
    },
    /// An amount in a currency that the rules do not buy in.
    #[error("{field} is not in {currency}")]
    Currency {
        /// The member's path.
        field: String,
        /// The currency of the rules.
        currency: Currency,
    },
    /// Nothing costs nothing.
    #[error("{field} is zero")]
    ZeroAmount {
        /// The member's path.
        field: String,
    },
    /// The market research compares too few sources.
    #[error("{sources} distinct sources, at least {minimum} needed")]
    TooFewQuotes {
        /// How many there are.
        sources: usize,
        /// How many the rules want.
        minimum: u32,
    },
    /// Its author does not approve a plan.
    #[error("the approver is the plan's author")]
    ApproverIsAuthor,
    /// It was approved before.
    #[error("the plan was approved already")]
    AlreadyApproved,
}

impl Refusal for PlanRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Input(input) => input.code(),
            Self::UnknownUnit { .. } => "unit-unknown",
            Self::UnknownItem { .. } => "catalogue-item-unknown",
            Self::Currency { .. } => "currency-not-allowed",
            Self::ZeroAmount { .. } => "amount-zero",
            Self::TooFewQuotes { .. } => "market-research-sources",
            Self::ApproverIsAuthor => "approver-is-author",
            Self::AlreadyApproved => "plan-already-approved",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::Input(input) => input.message_es(),
            Self::UnknownUnit { unit_key } => format!(
                "La unidad compradora {unit_key} no está registrada: regístrela o corrija la clave."
            ),
            Self::UnknownItem { scheme, item, .. } => format!(
                "La partida {item} no está activa en el catálogo {scheme}: agréguela o elija otra."
            ),
            Self::Currency { currency, .. } => {
                format!(
                    "Los importes van en {currency}: convierta el importe y escríbalo de nuevo."
                )
            }
            Self::ZeroAmount { .. } => "El importe debe ser mayor que cero: escríbalo.".to_owned(),
            Self::TooFewQuotes { sources, minimum } => format!(
                "La investigación de mercado tiene {sources} fuente(s) distinta(s) y necesita al \
                 menos {minimum}: agregue cotizaciones de otras fuentes."
            ),
            Self::ApproverIsAuthor => "Quien redactó el plan no puede aprobarlo: pídalo a otra \
                persona autorizadora."
                .to_owned(),
            Self::AlreadyApproved => {
                "El plan ya fue aprobado: use el plan aprobado o redacte otro.".to_owned()
            }
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::Input(input) => input.field(),
            Self::UnknownUnit { .. } => Some("unitKey".to_owned()),
            Self::UnknownItem { index, .. } => Some(format!("items[{index}].item")),
            Self::Currency { field, .. } => Some(format!("{field}.currency")),
            Self::ZeroAmount { field } => Some(format!("{field}.centavos")),
            Self::TooFewQuotes { .. } => Some("quotes".to_owned()),
            Self::ApproverIsAuthor | Self::AlreadyApproved => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Input(input) => input.details(),
            Self::UnknownUnit { unit_key } => vec![("unitKey", unit_key.to_string())],
            Self::UnknownItem { scheme, item, .. } => {
                vec![("scheme", scheme.to_string()), ("item", item.to_string())]
            }
            Self::Currency { currency, .. } => vec![("expected", currency.to_string())],
            Self::TooFewQuotes { sources, minimum } => {
                vec![("sources", sources.to_string()), ("minimum", minimum.to_string())]
            }
            Self::ZeroAmount { .. } | Self::ApproverIsAuthor | Self::AlreadyApproved => Vec::new(),
        }
    }
}

impl PlanInput {
    /// Reads what was typed in into normal form.
    ///
    /// # Errors
    /// [`InputRejection`] that names the first member which is not of its shape.
    pub fn read(&self) -> Result<PlanDraft, InputRejection> {
        in_range("fiscalYear", u64::from(self.fiscal_year), 2000, 2100)?;
        let budget_line = text::line("budgetLine", &self.budget_line, 5)?;
        if budget_line.len() != 5 || !budget_line.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InputRejection::Format {
                field: "budgetLine".to_owned(),
                expected: "la partida presupuestal, cinco dígitos",
            });
        }
        Ok(PlanDraft {
            unit_key: read_key("unitKey", &self.unit_key)?,
            need: text::line("need", &self.need, PROSE_CHARS_MAX)?,
            fiscal_year: self.fiscal_year,
            budget_line,
            amount: self.amount.read("amount")?,
            items: read_items("items", &self.items)?,
            quotes: read_quotes("quotes", &self.quotes)?,
        })
    }
}

impl PlanDraft {
    /// Checks that the draft is complete enough to be reviewed, and returns its market research.
    ///
    /// # Errors
    /// [`PlanRejection`] with the first rule that does not hold.
    pub fn check(&self, rules: &RuleSet) -> Result<MarketResearch, PlanRejection> {
        let currency = rules.rules().currency;
        check_amount("amount", self.amount, currency)?;
        for (index, quote) in self.quotes.iter().enumerate() {
            check_amount(&format!("quotes[{index}].amount"), quote.amount, currency)?;
        }
        let minimum = rules.rules().minimum_quotes;
        // Sources that differ only in case are one source.
        let sources: BTreeSet<String> =
            self.quotes.iter().map(|quote| quote.source.to_lowercase()).collect();
        let too_few = PlanRejection::TooFewQuotes { sources: sources.len(), minimum };
        if sources.len() < minimum as usize {
            return Err(too_few);
        }
        let amounts: Vec<Money> = self.quotes.iter().map(|quote| quote.amount).collect();
        let median = Money::median(&amounts).ok_or(too_few)?;
        Ok(MarketResearch { quotes: self.quotes.clone(), median })
    }

    /// The unit and the items the draft cites, if they are registered.
    ///
    /// # Errors
    /// [`PlanRejection::UnknownUnit`] or [`PlanRejection::UnknownItem`].
    pub fn cite(
        &self,
        unit: Option<UnitRegistered>,
        cited: &[CatalogItemAdded],
    ) -> Result<(UnitRegistered, Vec<Item>), PlanRejection> {
        let unit =
            unit.ok_or_else(|| PlanRejection::UnknownUnit { unit_key: self.unit_key.clone() })?;
        let items = resolve(&self.items, cited).map_err(|(index, line)| {
            let (scheme, item) = (line.scheme.clone(), line.item.clone());
            PlanRejection::UnknownItem { index, scheme, item }
        })?;
        Ok((unit, items))
    }
}

pub(crate) fn check_amount(
    field: &str,
    amount: Money,
    currency: Currency,
) -> Result<(), PlanRejection> {
    if amount.currency() != currency {
        return Err(PlanRejection::Currency { field: field.to_owned(), currency });
    }
    if amount.centavos() == 0 {
        return Err(PlanRejection::ZeroAmount { field: field.to_owned() });
    }
    Ok(())
}

/// A plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Plan {
    /// Not approved; its draft is a row.
    #[default]
    Unapproved,
    /// Approved, and citable by one tender.
    Approved(Box<PlanApproved>),
}

impl Plan {
    /// What was approved.
    #[must_use]
    pub fn approved(&self) -> Option<&PlanApproved> {
        match self {
            Self::Unapproved => None,
            Self::Approved(plan) => Some(plan),
        }
    }
}

impl Aggregate for Plan {
    type Command = PlanCommand;
    type Event = PlanEvent;
    type Rejection = PlanRejection;

    fn decide(
        &self,
        command: PlanCommand,
        _now: Timestamp,
    ) -> Result<Vec<PlanEvent>, PlanRejection> {
        match (self, command) {
            (Self::Approved(_), PlanCommand::Approve(_)) => Err(PlanRejection::AlreadyApproved),
            (Self::Unapproved, PlanCommand::Approve(command)) => {
                Ok(vec![PlanEvent::Approved(Box::new(approve(*command)?))])
            }
        }
    }

    fn evolve(self, event: &PlanEvent) -> Result<Self, CorruptHistory> {
        match (self, event) {
            (Self::Unapproved, PlanEvent::Approved(plan)) => Ok(Self::Approved(plan.clone())),
            (Self::Approved(_), PlanEvent::Approved(_)) => Err(CorruptHistory::OutOfOrder {
                aggregate: "plan",
                status: "approved",
                event_type: "PlanApproved",
            }),
        }
    }
}

fn approve(command: ApprovePlan) -> Result<PlanApproved, PlanRejection> {
    let ApprovePlan { plan_id, ocid, draft, unit, cited, author, approver, drafted_at, rules } =
        command;
    if author == approver {
        return Err(PlanRejection::ApproverIsAuthor);
    }
    let market_research = draft.check(&rules)?;
    let (unit, items) = draft.cite(unit, &cited)?;
    Ok(PlanApproved {
        plan_id,
        ocid,
        unit_key: unit.key,
        unit_name: unit.name,
        buyer: unit.buyer,
        need: draft.need,
        fiscal_year: draft.fiscal_year,
        budget_line: draft.budget_line,
        amount: draft.amount,
        items,
        market_research,
        author,
        approver,
        drafted_at,
    })
}

#[cfg(test)]
mod tests;
