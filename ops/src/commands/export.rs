//! `export`: everything anybody may have, as files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ::anchor::reader::{BundleAnswer, Reader as AnchorReader};
use ::anchor::witnesses::published_witnesses;
use anyhow::{Context, Result, bail};
use eventstore::{EventStore, PgStore};
use ocds::package::{Publication, RecordParts};
use projections::{PublishedRelease, Reader, View};
use serde_json::Value;
use uuid::Uuid;

use super::policy::policy;
use crate::data::{Data, write_json};
use crate::state::{DatabaseUrl, State};
use crate::wiring::{Rooms, publication};

/// Rows asked for at a time.
const PAGE: u32 = 100;
/// How long the read models may take to reach the end of the log, as it is at the start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Writes releases, records, proofs and the policy of a running system to a folder.
///
/// `release-package.json`, `record-package.json`, `releases/*.json` (the exact bytes the log holds
/// hashes of), `proofs/*.proof.json` (one for each event, named after the release where it is one)
/// and `policy.json`. Events that are not anchored yet, or
/// not cosigned by as many witnesses as the policy wants, are counted and left out.
#[derive(Debug, clap::Args)]
pub struct Export {
    /// Folder to write to; made if it is missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    database: DatabaseUrl,
}

impl Export {
    pub async fn run(&self, data: &Data) -> Result<()> {
        let state = State::read(data)?;
        let rooms = Rooms::connect(data, &self.database.find(data)?).await?;
        for folder in ["proofs", "releases"] {
            let folder = self.out.join(folder);
            std::fs::create_dir_all(&folder)
                .with_context(|| format!("making {}", folder.display()))?;
        }
        let witnesses = published_witnesses(&rooms.pool).await.context("reading the witnesses")?;
        write_json(&self.out.join("policy.json"), &policy(data, &state, &witnesses)?)?;
        let events = events(&rooms.store).await?;
        let applied = events.last().map_or(0, |event| event.position + 1);
        let view = Reader::new(rooms.pool.clone()).view(applied, PATIENCE).await.context(
            "waiting for the read models; is the service running? Export again when it has caught up",
        )?;
        let releases = self.releases(&view, &events).await?;
        self.packages(&view, &state.api_url, &releases).await?;
        let (written, left) = self.proofs(&rooms, &view, &events).await?;
        println!("{} releases, {written} proofs in {}", releases.len(), self.out.display());
        if left > 0 {
            println!(
                "{left} events are not anchored, or not cosigned by enough witnesses, yet: export again in a moment"
            );
        }
        Ok(())
    }

    /// Every release, oldest first, each written with its exact bytes.
    async fn releases(&self, view: &View, events: &[Event]) -> Result<Vec<PublishedRelease>> {
        let mut all = Vec::new();
        for release_id in events.iter().filter_map(|event| event.release_id.as_deref()) {
            let release = view.release(release_id).await.context("reading a release")?;
            let release =
                release.with_context(|| format!("the read models do not have {release_id}"))?;
            write(&self.out.join("releases").join(format!("{release_id}.json")), &release.bytes)?;
            all.push(release);
        }
        Ok(all)
    }

    async fn packages(
        &self,
        view: &View,
        api_url: &str,
        releases: &[PublishedRelease],
    ) -> Result<()> {
        let publication: Publication = publication();
        let newest = releases.iter().map(|release| release.date.as_str()).max();
        let Some(newest) = newest else { return Ok(()) };
        let parsed = |release: &PublishedRelease| -> Result<Value> {
            serde_json::from_slice(&release.bytes)
                .with_context(|| format!("the release {} is not JSON", release.release_id))
        };
        let values = releases.iter().map(parsed).collect::<Result<Vec<_>>>()?;
        let uri = format!("{api_url}/exports/release-package.json");
        let package = publication.release_package(&uri, newest, values.clone());
        write_json(&self.out.join("release-package.json"), &package)?;
        let mut by_process: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for (release, value) in releases.iter().zip(values) {
            by_process.entry(&release.ocid).or_default().push(value);
        }
        let mut records = Vec::new();
        for (ocid, releases) in by_process {
            let row = view.record(ocid).await.context("reading a record")?;
            let row = row.with_context(|| format!("the process {ocid} has no record"))?;
            records.push(RecordParts {
                ocid: ocid.to_owned(),
                releases,
                compiled_release: serde_json::from_str(&row.compiled_release)
                    .context("a compiled release is not JSON")?,
                // The versioned release is several times as large; the API has it on request.
                versioned_release: None,
            });
        }
        let uri = format!("{api_url}/exports/record-package.json");
        let package = publication.record_package(&uri, newest, records);
        write_json(&self.out.join("record-package.json"), &package)
    }

    /// How many proofs were written, and how many events are not anchored yet.
    async fn proofs(&self, rooms: &Rooms, view: &View, events: &[Event]) -> Result<(u64, u64)> {
        let reader = AnchorReader::new(rooms.pool.clone(), Arc::clone(&rooms.store));
        let (mut written, mut left) = (0, 0);
        for event in events {
            if self.proof(rooms, &reader, view, event).await? {
                written += 1;
            } else {
                left += 1;
            }
        }
        Ok((written, left))
    }

    async fn proof(
        &self,
        rooms: &Rooms,
        reader: &AnchorReader<PgStore>,
        view: &View,
        event: &Event,
    ) -> Result<bool> {
        let batch = reader.batch_of(event.position).await.context("looking for a batch")?;
        if batch.is_none_or(|batch| batch.state != ::anchor::BatchState::Confirmed) {
            return Ok(false);
        }
        let disclosures = view.disclosures(&*rooms.store, event.uuid, event.position).await;
        let disclosures = disclosures.context("reading what is public of an event")?;
        let answer = reader.bundle_for(event.position, &disclosures).await;
        let answer = answer.context("making a proof")?;
        let bytes = match answer {
            BundleAnswer::Bundle(bytes) => bytes,
            BundleAnswer::NotYetCosigned => return Ok(false),
            BundleAnswer::NotYetBatched => {
                bail!("the batch of position {} went away", event.position)
            }
        };
        let name = event.release_id.as_deref().unwrap_or(&event.id);
        write(&self.out.join("proofs").join(format!("{name}.proof.json")), &bytes)?;
        Ok(true)
    }
}

/// An event as far as its files are concerned.
struct Event {
    position: u64,
    uuid: Uuid,
    id: String,
    /// The release whose publication it is.
    release_id: Option<String>,
}

async fn events(store: &PgStore) -> Result<Vec<Event>> {
    let mut all: Vec<Event> = Vec::new();
    loop {
        let next = all.last().map_or(0, |event| event.position + 1);
        let page = store.read(next, PAGE).await.context("reading the log")?;
        if page.is_empty() {
            return Ok(all);
        }
        for recorded in page {
            let publication =
                recorded.open().filter(|envelope| envelope.r#type == "ReleasePublished");
            let release_id = publication.and_then(|envelope| envelope.data.get("releaseId"));
            let release_id = release_id.and_then(Value::as_str).map(str::to_owned);
            let (position, uuid) = (recorded.position, recorded.id());
            all.push(Event { position, uuid, id: uuid.to_string(), release_id });
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}
