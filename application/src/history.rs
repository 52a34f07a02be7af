//! From recorded entries to aggregates.

use domain::event::CorruptHistory;
use domain::{AccountRef, Aggregate, DomainEvent, Timestamp};
use eventstore::{EventStore, Recorded};
use merkle::{Clock, Envelope};

use crate::outcome::Fault;

/// An aggregate with what an append needs to know of its stream.
#[derive(Debug)]
pub(crate) struct Loaded<A> {
    pub state: A,
    pub stream: String,
    /// 0: there is no such stream.
    pub version: u64,
    /// Who recorded the first event.
    pub begun_by: Option<AccountRef>,
}

/// Reads a stream and replays it.
pub(crate) async fn load<A>(store: &impl EventStore, stream: String) -> Result<Loaded<A>, Fault>
where
    A: Aggregate,
    A::Event: TryFrom<DomainEvent, Error = CorruptHistory>,
{
    let recorded = store.read_stream(&stream).await?;
    let begun_by = recorded.first().and_then(actor);
    // A sealed entry shows no version; a stream's versions are dense from 1.
    let version = recorded.len() as u64;
    let mut state = A::default();
    for entry in &recorded {
        if let Some(event) = domain_event(entry)? {
            state = state.evolve(&event.try_into()?)?;
        }
    }
    Ok(Loaded { state, stream, version, begun_by })
}

/// What an entry says in the domain's words; `None` for a sealed entry and a type that is not the domain's.
///
/// # Errors
/// [`CorruptHistory`] for a type of the domain's in an unknown version or shape.
pub fn domain_event(recorded: &Recorded) -> Result<Option<DomainEvent>, CorruptHistory> {
    recorded.open().map_or(Ok(None), said_by)
}

/// What an envelope says in the domain's words, be it an open entry's or the inner one of a sealed entry; `None` for a
/// type that is not the domain's.
///
/// # Errors
/// [`CorruptHistory`] for a type of the domain's in an unknown version or shape.
pub fn said_by(envelope: &Envelope) -> Result<Option<DomainEvent>, CorruptHistory> {
    let data = serde_json::Value::Object(envelope.data.clone());
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

fn actor(recorded: &Recorded) -> Option<AccountRef> {
    recorded.open()?.actor.as_ref()?.r#ref.parse().ok()
}
