//! The contract, its deliverables and its payments.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use domain::{Day, Timestamp};
use eventstore::EventStore as _;
use projections::procedure as p;
use tokio::sync::OnceCell;

use super::proposals::{Document, Tenderer};
use super::{ActRef, few};
use crate::schema::codes::{MilestoneStatus, Party};
use crate::schema::faults::unread;
use crate::schema::parts::{Money, each, int};
use crate::schema::scalars::{DayText, Instant, UuidText};
use crate::schema::state;

/// A guarantee of performance.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Guarantee {
    /// What recorded it.
    act: ActRef,
    /// How much.
    amount: Money,
    /// Its number.
    reference: String,
}

impl From<p::Guarantee> for Guarantee {
    fn from(it: p::Guarantee) -> Self {
        Self { act: it.act.into(), amount: it.amount.into(), reference: it.reference }
    }
}

/// The signature of one party.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Signature {
    /// What recorded it.
    act: ActRef,
    /// Which party.
    party: Party,
}

impl From<p::Signature> for Signature {
    fn from(it: p::Signature) -> Self {
        Self { act: it.act.into(), party: it.party.into() }
    }
}

/// That a contract is in force.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Activation {
    /// What recorded it.
    act: ActRef,
    /// When the last party signed.
    signed_at: Instant,
}

impl From<p::Activation> for Activation {
    fn from(it: p::Activation) -> Self {
        Self { act: it.act.into(), signed_at: it.signed_at.into() }
    }
}

/// A delivery.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Delivery {
    /// What recorded it.
    act: ActRef,
    /// What was delivered.
    documents: Vec<Document>,
}

impl From<p::Delivery> for Delivery {
    fn from(it: p::Delivery) -> Self {
        Self { act: it.act.into(), documents: each(it.documents) }
    }
}

/// That a delivery was sent back.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct DeliveryReturn {
    /// What recorded it.
    act: ActRef,
    /// Why.
    reason: String,
}

impl From<p::Return> for DeliveryReturn {
    fn from(it: p::Return) -> Self {
        Self { act: it.act.into(), reason: it.reason }
    }
}

/// What a delay costs.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Penalty {
    /// What recorded it.
    act: ActRef,
    /// Natural days late.
    days_late: i32,
    /// How much.
    amount: Money,
}

impl From<p::Penalty> for Penalty {
    fn from(it: p::Penalty) -> Self {
        Self { act: it.act.into(), days_late: int(it.days_late), amount: it.amount.into() }
    }
}

/// An invoice (CFDI).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Invoice {
    /// What recorded it.
    act: ActRef,
    /// Its own id (folio fiscal).
    invoice_id: String,
    /// How much, VAT excluded.
    amount: Money,
    /// The last day to pay in time.
    pay_by: DayText,
}

impl From<p::Invoice> for Invoice {
    fn from(it: p::Invoice) -> Self {
        Self {
            act: it.act.into(),
            invoice_id: it.invoice_id,
            amount: it.amount.into(),
            pay_by: it.pay_by.into(),
        }
    }
}

/// A payment.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Payment {
    /// What recorded it.
    act: ActRef,
    /// How much.
    amount: Money,
    /// The transfer's number.
    reference: String,
}

impl From<p::Payment> for Payment {
    fn from(it: p::Payment) -> Self {
        Self { act: it.act.into(), amount: it.amount.into(), reference: it.reference }
    }
}

/// A deliverable.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Milestone {
    /// Its id within the contract.
    id: String,
    /// What is delivered.
    title: String,
    /// Its share of the amount, in per cent.
    percent: i32,
    /// Its value, VAT excluded.
    amount: Money,
    /// The last day to deliver in time.
    due: DayText,
    /// How far it is.
    status: MilestoneStatus,
    /// Natural days late, measured at the first delivery; null before it.
    days_late: Option<i32>,
    /// What was delivered, in order.
    deliveries: Vec<Delivery>,
    /// What was sent back, in order.
    returns: Vec<DeliveryReturn>,
    /// That it was accepted.
    accepted: Option<ActRef>,
    /// What the delay costs.
    penalty: Option<Penalty>,
    /// Its invoice.
    invoice: Option<Invoice>,
    /// That its payment was ordered.
    ordered: Option<ActRef>,
    /// Its payment.
    payment: Option<Payment>,
    #[graphql(skip)]
    deadline: Option<Deadline>,
    #[graphql(skip)]
    now: Now,
}

