//! Releases and records (OCDS 1.1 "Packaging").

use std::time::Duration;

use axum::extract::{Path, Query, State as From};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{Ocid, Timestamp};
use ocds::extensions::{FILES, VERSION};
use ocds::package::{RecordParts, linked_release};
use projections::{AsOf, PublishedRelease, RELEASES_MAX, RecordAsOf, RecordRow, View};
use serde::Deserialize;
use serde_json::Value;

use super::caching::{Cached, IMMUTABLE, REVALIDATE};
use crate::schema::{Instant, Position};
use crate::{Problem, State};

const JSON: &str = "application/json";
/// Releases read at a time.
const RELEASES_READ: u32 = 500;

/// What may be asked of a record.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecordQuery {
    /// Whether the record holds its versioned release too, which is several times as large.
    #[serde(default)]
    versioned: bool,
    /// The record as it was known: what was on the log by this instant, such as `2018-04-12T14:00:00.000Z`.
    recorded_at: Option<String>,
    /// The record as it was in force: what was effective by this instant. One of the two, at most.
    effective_at: Option<String>,
}

impl RecordQuery {
    fn as_of(&self) -> Result<Option<AsOf>, Problem> {
        let read = |text: &String, field: &str| {
            Instant(text.clone()).read(field).map_err(|rejection| Problem::rejected(&rejection))
        };
        match (&self.recorded_at, &self.effective_at) {
            (None, None) => Ok(None),
            (Some(at), None) => Ok(Some(AsOf::RecordedAt(read(at, "recordedAt")?))),
            (None, Some(at)) => Ok(Some(AsOf::EffectiveAt(read(at, "effectiveAt")?))),
            (Some(_), Some(_)) => {
                Err(Problem::malformed("recordedAt, effectiveAt: indique solo uno de los dos."))
            }
        }
    }

    /// As it stands behind the path, in one order.
    fn suffix(&self) -> String {
        let versioned = self.versioned.then(|| "true".to_owned());
        let asked = [
            ("versioned", versioned.as_ref()),
            ("recordedAt", self.recorded_at.as_ref()),
            ("effectiveAt", self.effective_at.as_ref()),
        ];
        let asked =
            asked.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        let asked = asked.collect::<Vec<_>>().join("&");
        if asked.is_empty() { asked } else { format!("?{asked}") }
    }
}

