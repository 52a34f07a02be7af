//! Drafts of plans and calls: ordinary rows until they are approved or published.

use deadpool_postgres::{Pool, Transaction};
use domain::review::DraftStatus;
use domain::{AccountRef, Timestamp};
use merkle::hash::sha256;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::command::Request;
use crate::outcome::{ExecuteError, Fault, Rejection};

/// What a draft becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftKind {
    /// A plan.
    Plan,
    /// A tender's call.
    Tender,
}

impl DraftKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Tender => "tender",
        }
    }
}

/// A draft as it is stored. Its content is a [`domain::plan::PlanDraft`] or a
/// [`domain::tender::TenderDraft`] in JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The id of the plan or tender it becomes.
    pub id: Uuid,
    /// Where it stands.
    pub status: DraftStatus,
    /// Who writes it.
    pub author: AccountRef,
    /// Who approved it.
    pub approver: Option<AccountRef>,
    /// Why it was sent back.
    pub reason: Option<String>,
    /// What it says.
    pub content: Value,
    /// From 1, one more at each change.
    pub version: u64,
    /// When it was begun, by the business clock.
    pub created_at: Timestamp,
    /// When it was last changed, by the business clock.
    pub updated_at: Timestamp,
}

/// A draft's change; content that is `None` stays, an approver or a reason that is `None` goes.
#[derive(Debug)]
pub(crate) struct Change {
    pub status: DraftStatus,
    pub approver: Option<AccountRef>,
    pub reason: Option<String>,
    pub content: Option<Value>,
}

/// Drafts of a kind in the order of their ids, after the id `after`, `limit` (1–100) at most.
///
/// # Errors
/// [`Fault`] when the database fails.
pub async fn list(
    pool: &Pool,
    kind: DraftKind,
    status: Option<DraftStatus>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Draft>, Fault> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "SELECT draft_id, status, author, approver, reason, content, version, created_at_ms,
                    updated_at_ms
             FROM app.drafts
             WHERE kind = $1
               AND ($2::text IS NULL OR status = $2)
               AND ($3::uuid IS NULL OR draft_id > $3)
             ORDER BY draft_id
             LIMIT $4",
        )
        .await?;
    let status = status.map(DraftStatus::as_str);
    let limit = i64::from(limit.clamp(1, 100));
    let rows = client.query(&statement, &[&kind.as_str(), &status, &after, &limit]).await?;
    rows.iter().map(read).collect()
}

/// One draft.
///
/// # Errors
/// [`Fault`] when the database fails.
pub async fn find(pool: &Pool, kind: DraftKind, id: Uuid) -> Result<Option<Draft>, Fault> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "SELECT draft_id, status, author, approver, reason, content, version, created_at_ms,
                    updated_at_ms
             FROM app.drafts
             WHERE kind = $1 AND draft_id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[&kind.as_str(), &id]).await?;
    row.as_ref().map(read).transpose()
}

/// One draft, locked until the transaction ends: who decides on it is alone with it.
pub(crate) async fn lock(
    db_tx: &Transaction<'_>,
    kind: DraftKind,
    id: Uuid,
) -> Result<Option<Draft>, Fault> {
    let statement = db_tx
        .prepare_cached(
            "SELECT draft_id, status, author, approver, reason, content, version, created_at_ms,
                    updated_at_ms
             FROM app.drafts
             WHERE kind = $1 AND draft_id = $2
             FOR UPDATE",
        )
        .await?;
    let row = db_tx.query_opt(&statement, &[&kind.as_str(), &id]).await?;
    row.as_ref().map(read).transpose()
}

pub(crate) async fn insert(
    db_tx: &Transaction<'_>,
    kind: DraftKind,
    id: Uuid,
    author: AccountRef,
    content: &Value,
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = db_tx
        .prepare_cached(
            "INSERT INTO app.drafts (draft_id, kind, status, author, content, version, created_at_ms,
                                     updated_at_ms)
             VALUES ($1, $2, 'draft', $3, $4, 1, $5, $5)",
        )
        .await?;
    let now = now.as_millis();
    db_tx.execute(&statement, &[&id, &kind.as_str(), &author.0, content, &now]).await?;
    Ok(())
}

