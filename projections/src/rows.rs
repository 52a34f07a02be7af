//! What the reader gives out, and how it comes out of a row.

use domain::event::{CompanyRegistered, TenderPublished};
use ocds::merge::Record;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::ProjectionError;
use crate::generation::from_sql;

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
