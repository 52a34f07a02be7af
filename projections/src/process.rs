//! Contracting processes: every act, the state it leads to, and what it makes public.

use domain::content::{Disposition, Document};
use domain::event::ProposalsOpened;
use domain::{DomainEvent, Ocid};
use tokio_postgres::types::ToSql;

use crate::ProjectionError;
use crate::apply::Change;
use crate::generation::to_sql;
use crate::procedure::{ActRef, Procedure};

/// The whole inner envelope of a sealed entry.
const WHOLE: &str = "";

/// The contracting process a public event belongs to; `None` for registers and for what is recorded sealed only.
#[must_use]
pub fn ocid_of(event: &DomainEvent) -> Option<&Ocid> {
    use DomainEvent as E;
    macro_rules! ocid {
        ($($name:ident),+; none: $($other:ident),+ $(,)?) => {
            match event {
                $(E::$name(event) => Some(&event.ocid),)+
                $(E::$other(_))|+ => None,
            }
        };
    }
    ocid!(
        PlanApproved, TenderPublished, ReceiptClosed, ProposalOpened, ProposalsOpened,
        TechnicalSheetOpened, EconomicOpened, PanelDrawScheduled, PanelDrawn, AssignmentAccepted,
        ConflictDeclared, BallotCommitted, BallotRevealed, BallotMissed, EvaluationComputed,
        TieBroken, RulingIssued, AwardIssued, TenderDeserted, ContractPrepared, GuaranteeLodged,
        ContractSigned, ContractActivated, DeliverableSubmitted, DeliverableReturned,
        DeliverableAccepted, PenaltyApplied, InvoiceRegistered, PaymentOrdered, PaymentRecorded,
        ContractCompleted, SettlementIssued, PerformanceRated, WorkRated, ReleasePublished;
        none: UnitRegistered, CatalogItemAdded, CompanyRegistered, CompanyApproved, CompanyRejected,
        EvaluatorApplied, EvaluatorAccredited, ParticipantRegistered, ProposalSubmitted,
        ProposalReplaced, ProposalWithdrawn, TechnicalSheetSigned, Heartbeat,
    )
}

/// Writes what `event` says of its process, if it is of one.
pub(crate) async fn followed(
    change: &Change<'_>,
    event: &DomainEvent,
) -> Result<(), ProjectionError> {
    let Some(ocid) = ocid_of(event) else { return Ok(()) };
    write_act(change, ocid).await?;
    // A release repeats what an act said: the state of the process does not change by it.
    if matches!(event, DomainEvent::ReleasePublished(_)) {
        return Ok(());
    }
    let mut procedure = procedure(change, ocid).await?;
    let act = ActRef {
        position: change.position,
        event_id: change.envelope.id,
        effective_at_ms: change.envelope.effective_at,
    };
    procedure.fold(event, act).map_err(|source| ProjectionError::OutOfPlace {
        ocid: ocid.to_string(),
        position: change.position,
        source,
    })?;
    write_procedure(change, ocid, &procedure).await?;
    for document in documents_of(event) {
        write_document(change, ocid, document).await?;
    }
    for (position, path) in disclosed_by(event, &procedure) {
        write_disclosure(change, position, path).await?;
    }
    Ok(())
}

/// The documents an event makes public.
fn documents_of(event: &DomainEvent) -> &[Document] {
    use DomainEvent as E;
    match event {
        E::ProposalOpened(event) => &event.documents,
        E::EconomicOpened(event) => &event.documents,
        E::BallotRevealed(event) => std::slice::from_ref(&event.ballot.justification),
        E::DeliverableSubmitted(event) => &event.documents,
        _ => &[],
    }
}

/// What an event makes public of earlier entries: their positions, and paths of what they withhold.
///
/// Nothing else is ever shown of what is sealed or withheld. The technical opening keeps back who offers and the
/// price; what could not be opened stays closed.
fn disclosed_by(event: &DomainEvent, procedure: &Procedure) -> Vec<(u64, &'static str)> {
    use DomainEvent as E;
    match event {
        E::ProposalsOpened(event) => at_the_opening(event, procedure),
        E::TechnicalSheetOpened(event) => vec![(event.position, WHOLE)],
        E::EconomicOpened(event) => vec![
            (event.position, "/actor"),
            (event.position, "/data/company"),
            (event.position, "/data/economic"),
            (event.participation, WHOLE),
        ],
        _ => Vec::new(),
    }
}

