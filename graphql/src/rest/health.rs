//! Whether the system lives and is ready.

use axum::Json;
use axum::extract::State as From;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use eventstore::EventStore as _;
use serde::Serialize;

use crate::State;

/// How ready the system is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Readiness {
    /// Whether everything below is as it should be.
    ready: bool,
    /// Whether the database answers.
    database: bool,
    /// Number of events of the log, in decimal.
    log_size: Option<String>,
    /// Generation of the read models that is served.
    generation: Option<String>,
    /// Number of events the read models have applied, in decimal.
    projection_position: Option<String>,
    /// Number of events the read models are behind, in decimal.
    projection_lag: Option<String>,
    /// Why the read models are not followed any more, if so.
    projection_failure: Option<String>,
    /// Why the last command could not be recorded, if so.
    append_failure: Option<String>,
    /// Why nothing is anchored, if the anchor service stopped. What was published stays to be had, so this alone
    /// does not make the system unready.
    anchor_failure: Option<String>,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "Health",
    responses((status = 200, description = "It lives", content_type = "text/plain", body = String)))]
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Whether the system can do its work.
#[utoipa::path(get, path = "/readyz", tag = "Health",
    responses((status = 200, description = "It is ready", body = Readiness),
              (status = 503, description = "It is not, and why", body = Readiness)))]
pub(super) async fn ready(From(state): From<State>) -> Response {
    let head = state.store.head().await.ok();
    let serving = state.reader.serving().await.ok();
    let log_size = head.as_ref().map(|head| head.next_position);
    let position = serving.as_ref().map(|serving| serving.position);
    let lag = log_size.zip(position).map(|(size, position)| size.saturating_sub(position));
    let failure = serving.as_ref().and_then(|serving| serving.failure.clone());
    let append_failure = state.append_failure();
    let readiness = Readiness {
        ready: lag.is_some_and(|lag| lag <= state.config.lag_max)
            && failure.is_none()
            && append_failure.is_none(),
        database: head.is_some(),
        log_size: log_size.map(|size| size.to_string()),
        generation: serving.map(|serving| serving.generation.to_string()),
        projection_position: position.map(|position| position.to_string()),
        projection_lag: lag.map(|lag| lag.to_string()),
        projection_failure: failure,
        append_failure,
        anchor_failure: state.anchors.last_stop().await.unwrap_or_default(),
    };
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}
