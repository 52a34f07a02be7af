//! From a decision to the log: one request, decided again when others were faster.

use std::time::Duration;

use domain::{Actor, DomainEvent, PinnedRuleSet, Timestamp};
use eventstore::{
    AppendError, AppendRequest, Appended, Claim, EventStore, NewEvent, StreamWrite, Withheld,
};
use merkle::RuleSetRef;
use merkle::entry::EntryError;
use uuid::Uuid;

use crate::command::Request;
use crate::history::domain_event;
use crate::outcome::{Accepted, EventRef, ExecuteError, Fault, Rejection};

/// How often a request is handed over again while nobody knows whether it was appended.
const UNAVAILABLE_TRIES: u32 = 3;
const UNAVAILABLE_PAUSE: Duration = Duration::from_millis(200);

/// What a command will write, and what must still hold when it does.
#[derive(Debug)]
pub(crate) struct Decision {
    pub stream: String,
    /// Version the stream was decided at.
    pub expected: u64,
    pub events: Vec<DomainEvent>,
    pub rules: Option<PinnedRuleSet>,
    pub unchanged: Vec<(String, u64)>,
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
        Self {
            stream,
            expected,
            events: events.into_iter().map(Into::into).collect(),
            rules: None,
            unchanged: Vec::new(),
            not_after: None,
            take: Vec::new(),
            release: Vec::new(),
        }
    }
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

/// Appends a caller's decision.
pub(crate) async fn append(
    store: &impl EventStore,
    request: &Request<'_>,
    decision: Decision,
) -> Result<Appended, NotAppended> {
    let actor =
        Actor { kind: request.role.actor_kind(), account: request.account(), role: request.role };
    let events = decision.events.iter().map(|event| new_event(event, actor, &decision)).collect();
    let append = AppendRequest {
        command_id: request.log_id,
        body: request.body.clone(),
        correlation: request.log_id,
        writes: vec![StreamWrite {
            stream: decision.stream,
            expected: decision.expected,
            events,
            seal: None,
        }],
        unchanged: decision.unchanged,
        not_before: None,
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
///
/// A request that writes nothing is never appended, yet the store answers it from its command ids
/// before it looks at what it writes.
pub(crate) async fn first_answer(
    store: &impl EventStore,
    request: &Request<'_>,
) -> Result<Option<Appended>, ExecuteError> {
    let question = AppendRequest {
        command_id: request.log_id,
        body: request.body.clone(),
        correlation: request.log_id,
        writes: Vec::new(),
        unchanged: Vec::new(),
        not_before: None,
        not_after: None,
        take: Vec::new(),
        release: Vec::new(),
    };
    match hand_over(store, question).await {
        Ok(appended) => Ok(Some(appended)),
        Err(AppendError::Malformed) => Ok(None),
        Err(AppendError::CommandReused { .. }) => Err(Rejection::command_reused().into()),
        Err(other) => Err(Fault::Append(other).into()),
    }
}

/// The answer to a command that is on the log, the same whenever it is asked for.
pub(crate) fn accepted(command_id: Uuid, appended: &Appended) -> Result<Accepted, Fault> {
    let first = appended.events.first().ok_or(Fault::Stored("answer"))?;
    let last = appended.events.last().ok_or(Fault::Stored("answer"))?;
    let event = domain_event(first)?.ok_or(Fault::Stored("answer"))?;
    let (subject, ocid) = match event {
        DomainEvent::UnitRegistered(event) => (event.key.to_string(), None),
        DomainEvent::CatalogItemAdded(event) => (event.id.to_string(), None),
        DomainEvent::CompanyRegistered(event) => (event.company_id.to_string(), None),
        DomainEvent::CompanyApproved(event) => (event.company_id.to_string(), None),
        DomainEvent::CompanyRejected(event) => (event.company_id.to_string(), None),
        DomainEvent::PlanApproved(event) => (event.plan_id.to_string(), Some(event.ocid)),
        DomainEvent::TenderPublished(event) => (event.tender_id.to_string(), Some(event.ocid)),
        DomainEvent::ReleasePublished(event) => (event.release_id, Some(event.ocid)),
        _ => return Err(Fault::Stored("answer")),
    };
    Ok(Accepted {
        command_id,
        events: appended.events.iter().map(EventRef::from).collect(),
        subject,
        ocid,
        min_position: last.position + 1,
    })
}

fn new_event(event: &DomainEvent, actor: Actor, decision: &Decision) -> NewEvent {
    let rule_set =
        decision.rules.clone().map(|rules| RuleSetRef { id: rules.id, hash: rules.hash });
    NewEvent {
        event_type: event.event_type().to_owned(),
        schema: event.schema_version(),
        actor: Some(merkle::Actor {
            kind: actor.kind.to_string(),
            r#ref: actor.account.to_string(),
            role: actor.role.to_string(),
        }),
        causation: None,
        rule_set,
        data: data_of(event),
        withheld: event
            .private_parts()
            .into_iter()
            .map(|part| Withheld {
                path: part.path.to_owned(),
                // Whose stream it is in is whose datum it is: a company's contact is the company's.
                subject: decision.stream.clone(),
                value: part.value,
            })
            .collect(),
    }
}

pub(crate) fn data_of(event: &DomainEvent) -> serde_json::Map<String, serde_json::Value> {
    match event.to_data() {
        serde_json::Value::Object(members) => members,
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
