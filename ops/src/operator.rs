//! The operator's Unix socket: the one place where the simulated clock is moved; besides, metrics.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use application::{Application, ExecuteError};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::Timestamp;
use eventstore::{EventStore, PgStore};
use serde::Deserialize;
use serde_json::json;
use tokio::net::UnixListener;

type Door = Arc<Application<PgStore>>;

/// What `POST /clock` takes.
#[derive(Debug, Deserialize)]
struct Move {
    to: Timestamp,
}

/// Serves `GET /clock`, `POST /clock {"to": instant}` and `GET /metrics` until it is dropped.
pub async fn serve(
    socket: &Path,
    application: Application<PgStore>,
    metrics: Router,
) -> Result<()> {
    // Left behind by a server that was killed; only one serves a data folder.
    let _ = std::fs::remove_file(socket);
    let listener = UnixListener::bind(socket)
        .with_context(|| format!("opening the operator's socket {}", socket.display()))?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))
        .context("closing the operator's socket to others")?;
    let router = Router::new()
        .route("/clock", get(read).post(advance))
        .with_state(Arc::new(application))
        .merge(metrics);
    axum::serve(listener, router).await.context("serving the operator's socket")
}

async fn read(State(application): State<Door>) -> Response {
    match application.store().head().await {
        Ok(head) => {
            let now = Timestamp::from_millis(head.business_clock).map(|now| now.to_string());
            Json(json!({"now": now.ok(), "clock": head.clock})).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the clock could not be read");
            problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the log cannot be read")
        }
    }
}

async fn advance(State(application): State<Door>, Json(to): Json<Move>) -> Response {
    match application.advance_clock(to.to).await {
        Ok(now) => {
            tracing::info!(clock.now = %now, "the operator moved the business clock");
            Json(json!({"now": now.to_string()})).into_response()
        }
        Err(ExecuteError::Rejected(rejection)) => {
            problem(StatusCode::CONFLICT, rejection.code, &rejection.message_es)
        }
        Err(error) => {
            tracing::error!(%error, "the clock could not be moved");
            problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the log cannot be written")
        }
    }
}

fn problem(status: StatusCode, slug: &str, detail: &str) -> Response {
    let body = json!({
        "type": format!("/problems/{slug}"),
        "status": status.as_u16(),
        "detail": detail,
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
