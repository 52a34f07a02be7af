//! Bundles (`docs/proof-format.md` §5).

use std::time::Duration;

use anchor::reader::BundleAnswer;
use axum::extract::{Path, State as From};
use axum::http::HeaderMap;
use axum::response::Response;
use eventstore::EventStore as _;
use uuid::Uuid;

use super::caching::{Cached, REVALIDATE};
use super::ocds::is_release_id;
use crate::proofs::public_bundle;
use crate::{Problem, State};

/// The bundle that proves an event, or a release, with what is public of what the event withholds.
#[utoipa::path(
    get, path = "/proofs/{id}", tag = "Log",
    params(("id" = String, Path, description = "An event's id, or a release's")),
    responses(
        (status = 200, description = "The bundle's exact bytes", body = Object),
        (status = 304, description = "Not modified"),
        (status = 404, description = "No such event or release", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The event is in no batch yet, or too few witnesses cosigned it: ask again after Retry-After seconds",
         body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn proof(
    From(state): From<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (event_id, position) = event_of(&state, &id).await?.ok_or_else(|| {
        Problem::not_found("No hay ningún evento ni entrega con ese identificador.")
    })?;
    let bundle = public_bundle(&state, event_id, position).await;
    match bundle.map_err(|error| Problem::broken(&error))? {
        BundleAnswer::NotYetBatched => Err(Problem::not_yet_batched()),
        BundleAnswer::NotYetCosigned => Err(Problem::not_yet_cosigned()),
        // It grows: when the batch is confirmed, and with what is opened of a sealed entry.
        BundleAnswer::Bundle(body) => Ok(Cached {
            body,
            content_type: "application/json",
            cache_control: REVALIDATE,
            last_modified: None,
        }
        .answer(&headers)),
    }
}

/// A release is proven by its `ReleasePublished`.
async fn event_of(state: &State, id: &str) -> Result<Option<(Uuid, u64)>, Problem> {
    if let Ok(event_id) = Uuid::try_parse(id) {
        let event = state.store.event(event_id).await.map_err(|error| Problem::broken(&error))?;
        return Ok(event.map(|event| (event_id, event.position)));
    }
    if !is_release_id(id) {
        return Ok(None);
    }
    let view = state.reader.view(0, Duration::ZERO).await?;
    Ok(view.release(id).await?.map(|release| (release.event_id, release.position)))
}
