//! What each event changes in the read models.

use deadpool_postgres::Transaction;
use domain::event::{
    CompanyRegistered, EvaluatorAccredited, EvaluatorApplied, PlanApproved, TenderPublished,
};
use domain::{CompanyId, DomainEvent};
use eventstore::{EventStore, Recorded};
use merkle::Envelope;
use serde_json::Value;
use tokio_postgres::types::ToSql;

use crate::ProjectionError;
use crate::generation::{Lease, Schema, to_sql};
use crate::{process, records};

/// How far the bytes of a release are checked before they are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// Their hash is the one on the log.
    Hash,
    /// Besides, the mapping makes the same bytes out of the event again.
    Mapping,
}

/// One recorded event on its way into the rows of a generation.
pub(crate) struct Change<'a> {
    pub(crate) db_tx: &'a Transaction<'a>,
    pub(crate) schema: Schema,
    pub(crate) position: u64,
    pub(crate) envelope: &'a Envelope,
    pub(crate) data: Value,
}

/// Applies `events`, which begin at the lease's position, inside `db_tx`, checkpoint included.
pub(crate) async fn apply_all<S: EventStore>(
    db_tx: &Transaction<'_>,
    store: &S,
    lease: Lease,
    events: &[Recorded],
    check: Check,
) -> Result<Lease, ProjectionError> {
    let position = lease.position + events.len() as u64;
    lease.advance(db_tx, position).await?;
    for (recorded, position) in events.iter().zip(lease.position..) {
        if recorded.position != position {
            return Err(ProjectionError::Gap { position });
        }
        // What is sealed is in no read model before the event that opens it.
        let Some(envelope) = recorded.open() else { continue };
        let schema = lease.schema();
        let data = Value::Object(envelope.data.clone());
        apply(&Change { db_tx, schema, position, envelope, data }, store, check).await?;
    }
    Ok(Lease { position, ..lease })
}

