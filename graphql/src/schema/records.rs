//! Records and releases (OCDS 1.1).

use async_graphql::{ComplexObject, Context, Json, Object, OneofObject, Result, SimpleObject};
use domain::Ocid;
use projections::{PublishedRelease, RecordRow, Serving};
use serde_json::Value;

use super::faults::{broken, refused, unprojected};
use super::log::{Anchor, EventRef, anchor_of};
use super::page::{Projection, ReadConnection, ViewWindow, cost, view};
use super::plans::read_ocid;
use super::scalars::{Instant, Position};
use super::state;

/// What merging a record anew costs, in fields: a request may ask for two.
const AS_OF_COST: usize = 700;

/// The instant of a record, by exactly one of two clocks.
#[derive(OneofObject, Debug, Clone)]
pub(crate) enum AsOf {
    /// As it was known then: what was on the log by this instant of the wall clock.
    RecordedAt(Instant),
    /// As it was in force then: what was effective by this instant of the business clock, whenever it was recorded.
    EffectiveAt(Instant),
}

impl AsOf {
    fn read(&self) -> Result<projections::AsOf> {
        let instant = match self {
            Self::RecordedAt(instant) => {
                instant.read("recordedAt").map(projections::AsOf::RecordedAt)
            }
            Self::EffectiveAt(instant) => {
                instant.read("effectiveAt").map(projections::AsOf::EffectiveAt)
            }
        };
        instant.map_err(|rejection| refused(&rejection))
    }
}

/// Everything that was published of one contracting process, up to now or to an instant.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Record {
    /// The contracting process.
    ocid: String,
    /// The merge of its releases.
    compiled_release: Json<Value>,
    /// Its newest release.
    last_release_id: String,
    /// That release's date.
    last_release_date: Instant,
    /// How many releases went into it.
    release_count: i32,
    /// How far what is read has followed the log.
    projection: Projection,
}

impl Record {
    fn read(record: RecordRow, serving: &Serving) -> Result<Self> {
        let compiled = serde_json::from_str(&record.compiled_release);
        Ok(Self {
            ocid: record.ocid,
            compiled_release: Json(compiled.map_err(|error| broken(&error))?),
            last_release_id: record.last_release_id,
            last_release_date: Instant(record.last_release_date),
            release_count: i32::try_from(record.release_count).unwrap_or(i32::MAX),
            projection: serving.into(),
        })
    }
}

/// A published release.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Release {
    /// `{ocid}-{position}`.
    release_id: String,
    /// The contracting process.
    ocid: String,
    /// Its date.
    date: Instant,
    /// `0x` hex SHA-256 of its exact bytes, which `/ocds/releases/{releaseId}` serves.
    sha256: String,
    /// What it says.
    release: Json<Value>,
    /// The `ReleasePublished` event, whose bundle proves the release.
    event: EventRef,
}

#[ComplexObject]
impl Release {
    /// Where it is anchored; null while it is in no batch.
    async fn anchor(&self, ctx: &Context<'_>) -> Result<Option<Anchor>> {
        anchor_of(ctx, &self.event.position).await
    }
}

impl Release {
    fn read(ocid: &Ocid, release: PublishedRelease) -> Result<Self> {
        let stream = ocid.releases_stream();
        let event = EventRef::new(release.event_id, release.position, "ReleasePublished", stream);
        let value = serde_json::from_slice(&release.bytes).map_err(|error| broken(&error))?;
        Ok(Self {
            release_id: release.release_id,
            ocid: release.ocid,
            date: Instant(release.date),
            sha256: release.sha256,
            release: Json(value),
            event,
        })
    }
}

/// Queries about records and releases.
#[derive(Default)]
pub(crate) struct RecordQuery;

#[Object]
impl RecordQuery {
    /// The record of a contracting process; with `asOf` as it was, null when nothing of it was known or in force.
    #[graphql(complexity = "child_complexity + if as_of.is_some() { AS_OF_COST } else { 1 }")]
    async fn record(
        &self,
        ctx: &Context<'_>,
        ocid: String,
        as_of: Option<AsOf>,
        min_position: Option<Position>,
    ) -> Result<Option<Record>> {
        let ocid = read_ocid(&ocid)?;
        let as_of = as_of.map(|as_of| as_of.read()).transpose()?;
        let view = view(ctx, min_position.as_ref()).await?;
        let record = match as_of {
            None => view.record(ocid.as_str()).await,
            Some(as_of) => {
                let was = view.record_as_of(&*state(ctx)?.store, ocid.as_str(), as_of).await;
                was.map(|was| was.map(|was| was.record))
            }
        };
        let record = record.map_err(|error| unprojected(&error))?;
        record.map(|record| Record::read(record, view.serving())).transpose()
    }

    /// Releases of a contracting process, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn releases(
        &self,
        ctx: &Context<'_>,
        ocid: String,
        first: Option<i32>,
        after: Option<String>,
        min_position: Option<Position>,
    ) -> Result<ReadConnection<Release>> {
        let ocid = read_ocid(&ocid)?;
        let window = ViewWindow::open(ctx, first, after.as_deref(), min_position.as_ref()).await?;
        let limit = window.window.limit;
        let releases = window.view.releases(ocid.as_str(), window.after, limit).await;
        let rows = releases
            .map_err(|error| unprojected(&error))?
            .into_iter()
            .map(|it| Ok((it.position, Release::read(&ocid, it)?)))
            .collect::<Result<_>>()?;
        Ok(window.show(rows))
    }
}
