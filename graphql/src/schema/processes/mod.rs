//! Contracting processes: where one stands, every act of it, the documents it made public.

mod contract;
mod panel;
mod proposals;

use async_graphql::{ComplexObject, Context, Json, Object, Result, SimpleObject};
use projections::procedure as p;
use projections::{ActRow, DocumentRow, ProcedureRow, Serving};
use serde_json::Value;

use super::codes::{Aggregation, ProcedureStatus, TieBreak};
use super::faults::unprojected;
use super::log::{Actor, Anchor, EventRef, anchor_of};
use super::page::{Projection, ReadConnection, ViewWindow, cost, view};
use super::parts::{Money, each, int};
use super::plans::read_ocid;

use super::scalars::{DayText, Instant, Position, UuidText};
use crate::rest::read_hash;
use contract::Contract;
use panel::{Outliers, Panel};
use proposals::{Opening, Proposal, Tenderer, Unsolvent};

/// What a list within a process costs: a handful times what each of its members costs.
pub(crate) fn few(child: usize) -> usize {
    5 * child + 1
}

/// The event that recorded something.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct ActRef {
    /// Its id.
    event_id: UuidText,
    /// Its place in the log.
    position: Position,
    /// When it took effect, by the business clock.
    effective_at: Instant,
}

#[ComplexObject]
impl ActRef {
    /// Where it is anchored; null while it is in no batch.
    async fn anchor(&self, ctx: &Context<'_>) -> Result<Option<Anchor>> {
        anchor_of(ctx, &self.position).await
    }
}

impl From<p::ActRef> for ActRef {
    fn from(act: p::ActRef) -> Self {
        Self {
            event_id: act.event_id.into(),
            position: act.position.into(),
            effective_at: Instant::from_millis(act.effective_at_ms),
        }
    }
}

/// The result of the evaluation; the points stand with the proposals.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Evaluation {
    /// What recorded it.
    act: ActRef,
    /// How the call aggregates.
    aggregation: Aggregation,
    /// Whose ballots lie far from the others', and in how many cells; nobody's ballot is dropped for it.
    outliers: Vec<Outliers>,
}

impl From<p::Evaluation> for Evaluation {
    fn from(it: p::Evaluation) -> Self {
        Self { act: it.act.into(), aggregation: it.aggregation.into(), outliers: each(it.outliers) }
    }
}

/// How a tie of the first rank was broken.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Tie {
    /// What recorded it.
    act: ActRef,
    /// How.
    method: TieBreak,
    /// The tied proposals, the winner first.
    order: Vec<String>,
}

impl From<p::Tie> for Tie {
    fn from(it: p::Tie) -> Self {
        Self { act: it.act.into(), method: it.method.into(), order: each(it.order) }
    }
}

/// The ruling (dictamen).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Ruling {
    /// What recorded it.
    act: ActRef,
    /// The solvent proposals, the best first.
    order: Vec<String>,
    /// The others, with the cause.
    unsolvent: Vec<Unsolvent>,
    /// Why.
    reasons: String,
}

impl From<p::Ruling> for Ruling {
    fn from(it: p::Ruling) -> Self {
        Self {
            act: it.act.into(),
            order: each(it.order),
            unsolvent: each(it.unsolvent),
            reasons: it.reasons,
        }
    }
}

/// The award (fallo).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Award {
    /// What recorded it.
    act: ActRef,
    /// Its id.
    award_id: UuidText,
    /// The winning proposal.
    mask: String,
    /// The company.
    supplier: Tenderer,
    /// The price, VAT excluded.
    amount: Money,
    /// Its points, in centipoints.
    total: i32,
    /// The last day to sign the contract.
    sign_by: DayText,
    /// Why.
    reasons: String,
}

impl From<p::Award> for Award {
    fn from(it: p::Award) -> Self {
        Self {
            act: it.act.into(),
            award_id: it.award_id.0.into(),
            mask: it.mask.into(),
            supplier: it.supplier.into(),
            amount: it.amount.into(),
            total: int(it.total),
            sign_by: it.sign_by.into(),
            reasons: it.reasons,
        }
    }
}

/// That nobody is awarded.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Desertion {
    /// What recorded it.
    act: ActRef,
    /// Why.
    reasons: String,
}

impl From<p::Desertion> for Desertion {
    fn from(it: p::Desertion) -> Self {
        Self { act: it.act.into(), reasons: it.reasons }
    }
}

/// A contracting process: what its public events come to.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Procedure {
    /// Its ocid.
    ocid: String,
    /// How far it is, by its last decisive event; whether proposals are received, the tender's phase says.
    status: ProcedureStatus,
    /// The tender, once it is called.
    tender_id: Option<UuidText>,
    /// The approval of its plan.
    planned: Option<ActRef>,
    /// The publication of its call.
    published: Option<ActRef>,
    /// The end of receipt.
    receipt_closed: Option<ActRef>,
    /// The technical opening; nobody is told before how many proposals there are.
    opening: Option<Opening>,
    /// The citizens' panel.
    panel: Option<Panel>,
    /// The result of the evaluation.
    evaluation: Option<Evaluation>,
    /// How a tie of the first rank was broken.
    tie: Option<Tie>,
    /// The ruling.
    ruling: Option<Ruling>,
    /// The award.
    award: Option<Award>,
    /// That nobody is awarded.
    desertion: Option<Desertion>,
    /// The contract.
    contract: Option<Contract>,
    /// Position of its newest event; a `ReleasePublished`, which repeats an event, does not move it.
    position: Position,
    /// How far what is read has followed the log.
    projection: Projection,
    #[graphql(skip)]
    opened: Vec<p::Proposal>,
}

