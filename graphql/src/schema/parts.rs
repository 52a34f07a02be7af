//! The parts that plans and tenders are made of.

use async_graphql::SimpleObject;
use domain::content as d;

use super::scalars::{DayText, Instant};

/// An amount.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Money {
    /// Whole centavos in decimal.
    centavos: String,
    /// Three capital letters.
    currency: String,
}

impl From<domain::Money> for Money {
    fn from(money: domain::Money) -> Self {
        Self { centavos: money.centavos().to_string(), currency: money.currency().to_string() }
    }
}

/// A line of a plan or tender.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Item {
    /// Its id within the plan or tender.
    id: String,
    /// The catalogue.
    scheme: String,
    /// The item's code in it.
    item: String,
    /// The item's description.
    description: String,
    /// What is counted.
    unit: String,
    /// How many of the unit.
    quantity: i32,
}

impl From<d::Item> for Item {
    fn from(item: d::Item) -> Self {
        Self {
            id: item.id.into(),
            scheme: item.scheme.into(),
            item: item.item.into(),
            description: item.description,
            unit: item.unit,
            quantity: int(item.quantity),
        }
    }
}

/// A price somebody quoted.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Quote {
    /// Who quoted, or where the price was found.
    source: String,
    /// The price, VAT excluded.
    amount: Money,
}

/// What the market research found.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct MarketResearch {
    /// The quotes.
    quotes: Vec<Quote>,
    /// Their median.
    median: Money,
}

impl From<d::MarketResearch> for MarketResearch {
    fn from(research: d::MarketResearch) -> Self {
        let quote = |it: d::Quote| Quote { source: it.source, amount: it.amount.into() };
        Self {
            quotes: research.quotes.into_iter().map(quote).collect(),
            median: research.median.into(),
        }
    }
}

/// Something a proposal must show.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Requirement {
    /// Its id.
    id: String,
    /// What must be shown.
    title: String,
    /// Whether a proposal without it is not solvent.
    mandatory: bool,
}

impl From<d::Requirement> for Requirement {
    fn from(it: d::Requirement) -> Self {
        Self { id: it.id.into(), title: it.title, mandatory: it.mandatory }
    }
}

/// How many points each block of the evaluation gives, in centipoints (1/100 point).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Weights {
    /// The technical sheet.
    technical: i32,
    /// The price.
    economic: i32,
    /// The citizens' panel.
    social: i32,
}

impl From<d::Weights> for Weights {
    fn from(weights: d::Weights) -> Self {
        Self {
            technical: int(weights.technical),
            economic: int(weights.economic),
            social: int(weights.social),
        }
    }
}

/// A criterion of the technical sheet.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct TechnicalCriterion {
    /// Its id.
    id: String,
    /// What is scored.
    title: String,
    /// The most it gives, in centipoints.
    maximum: i32,
}

impl From<d::TechnicalCriterion> for TechnicalCriterion {
    fn from(it: d::TechnicalCriterion) -> Self {
        Self { id: it.id.into(), title: it.title, maximum: int(it.maximum) }
    }
}

/// A criterion of the citizens' panel.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct SocialCriterion {
    /// Its id.
    id: String,
    /// What is scored from 0 to 100.
    title: String,
    /// Its share of the social weight, in per cent.
    weight_percent: i32,
}

impl From<d::SocialCriterion> for SocialCriterion {
    fn from(it: d::SocialCriterion) -> Self {
        Self { id: it.id.into(), title: it.title, weight_percent: int(it.weight_percent) }
    }
}

/// The hours of a tender; ends are exclusive.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Schedule {
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

impl From<d::Schedule> for Schedule {
    fn from(schedule: d::Schedule) -> Self {
        Self {
            receipt_start: schedule.receipt_start.into(),
            receipt_end: schedule.receipt_end.into(),
            technical_opening: schedule.technical_opening.into(),
            panel_draw: schedule.panel_draw.into(),
            commit_start: schedule.commit_start.into(),
            commit_end: schedule.commit_end.into(),
            reveal_start: schedule.reveal_start.into(),
            reveal_end: schedule.reveal_end.into(),
            economic_opening: schedule.economic_opening.into(),
            award_at: schedule.award_at.into(),
        }
    }
}

/// The days a call announces.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct CallDays {
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

impl From<d::CallDays> for CallDays {
    fn from(call: d::CallDays) -> Self {
        Self {
            tender_start: call.tender_start.into(),
            tender_end: call.tender_end.into(),
            award_start: call.award_start.into(),
            award_end: call.award_end.into(),
            contracting_start: call.contracting_start.into(),
            contracting_end: call.contracting_end.into(),
        }
    }
}

/// Every number that the domain admits fits.
pub(crate) fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Each of a list.
pub(crate) fn each<T, U: From<T>>(list: Vec<T>) -> Vec<U> {
    list.into_iter().map(U::from).collect()
}
