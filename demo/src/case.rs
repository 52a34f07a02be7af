//! The case as `case/make_case.py` writes it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::Deserialize;

/// A whole case.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// Its name.
    #[serde(rename = "case")]
    pub name: String,
    /// IANA name of the zone that local times are in.
    pub time_zone: String,
    pub unit: Unit,
    pub catalogue_item: CatalogueItem,
    pub plan: Plan,
    pub companies: Vec<Company>,
    pub tender: Tender,
    pub proposals: Vec<Proposal>,
    pub late_proposal: LateProposal,
    pub technical_sheets: Vec<TechnicalSheet>,
    pub candidates: Vec<Candidate>,
    pub replaced_ballot: ReplacedBallot,
    pub seats: Vec<Seat>,
    pub sheets_at: DateTime,
    pub contract: Contract,
}

#[derive(Debug, Deserialize)]
pub struct Unit {
    pub key: String,
    pub name: String,
    pub buyer: String,
}

#[derive(Debug, Deserialize)]
pub struct CatalogueItem {
    pub scheme: String,
    pub id: String,
    pub parent: String,
    pub description: String,
    pub unit: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    pub created_at: DateTime,
    pub need: String,
    pub fiscal_year: i32,
    pub budget_line: String,
    pub amount_centavos: String,
    pub quotes: Vec<Quote>,
    pub approved_at: DateTime,
}

#[derive(Debug, Deserialize)]
pub struct Quote {
    pub source: String,
    pub centavos: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Company {
    pub key: String,
    pub legal_name: String,
    pub rfc: String,
    pub size: String,
    /// Passed on as it is: the API's input has the same members.
    pub contact: serde_json::Value,
    pub registered_at: DateTime,
    pub approved_at: DateTime,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tender {
    pub procedure_number: String,
    pub title: String,
    pub description: String,
    pub procurement_method: String,
    pub category: String,
    pub budget_centavos: String,
    pub registered_at: DateTime,
    pub published_at: DateTime,
    pub receipt_start: DateTime,
    pub receipt_end: DateTime,
    pub technical_opening: DateTime,
    pub panel_draw: DateTime,
    pub commit_start: DateTime,
    pub commit_end: DateTime,
    pub reveal_start: DateTime,
    pub reveal_end: DateTime,
    pub economic_opening: DateTime,
    pub award_at: DateTime,
    pub call: serde_json::Value,
    pub items: Vec<Item>,
    pub requirements: serde_json::Value,
    pub weights: serde_json::Value,
    pub technical_minimum: i32,
    pub aggregation: String,
    pub technical_criteria: serde_json::Value,
    pub social_criteria: serde_json::Value,
}

#[derive(Debug, Deserialize)]
pub struct Item {
    pub id: String,
    #[serde(rename = "item")]
    pub code: String,
    pub quantity: i32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    pub company: String,
    pub price_centavos: String,
    pub submitted_at: DateTime,
    pub documents: Vec<Document>,
}

#[derive(Debug, Deserialize)]
pub struct Document {
    pub name: String,
    pub text: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LateProposal {
    pub company: String,
    pub submitted_at: DateTime,
}

#[derive(Debug, Deserialize)]
pub struct TechnicalSheet {
    pub company: String,
    pub scores: Vec<i32>,
    pub justification: String,
}

#[derive(Debug, Deserialize)]
pub struct Candidate {
    pub pseudonym: String,
    pub organisation: String,
    pub conflict: bool,
}

/// Scores by company, in the order of the social criteria.
pub type Votes = BTreeMap<String, Vec<i32>>;

#[derive(Debug, Deserialize)]
pub struct ReplacedBallot {
    pub seat: usize,
    pub votes: Votes,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seat {
    #[serde(rename = "seat")]
    pub number: usize,
    pub votes: Votes,
    pub justification: String,
    pub delivery_probability_percent: i32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    pub prepared_at: DateTime,
    pub guarantee_at: DateTime,
    pub guarantee_percent: i32,
    pub signed_at: DateTime,
    pub penalty_per_day_per_mille: i32,
    pub milestones: Vec<Milestone>,
    pub completed_at: DateTime,
    pub ratings: Vec<i32>,
}

#[derive(Debug, Deserialize)]
pub struct Milestone {
    pub id: String,
    pub title: String,
    pub percent: i32,
    pub due: Date,
    pub delivered: Date,
    #[serde(default)]
    pub returned: Vec<Date>,
    pub redelivered: Option<Date>,
    pub accepted: Date,
    pub invoiced: Date,
    pub paid: Date,
}

/// Reads a case file.
pub fn read(path: &Path) -> Result<Case> {
    let text =
        std::fs::read(path).with_context(|| format!("reading the case {}", path.display()))?;
    serde_json::from_slice(&text)
        .with_context(|| format!("{} is not a case as case/make_case.py writes it", path.display()))
}

impl Case {
    /// A local time of the case as the API writes instants.
    pub fn instant(&self, local: DateTime) -> Result<String> {
        let zone = TimeZone::get(&self.time_zone)
            .with_context(|| format!("the case names the time zone {}", self.time_zone))?;
        Ok(format!("{:.3}", local.to_zoned(zone)?.timestamp()))
    }
}
