//! From a decision to the log: one request, decided again when others were faster.

use std::time::Duration;

use domain::{Actor, DomainEvent, PinnedRuleSet, Timestamp};
use eventstore::{
    AppendError, AppendRequest, Appended, Claim, EventStore, NewEvent, StreamWrite, Withheld,
};
use merkle::RuleSetRef;
use merkle::entry::EntryError;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::bids::is_number;
use crate::command::Request;
use crate::history::known_event;
use crate::outcome::{Accepted, EventRef, ExecuteError, Fault, Rejection};
use crate::subject::subject_of;

/// How often a request is handed over again while nobody knows whether it was appended.
const UNAVAILABLE_TRIES: u32 = 3;
const UNAVAILABLE_PAUSE: Duration = Duration::from_millis(200);

/// What a command will write, and what must still hold when it does.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    pub stream: String,
    /// Version the stream was decided at.
    pub expected: u64,
    pub events: Vec<DomainEvent>,
    pub rules: Option<PinnedRuleSet>,
    pub unchanged: Vec<(String, u64)>,
    /// Inclusive, by the business clock.
    pub not_before: Option<Timestamp>,
    /// Exclusive, by the business clock.
    pub not_after: Option<Timestamp>,
    pub take: Vec<Claim>,
    pub release: Vec<Claim>,
}

impl Decision {
    pub(crate) fn new(
        stream: String,
        expected: u64,
        events: impl IntoIterator<Item = impl Into<DomainEvent>>,
    ) -> Self {
        let events = events.into_iter().map(Into::into).collect();
        Self { stream, expected, events, ..Self::default() }
    }
}

/// Whose decision it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By<'a> {
    /// The id of the command in the log.
    pub command_id: Uuid,
    /// Equal when the command is.
    pub body: &'a [u8],
    /// What sealed entries are correlated by: the command's id could be guessed by whoever knows the account.
    pub sealed_correlation: Uuid,
    pub actor: Actor,
}

/// How an append that was not accepted goes on.
#[derive(Debug)]
pub(crate) enum NotAppended {
    /// Load and decide anew.
    DecideAgain,
    /// A unique key of this kind is taken.
    ClaimTaken(String),
    /// The answer.
    Final(ExecuteError),
}

/// Appends a decision.
pub(crate) async fn append(
    store: &impl EventStore,
    by: By<'_>,
    decision: Decision,
) -> Result<Appended, NotAppended> {
    let events =
        decision.events.iter().map(|event| new_event(event, by.actor, &decision)).collect();
    let is_sealed = decision.events.iter().any(DomainEvent::is_sealed);
    let seal = is_sealed.then(|| decision.stream.clone());
    let write = StreamWrite { stream: decision.stream, expected: decision.expected, events, seal };
    let append = AppendRequest {
        command_id: by.command_id,
        body: by.body.to_vec(),
        correlation: if is_sealed { by.sealed_correlation } else { by.command_id },
        writes: vec![write],
        unchanged: decision.unchanged,
        not_before: decision.not_before.map(Timestamp::as_millis),
        not_after: decision.not_after.map(Timestamp::as_millis),
        take: decision.take,
        release: decision.release,
    };
    hand_over(store, append).await.map_err(|error| match error {
        AppendError::VersionConflict { .. }
        | AppendError::ReadChanged { .. }
        | AppendError::DeadlinePassed { .. }
        // Another decision on the same company released it first.
        | AppendError::ClaimNotHeld { .. } => NotAppended::DecideAgain,
        AppendError::ClaimTaken { kind } if is_number(&kind) => NotAppended::DecideAgain,
        AppendError::ClaimTaken { kind } => NotAppended::ClaimTaken(kind),
        AppendError::CommandReused { .. } => {
            NotAppended::Final(Rejection::command_reused().into())
        }
        AppendError::Entry(EntryError::TooLarge { .. }) => NotAppended::Final(too_large().into()),
        other => NotAppended::Final(Fault::Append(other).into()),
    })
}

