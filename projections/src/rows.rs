//! What the reader gives out, and how it comes out of a row.

use domain::event::{CompanyRegistered, TenderPublished};
use merkle::Actor;
use ocds::merge::Record;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::ProjectionError;
use crate::generation::from_sql;
use crate::procedure::Procedure;

/// A row of a read model: what an event said, and where it is on the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Position of the event; also the cursor in a list.
    pub position: u64,
    /// The event.
    pub event_id: Uuid,
    /// When it took effect by the business clock, milliseconds since 1970-01-01 UTC; 0 where no page needs it.
    pub effective_at_ms: i64,
    /// What it said.
    pub data: T,
}

/// A published tender.
pub type TenderPage = Page<TenderPublished>;

/// Where a company's registration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompanyStatus {
    /// It waits for a decision.
    Registered,
    /// It was approved.
    Approved,
    /// It was rejected.
    Rejected,
}

impl CompanyStatus {
    /// The status as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// A company of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyPage {
    /// Its registration.
    pub page: Page<CompanyRegistered>,
    /// Where it stands.
    pub status: CompanyStatus,
    /// Why it was rejected, if it was.
    pub reason: Option<String>,
    /// Pseudonym of the account that registered it.
    pub registrant: Option<String>,
    /// When it was decided on, milliseconds since 1970-01-01 UTC.
    pub decided_at_ms: Option<i64>,
}

/// A public event of a contracting process, in its logbook (bitácora).
#[derive(Debug, Clone, PartialEq)]
pub struct ActRow {
    /// Position of the event; also the cursor in a list.
    pub position: u64,
    /// The event.
    pub event_id: Uuid,
    /// Its type.
    pub event_type: String,
    /// Its stream.
    pub stream: String,
    /// Who acted; `None` where it is withheld.
    pub actor: Option<Actor>,
    /// When it took effect by the business clock, milliseconds since 1970-01-01 UTC.
    pub effective_at_ms: i64,
    /// What it says in clear.
    pub data: Value,
}

/// A contracting process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcedureRow {
    /// Its ocid.
    pub ocid: String,
    /// What its events come to.
    pub procedure: Procedure,
    /// Position of its newest event.
    pub position: u64,
}

/// A document that an event made public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// `0x` hex SHA-256 of its bytes.
    pub sha256: String,
    /// The contracting process.
    pub ocid: String,
    /// Its file name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// Position of the event that made it public.
    pub position: u64,
}

/// Where an evaluator's accreditation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvaluatorStatus {
    /// It waits for a decision.
    Applied,
    /// It is in the register, and may be drawn.
    Accredited,
}

/// A citizen evaluator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluatorRow {
    /// Its id.
    pub evaluator_id: Uuid,
    /// The name it is known by.
    pub pseudonym: String,
    /// The organisation that puts it forward.
    pub organisation: String,
    /// Where it stands.
    pub status: EvaluatorStatus,
    /// When it applied, milliseconds since 1970-01-01 UTC.
    pub applied_at_ms: i64,
    /// When it was accredited, milliseconds since 1970-01-01 UTC.
    pub accredited_at_ms: Option<i64>,
    /// Position of its application; also the cursor in a list.
    pub position: u64,
    /// Its application.
    pub event_id: Uuid,
}

/// A release that is on the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRelease {
    /// `{ocid}-{position}`.
    pub release_id: String,
    /// The contracting process.
    pub ocid: String,
    /// Its `date`.
    pub date: String,
    /// `0x` hex SHA-256 of its bytes.
    pub sha256: String,
    /// Position of its `ReleasePublished`; also the cursor in a list.
    pub position: u64,
    /// Its `ReleasePublished`.
    pub event_id: Uuid,
    /// Its exact bytes.
    pub bytes: Vec<u8>,
}

/// Columns of [`published_release`], of `releases AS published`.
pub(crate) const RELEASE_COLUMNS: &str = "published.release_id, published.ocid, published.release_date, \
     published.sha256, published.position, published.event_id, \
     (SELECT stored.bytes FROM app.releases AS stored \
      WHERE stored.release_id = published.release_id) AS bytes";

