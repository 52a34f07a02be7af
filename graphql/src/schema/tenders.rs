//! Published tenders.

use async_graphql::{ComplexObject, Context, Enum, Object, Result, SimpleObject};
use domain::Timestamp;
use domain::content::Schedule as Hours;
use eventstore::EventStore as _;
use projections::{Page, TenderPage};

use super::codes::{Aggregation, Category, ProcurementMethod};
use super::faults::{unprojected, unread};
use super::log::{Anchor, EventRef, anchor_of};
use super::page::{ReadConnection, ViewWindow, cost, view};
use super::parts::{
    CallDays, Item, Money, Requirement, Schedule, SocialCriterion, TechnicalCriterion, Weights,
    each, int,
};
use super::plans::read_ocid;
use super::scalars::{Instant, Position, UuidText};
use super::state;

/// Where the schedule and the business clock put a tender.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TenderPhase {
    /// Published; proposals are not received yet.
    #[graphql(name = "announced")]
    Announced,
    /// Proposals are received.
    #[graphql(name = "receiving")]
    Receiving,
    /// Proposals are late; the award is not due yet.
    #[graphql(name = "evaluating")]
    Evaluating,
    /// The award is due.
    #[graphql(name = "awarding")]
    Awarding,
}

impl TenderPhase {
    /// Ends are exclusive: at `receipt_end` a proposal is late.
    fn of(schedule: &Hours, now: Timestamp) -> Self {
        if now < schedule.receipt_start {
            Self::Announced
        } else if now < schedule.receipt_end {
            Self::Receiving
        } else if now < schedule.award_at {
            Self::Evaluating
        } else {
            Self::Awarding
        }
    }
}

/// A published tender.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Tender {
    /// Its id.
    tender_id: UuidText,
    /// The contracting process.
    ocid: String,
    /// The plan it carries out.
    plan_id: UuidText,
    /// The buying unit.
    unit_key: String,
    /// The unit's name at that moment.
    unit_name: String,
    /// The body it buys for.
    buyer: String,
    /// The procedure's number.
    procedure_number: String,
    /// Its title.
    title: String,
    /// What is bought.
    description: String,
    /// How suppliers are chosen.
    procurement_method: ProcurementMethod,
    /// What sort of thing is bought.
    category: Category,
    /// The most that may be paid.
    budget: Money,
    /// When its draft was begun (fecha de registro).
    registered_at: Instant,
    /// When its call was published.
    published_at: Instant,
    /// From when proposals are late.
    closes_at: Instant,
    /// What is bought, item by item.
    items: Vec<Item>,
    /// What proposals must show.
    requirements: Vec<Requirement>,
    /// How many points each block gives.
    weights: Weights,
    /// The fewest technical points of a solvent proposal, in centipoints.
    technical_minimum: i32,
    /// How the citizens' scores are aggregated.
    aggregation: Aggregation,
    /// The criteria of the technical sheet.
    technical_criteria: Vec<TechnicalCriterion>,
    /// The criteria of the citizens' panel.
    social_criteria: Vec<SocialCriterion>,
    /// The hours.
    schedule: Schedule,
    /// The days the call announces.
    call: CallDays,
    /// Pseudonym of who wrote the call.
    author: UuidText,
    /// Pseudonym of who approved it.
    approver: UuidText,
    /// What recorded it.
    event: EventRef,
    #[graphql(skip)]
    hours: Hours,
}

#[ComplexObject]
impl Tender {
    /// Where the schedule and the business clock put it; no event says so.
    async fn phase(&self, ctx: &Context<'_>) -> Result<TenderPhase> {
        let head = state(ctx)?.store.head().await.map_err(|error| unread(&error))?;
        let now = Timestamp::from_millis(head.business_clock)?;
        Ok(TenderPhase::of(&self.hours, now))
    }

    /// Where its publication is anchored; null while it is in no batch.
    async fn anchor(&self, ctx: &Context<'_>) -> Result<Option<Anchor>> {
        anchor_of(ctx, &self.event.position).await
    }
}

impl From<TenderPage> for Tender {
    fn from(page: TenderPage) -> Self {
        let Page { position, event_id, effective_at_ms, data } = page;
        let stream = data.tender_id.stream();
        Self {
            tender_id: data.tender_id.0.into(),
            ocid: data.ocid.into(),
            plan_id: data.plan_id.0.into(),
            unit_key: data.unit_key.into(),
            unit_name: data.unit_name,
            buyer: data.buyer,
            procedure_number: data.procedure_number,
            title: data.title,
            description: data.description,
            procurement_method: data.procurement_method.into(),
            category: data.category.into(),
            budget: data.budget.into(),
            registered_at: data.registered_at.into(),
            published_at: Instant::from_millis(effective_at_ms),
            closes_at: data.schedule.receipt_end.into(),
            items: each(data.items),
            requirements: each(data.requirements),
            weights: data.weights.into(),
            technical_minimum: int(data.technical_minimum),
            aggregation: data.aggregation.into(),
            technical_criteria: each(data.technical_criteria),
            social_criteria: each(data.social_criteria),
            schedule: data.schedule.into(),
            call: data.call.into(),
            author: data.author.0.into(),
            approver: data.approver.0.into(),
            event: EventRef::new(event_id, position, "TenderPublished", stream),
            hours: data.schedule,
        }
    }
}

/// Queries about tenders.
#[derive(Default)]
pub(crate) struct TenderQuery;

#[Object]
impl TenderQuery {
    /// Published tenders, newest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn tenders(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        min_position: Option<Position>,
    ) -> Result<ReadConnection<Tender>> {
        let window = ViewWindow::open(ctx, first, after.as_deref(), min_position.as_ref()).await?;
        let tenders = window.view.tenders(window.after, window.window.limit).await;
        let tenders = tenders.map_err(|error| unprojected(&error))?;
        Ok(window.show(tenders.into_iter().map(|it| (it.position, it.into())).collect()))
    }

    /// The published tender of a contracting process.
    async fn tender(
        &self,
        ctx: &Context<'_>,
        ocid: String,
        min_position: Option<Position>,
    ) -> Result<Option<Tender>> {
        let ocid = read_ocid(&ocid)?;
        let tender = view(ctx, min_position.as_ref()).await?.tender(ocid.as_str()).await;
        Ok(tender.map_err(|error| unprojected(&error))?.map(Tender::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_end_of_receipt_a_tender_receives_no_more() {
        let golden = include_str!("../../../domain/tests/golden/TenderPublished.v1.json");
        let tender: domain::event::TenderPublished = serde_json::from_str(golden).unwrap();
        let at = |text| TenderPhase::of(&tender.schedule, Timestamp::parse(text).unwrap());
        assert_eq!(at("2018-04-12T13:59:59.999Z"), TenderPhase::Announced);
        assert_eq!(at("2018-04-12T14:00:00.000Z"), TenderPhase::Receiving);
        assert_eq!(at("2018-04-13T22:59:59.999Z"), TenderPhase::Receiving);
        assert_eq!(at("2018-04-13T23:00:00.000Z"), TenderPhase::Evaluating);
        assert_eq!(at("2018-04-15T18:00:00.000Z"), TenderPhase::Awarding);
    }
}
