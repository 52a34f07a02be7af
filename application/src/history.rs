//! From recorded entries to aggregates.

use domain::event::CorruptHistory;
use domain::{AccountRef, Aggregate, DomainEvent, Timestamp};
use eventstore::{EventStore, Recorded};
use merkle::{Clock, Envelope};
use serde_json::Value;
use uuid::Uuid;

use crate::outcome::Fault;

/// An aggregate with what an append needs to know of its stream.
#[derive(Debug)]
pub(crate) struct Loaded<A> {
    pub state: A,
    pub stream: String,
    /// 0: there is no such stream.
    pub version: u64,
    /// Where its first event is in the log.
    pub begun_at: Option<u64>,
    /// Who recorded the first event.
    pub begun_by: Option<AccountRef>,
}

/// Reads a public stream and replays it.
pub(crate) async fn load<A>(store: &impl EventStore, stream: String) -> Result<Loaded<A>, Fault>
where
    A: Aggregate,
    A::Event: TryFrom<DomainEvent, Error = CorruptHistory>,
{
    let recorded = store.read_stream(&stream).await?;
    let mut events = Vec::with_capacity(recorded.len());
    for entry in &recorded {
        events.extend(domain_event(entry)?);
    }
    loaded(events, stream, &recorded)
}

/// Reads a stream and replays it with all that the system knows of it: what is sealed, and what is withheld.
pub(crate) async fn load_known<A>(
    store: &impl EventStore,
    stream: String,
) -> Result<Loaded<A>, Fault>
where
    A: Aggregate,
    A::Event: TryFrom<DomainEvent, Error = CorruptHistory>,
{
    let recorded = store.read_stream(&stream).await?;
    let mut events = Vec::with_capacity(recorded.len());
    for entry in &recorded {
        events.extend(known_event(store, entry).await?);
    }
    loaded(events, stream, &recorded)
}

fn loaded<A>(
    events: Vec<DomainEvent>,
    stream: String,
    recorded: &[Recorded],
) -> Result<Loaded<A>, Fault>
where
    A: Aggregate,
    A::Event: TryFrom<DomainEvent, Error = CorruptHistory>,
{
    let mut state = A::default();
    for event in events {
        state = state.evolve(&event.try_into()?)?;
    }
    let first = recorded.first();
    Ok(Loaded {
        state,
        stream,
        // A sealed entry shows no version; a stream's versions are dense from 1.
        version: recorded.len() as u64,
        begun_at: first.map(|entry| entry.position),
        begun_by: first.and_then(Recorded::open).and_then(actor),
    })
}

/// What an entry says to everybody in the domain's words; `None` for a type that is not the domain's, and for what
/// is sealed.
///
/// # Errors
/// [`CorruptHistory`] for a type of the domain's in an unknown version or shape.
pub fn domain_event(recorded: &Recorded) -> Result<Option<DomainEvent>, CorruptHistory> {
    recorded.open().map_or(Ok(None), said_by)
}

/// What an entry says, as far as the system knows: unsealed, and with what it only commits to.
pub(crate) async fn known_event(
    store: &impl EventStore,
    recorded: &Recorded,
) -> Result<Option<DomainEvent>, Fault> {
    let unsealed = store.unseal(recorded).await?;
    match unsealed.as_ref().or(recorded.open()) {
        Some(envelope) => known(store, recorded.id(), envelope).await,
        None => Ok(None),
    }
}

/// What the envelope of an event says, with what it only commits to.
pub(crate) async fn known(
    store: &impl EventStore,
    id: Uuid,
    envelope: &Envelope,
) -> Result<Option<DomainEvent>, Fault> {
    let Some(mut event) = said_by(envelope)? else { return Ok(None) };
    for path in envelope.cm.keys() {
        if let Some(disclosure) = store.disclose(id, path).await? {
            event = event.disclose(path, &disclosure.value)?;
        }
    }
    Ok(Some(event))
}

/// What an envelope says in the domain's words, be it an open entry's or the inner one of a sealed entry; `None` for a
/// type that is not the domain's.
///
/// # Errors
/// [`CorruptHistory`] for a type of the domain's in an unknown version or shape.
pub fn said_by(envelope: &Envelope) -> Result<Option<DomainEvent>, CorruptHistory> {
    let data = Value::Object(envelope.data.clone());
    DomainEvent::from_recorded(&envelope.r#type, envelope.schema, &data)
}

/// When what an envelope says happened: the business clock, or the log's clock for what was imported.
///
/// # Errors
/// [`Fault::Stored`] when the envelope's instant is outside 1970–9999, which the format rules out.
pub fn happened_at(envelope: &Envelope) -> Result<Timestamp, Fault> {
    let millis = match envelope.clock {
        Clock::Imported => envelope.at,
        Clock::Wall | Clock::Simulated => envelope.effective_at,
    };
    Timestamp::from_millis(millis).map_err(|_| Fault::Stored("instant"))
}

pub(crate) fn actor(envelope: &Envelope) -> Option<AccountRef> {
    envelope.actor.as_ref()?.r#ref.parse().ok()
}