/// By when an invoice is to be paid, and when it was.
#[derive(Debug, Clone, Copy)]
struct Deadline {
    pay_by: Day,
    paid_at_ms: Option<i64>,
}

impl Deadline {
    /// The last day is in time. `now` is asked as long as nothing is paid.
    async fn is_missed<E>(
        self,
        now: impl AsyncFnOnce() -> Result<Timestamp, E>,
    ) -> Result<bool, E> {
        let paid_at = self.paid_at_ms.and_then(|it| Timestamp::from_millis(it).ok());
        let until = match paid_at {
            Some(paid_at) => paid_at,
            None => now().await?,
        };
        Ok(self.pay_by < until.local_day())
    }
}

/// The business clock, asked once for all deliverables of a contract.
#[derive(Debug, Clone, Default)]
struct Now(Arc<OnceCell<Timestamp>>);

impl Now {
    async fn or_ask<E>(
        &self,
        ask: impl AsyncFnOnce() -> Result<Timestamp, E>,
    ) -> Result<Timestamp, E> {
        self.0.get_or_try_init(|| ask()).await.copied()
    }
}

#[ComplexObject]
impl Milestone {
    /// Whether its payment came, or comes, later than the invoice allows; no event says so.
    async fn overdue(&self, ctx: &Context<'_>) -> Result<bool> {
        let Some(deadline) = self.deadline else { return Ok(false) };
        let state = state(ctx)?;
        let ask = async || {
            let head = state.store.head().await.map_err(|error| unread(&error))?;
            Ok(Timestamp::from_millis(head.business_clock)?)
        };
        deadline.is_missed(async || self.now.or_ask(ask).await).await
    }
}

impl From<p::Milestone> for Milestone {
    fn from(it: p::Milestone) -> Self {
        let paid_at_ms = it.payment.as_ref().map(|payment| payment.act.effective_at_ms);
        let deadline = it.invoice.as_ref().map(|it| Deadline { pay_by: it.pay_by, paid_at_ms });
        Self {
            id: it.id.into(),
            title: it.title,
            percent: int(it.percent),
            amount: it.amount.into(),
            due: it.due.into(),
            status: it.status.into(),
            days_late: it.days_late.map(int),
            deliveries: each(it.deliveries),
            returns: each(it.returns),
            accepted: it.accepted.map(ActRef::from),
            penalty: it.penalty.map(Penalty::from),
            invoice: it.invoice.map(Invoice::from),
            ordered: it.ordered.map(ActRef::from),
            payment: it.payment.map(Payment::from),
            deadline,
            now: Now::default(),
        }
    }
}

/// The accounts of a completed contract (finiquito).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Settlement {
    /// What recorded it.
    act: ActRef,
    /// The contract's amount.
    amount: Money,
    /// All penalties.
    penalties: Money,
    /// All payments.
    paid: Money,
}

impl From<p::Settlement> for Settlement {
    fn from(it: p::Settlement) -> Self {
        Self {
            act: it.act.into(),
            amount: it.amount.into(),
            penalties: it.penalties.into(),
            paid: it.paid.into(),
        }
    }
}

/// How the buyer rated the supplier.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct PerformanceRating {
    /// What recorded it.
    act: ActRef,
    /// From 1 to 5.
    stars: i32,
    /// Why.
    comment: String,
}

impl From<p::PerformanceRating> for PerformanceRating {
    fn from(it: p::PerformanceRating) -> Self {
        Self { act: it.act.into(), stars: int(it.stars), comment: it.comment }
    }
}

/// How citizens rated the work.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct WorkRatings {
    /// How many ratings.
    count: i32,
    /// The mean of the stars in hundredths, half up; null before the first rating.
    average_hundredths: Option<i32>,
}