pub(crate) fn published_release(row: &Row) -> Result<PublishedRelease, ProjectionError> {
    let release_id: String = row.get("release_id");
    let position = from_sql(row.get("position"));
    let Some(bytes) = row.get("bytes") else {
        return Err(ProjectionError::ReleaseMissing { release_id, position });
    };
    Ok(PublishedRelease {
        release_id,
        ocid: row.get("ocid"),
        date: row.get("release_date"),
        sha256: row.get("sha256"),
        position,
        event_id: row.get("event_id"),
        bytes,
    })
}

/// A record: everything that was published of one contracting process.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordRow {
    /// The contracting process.
    pub ocid: String,
    /// Canonical JSON of its compiled release.
    pub compiled_release: String,
    /// Its newest release.
    pub last_release_id: String,
    /// That release's `date`.
    pub last_release_date: String,
    /// How many releases it has.
    pub release_count: u64,
    /// Position of the newest `ReleasePublished`.
    pub position: u64,
    pub(crate) merge_state: String,
}

impl RecordRow {
    /// Its versioned release: every value with the release that gave it.
    ///
    /// # Errors
    /// When the stored merge cannot be read or printed.
    pub fn versioned_release(&self) -> Result<Value, ProjectionError> {
        let record: Record = serde_json::from_str(&self.merge_state)
            .map_err(|source| ProjectionError::Row { table: "records", source })?;
        let release_id = self.last_release_id.clone();
        record.versioned_release().map_err(|source| ProjectionError::Merge { release_id, source })
    }
}

pub(crate) fn page<T: DeserializeOwned>(
    table: &'static str,
    row: &Row,
) -> Result<Page<T>, ProjectionError> {
    Ok(Page {
        position: from_sql(row.get("position")),
        event_id: row.get("event_id"),
        effective_at_ms: row.get("effective_at_ms"),
        data: serde_json::from_value(row.get("data"))
            .map_err(|source| ProjectionError::Row { table, source })?,
    })
}

pub(crate) fn company_page(row: &Row) -> Result<CompanyPage, ProjectionError> {
    let status = match row.get("status") {
        "approved" => CompanyStatus::Approved,
        "rejected" => CompanyStatus::Rejected,
        // A CHECK allows no other.
        _ => CompanyStatus::Registered,
    };
    Ok(CompanyPage {
        page: page("companies", row)?,
        status,
        reason: row.get("reason"),
        registrant: row.get("registrant"),
        decided_at_ms: row.get("decided_at_ms"),
    })
}

pub(crate) fn act(row: &Row) -> ActRow {
    let kind: Option<String> = row.get("actor_kind");
    let actor =
        kind.map(|kind| Actor { kind, r#ref: row.get("actor_ref"), role: row.get("actor_role") });
    ActRow {
        position: from_sql(row.get("position")),
        event_id: row.get("event_id"),
        event_type: row.get("type"),
        stream: row.get("stream"),
        actor,
        effective_at_ms: row.get("effective_at_ms"),
        data: row.get("data"),
    }
}

pub(crate) fn procedure(row: &Row) -> Result<ProcedureRow, ProjectionError> {
    Ok(ProcedureRow {
        ocid: row.get("ocid"),
        procedure: serde_json::from_value(row.get("state"))
            .map_err(|source| ProjectionError::Row { table: "procedures", source })?,
        position: from_sql(row.get("position")),
    })
}

pub(crate) fn document(row: &Row) -> DocumentRow {
    DocumentRow {
        sha256: row.get("sha256"),
        ocid: row.get("ocid"),
        name: row.get("name"),
        media_type: row.get("media_type"),
        bytes: from_sql(row.get("bytes")),
        position: from_sql(row.get("position")),
    }
}

pub(crate) fn evaluator(row: &Row) -> EvaluatorRow {
    let status = match row.get("status") {
        "accredited" => EvaluatorStatus::Accredited,
        // A CHECK allows no other.
        _ => EvaluatorStatus::Applied,
    };
    EvaluatorRow {
        evaluator_id: row.get("evaluator_id"),
        pseudonym: row.get("pseudonym"),
        organisation: row.get("organisation"),
        status,
        applied_at_ms: row.get("applied_at_ms"),
        accredited_at_ms: row.get("accredited_at_ms"),
        position: from_sql(row.get("position")),
        event_id: row.get("event_id"),
    }
}
