//! The live feeds as server-sent events (WHATWG HTML §9.2): what the subscriptions answer, for whoever has no WebSocket.

use std::convert::Infallible;
use std::future::ready;
use std::pin::pin;
use std::time::Duration;

use async_graphql::{Request, Variables};
use axum::Extension;
use axum::extract::{Query, State as From};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::feed::{After, OpenFeed, StartError, Types};
use crate::schema::Executor;
use crate::{Problem, State};

/// What a browser sends when it connects again: the last `id` it saw.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks a proxy in between not to hold events back.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// A subscription that a feed answers out of.
struct Followed {
    field: &'static str,
    /// The member that is the `id` of an event, and the next `after`.
    id: &'static str,
    query: &'static str,
}

const EVENTS: Followed = Followed {
    field: "eventRecorded",
    id: "position",
    query: "subscription($after: Position, $types: [String!]) {
              eventRecorded(after: $after, types: $types) {
                id position stream version type schema at effectiveAt clock actor { kind ref role }
                causation correlation ruleSet { id hash } data withheld leaf entry
              }
            }",
};

const BATCHES: Followed = Followed {
    field: "batchAnchored",
    id: "first",
    query: "subscription($after: Position) {
              batchAnchored(after: $after) {
                batchIndex first count batchRoot logRoot checkpoint contract state blockNumber blockHash
                chainTx confirmedAt
              }
            }",
};

/// What may be asked of the feed of events.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(super) struct EventsQuery {
    /// Position of the last event you have, `-1` for none; without it only what is recorded from now on comes.
    after: Option<String>,
    /// Types of events, with commas between them; without it all of them come.
    types: Option<String>,
}

/// What may be asked of the feed of batches.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub(super) struct BatchesQuery {
    /// `first` of the last batch you have, `-1` for none; without it only what is confirmed from now on comes.
    after: Option<String>,
}

/// Every event, as soon as it is on the log.
#[utoipa::path(
    get, path = "/events", tag = "Feeds",
    params(EventsQuery, ("Last-Event-ID" = Option<String>, Header, description = "Goes before `after`")),
    responses(
        (status = 200, content_type = "text/event-stream", body = String,
         description = "First an `id:` alone, where the stream begins. Then without an end: `event: eventRecorded`, `id:` the event's position, `data:` the event as \
                        GraphQL prints it, without its anchor, which it has only later; comments in between"),
        (status = 400, description = "Not a position, one that is not on the log yet, or not a type",
         body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "All places are taken: ask again after Retry-After seconds",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn events(
    From(state): From<State>,
    Extension(executor): Extension<Executor>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (_, from) = start(&state, query.after, &headers).await?;
    let after = After::up_to(from).to_string();
    let types = query.types.map(|types| types.split(',').map(str::to_owned).collect::<Vec<_>>());
    Types::read(types.clone(), "types").map_err(|rejection| Problem::rejected(&rejection))?;
    follow(&state, &executor, &EVENTS, after.clone(), &json!({"after": after, "types": types}))
}

/// Every batch, once a quorum of signers stands behind it.
#[utoipa::path(
    get, path = "/batches/events", tag = "Feeds",
    params(BatchesQuery, ("Last-Event-ID" = Option<String>, Header, description = "Goes before `after`")),
    responses(
        (status = 200, content_type = "text/event-stream", body = String,
         description = "First an `id:` alone, where the stream begins. Then without an end: `event: batchAnchored`, `id:` the position of the batch's first event, \
                        `data:` the batch as GraphQL prints it; comments in between. Looked for every second"),
        (status = 400, description = "Not a position, or one that is not on the log yet", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "All places are taken: ask again after Retry-After seconds",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn batches(
    From(state): From<State>,
    Extension(executor): Extension<Executor>,
    Query(query): Query<BatchesQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (mut after, _) = start(&state, query.after, &headers).await?;
    if after == After::Now {
        after = state.feeds.batches.now().await.map_err(|error| Problem::broken(&error))?;
    }
    let after = after.to_string();
    follow(&state, &executor, &BATCHES, after.clone(), &json!({"after": after}))
}

/// What the client has, and the position of the next event. When it connects again its address is still the first
/// one: the header goes before it.
///
/// The subscription reads it once more; here what is wrong is said before the stream begins.
async fn start(
    state: &State,
    after: Option<String>,
    headers: &HeaderMap,
) -> Result<(After, u64), Problem> {
    let (after, field) = match headers.get(LAST_EVENT_ID) {
        Some(last) => (Some(last.to_str().unwrap_or_default().to_owned()), "Last-Event-ID"),
        None => (after, "after"),
    };
    let after = After::read(after.as_deref(), field);
    let after = after.map_err(|rejection| Problem::rejected(&rejection))?;
    let from = state.feeds.events.start(after, field).await.map_err(|error| match error {
        StartError::Ahead(rejection) => Problem::rejected(&rejection),
        StartError::Read(error) => Problem::broken(&error),
    })?;
    Ok((after, from))
}

/// Answers with what comes behind `after`, which is the stream's first `id`: a client that loses the connection before
/// anything came asks for what came in between.
fn follow(
    state: &State,
    executor: &Executor,
    followed: &'static Followed,
    after: String,
    variables: &Value,
) -> Result<Response, Problem> {
    let feed = state.feeds.open().ok_or_else(Problem::too_many_feeds)?;
    let variables = Variables::from_json(variables.clone());
    let answers = executor.follow(Request::new(followed.query).variables(variables), state);
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(hand_on(answers, followed, feed, sender, state.config.feed_send_within()));
    // Without data nothing is dispatched, and yet the id is the last one from the blank line on (HTML §9.2.6).
    let begin = stream::once(ready(Event::default().id(after)));
    let events = begin.chain(stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|event| (event, receiver))
    }));
    let events = events.map(Ok::<_, Infallible>);
    let keep_alive = KeepAlive::new().interval(state.config.feed_keep_alive);
    Ok(([UNBUFFERED], Sse::new(events).keep_alive(keep_alive)).into_response())
}

/// Hands events on one by one, until the server stops, the client leaves, or takes nothing for `send_within`.
///
/// A task of its own, for a body is only asked when its client takes something: the place is free again without that.
async fn hand_on(
    answers: impl Stream<Item = async_graphql::Response> + Send,
    followed: &Followed,
    feed: OpenFeed,
    client: mpsc::Sender<Event>,
    send_within: Duration,
) {
    let mut answers = pin!(answers.take_until(feed.end()));
    loop {
        let answer = tokio::select! {
            answer = answers.next() => answer,
            () = client.closed() => return,
        };
        let Some(event) = answer.and_then(|answer| event_of(answer, followed)) else { return };
        if client.send_timeout(event, send_within).await.is_err() {
            return;
        }
    }
}

/// `None`, which ends the stream, for an error: it was logged, and the client comes back with the last id it saw.
fn event_of(answer: async_graphql::Response, followed: &Followed) -> Option<Event> {
    if answer.is_err() {
        return None;
    }
    let data = answer.data.into_json().ok()?;
    let data = data.get(followed.field)?;
    let id = data.get(followed.id)?.as_str()?;
    Some(Event::default().event(followed.field).id(id).data(data.to_string()))
}