impl From<p::WorkRatings> for WorkRatings {
    fn from(it: p::WorkRatings) -> Self {
        Self { count: int(it.count), average_hundredths: it.average_hundredths().map(int) }
    }
}

/// A contract.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Contract {
    /// What prepared it.
    act: ActRef,
    /// Its id.
    contract_id: UuidText,
    /// The award.
    award_id: UuidText,
    /// The buying unit.
    unit_key: String,
    /// Its title.
    title: String,
    /// The company.
    supplier: Tenderer,
    /// The amount, VAT excluded.
    amount: Money,
    /// The last day to sign.
    sign_by: DayText,
    /// The guarantee's share of the amount, in per cent.
    guarantee_percent: i32,
    /// What a day of delay costs, in per mille of the late deliverable's value.
    penalty_per_day_per_mille: i32,
    /// The guarantee of performance.
    guarantee: Option<Guarantee>,
    /// Who signed, in order.
    signatures: Vec<Signature>,
    /// That it is in force.
    activated: Option<Activation>,
    /// That everything was delivered, accepted and paid.
    completed: Option<ActRef>,
    /// The accounts.
    settlement: Option<Settlement>,
    /// How the buyer rated the supplier.
    performance: Option<PerformanceRating>,
    /// How citizens rated the work.
    work: WorkRatings,
    #[graphql(skip)]
    deliverables: Vec<p::Milestone>,
}

#[ComplexObject]
impl Contract {
    /// The deliverables.
    #[graphql(complexity = "few(child_complexity)")]
    async fn milestones(&self) -> Vec<Milestone> {
        let now = Now::default();
        let shown = |it| Milestone { now: now.clone(), ..Milestone::from(it) };
        self.deliverables.iter().cloned().map(shown).collect()
    }
}

impl From<p::Contract> for Contract {
    fn from(it: p::Contract) -> Self {
        Self {
            act: it.act.into(),
            contract_id: it.contract_id.0.into(),
            award_id: it.award_id.0.into(),
            unit_key: it.unit_key.into(),
            title: it.title,
            supplier: it.supplier.into(),
            amount: it.amount.into(),
            sign_by: it.sign_by.into(),
            guarantee_percent: int(it.guarantee_percent),
            penalty_per_day_per_mille: int(it.penalty_per_day_per_mille),
            guarantee: it.guarantee.map(Guarantee::from),
            signatures: each(it.signatures),
            activated: it.activated.map(Activation::from),
            completed: it.completed.map(ActRef::from),
            settlement: it.settlement.map(Settlement::from),
            performance: it.performance.map(PerformanceRating::from),
            work: it.work.into(),
            deliverables: it.milestones,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_local(text).unwrap()
    }

    /// Whether the 28th of May is missed, and how often the clock was asked.
    async fn missed(paid: Option<&str>, now: &Now) -> (bool, u32) {
        let deadline = Deadline {
            pay_by: Day::parse("2018-05-28").unwrap(),
            paid_at_ms: paid.map(|text| at(text).as_millis()),
        };
        let mut asked = 0;
        let ask = async || {
            asked += 1;
            Ok::<_, std::convert::Infallible>(at("2018-07-01T00:00:00"))
        };
        let Ok(missed) = deadline.is_missed(async || now.or_ask(ask).await).await;
        (missed, asked)
    }

    #[tokio::test]
    async fn a_payment_is_in_time_to_the_end_of_the_last_day() {
        let now = Now::default();
        assert_eq!(missed(Some("2018-05-28T23:59:59"), &now).await, (false, 0));
        assert_eq!(missed(Some("2018-05-29T00:00:00"), &now).await, (true, 0));
        assert_eq!(missed(None, &now).await, (true, 1));
        assert_eq!(missed(None, &now).await, (true, 0), "it was asked for another deliverable");
        let early = Now(Arc::new(OnceCell::new_with(Some(at("2018-05-28T23:59:59")))));
        assert_eq!(missed(None, &early).await, (false, 0));
    }
}