pub(crate) async fn change(
    db_tx: &Transaction<'_>,
    id: Uuid,
    change: &Change,
    now: Timestamp,
) -> Result<(), Fault> {
    let statement = db_tx
        .prepare_cached(
            "UPDATE app.drafts
             SET status = $2,
                 approver = $3,
                 reason = $4,
                 content = coalesce($5, content),
                 version = version + 1,
                 updated_at_ms = $6
             WHERE draft_id = $1",
        )
        .await?;
    let Change { status, approver, reason, content } = change;
    let approver = approver.map(|account| account.0);
    let now = now.as_millis();
    let status = status.as_str();
    db_tx.execute(&statement, &[&id, &status, &approver, reason, content, &now]).await?;
    Ok(())
}

/// Notes a draft command in the transaction that carries it out. `Some` is the subject of its first
/// answer: the command was carried out before, and nothing more is to be done.
pub(crate) async fn note_command(
    db_tx: &Transaction<'_>,
    request: &Request<'_>,
    subject: Uuid,
) -> Result<Option<Uuid>, ExecuteError> {
    let body_hash = body_hash(request);
    let insert = db_tx
        .prepare_cached(
            "INSERT INTO app.commands (command_id, body_hash, subject)
             VALUES ($1, $2, $3)
             ON CONFLICT ON CONSTRAINT commands_pkey DO NOTHING",
        )
        .await?;
    // Waits for a twin that is being carried out right now.
    if db_tx.execute(&insert, &[&request.log_id, &body_hash, &subject]).await? == 1 {
        return Ok(None);
    }
    let select = db_tx
        .prepare_cached("SELECT body_hash, subject FROM app.commands WHERE command_id = $1")
        .await?;
    let row = db_tx.query_one(&select, &[&request.log_id]).await?;
    if row.get::<_, &[u8]>("body_hash") == body_hash {
        Ok(Some(row.get("subject")))
    } else {
        Err(Rejection::command_reused().into())
    }
}

/// The subject of a draft command's first answer, if it was carried out.
pub(crate) async fn first_answer(
    pool: &Pool,
    request: &Request<'_>,
) -> Result<Option<Uuid>, ExecuteError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached("SELECT body_hash, subject FROM app.commands WHERE command_id = $1")
        .await?;
    match client.query_opt(&statement, &[&request.log_id]).await? {
        None => Ok(None),
        Some(row) if row.get::<_, &[u8]>("body_hash") == body_hash(request) => {
            Ok(Some(row.get("subject")))
        }
        Some(_) => Err(Rejection::command_reused().into()),
    }
}

/// The next number of a unit's year; its row stays locked until the transaction ends, and the number
/// is not used up when it is rolled back.
pub(crate) async fn next_ocid_number(
    db_tx: &Transaction<'_>,
    unit_key: &str,
    fiscal_year: u16,
) -> Result<u64, Fault> {
    let statement = db_tx
        .prepare_cached(
            "INSERT INTO app.ocid_counters (unit_key, fiscal_year, last_n)
             VALUES ($1, $2, 1)
             ON CONFLICT ON CONSTRAINT ocid_counters_pkey
             DO UPDATE SET last_n = app.ocid_counters.last_n + 1
             RETURNING last_n",
        )
        .await?;
    let row = db_tx.query_one(&statement, &[&unit_key, &i32::from(fiscal_year)]).await?;
    Ok(row.get::<_, i64>("last_n").unsigned_abs())
}

fn body_hash(request: &Request<'_>) -> Vec<u8> {
    sha256(&request.body).to_vec()
}

pub(crate) fn to_content(draft: &impl Serialize) -> Result<Value, Fault> {
    serde_json::to_value(draft).map_err(Fault::Draft)
}

pub(crate) fn from_content<T: DeserializeOwned>(draft: &Draft) -> Result<T, Fault> {
    T::deserialize(&draft.content).map_err(Fault::Draft)
}

fn read(row: &Row) -> Result<Draft, Fault> {
    let instant = |column| {
        Timestamp::from_millis(row.get(column)).map_err(|_| Fault::Stored("instant of a draft"))
    };
    Ok(Draft {
        id: row.get("draft_id"),
        status: DraftStatus::from_stored(row.get("status"))
            .ok_or(Fault::Stored("status of a draft"))?,
        author: AccountRef(row.get("author")),
        approver: row.get::<_, Option<Uuid>>("approver").map(AccountRef),
        reason: row.get("reason"),
        content: row.get("content"),
        version: row.get::<_, i64>("version").unsigned_abs(),
        created_at: instant("created_at_ms")?,
        updated_at: instant("updated_at_ms")?,
    })
}
