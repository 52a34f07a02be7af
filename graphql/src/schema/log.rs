//! The log itself: its head, events, batches and proofs.

use std::collections::HashMap;
use std::sync::Arc;

use anchor::reader::{BatchView, BundleAnswer, Reader, ReaderError};
use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{ComplexObject, Context, Json, Object, Result, SimpleObject};
use eventstore::{EventStore as _, PgStore, Recorded};
use merkle::hash::{to_base64url, to_hex};
use merkle::{Entry, Envelope};
use serde_json::Value;

use super::codes::{BatchState, Clock};
use super::faults::{broken, refused, unread};
use super::page::{Window, cost, read_cursor};
use super::scalars::{Instant, Position, UuidText};
use super::state;
use crate::proofs::public_bundle;

/// A recorded event, by name.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct EventRef {
    /// Its id.
    pub(crate) id: UuidText,
    /// Its place in the log.
    pub(crate) position: Position,
    /// Its type; `Sealed` for a sealed event.
    pub(crate) r#type: String,
    /// Its stream; null for a sealed event.
    pub(crate) stream: Option<String>,
}

impl EventRef {
    pub(crate) fn new(
        id: uuid::Uuid,
        position: u64,
        event_type: &str,
        stream: impl Into<Option<String>>,
    ) -> Self {
        let (r#type, stream) = (event_type.to_owned(), stream.into());
        Self { id: id.into(), position: position.into(), r#type, stream }
    }
}

/// Where an event is anchored.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Anchor {
    /// Index of its batch in the contract.
    batch_index: Position,
    /// How far the batch is.
    state: BatchState,
    /// The block that holds the batch, once it is mined.
    block_number: Option<Position>,
    /// That block's hash, hex.
    block_hash: Option<String>,
    /// Hash of the chain transaction, hex.
    chain_tx: Option<String>,
}

impl From<&BatchView> for Anchor {
    fn from(batch: &BatchView) -> Self {
        Self {
            batch_index: batch.index.into(),
            state: batch.state.into(),
            block_number: batch.block.map(|(number, _)| number.into()),
            block_hash: batch.block.map(|(_, hash)| to_hex(&hash)),
            chain_tx: batch.chain_tx_hash.map(|hash| to_hex(&hash)),
        }
    }
}

/// A run of consecutive events that is anchored together.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Batch {
    /// Index in its contract, from 0.
    batch_index: Position,
    /// Position of its first event.
    first: Position,
    /// Number of its events.
    count: Position,
    /// Root of the batch tree, hex.
    batch_root: String,
    /// Root of the log at size `first + count`, hex.
    log_root: String,
    /// The signed checkpoint of that size.
    checkpoint: String,
    /// Address of the contract, hex.
    contract: String,
    /// How far it is.
    state: BatchState,
    /// The block that holds it, once it is mined.
    block_number: Option<Position>,
    /// That block's hash, hex.
    block_hash: Option<String>,
    /// Hash of the chain transaction, hex.
    chain_tx: Option<String>,
    /// When a quorum of signers was found to stand behind it.
    confirmed_at: Option<Instant>,
}

impl From<&BatchView> for Batch {
    fn from(batch: &BatchView) -> Self {
        let Anchor { batch_index, state, block_number, block_hash, chain_tx } = batch.into();
        Self {
            batch_index,
            first: batch.first.into(),
            count: batch.count.into(),
            batch_root: to_hex(&batch.batch_root),
            log_root: to_hex(&batch.log_root),
            checkpoint: batch.checkpoint.clone(),
            contract: to_hex(&batch.contract),
            state,
            block_number,
            block_hash,
            chain_tx,
            confirmed_at: batch.confirmed_at_ms.map(Instant::from_millis),
        }
    }
}

/// Finds the batches of positions, in one query.
pub(crate) struct AnchorLoader(pub(crate) Reader<PgStore>);

impl Loader<u64> for AnchorLoader {
    type Value = Anchor;
    type Error = Arc<ReaderError>;

    async fn load(&self, positions: &[u64]) -> Result<HashMap<u64, Anchor>, Self::Error> {
        let batches = self.0.batches_of(positions).await?;
        Ok(batches.iter().map(|(position, batch)| (*position, Anchor::from(batch))).collect())
    }
}

/// The batch that holds `position`; none yet is no error.
pub(crate) async fn anchor_of(ctx: &Context<'_>, position: &Position) -> Result<Option<Anchor>> {
    let loader = ctx.data::<DataLoader<AnchorLoader>>()?;
    let Ok(position) = position.read("position") else { return Ok(None) };
    loader.load_one(position).await.map_err(|error| broken(&*error))
}

/// Where the log stands.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Log {
    /// The log's name.
    origin: String,
    /// Position of the next event = number of events.
    next_position: Position,
    /// The clock that deadlines are measured with.
    business_clock: Instant,
    /// What that clock is worth.
    clock: Clock,
}

/// Who acted, by pseudonym.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Actor {
    /// What sort of actor.
    kind: String,
    /// The account's pseudonym.
    r#ref: String,
    /// The role it acted in.
    role: String,
}

impl From<merkle::Actor> for Actor {
    fn from(it: merkle::Actor) -> Self {
        Self { kind: it.kind, r#ref: it.r#ref, role: it.role }
    }
}

/// The rules an act was judged by.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct RuleSet {
    /// Name and year.
    id: String,
    /// Hex SHA-256 of its canonical JSON.
    hash: String,
}