/// Appends, and asks again while the outcome is unknown: the same request is never appended twice.
pub(crate) async fn hand_over(
    store: &impl EventStore,
    request: AppendRequest,
) -> Result<Appended, AppendError> {
    for tries in 1..UNAVAILABLE_TRIES {
        match store.append(request.clone()).await {
            Err(AppendError::Unavailable(fault)) => {
                tracing::warn!(error = %fault, tries, "an append is repeated: its outcome is unknown");
                tokio::time::sleep(UNAVAILABLE_PAUSE * tries).await;
            }
            answer => return answer,
        }
    }
    store.append(request).await
}

/// The first answer to a command, if it was appended.
pub(crate) async fn first_answer(
    store: &impl EventStore,
    request: &Request<'_>,
) -> Result<Option<Appended>, ExecuteError> {
    match ask(store, request.log_id, request.body.clone()).await {
        Ok(appended) => Ok(Some(appended)),
        Err(AppendError::Malformed) => Ok(None),
        Err(AppendError::CommandReused { .. }) => Err(Rejection::command_reused().into()),
        Err(other) => Err(Fault::Append(other).into()),
    }
}

/// Whether a command was appended, whatever it said.
pub(crate) async fn is_recorded(store: &impl EventStore, command_id: Uuid) -> Result<bool, Fault> {
    match ask(store, command_id, Vec::new()).await {
        Ok(_) | Err(AppendError::CommandReused { .. }) => Ok(true),
        Err(AppendError::Malformed) => Ok(false),
        Err(other) => Err(Fault::Append(other)),
    }
}

/// A request that writes nothing is never appended, yet the store answers it from its command ids before it looks at
/// what it writes.
async fn ask(
    store: &impl EventStore,
    command_id: Uuid,
    body: Vec<u8>,
) -> Result<Appended, AppendError> {
    let question = AppendRequest {
        command_id,
        body,
        correlation: command_id,
        writes: Vec::new(),
        unchanged: Vec::new(),
        not_before: None,
        not_after: None,
        take: Vec::new(),
        release: Vec::new(),
    };
    hand_over(store, question).await
}

/// The answer to a command that is on the log, the same whenever it is asked for.
pub(crate) async fn accepted(
    store: &impl EventStore,
    command_id: Uuid,
    appended: &Appended,
) -> Result<Accepted, Fault> {
    let first = appended.events.first().ok_or(Fault::Stored("answer"))?;
    let last = appended.events.last().ok_or(Fault::Stored("answer"))?;
    let event = known_event(store, first).await?.ok_or(Fault::Stored("answer"))?;
    let subject = subject_of(&event).ok_or(Fault::Stored("answer"))?;
    Ok(Accepted {
        command_id,
        events: appended.events.iter().map(EventRef::from).collect(),
        subject,
        ocid: ocds::release::ocid_of(&event).cloned(),
        min_position: last.position + 1,
        receipt: None,
    })
}

fn new_event(event: &DomainEvent, actor: Actor, decision: &Decision) -> NewEvent {
    let rule_set =
        decision.rules.clone().map(|rules| RuleSetRef { id: rules.id, hash: rules.hash });
    let actor = merkle::Actor {
        kind: actor.kind.to_string(),
        r#ref: actor.account.to_string(),
        role: actor.role.to_string(),
    };
    // Whose stream it is in is whose datum it is: a company's contact is the company's.
    let part_at = |path: &str, value| Withheld {
        path: path.to_owned(),
        subject: decision.stream.clone(),
        value,
    };
    let parts = event.private_parts().into_iter();
    let mut withheld: Vec<Withheld> = parts.map(|part| part_at(part.path, part.value)).collect();
    let actor = if event.withholds_actor() {
        withheld.push(part_at("/actor", json!(actor)));
        None
    } else {
        Some(actor)
    };
    NewEvent {
        event_type: event.event_type().to_owned(),
        schema: event.schema_version(),
        actor,
        causation: None,
        rule_set,
        data: data_of(event),
        withheld,
    }
}

pub(crate) fn data_of(event: &DomainEvent) -> Map<String, Value> {
    match event.to_data() {
        Value::Object(members) => members,
        other => unreachable!("an event is a struct, so its data is an object, not {other}"),
    }
}

fn too_large() -> Rejection {
    Rejection::plain(
        "content-too-large",
        "El contenido es demasiado largo para un solo registro: acorte los textos o reduzca las \
         listas.",
        None,
    )
}
