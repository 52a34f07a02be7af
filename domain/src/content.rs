//! The parts plans and tenders are made of, as drafts hold them and as events record them.

use serde::{Deserialize, Serialize};

use crate::id::{CatalogueScheme, ItemCode, LocalId};
use crate::money::Money;
use crate::time::{Day, Timestamp};

/// A line of a draft: which catalogue item, and how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DraftItem {
    /// The line's id within its plan or tender.
    pub id: LocalId,
    /// The catalogue.
    pub scheme: CatalogueScheme,
    /// The item's code in it.
    pub item: ItemCode,
    /// How many of the item's unit, from 1.
    pub quantity: u32,
}

/// A line as it is recorded: with what the catalogue said of the item at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Item {
    /// The line's id within its plan or tender.
    pub id: LocalId,
    /// The catalogue.
    pub scheme: CatalogueScheme,
    /// The item's code in it.
    pub item: ItemCode,
    /// The item's description.
    pub description: String,
    /// What is counted, e.g. `Servicio`.
    pub unit: String,
    /// How many of the unit, from 1.
    pub quantity: u32,
}

/// A price somebody quoted while the market was researched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quote {
    /// Who quoted, or where the price was found.
    pub source: String,
    /// The price, VAT excluded.
    pub amount: Money,
}

/// What the market research found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MarketResearch {
    /// The quotes.
    pub quotes: Vec<Quote>,
    /// Their median, half up to the centavo.
    pub median: Money,
}

/// Something a proposal must show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requirement {
    /// Its id, e.g. `R1`.
    pub id: LocalId,
    /// What must be shown.
    pub title: String,
    /// Whether a proposal without it is not solvent.
    pub mandatory: bool,
}

/// How many points each block of the evaluation gives, in centipoints (1/100 point).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Weights {
    /// The technical sheet.
    pub technical: u32,
    /// The price.
    pub economic: u32,
    /// The citizens' panel.
    pub social: u32,
}

/// A criterion of the technical sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TechnicalCriterion {
    /// Its id, e.g. `T1`.
    pub id: LocalId,
    /// What is scored.
    pub title: String,
    /// The most it gives, in centipoints.
    pub maximum: u32,
}

/// A criterion of the citizens' panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SocialCriterion {
    /// Its id, e.g. `S1`.
    pub id: LocalId,
    /// What is scored from 0 to 100.
    pub title: String,
    /// Its share of the social weight, in per cent.
    pub weight_percent: u32,
}

/// The hours of a tender. Ends are exclusive: at `receipt_end` a proposal is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Schedule {
    /// From when proposals are received.
    pub receipt_start: Timestamp,
    /// From when they are late.
    pub receipt_end: Timestamp,
    /// When the technical envelopes may be opened.
    pub technical_opening: Timestamp,
    /// When the citizens' panel is drawn.
    pub panel_draw: Timestamp,
    /// From when ballots are committed.
    pub commit_start: Timestamp,
    /// From when a commitment is late.
    pub commit_end: Timestamp,
    /// From when ballots are revealed.
    pub reveal_start: Timestamp,
    /// From when a reveal is late.
    pub reveal_end: Timestamp,
    /// When the economic envelopes may be opened.
    pub economic_opening: Timestamp,
    /// When the award is announced.
    pub award_at: Timestamp,
}

/// The days the call announces, in the zone the law counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallDays {
    /// Inicio de licitación.
    pub tender_start: Day,
    /// Fin de licitación.
    pub tender_end: Day,
    /// Inicio de adjudicación.
    pub award_start: Day,
    /// Fin de adjudicación.
    pub award_end: Day,
    /// Inicio de contratación.
    pub contracting_start: Day,
    /// Fin de contratación.
    pub contracting_end: Day,
}