#[ComplexObject]
impl Procedure {
    /// The opened proposals, in the order of their masks; empty before the technical opening.
    #[graphql(complexity = "few(child_complexity)")]
    async fn proposals(&self) -> Vec<Proposal> {
        each(self.opened.clone())
    }
}

impl Procedure {
    fn shown(row: ProcedureRow, serving: &Serving) -> Self {
        let it = row.procedure;
        Self {
            ocid: row.ocid,
            status: it.status.into(),
            tender_id: it.tender_id.map(|id| id.0.into()),
            planned: it.planned.map(ActRef::from),
            published: it.published.map(ActRef::from),
            receipt_closed: it.receipt_closed.map(ActRef::from),
            opening: it.opening.map(Opening::from),
            panel: it.panel.map(Panel::from),
            evaluation: it.evaluation.map(Evaluation::from),
            tie: it.tie.map(Tie::from),
            ruling: it.ruling.map(Ruling::from),
            award: it.award.map(Award::from),
            desertion: it.desertion.map(Desertion::from),
            contract: it.contract.map(Contract::from),
            position: row.position.into(),
            projection: serving.into(),
            opened: it.proposals,
        }
    }
}

/// A public event of a contracting process, in its logbook (bitácora).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Act {
    /// The event.
    event: EventRef,
    /// Who acted; null where it is withheld.
    actor: Option<Actor>,
    /// When it took effect, by the business clock.
    effective_at: Instant,
    /// What it says in clear.
    data: Json<Value>,
}

#[ComplexObject]
impl Act {
    /// Where it is anchored; null while it is in no batch.
    async fn anchor(&self, ctx: &Context<'_>) -> Result<Option<Anchor>> {
        anchor_of(ctx, &self.event.position).await
    }
}

impl From<ActRow> for Act {
    fn from(act: ActRow) -> Self {
        Self {
            event: EventRef::new(act.event_id, act.position, &act.event_type, act.stream),
            actor: act.actor.map(Actor::from),
            effective_at: Instant::from_millis(act.effective_at_ms),
            data: Json(act.data),
        }
    }
}

/// A document that an event made public; `/documents/{sha256}` serves its bytes.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PublicDocument {
    /// `0x` hex SHA-256 of its bytes.
    sha256: String,
    /// The contracting process.
    ocid: String,
    /// Its file name.
    name: String,
    /// Its media type.
    media_type: String,
    /// How many bytes it has.
    bytes: i32,
    /// Position of the event that made it public.
    position: Position,
}

#[ComplexObject]
impl PublicDocument {
    /// Where the event that made it public is anchored; null while it is in no batch.
    async fn anchor(&self, ctx: &Context<'_>) -> Result<Option<Anchor>> {
        anchor_of(ctx, &self.position).await
    }
}

impl From<DocumentRow> for PublicDocument {
    fn from(it: DocumentRow) -> Self {
        Self {
            sha256: it.sha256,
            ocid: it.ocid,
            name: it.name,
            media_type: it.media_type,
            bytes: i32::try_from(it.bytes).unwrap_or(i32::MAX),
            position: it.position.into(),
        }
    }
}

/// Queries about contracting processes.
#[derive(Default)]
pub(crate) struct ProcessQuery;

#[Object]
impl ProcessQuery {
    /// A contracting process, from its approved plan to the last rating; null when there is none.
    #[graphql(complexity = "10 + child_complexity")]
    async fn procedure(
        &self,
        ctx: &Context<'_>,
        ocid: String,
        min_position: Option<Position>,
    ) -> Result<Option<Procedure>> {
        let ocid = read_ocid(&ocid)?;
        let view = view(ctx, min_position.as_ref()).await?;
        let row = view.procedure(ocid.as_str()).await.map_err(|error| unprojected(&error))?;
        Ok(row.map(|row| Procedure::shown(row, view.serving())))
    }

    /// Every public event of a contracting process, oldest first; behind each one that made a release there is the
    /// `ReleasePublished` of it.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn acts(
        &self,
        ctx: &Context<'_>,
        ocid: String,
        first: Option<i32>,
        after: Option<String>,
        min_position: Option<Position>,
    ) -> Result<ReadConnection<Act>> {
        let ocid = read_ocid(&ocid)?;
        let window = ViewWindow::open(ctx, first, after.as_deref(), min_position.as_ref()).await?;
        let acts = window.view.acts(ocid.as_str(), window.after, window.window.limit).await;
        let acts = acts.map_err(|error| unprojected(&error))?;
        Ok(window.show(acts.into_iter().map(|it| (it.position, it.into())).collect()))
    }

    /// A public document by the hash of its bytes; null when there is none, or it is not public (yet).
    async fn document(
        &self,
        ctx: &Context<'_>,
        sha256: String,
        min_position: Option<Position>,
    ) -> Result<Option<PublicDocument>> {
        if read_hash(&sha256).is_none() {
            return Ok(None);
        }
        let document = view(ctx, min_position.as_ref()).await?.document(&sha256).await;
        Ok(document.map_err(|error| unprojected(&error))?.map(PublicDocument::from))
    }
}
