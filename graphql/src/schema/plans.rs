//! Approved plans.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use domain::Ocid;
use domain::event::PlanApproved;
use projections::Page;

use super::faults::{refused, unprojected};
use super::log::{Anchor, EventRef, anchor_of};
use super::page::{ReadConnection, ViewWindow, cost, view};
use super::parts::{Item, MarketResearch, Money, each};
use super::scalars::{Instant, Position, UuidText, format};

/// An approved plan.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Plan {
    /// Its id.
    plan_id: UuidText,
    /// The contracting process.
    ocid: String,
    /// The buying unit.
    unit_key: String,
    /// The unit's name at that moment.
    unit_name: String,
    /// The body it buys for.
    buyer: String,
    /// What is needed and why.
    need: String,
    /// The fiscal year.
    fiscal_year: i32,
    /// The budget line (partida).
    budget_line: String,
    /// The most that may be spent.
    amount: Money,
    /// What is planned.
    items: Vec<Item>,
    /// What the market asks for it.
    market_research: MarketResearch,
    /// When its draft was begun.
    drafted_at: Instant,
    /// When it was approved.
    approved_at: Instant,
    /// Pseudonym of who wrote it.
    author: UuidText,
    /// Pseudonym of who approved it.
    approver: UuidText,
    /// What recorded it.
    event: EventRef,
}

#[ComplexObject]
impl Plan {
    /// Where it is anchored; null while it is in no batch.
    async fn anchor(&self, ctx: &Context<'_>) -> Result<Option<Anchor>> {
        anchor_of(ctx, &self.event.position).await
    }
}

impl From<Page<PlanApproved>> for Plan {
    fn from(page: Page<PlanApproved>) -> Self {
        let Page { position, event_id, effective_at_ms, data } = page;
        let stream = data.plan_id.stream();
        Self {
            plan_id: data.plan_id.0.into(),
            ocid: data.ocid.into(),
            unit_key: data.unit_key.into(),
            unit_name: data.unit_name,
            buyer: data.buyer,
            need: data.need,
            fiscal_year: i32::from(data.fiscal_year),
            budget_line: data.budget_line,
            amount: data.amount.into(),
            items: each(data.items),
            market_research: data.market_research.into(),
            drafted_at: data.drafted_at.into(),
            approved_at: Instant::from_millis(effective_at_ms),
            author: data.author.0.into(),
            approver: data.approver.0.into(),
            event: EventRef::new(event_id, position, "PlanApproved", stream),
        }
    }
}

/// Reads an ocid that was typed in.
pub(crate) fn read_ocid(ocid: &str) -> Result<Ocid> {
    ocid.parse().map_err(|_| {
        refused(&format("ocid", "el ocid completo, como ocds-000000-009000999-2018-1"))
    })
}

/// Queries about plans.
#[derive(Default)]
pub(crate) struct PlanQuery;

#[Object]
impl PlanQuery {
    /// Approved plans, newest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn plans(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        min_position: Option<Position>,
    ) -> Result<ReadConnection<Plan>> {
        let window = ViewWindow::open(ctx, first, after.as_deref(), min_position.as_ref()).await?;
        let plans = window.view.plans(window.after, window.window.limit).await;
        let plans = plans.map_err(|error| unprojected(&error))?;
        Ok(window.show(plans.into_iter().map(|it| (it.position, it.into())).collect()))
    }

    /// The approved plan of a contracting process.
    async fn plan(
        &self,
        ctx: &Context<'_>,
        ocid: String,
        min_position: Option<Position>,
    ) -> Result<Option<Plan>> {
        let ocid = read_ocid(&ocid)?;
        let plan = view(ctx, min_position.as_ref()).await?.plan(ocid.as_str()).await;
        Ok(plan.map_err(|error| unprojected(&error))?.map(Plan::from))
    }
}