/// An event as it is recorded.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Event {
    /// Its id.
    id: UuidText,
    /// Its place in the log.
    position: Position,
    /// Its stream; null for a sealed event.
    stream: Option<String>,
    /// Its place in the stream, from 1; null for a sealed event.
    version: Option<Position>,
    /// Its type; `Sealed` for a sealed event, which shows its place and time only.
    r#type: String,
    /// Version of its type.
    schema: i32,
    /// When it was recorded, by the wall clock.
    at: Instant,
    /// When it took effect, by the business clock; null for a sealed event.
    effective_at: Option<Instant>,
    /// What the business clock is worth.
    clock: Clock,
    /// Who acted; null when it is withheld, and for a sealed event.
    actor: Option<Actor>,
    /// The event that caused this one.
    causation: Option<UuidText>,
    /// Shared by everything that one request caused; null for a sealed event.
    correlation: Option<UuidText>,
    /// The rules the act was judged by.
    rule_set: Option<RuleSet>,
    /// What it says in clear; null for a sealed event.
    data: Option<Json<Value>>,
    /// Paths of what it only commits to; the empty path is the whole of a sealed event.
    withheld: Vec<String>,
    /// Leaf hash, hex.
    leaf: String,
    /// The hashed bytes, unpadded base64url.
    entry: String,
}

#[ComplexObject]
impl Event {
    /// Where it is anchored; null while it is in no batch.
    async fn anchor(&self, ctx: &Context<'_>) -> Result<Option<Anchor>> {
        anchor_of(ctx, &self.position).await
    }
}

impl From<Recorded> for Event {
    fn from(recorded: Recorded) -> Self {
        let content = &recorded.content;
        let sealed = Self {
            id: content.id().into(),
            position: recorded.position.into(),
            stream: None,
            version: None,
            r#type: content.r#type().to_owned(),
            schema: i32::from(content.schema()),
            at: Instant::from_millis(content.at()),
            effective_at: None,
            clock: content.clock().into(),
            actor: None,
            causation: None,
            correlation: None,
            rule_set: None,
            data: None,
            withheld: vec![String::new()],
            leaf: to_hex(&recorded.leaf),
            entry: to_base64url(&recorded.entry),
        };
        match recorded.content {
            Entry::Sealed(_) => sealed,
            Entry::Open(envelope) => sealed.shown(envelope),
        }
    }
}

impl Event {
    /// Adds what only an open entry shows.
    fn shown(self, envelope: Envelope) -> Self {
        Self {
            stream: Some(envelope.stream),
            version: Some(envelope.ver.into()),
            effective_at: Some(Instant::from_millis(envelope.effective_at)),
            actor: envelope.actor.map(Actor::from),
            causation: envelope.causation.map(UuidText::from),
            correlation: Some(envelope.correlation.into()),
            rule_set: envelope.rule_set.map(|it| RuleSet { id: it.id, hash: it.hash }),
            data: Some(Json(Value::Object(envelope.data))),
            withheld: envelope.cm.into_keys().collect(),
            ..self
        }
    }
}

/// What proves that an event is on the log.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Proof {
    /// The event.
    event_id: UuidText,
    /// Where it is anchored; null while it is in no batch.
    anchor: Option<Anchor>,
    /// The bundle, exactly as `/proofs/{eventId}` serves it, with what is public of what the event withholds; null
    /// while the event is in no batch.
    bundle: Option<String>,
}

/// Queries about the log.
#[derive(Default)]
pub(crate) struct LogQuery;

#[Object]
impl LogQuery {
    /// Where the log stands.
    async fn log(&self, ctx: &Context<'_>) -> Result<Log> {
        let head = state(ctx)?.store.head().await.map_err(|error| unread(&error))?;
        Ok(Log {
            origin: head.origin,
            next_position: head.next_position.into(),
            business_clock: Instant::from_millis(head.business_clock),
            clock: head.clock.into(),
        })
    }

    /// Batches, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn batches(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<String, Batch>> {
        let window = Window::read(first)?;
        let after = after.as_deref().map(read_cursor).transpose()?;
        let from = after.map_or(0, |after| after.saturating_add(1));
        let batches = state(ctx)?.anchors.batches(from, window.limit).await;
        let batches = batches.map_err(|error| broken(&error))?;
        let rows = batches.iter().map(|it| (it.first.to_string(), Batch::from(it))).collect();
        Ok(window.show(rows, after.is_some(), EmptyFields))
    }

    /// An event by its id.
    async fn event(&self, ctx: &Context<'_>, id: UuidText) -> Result<Option<Event>> {
        let id = id.read("id").map_err(|rejection| refused(&rejection))?;
        let recorded = state(ctx)?.store.event(id).await.map_err(|error| unread(&error))?;
        Ok(recorded.map(Event::from))
    }

    /// What proves an event; null when there is no such event.
    #[graphql(complexity = "20 + child_complexity")]
    async fn proof(&self, ctx: &Context<'_>, event_id: UuidText) -> Result<Option<Proof>> {
        let id = event_id.read("eventId").map_err(|rejection| refused(&rejection))?;
        let state = state(ctx)?;
        let Some(recorded) = state.store.event(id).await.map_err(|error| unread(&error))? else {
            return Ok(None);
        };
        let bundle = match public_bundle(state, id, recorded.position).await {
            Ok(BundleAnswer::NotYetBatched | BundleAnswer::NotYetCosigned) => None,
            Ok(BundleAnswer::Bundle(bytes)) => {
                Some(String::from_utf8(bytes).map_err(|error| broken(&error))?)
            }
            Err(error) => return Err(broken(&error)),
        };
        let anchor = anchor_of(ctx, &recorded.position.into()).await?;
        Ok(Some(Proof { event_id, anchor, bundle }))
    }
}