/// The record of a contracting process, as it is or as it was, in a record package.
#[utoipa::path(
    get, path = "/ocds/records/{ocid}", tag = "OCDS",
    params(("ocid" = String, Path, description = "The contracting process"), RecordQuery),
    responses(
        (status = 200, description = "A record package with the releases that went in and their compiled release. Of \
                                     more than 2,000 releases each is linked, `url` and `date`", body = Object),
        (status = 304, description = "Not modified"),
        (status = 400, description = "Not an ocid, or not one instant", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such process, or nothing of it by that instant", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Too many releases to merge them for one answer", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The read models are being built", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn record(
    From(state): From<State>,
    Path(ocid): Path<String>,
    Query(query): Query<RecordQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ocid: Ocid = ocid.parse().map_err(|_| {
        Problem::malformed("ocid: escriba el ocid completo, como ocds-000000-009000999-2018-1.")
    })?;
    let as_of = query.as_of()?;
    let view = state.reader.view(0, Duration::ZERO).await?;
    let base_url = &state.config.public_url;
    let (record, releases) = match as_of {
        None => {
            let record = view.record(ocid.as_str()).await?;
            let record =
                record.ok_or_else(|| Problem::not_found("No hay ningún proceso con ese ocid."))?;
            let releases = releases_of(&view, &record, base_url).await?;
            (record, releases)
        }
        Some(as_of) => {
            let was = view.record_as_of(&*state.store, ocid.as_str(), as_of).await?;
            let RecordAsOf { record, releases } = was.ok_or_else(|| {
                Problem::not_found("De ese proceso no había nada en ese instante.")
            })?;
            (record, embedded(&releases)?)
        }
    };
    let versioned_release = if query.versioned { Some(record.versioned_release()?) } else { None };
    let parts = RecordParts {
        releases,
        compiled_release: json(record.compiled_release.as_bytes())?,
        versioned_release,
        ocid: record.ocid,
    };
    let uri = format!("{base_url}/ocds/records/{ocid}{}", query.suffix());
    let publication = &state.config.publication;
    let package = publication.record_package(&uri, &record.last_release_date, vec![parts]);
    Ok(Cached {
        body: package.to_string().into_bytes(),
        content_type: JSON,
        cache_control: REVALIDATE,
        // What was in force at an instant may change by an import that says so later.
        last_modified: match as_of {
            None => Timestamp::parse(&record.last_release_date).ok(),
            Some(_) => None,
        },
    }
    .answer(&headers))
}

/// The releases of a record as it is: whole, or, of a record that has too many for one answer, linked.
async fn releases_of(
    view: &View,
    record: &RecordRow,
    base_url: &str,
) -> Result<Vec<Value>, Problem> {
    if record.release_count <= RELEASES_MAX as u64 {
        return embedded(&releases_up_to(view, &record.ocid, record.position).await?);
    }
    let dates = view.release_dates(&record.ocid, record.position).await?;
    let linked = dates.iter().map(|(id, date)| {
        let url = format!("{base_url}/ocds/releases/{id}");
        linked_release(&url, id, date)
    });
    Ok(linked.collect())
}

fn embedded(releases: &[PublishedRelease]) -> Result<Vec<Value>, Problem> {
    releases.iter().map(|release| json(&release.bytes)).collect()
}

/// The record's own releases: one that is published while it is read belongs to the next answer.
async fn releases_up_to(
    view: &View,
    ocid: &str,
    position: u64,
) -> Result<Vec<PublishedRelease>, Problem> {
    let mut releases: Vec<PublishedRelease> = Vec::new();
    loop {
        let after = releases.last().map(|release| release.position);
        let more = view.releases(ocid, after, RELEASES_READ).await?;
        let is_last = more.len() < RELEASES_READ as usize;
        releases.extend(more.into_iter().take_while(|release| release.position <= position));
        if is_last || releases.last().is_some_and(|release| release.position >= position) {
            return Ok(releases);
        }
    }
}

/// The exact bytes of a release, which `ReleasePublished` records the hash of.
#[utoipa::path(
    get, path = "/ocds/releases/{id}", tag = "OCDS",
    params(("id" = String, Path, description = "`{ocid}-{position}`")),
    responses(
        (status = 200, description = "The release; its ETag is the SHA-256 of its bytes", body = Object),
        (status = 304, description = "Not modified"),
        (status = 404, description = "No such release", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The read models are being built", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn release(
    From(state): From<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let not_found = || Problem::not_found("No hay ninguna entrega con ese identificador.");
    if !is_release_id(&id) {
        return Err(not_found());
    }
    let view = state.reader.view(0, Duration::ZERO).await?;
    let release = view.release(&id).await?.ok_or_else(not_found)?;
    Ok(Cached {
        last_modified: Timestamp::parse(&release.date).ok(),
        body: release.bytes,
        content_type: JSON,
        cache_control: IMMUTABLE,
    }
    .answer(&headers))
}

/// Whether a text may be the id of a release: an ocid and a position.
pub(super) fn is_release_id(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(ocid, position)| {
        ocid.parse::<Ocid>().is_ok() && Position(position.to_owned()).read("id").is_ok()
    })
}

/// A file of our OCDS extensions.
#[utoipa::path(
    get, path = "/ocds/extensions/{*path}", tag = "OCDS",
    params(("path" = String, Path, description = "Version and file, as the packages' `extensions` name them")),
    responses(
        (status = 200, description = "The file", content_type = "application/octet-stream"),
        (status = 304, description = "Not modified"),
        (status = 404, description = "No such file", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn extension(
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = path
        .strip_prefix(VERSION)
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(|path| FILES.iter().find(|file| file.path == path))
        .ok_or_else(|| Problem::not_found("No hay ningún archivo de extensión con ese nombre."))?;
    let content_type = match file.path.rsplit_once('.') {
        Some((_, "json")) => JSON,
        Some((_, "csv")) => "text/csv; charset=utf-8",
        _ => "text/markdown; charset=utf-8",
    };
    let body = file.text.as_bytes().to_vec();
    let cached = Cached { body, content_type, cache_control: IMMUTABLE, last_modified: None };
    Ok(cached.answer(&headers))
}

fn json(bytes: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::broken(&error))
}