async fn apply<S: EventStore>(
    change: &Change<'_>,
    store: &S,
    check: Check,
) -> Result<(), ProjectionError> {
    let (envelope, position) = (change.envelope, change.position);
    let event = DomainEvent::from_recorded(&envelope.r#type, envelope.schema, &change.data)
        .map_err(|source| ProjectionError::CorruptEvent { position, source })?;
    let Some(event) = event else { return Ok(()) };
    registered(change, store, &event, check).await?;
    process::followed(change, &event).await
}

/// Registers, lists and records.
async fn registered<S: EventStore>(
    change: &Change<'_>,
    store: &S,
    event: &DomainEvent,
    check: Check,
) -> Result<(), ProjectionError> {
    use DomainEvent as E;
    match event {
        E::UnitRegistered(event) => {
            change.insert("units (unit_key", "$4", &[&event.key.as_str()]).await
        }
        E::CatalogItemAdded(event) => {
            let key: [&(dyn ToSql + Sync); 2] = [&event.scheme.as_str(), &event.id.as_str()];
            change.insert("catalogue_items (scheme, item_id", "$4, $5", &key).await
        }
        E::CompanyRegistered(event) => company_registered(change, event).await,
        E::CompanyApproved(event) => {
            company_decided(change, event.company_id, "approved", None).await
        }
        E::CompanyRejected(event) => {
            company_decided(change, event.company_id, "rejected", Some(&event.reason)).await
        }
        E::EvaluatorApplied(event) => evaluator_applied(change, event).await,
        E::EvaluatorAccredited(event) => evaluator_accredited(change, event).await,
        E::PlanApproved(event) => plan_approved(change, event).await,
        E::TenderPublished(event) => tender_published(change, event).await,
        E::ReleasePublished(event) => records::release_published(change, store, event, check).await,
        _ => Ok(()),
    }
}

impl Change<'_> {
    /// Inserts a row: the table's own columns with their values, and what every page has.
    pub(crate) async fn insert(
        &self,
        columns: &str,
        values: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<(), ProjectionError> {
        let sql = format!(
            "INSERT INTO {}.{columns}, position, event_id, data) VALUES ({values}, $1, $2, $3)",
            self.schema
        );
        let position = to_sql(self.position);
        let mut all: Vec<&(dyn ToSql + Sync)> = vec![&position, &self.envelope.id, &self.data];
        all.extend(parameters);
        let statement = self.db_tx.prepare_cached(&sql).await?;
        self.db_tx.execute(&statement, &all).await?;
        Ok(())
    }
}

async fn company_registered(
    change: &Change<'_>,
    event: &CompanyRegistered,
) -> Result<(), ProjectionError> {
    let envelope = change.envelope;
    let registrant = envelope.actor.as_ref().map(|actor| actor.r#ref.as_str());
    change
        .insert(
            "companies (company_id, status, registrant, registered_at_ms",
            "$4, 'registered', $5, $6",
            &[&event.company_id.0, &registrant, &envelope.effective_at],
        )
        .await
}

async fn company_decided(
    change: &Change<'_>,
    company_id: CompanyId,
    status: &str,
    reason: Option<&str>,
) -> Result<(), ProjectionError> {
    let sql = format!(
        "UPDATE {}.companies SET status = $2, reason = $3, decided_at_ms = $4 WHERE company_id = $1",
        change.schema
    );
    let statement = change.db_tx.prepare_cached(&sql).await?;
    let decided_at = change.envelope.effective_at;
    let rows =
        change.db_tx.execute(&statement, &[&company_id.0, &status, &reason, &decided_at]).await?;
    if rows == 1 {
        Ok(())
    } else {
        Err(ProjectionError::UnknownCompany { position: change.position })
    }
}

async fn evaluator_applied(
    change: &Change<'_>,
    event: &EvaluatorApplied,
) -> Result<(), ProjectionError> {
    let sql = format!(
        "INSERT INTO {}.evaluators (evaluator_id, pseudonym, organisation, status, applied_at_ms,
                                    position, event_id)
         VALUES ($1, $2, $3, 'applied', $4, $5, $6)",
        change.schema
    );
    let statement = change.db_tx.prepare_cached(&sql).await?;
    let parameters: [&(dyn ToSql + Sync); 6] = [
        &event.evaluator_id.0,
        &event.pseudonym.as_str(),
        &event.organisation,
        &change.envelope.effective_at,
        &to_sql(change.position),
        &change.envelope.id,
    ];
    change.db_tx.execute(&statement, &parameters).await?;
    Ok(())
}

async fn evaluator_accredited(
    change: &Change<'_>,
    event: &EvaluatorAccredited,
) -> Result<(), ProjectionError> {
    let sql = format!(
        "UPDATE {}.evaluators SET status = 'accredited', accredited_at_ms = $2
         WHERE evaluator_id = $1",
        change.schema
    );
    let statement = change.db_tx.prepare_cached(&sql).await?;
    let accredited_at = change.envelope.effective_at;
    let rows = change.db_tx.execute(&statement, &[&event.evaluator_id.0, &accredited_at]).await?;
    if rows == 1 {
        Ok(())
    } else {
        Err(ProjectionError::UnknownEvaluator { position: change.position })
    }
}

async fn plan_approved(change: &Change<'_>, event: &PlanApproved) -> Result<(), ProjectionError> {
    change
        .insert(
            "plans (ocid, unit_key, approved_at_ms",
            "$4, $5, $6",
            &[&event.ocid.as_str(), &event.unit_key.as_str(), &change.envelope.effective_at],
        )
        .await
}

async fn tender_published(
    change: &Change<'_>,
    event: &TenderPublished,
) -> Result<(), ProjectionError> {
    change
        .insert(
            "tenders (ocid, tender_id, unit_key, title, budget_centavos, budget_currency, \
             registered_at_ms, published_at_ms, closes_at_ms",
            "$4, $5, $6, $7, $8, $9, $10, $11, $12",
            &[
                &event.ocid.as_str(),
                &event.tender_id.0,
                &event.unit_key.as_str(),
                &event.title,
                &to_sql(event.budget.centavos()),
                &event.budget.currency().as_str(),
                &event.registered_at.as_millis(),
                &change.envelope.effective_at,
                &event.schedule.receipt_end.as_millis(),
            ],
        )
        .await
}
