//! Subscriptions over a WebSocket (graphql-transport-ws).

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::http::{WebSocket as Protocol, WebSocketProtocols, WsMessage};
use async_graphql::{Data, Pos, Request, Response as Answer};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State as From;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::HeaderMap;
use axum::response::Response;
use futures::stream::BoxStream;
use futures::{SinkExt as _, Stream, StreamExt as _};
use tokio::sync::Semaphore;

use crate::auth::identify;
use crate::feed::OpenFeed;
use crate::router::RequestExtensions;
use crate::schema::{Executor, coded};
use crate::{Problem, State};

/// The one protocol that is spoken.
const PROTOCOL: &str = "graphql-transport-ws";
/// The largest message of a client, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Subscriptions that one WebSocket carries at a time.
const SUBSCRIPTIONS_MAX: usize = 8;
/// Close code of graphql-transport-ws: the client never began.
const NOT_INITIALISED: u16 = 4408;

/// Makes a request that asks for it a WebSocket.
///
/// The feeds are public, and yet a cookie is taken from pages of this site only, as everywhere: what is added here one
/// day shall not be open to other sites by mistake.
pub(crate) async fn open(
    From(state): From<State>,
    Extension(executor): Extension<Executor>,
    headers: HeaderMap,
    extensions: RequestExtensions,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    use WebSocketUpgradeRejection as R;
    let upgrade = upgrade.map_err(|rejection| match rejection {
        R::InvalidConnectionHeader(_) | R::InvalidUpgradeHeader(_) | R::MethodNotGet(_) => {
            Problem::only_post()
        }
        _ => Problem::malformed("La solicitud no abre un WebSocket de la versión 13."),
    })?;
    identify(&state, &headers, &extensions.0).await?;
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX);
    if upgrade.selected_protocol().is_none() {
        let detail = format!("Sec-WebSocket-Protocol: use {PROTOCOL}.");
        return Err(Problem::malformed(detail));
    }
    let feed = state.feeds.open().ok_or_else(Problem::too_many_feeds)?;
    let places = Arc::new(Semaphore::new(SUBSCRIPTIONS_MAX));
    let executor = Subscriptions { executor, state, places };
    Ok(upgrade.on_upgrade(move |socket| serve(socket, feed, executor)))
}

/// What a WebSocket executes: subscriptions, a few at a time.
#[derive(Clone)]
struct Subscriptions {
    executor: Executor,
    state: State,
    places: Arc<Semaphore>,
}

impl async_graphql::Executor for Subscriptions {
    async fn execute(&self, request: Request) -> Answer {
        let first = self.execute_stream(request, None).next().await;
        first.unwrap_or_default()
    }

    fn execute_stream(&self, request: Request, _: Option<Arc<Data>>) -> BoxStream<'static, Answer> {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let refused = coded(
                "too-many-feeds",
                "Esta conexión ya tiene todas las suscripciones que admite: termine una.",
            );
            let refused = Answer::from_errors(vec![refused.into_server_error(Pos::default())]);
            return futures::stream::once(ready(refused)).boxed();
        };
        let answers = self.executor.follow(request, &self.state);
        let held = answers.map(move |answer| {
            // The place is taken as long as the stream is.
            let _ = &place;
            answer
        });
        held.boxed()
    }
}

/// What the client was heard to do.
#[derive(Default)]
struct Heard {
    /// Since the last time it was looked.
    anything: AtomicBool,
    initialised: AtomicBool,
}

/// Serves until the client leaves, falls silent, stops reading, or the server stops.
async fn serve(socket: WebSocket, feed: OpenFeed, executor: Subscriptions) {
    let config = &executor.state.config;
    let (keep_alive, send_within) = (config.feed_keep_alive, config.feed_send_within());
    let (mut client, messages) = socket.split();
    let heard = Arc::new(Heard::default());
    let is_initialised = Arc::clone(&heard);
    let messages = texts(messages, Arc::clone(&heard));
    let answers = Protocol::new(executor, messages, WebSocketProtocols::GraphQLWS);
    let mut answers = answers.on_connection_init(move |_| {
        is_initialised.initialised.store(true, Ordering::Relaxed);
        ready(Ok(Data::default()))
    });
    let mut end = std::pin::pin!(feed.end());
    let mut ticks = tokio::time::interval(keep_alive);
    // The first tick is due at once.
    ticks.tick().await;
    loop {
        let message = tokio::select! {
            () = &mut end => closing(close_code::AWAY, "the server stops"),
            _ = ticks.tick() => {
                if !heard.initialised.load(Ordering::Relaxed) {
                    closing(NOT_INITIALISED, "initialisation timeout")
                } else if heard.anything.swap(false, Ordering::Relaxed) {
                    Message::Ping(Bytes::new())
                } else {
                    break;
                }
            }
            answer = answers.next() => match answer {
                Some(WsMessage::Text(text)) => Message::Text(text.into()),
                Some(WsMessage::Close(code, reason)) => closing(code, &reason),
                None => break,
            },
        };
        let is_last = matches!(message, Message::Close(_));
        let is_ping = matches!(message, Message::Ping(_));
        let sent = tokio::time::timeout(send_within, client.send(message));
        tokio::select! {
            sent = sent => if !matches!(sent, Ok(Ok(()))) { break },
            // A client that reads nothing must not hold up the end.
            () = &mut end, if !is_last => break,
        }
        if is_last {
            break;
        }
        if is_ping {
            // It has the whole interval to answer, however long the ping took to leave.
            ticks.reset();
        } else {
            // Nothing is heard while something leaves; a client that takes what it asked for is there.
            heard.anything.store(true, Ordering::Relaxed);
        }
    }
}

/// The client's messages as text, until it leaves.
fn texts(
    messages: impl Stream<Item = Result<Message, axum::Error>>,
    heard: Arc<Heard>,
) -> impl Stream<Item = Bytes> {
    let texts = messages.scan((), move |(), message| {
        heard.anything.store(true, Ordering::Relaxed);
        ready(match message {
            Ok(Message::Text(text)) => Some(Some(text.into())),
            // Not of the protocol: read as the message it is not, which closes the connection by name.
            Ok(Message::Binary(bytes)) => Some(Some(bytes)),
            Ok(Message::Ping(_) | Message::Pong(_)) => Some(None),
            Ok(Message::Close(_)) | Err(_) => None,
        })
    });
    texts.filter_map(ready)
}

fn closing(code: u16, reason: &str) -> Message {
    // A control frame holds 125 bytes: the code, and 40 characters of any script but the rarest.
    let reason = reason.chars().take(40).collect::<String>().into();
    Message::Close(Some(CloseFrame { code, reason }))
}