fn at_the_opening(event: &ProposalsOpened, procedure: &Procedure) -> Vec<(u64, &'static str)> {
    let mut disclosed = Vec::new();
    for proposal in &event.proposals {
        match proposal {
            Disposition::Opened { position, .. } => {
                disclosed.extend([(*position, WHOLE), (*position, "/data/technical")]);
            }
            // So that version and previous leaf can be followed to the entry that counts.
            Disposition::Replaced { position, .. }
            | Disposition::Withdrawn { position, .. }
            | Disposition::Withdrawal { position } => disclosed.push((*position, WHOLE)),
            Disposition::Unopenable { .. } => {}
        }
    }
    let closed = procedure.receipt_closed.map(|closed| (closed.position, "/data/positions"));
    disclosed.extend(closed);
    disclosed
}

async fn write_act(change: &Change<'_>, ocid: &Ocid) -> Result<(), ProjectionError> {
    let envelope = change.envelope;
    let actor = envelope.actor.as_ref();
    change
        .insert(
            "acts (ocid, type, stream, actor_kind, actor_role, actor_ref, effective_at_ms",
            "$4, $5, $6, $7, $8, $9, $10",
            &[
                &ocid.as_str(),
                &envelope.r#type,
                &envelope.stream,
                &actor.map(|actor| actor.kind.as_str()),
                &actor.map(|actor| actor.role.as_str()),
                &actor.map(|actor| actor.r#ref.as_str()),
                &envelope.effective_at,
            ],
        )
        .await
}

async fn procedure(change: &Change<'_>, ocid: &Ocid) -> Result<Procedure, ProjectionError> {
    let sql = format!("SELECT state FROM {}.procedures WHERE ocid = $1", change.schema);
    let statement = change.db_tx.prepare_cached(&sql).await?;
    let Some(row) = change.db_tx.query_opt(&statement, &[&ocid.as_str()]).await? else {
        return Ok(Procedure::default());
    };
    serde_json::from_value(row.get("state")).map_err(unreadable)
}

async fn write_procedure(
    change: &Change<'_>,
    ocid: &Ocid,
    procedure: &Procedure,
) -> Result<(), ProjectionError> {
    let sql = format!(
        "INSERT INTO {}.procedures (ocid, state, position)
         VALUES ($1, $2, $3)
         ON CONFLICT (ocid) DO UPDATE SET state = excluded.state, position = excluded.position",
        change.schema
    );
    let state = serde_json::to_value(procedure).map_err(unreadable)?;
    execute(change, &sql, &[&ocid.as_str(), &state, &to_sql(change.position)]).await
}

/// The first event that makes bytes public names them: the same bytes stay what they were called then.
async fn write_document(
    change: &Change<'_>,
    ocid: &Ocid,
    document: &Document,
) -> Result<(), ProjectionError> {
    let sql = format!(
        "INSERT INTO {}.documents (sha256, ocid, name, media_type, bytes, position)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (sha256) DO NOTHING",
        change.schema
    );
    let parameters: [&(dyn ToSql + Sync); 6] = [
        &document.sha256,
        &ocid.as_str(),
        &document.name,
        &document.media_type,
        &i64::from(document.bytes),
        &to_sql(change.position),
    ];
    execute(change, &sql, &parameters).await
}

async fn write_disclosure(
    change: &Change<'_>,
    position: u64,
    path: &str,
) -> Result<(), ProjectionError> {
    let sql = format!(
        "INSERT INTO {}.disclosures (position, path, by_position)
         VALUES ($1, $2, $3)
         ON CONFLICT (position, path) DO NOTHING",
        change.schema
    );
    execute(change, &sql, &[&to_sql(position), &path, &to_sql(change.position)]).await
}

async fn execute(
    change: &Change<'_>,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<(), ProjectionError> {
    let statement = change.db_tx.prepare_cached(sql).await?;
    change.db_tx.execute(&statement, parameters).await?;
    Ok(())
}

fn unreadable(source: serde_json::Error) -> ProjectionError {
    ProjectionError::Row { table: "procedures", source }
}
