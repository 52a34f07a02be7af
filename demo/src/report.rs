//! What came out: collected on the way, written as `report.json`, judged at the end.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use serde_json::Value;

use crate::api::Event;
use crate::case::Case;
use crate::system::{State, System};

/// Everything the play found out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub case: String,
    /// How the call aggregates: `median`, `mean` or `trimmed_mean`.
    pub aggregation: String,
    pub origin: String,
    pub chain: String,
    pub chain_id: u64,
    pub contract: String,
    pub block_period_seconds: u64,
    pub ocid: Option<String>,
    pub card: Option<Card>,
    /// What came out of the evaluation and the contract, in the terms of `case/oracle.py`.
    #[serde(flatten)]
    pub scores: Scores,
    pub acts: Vec<Act>,
    pub refusals: Vec<Refusal>,
    pub releases: Vec<Release>,
    pub batches: Vec<Batch>,
    pub latency: Option<Latency>,
    pub verdicts: Vec<Verdict>,
    pub drill: Vec<Drill>,
    /// What did not come out as the case says; empty when all did.
    pub deviations: Vec<String>,
    #[serde(skip)]
    pub accepted: Vec<(u64, Instant)>,
    /// The steps in which proposals were submitted; the opening must list them.
    #[serde(skip)]
    pub bids: Vec<String>,
    /// Id of the event that says what became of every proposal.
    #[serde(skip)]
    pub opening: Option<String>,
    /// The key of the company that is awarded.
    #[serde(skip)]
    pub winner: Option<String>,
}

/// Points in hundredths, amounts in centavos, companies by their keys in the case.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scores {
    pub solvent: Vec<String>,
    #[serde(rename = "scores")]
    pub points: BTreeMap<String, Points>,
    pub ranking: BTreeMap<String, Vec<String>>,
    pub ties: BTreeMap<String, bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub award: Option<Award>,
    /// The award of a tie that had to be broken first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub award_after_tie: Option<Award>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guarantee: Option<u64>,
    pub milestones: Vec<MilestoneOutcome>,
    /// Whether the first rank is shared, by aggregation.
    #[serde(skip)]
    pub top_ties: BTreeMap<String, bool>,
}

impl Scores {
    /// Whether the first rank is shared, as the call aggregates.
    pub fn is_tied(&self, aggregation: &str) -> bool {
        self.top_ties.get(aggregation).copied().unwrap_or(false)
    }
}

/// `technical`, `economic`, and for each aggregation `{social, total}`.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Points(pub BTreeMap<String, Value>);

#[derive(Serialize)]
pub struct Award {
    pub company: String,
    pub centavos: u64,
}

/// A deliverable, in centavos and natural days.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MilestoneOutcome {
    pub id: String,
    pub value: u64,
    pub days_late: u64,
    pub penalty: u64,
    pub paid: u64,
}

/// The card of the published call, as anybody sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    pub title: String,
    pub description: String,
    pub buying_unit: String,
    pub budget_centavos: String,
    pub registered_at: String,
    pub block_number: u64,
    pub block_hash: String,
}

/// An act that was accepted and recorded.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Act {
    pub step: String,
    pub role: String,
    /// The business clock when it was done.
    pub at: String,
    pub events: Vec<ActEvent>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActEvent {
    pub id: String,
    pub position: u64,
    #[serde(rename = "type")]
    pub kind: String,
}

impl From<Event> for ActEvent {
    fn from(event: Event) -> Self {
        Self { id: event.id, position: event.position, kind: event.kind }
    }
}

/// An act that had to be refused, and was.
#[derive(Serialize)]
pub struct Refusal {
    pub step: String,
    pub role: String,
    pub code: String,
    pub message: String,
}

/// A published release.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    pub id: String,
    /// Position of the `ReleasePublished` event that proves it.
    pub position: u64,
    pub sha256: String,
}

/// A batch on the chain.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    pub index: u64,
    pub first: u64,
    pub count: u64,
    pub block_number: u64,
    pub block_hash: String,
    pub chain_tx: String,
    pub gas_used: u64,
}

/// From an accepted command to its confirmed root.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    pub events: usize,
    pub median_seconds: f64,
    pub worst_seconds: f64,
    pub median_block_periods: f64,
    pub worst_block_periods: f64,
}

/// What the auditor's tool said of a file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    pub what: String,
    pub exit_code: i32,
    pub expected_exit_code: i32,
}

/// An attack that was rehearsed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drill {
    pub attack: String,
    pub exit_code: i32,
    /// The auditor's line that names the place.
    pub finding: String,
}

impl Report {
    pub fn new(case: &Case, system: &System) -> Self {
        let State { chain, chain_id, contract, origin, block_period_seconds, .. } =
            system.state.clone();
        Self {
            case: case.name.clone(),
            aggregation: case.tender.aggregation.clone(),
            origin,
            chain,
            chain_id,
            contract,
            block_period_seconds,
            ocid: None,
            card: None,
            scores: Scores::default(),
            acts: Vec::new(),
            refusals: Vec::new(),
            releases: Vec::new(),
            batches: Vec::new(),
            latency: None,
            verdicts: Vec::new(),
            drill: Vec::new(),
            deviations: Vec::new(),
            accepted: Vec::new(),
            bids: Vec::new(),
            opening: None,
            winner: None,
        }
    }

    /// Notes that something did not come out as it should; the play goes on.
    pub fn deviate(&mut self, text: String) {
        eprintln!("  ✘ {text}");
        self.deviations.push(text);
    }

    /// Notes a verdict and whether it is the expected one.
    pub fn judge(&mut self, verdict: Verdict, said: &str) {
        if verdict.exit_code != verdict.expected_exit_code {
            let Verdict { what, exit_code, expected_exit_code } = &verdict;
            self.deviate(format!("{what}: exit {exit_code}, not {expected_exit_code}: {said}"));
        }
        self.verdicts.push(verdict);
    }

    pub fn write(&self, out: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(out.join("report.json"), text).context("writing report.json")
    }

    /// An error that names every deviation.
    pub fn deviations(&self) -> Result<()> {
        if self.deviations.is_empty() {
            return Ok(());
        }
        bail!("{} deviation(s): {}", self.deviations.len(), self.deviations.join("; "))
    }
}
