//! A witness over HTTP (C2SP `tlog-witness`): `POST /add-checkpoint`; besides it `/cosigned/…`, `/healthz`, `/metrics`.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower_http::timeout::TimeoutLayer;
use tracing::{error, info};

use crate::ledger::origin_hash;
use crate::{AddCheckpoint, Ledger, REQUEST_BYTES_MAX, Refusal};

/// How long one request may take, its body included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const TEXT: &str = "text/plain; charset=utf-8";
/// Media type of the size of the last cosigned checkpoint.
const TLOG_SIZE: &str = "text/x.tlog.size";

/// How many requests ended how.
#[derive(Debug, Default)]
struct Counts {
    cosigned: AtomicU64,
    other_size: AtomicU64,
    split_view: AtomicU64,
    not_extended: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
}

#[derive(Debug)]
struct Shared {
    ledger: Ledger,
    counts: Counts,
}

/// The witness of `ledger`; give it to `axum::serve`.
pub fn router(ledger: Ledger) -> Router {
    let shared = Arc::new(Shared { ledger, counts: Counts::default() });
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/cosigned/{origin_hash}", get(cosigned))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(metrics))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .with_state(shared)
}

async fn add_checkpoint(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let counts = Arc::clone(&shared);
    let request = match AddCheckpoint::parse(&body) {
        Ok(request) => request,
        Err(error) => {
            counts.counts.refused.fetch_add(1, Ordering::Relaxed);
            return text(StatusCode::BAD_REQUEST, &error.to_string());
        }
    };
    // Signing waits for the disk.
    let added = tokio::task::spawn_blocking(move || shared.ledger.add(&request, unix_now())).await;
    let counts = &counts.counts;
    let (counter, answer) = match added {
        Ok(Ok(cosigned)) => {
            info!(log.origin = %cosigned.origin, log.size = cosigned.size, "cosigned a checkpoint");
            let answer = ([(CONTENT_TYPE, TEXT)], cosigned.line).into_response();
            (&counts.cosigned, answer)
        }
        Ok(Err(refusal)) => refused(counts, &refusal),
        Err(_) => {
            (&counts.failed, text(StatusCode::INTERNAL_SERVER_ERROR, "an error of the witness"))
        }
    };
    counter.fetch_add(1, Ordering::Relaxed);
    answer
}

/// The status that `tlog-witness` gives each refusal.
fn refused<'a>(counts: &'a Counts, refusal: &Refusal) -> (&'a AtomicU64, Response) {
    let size = |latest: &u64| {
        let body = format!("{latest}\n");
        (StatusCode::CONFLICT, [(CONTENT_TYPE, TLOG_SIZE)], body).into_response()
    };
    let says = refusal.to_string();
    match refusal {
        Refusal::OtherSize { latest } => (&counts.other_size, size(latest)),
        Refusal::SplitView { latest, .. } => (&counts.split_view, size(latest)),
        Refusal::NotExtended(_) => {
            (&counts.not_extended, text(StatusCode::UNPROCESSABLE_ENTITY, &says))
        }
        Refusal::NotACheckpoint | Refusal::OldBeyondNew { .. } => {
            (&counts.refused, text(StatusCode::BAD_REQUEST, &says))
        }
        Refusal::UnknownOrigin { .. } => (&counts.refused, text(StatusCode::NOT_FOUND, &says)),
        Refusal::NotSigned => (&counts.refused, text(StatusCode::FORBIDDEN, &says)),
        Refusal::Storage(cause) => {
            error!(error = cause as &dyn std::error::Error, "nothing is cosigned");
            // What is wrong with the disk is the operator's business.
            let says = "the witness cannot remember, so it does not sign";
            (&counts.failed, text(StatusCode::INTERNAL_SERVER_ERROR, says))
        }
    }
}

/// The last cosigned checkpoint of the log whose origin has this hexadecimal SHA-256.
async fn cosigned(State(shared): State<Arc<Shared>>, Path(hash): Path<String>) -> Response {
    let ledger = &shared.ledger;
    let Some(origin) = ledger.origins().find(|origin| origin_hash(origin)[2..] == hash) else {
        return text(StatusCode::NOT_FOUND, "no log with this hash of its origin is known here");
    };
    match ledger.latest(origin) {
        Ok(Some((_, note))) => ([(CONTENT_TYPE, TEXT)], note).into_response(),
        Ok(None) => text(StatusCode::NOT_FOUND, "nothing of this log was cosigned yet"),
        Err(cause) => {
            error!(error = &cause as &dyn std::error::Error, "a checkpoint cannot be read");
            text(StatusCode::INTERNAL_SERVER_ERROR, "the checkpoint cannot be read")
        }
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let counts = &shared.counts;
    let mut page = String::from(
        "# HELP witness_requests_total Checkpoints that were submitted, by what became of them.\n\
         # TYPE witness_requests_total counter\n",
    );
    for (outcome, count) in [
        ("cosigned", &counts.cosigned),
        ("other_size", &counts.other_size),
        ("split_view", &counts.split_view),
        ("not_extended", &counts.not_extended),
        ("refused", &counts.refused),
        ("failed", &counts.failed),
    ] {
        let count = count.load(Ordering::Relaxed);
        let _ = writeln!(page, "witness_requests_total{{outcome=\"{outcome}\"}} {count}");
    }
    page.push_str(
        "# HELP witness_cosigned_size Entries of the last cosigned checkpoint, by the SHA-256 of the log's origin.\n\
         # TYPE witness_cosigned_size gauge\n",
    );
    for origin in shared.ledger.origins() {
        let latest = shared.ledger.latest(origin).ok().flatten();
        let size = latest.map_or(0, |(checkpoint, _)| checkpoint.size);
        let hash = &origin_hash(origin)[2..];
        let _ = writeln!(page, "witness_cosigned_size{{origin_hash=\"{hash}\"}} {size}");
    }
    page.push_str(
        "# HELP witness_evidence_files Files that show a log contradicting itself.\n\
         # TYPE witness_evidence_files gauge\n",
    );
    let files = shared.ledger.evidence_count().unwrap_or_default();
    let _ = writeln!(page, "witness_evidence_files {files}");
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], page).into_response()
}

fn text(status: StatusCode, says: &str) -> Response {
    (status, [(CONTENT_TYPE, TEXT)], format!("{says}\n")).into_response()
}

/// Seconds since 1970 by this machine's clock.
#[must_use]
pub fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
