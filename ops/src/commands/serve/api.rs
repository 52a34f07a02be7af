//! What the public reaches: health and readiness.

use anyhow::{Context, Result};
use application::Application;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use eventstore::{EventStore, PgStore};
use projections::Reader;
use tokio::net::TcpListener;

use crate::wiring::Rooms;

pub async fn serve(
    listener: TcpListener,
    rooms: &Rooms,
    application: Application<PgStore>,
) -> Result<()> {
    let reader = Reader::new(rooms.pool.clone());
    let ready = move || async move {
        match (application.store().head().await, reader.serving().await) {
            (Ok(_), Ok(serving)) if serving.failure.is_none() => StatusCode::OK,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        }
    };
    let router = Router::new()
        .route("/healthz", get(|| async { StatusCode::OK }))
        .route("/readyz", get(ready));
    axum::serve(listener, router).await.context("serving the API")
}
