//! The parts plans and tenders are made of, as drafts hold them and as events record them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{
    CatalogueScheme, CompanyId, EvaluatorId, ItemCode, LocalId, Mask, Pseudonym, TenderId,
};
use crate::money::Money;
use crate::rfc::Rfc;
use crate::time::{Day, Timestamp};
use crate::vocabulary::{Aggregation, CompanySize, UnsolventCause};

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

/// A document, known by its hash; its bytes are kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// Its file name.
    pub name: String,
    /// Its media type, e.g. `text/plain`.
    pub media_type: String,
    /// SHA-256 of its bytes, `0x` and lower-case hexadecimal.
    pub sha256: String,
    /// How many bytes it has.
    pub bytes: u32,
}

/// A company in a tender, as the register had it at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tenderer {
    /// Its id.
    pub company_id: CompanyId,
    /// Razón social.
    pub legal_name: String,
    /// Its RFC, of a persona moral.
    pub rfc: Rfc,
    /// Its size.
    pub size: CompanySize,
}

/// The technical envelope of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TechnicalEnvelope {
    /// Its documents.
    pub documents: Vec<Document>,
}

/// The economic envelope of a proposal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EconomicEnvelope {
    /// The price, VAT excluded.
    pub price: Money,
    /// Its documents.
    pub documents: Vec<Document>,
}

impl std::fmt::Debug for EconomicEnvelope {
    /// Says nothing: a price that is printed is a price that is not sealed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EconomicEnvelope(…)")
    }
}

/// What became of a sealed entry of a proposal's stream at the opening; positions in decimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "disposition", rename_all = "camelCase", deny_unknown_fields)]
pub enum Disposition {
    /// It was opened.
    Opened {
        /// The entry.
        #[serde(with = "decimal")]
        position: u64,
        /// The letter it is known by.
        mask: Mask,
    },
    /// A later entry stands in its place.
    Replaced {
        /// The entry.
        #[serde(with = "decimal")]
        position: u64,
        /// The later one.
        #[serde(with = "decimal")]
        by: u64,
    },
    /// A later entry took it back.
    Withdrawn {
        /// The entry.
        #[serde(with = "decimal")]
        position: u64,
        /// The later one.
        #[serde(with = "decimal")]
        by: u64,
    },
    /// It takes an earlier one back and says nothing else.
    Withdrawal {
        /// The entry.
        #[serde(with = "decimal")]
        position: u64,
    },
    /// It could not be opened.
    Unopenable {
        /// The entry.
        #[serde(with = "decimal")]
        position: u64,
        /// Why.
        reason: String,
    },
}

/// A seat of a citizens' panel, or a place among its alternates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seat {
    /// Its number, from 1; of an alternate the place in the order of entering, from 1.
    pub seat: u32,
    /// Who.
    pub evaluator_id: EvaluatorId,
    /// The name it is known by.
    pub pseudonym: Pseudonym,
}

/// The scores of one proposal on a ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BallotScores {
    /// The proposal.
    pub mask: Mask,
    /// From 0 to 100, in the order of the call's social criteria.
    pub scores: Vec<u32>,
}

/// A ballot: what a member of the panel commits to and later reveals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ballot {
    /// The tender.
    pub tender_id: TenderId,
    /// Whose ballot it is.
    pub pseudonym: Pseudonym,
    /// Every opened proposal, in the order of the masks.
    pub proposals: Vec<BallotScores>,
    /// Why, as a document.
    pub justification: Document,
    /// How likely the winner is to deliver in time, in per cent.
    pub delivery_probability_percent: u32,
}

/// The points of one proposal by one way of aggregating, in centipoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AggregatedScore {
    /// The way.
    pub aggregation: Aggregation,
    /// The social points.
    pub social: u32,
    /// Technical, economic and social points.
    pub total: u32,
    /// One more than the number of proposals with a higher total: equal totals have equal ranks.
    pub rank: u32,
}

/// The points of one proposal, in centipoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProposalScore {
    /// The proposal.
    pub mask: Mask,
    /// The technical points.
    pub technical: u32,
    /// The economic points.
    pub economic: u32,
    /// The rest, by every way of aggregating that the panel is large enough for; the call's counts.
    pub results: Vec<AggregatedScore>,
}

/// A proposal that is not solvent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Unsolvent {
    /// The proposal.
    pub mask: Mask,
    /// Why.
    pub cause: UnsolventCause,
}

/// How many cells of one ballot lie far from the median.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Outliers {
    /// Whose ballot.
    pub pseudonym: Pseudonym,
    /// Cells that are flagged.
    pub cells: u32,
    /// Cells of a ballot.
    pub of: u32,
}

/// A deliverable (entregable) of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Milestone {
    /// Its id, e.g. `D1`.
    pub id: LocalId,
    /// What is delivered.
    pub title: String,
    /// Its share of the contract's amount, in per cent.
    pub percent: u32,
    /// Its value, VAT excluded.
    pub amount: Money,
    /// The last day to deliver in time.
    pub due: Day,
}

/// A 64-bit number as a string in canonical decimal.
pub(crate) mod decimal {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(crate) fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = String::deserialize(from)?;
        let number: u64 = text.parse().map_err(D::Error::custom)?;
        if number.to_string() == text {
            Ok(number)
        } else {
            Err(D::Error::custom("not in canonical decimal"))
        }
    }
}

/// Reads a list of numbers in canonical decimal.
pub(crate) fn decimals(value: &Value) -> Result<Vec<u64>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Decimal(#[serde(with = "decimal")] u64);
    let all: Vec<Decimal> = Vec::deserialize(value)?;
    Ok(all.into_iter().map(|it| it.0).collect())
}
