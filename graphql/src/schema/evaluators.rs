//! The register of citizen evaluators, who are known by pseudonyms.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use domain::id::EvaluatorId;
use projections::EvaluatorRow;

use super::codes::EvaluatorStatus;
use super::faults::unprojected;
use super::log::{Anchor, EventRef, anchor_of};
use super::page::{ReadConnection, ViewWindow, cost};
use super::scalars::{Instant, Position, UuidText};

/// A citizen evaluator.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Evaluator {
    /// Its id.
    evaluator_id: UuidText,
    /// The name it is known by.
    pseudonym: String,
    /// The organisation that puts it forward.
    organisation: String,
    /// Where its accreditation stands.
    status: EvaluatorStatus,
    /// When it applied.
    applied_at: Instant,
    /// When it was accredited.
    accredited_at: Option<Instant>,
    /// What recorded its application.
    event: EventRef,
}

#[ComplexObject]
impl Evaluator {
    /// Where its application is anchored; null while it is in no batch.
    async fn anchor(&self, ctx: &Context<'_>) -> Result<Option<Anchor>> {
        anchor_of(ctx, &self.event.position).await
    }
}

impl From<EvaluatorRow> for Evaluator {
    fn from(it: EvaluatorRow) -> Self {
        let stream = EvaluatorId(it.evaluator_id).stream();
        Self {
            evaluator_id: it.evaluator_id.into(),
            pseudonym: it.pseudonym,
            organisation: it.organisation,
            status: it.status.into(),
            applied_at: Instant::from_millis(it.applied_at_ms),
            accredited_at: it.accredited_at_ms.map(Instant::from_millis),
            event: EventRef::new(it.event_id, it.position, "EvaluatorApplied", stream),
        }
    }
}

/// Queries about evaluators.
#[derive(Default)]
pub(crate) struct EvaluatorQuery;

#[Object]
impl EvaluatorQuery {
    /// Citizen evaluators, in the order of their applications.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn evaluators(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        min_position: Option<Position>,
    ) -> Result<ReadConnection<Evaluator>> {
        let window = ViewWindow::open(ctx, first, after.as_deref(), min_position.as_ref()).await?;
        let evaluators = window.view.evaluators(window.after, window.window.limit).await;
        let evaluators = evaluators.map_err(|error| unprojected(&error))?;
        Ok(window.show(evaluators.into_iter().map(|it| (it.position, it.into())).collect()))
    }
}
