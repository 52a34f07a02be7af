//! The release publisher: follows the log, and gives every release bytes and a place on the log.
//!
//! Two systems, one truth. For each event that makes a release it stores the bytes, appends
//! `ReleasePublished`, and moves its own position, in this order. Each step is idempotent, so a crash
//! anywhere is repaired by doing the same again from the stored position; there is no other recovery.
//! A second publisher that runs by mistake does the same work for nothing.

use std::future::Future;
use std::time::Duration;

use deadpool_postgres::Pool;
use domain::event::ReleasePublished;
use domain::{DomainEvent, Ocid, Role};
use eventstore::{
    AppendError, AppendRequest, EventStore, NewEvent, ReadError, Recorded, StoreFault, StreamWrite,
};
use merkle::Envelope;
use merkle::hash::hash_from_hex;
use ocds::canonical::to_canonical;
use ocds::release::{Mapping, Release, Source, ocid_of, release_id};
use uuid::Uuid;

use crate::accounts::SYSTEM;
use crate::append::{data_of, hand_over, is_recorded};
use crate::history::{happened_at, said_by};
use crate::outcome::Fault;
use crate::releases::{self, StoredRelease};

/// The space of the publisher's command ids: one for each release and mapping.
const RELEASES: Uuid = Uuid::from_u128(0x91a5_3f0e_6c1b_4c63_9d0a_52f7_1b0c_8e03);
/// Events read at a time.
const READ_MAX: u32 = 500;
/// How often a release's append is decided anew when another publisher was faster.
const ATTEMPTS_MAX: u32 = 8;
/// The log is looked at this often even if nobody announces anything.
const POLL: Duration = Duration::from_secs(1);
/// How long the publisher waits after a failure that may pass.
const PAUSE: Duration = Duration::from_secs(1);

/// Publishes releases as the log grows, until `stop` completes.
///
/// # Errors
/// [`Fault::Diverged`] and other incidents, which do not pass by waiting; a database that is away is
/// waited for.
pub async fn run(
    store: &impl EventStore,
    pool: &Pool,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), Fault> {
    let mut announced = store.subscribe();
    tokio::pin!(stop);
    loop {
        announced.borrow_and_update();
        let pause = match publish_pending(store, pool).await {
            Ok(_) => POLL,
            Err(fault) if passes(&fault) => {
                tracing::warn!(error = %fault, "the release publisher waits: a system is away");
                PAUSE
            }
            Err(fault) => return Err(fault),
        };
        tokio::select! {
            () = &mut stop => return Ok(()),
            // A store that announces nothing more is still looked at every `POLL`.
            Ok(()) = announced.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Publishes everything that is on the log and not published; returns the position it got to.
///
/// # Errors
/// [`Fault`]; everything before the stored position is published in any case.
pub async fn publish_pending(store: &impl EventStore, pool: &Pool) -> Result<u64, Fault> {
    let mut next = next_position(pool).await?;
    loop {
        let events = store.read(next, READ_MAX).await?;
        let Some(last) = events.last() else { return Ok(next) };
        for recorded in &events {
            publish(store, pool, recorded).await?;
        }
        next = last.position + 1;
        // A crash before this publishes the same releases again, which changes nothing.
        advance(pool, next).await?;
    }
}

/// Computes every published release again and compares it with the bytes that were stored and the
/// hash that was recorded; appends nothing. Returns how many releases there are.
///
/// # Errors
/// [`Fault::Diverged`] for a release that differs or is missing.
pub async fn check(store: &impl EventStore, pool: &Pool) -> Result<u64, Fault> {
    let (mut next, mut count) = (0, 0);
    let end = next_position(pool).await?;
    while next < end {
        let events = store.read(next, READ_MAX).await?;
        let Some(last) = events.last() else { break };
        for recorded in events.iter().take_while(|recorded| recorded.position < end) {
            let Some((release, _)) = release_of(store, pool, recorded).await? else { continue };
            let diverged = || Fault::Diverged { release_id: release.id.clone() };
            let stored = releases::find(pool, &release.id).await?.ok_or_else(diverged)?;
            let event = releases::publication(store, &release.ocid, &release.id).await?;
            let is_recorded = event.is_some_and(|(_, event)| event.sha256 == release.sha256_hex());
            if stored.bytes != release.bytes() || !is_recorded {
                return Err(diverged());
            }
            count += 1;
        }
        next = last.position + 1;
    }
    Ok(count)
}

async fn publish(store: &impl EventStore, pool: &Pool, recorded: &Recorded) -> Result<(), Fault> {
    // What is sealed makes no release before the event that opens it.
    let Some(envelope) = recorded.open() else { return Ok(()) };
    let Some((release, mapping)) = release_of(store, pool, recorded).await? else { return Ok(()) };
    // A crash after this leaves bytes that the log does not name: nobody is shown a proof of them,
    // and the next run compares them and appends.
    releases::store_once(pool, &stored(&release, mapping, recorded)?).await?;
    // A crash during this leaves the event or not: the next run sends the same command id.
    append_publication(store, &release, mapping, envelope).await
}

/// The release an event makes, with all that it depends on, and by which version of the mapping.
async fn release_of(
    store: &impl EventStore,
    pool: &Pool,
    recorded: &Recorded,
) -> Result<Option<(Release, Mapping)>, Fault> {
    let Some(envelope) = recorded.open() else { return Ok(None) };
    let Some(event) = said_by(envelope)? else { return Ok(None) };
    let Some(ocid) = ocid_of(&event) else { return Ok(None) };
    let previous = releases::before(pool, ocid, recorded.position).await?;
    let mapping = mapping_of(store, pool, ocid, recorded.position).await?;
    let release = mapping.release_for(&Source {
        event: &event,
        event_id: &envelope.id.to_string(),
        position: recorded.position,
        leaf_hash: recorded.leaf,
        effective_at: happened_at(envelope)?,
        previous: previous.as_ref(),
    });
    // Passing over an event that has to make a release would leave it out for ever.
    release.map(|release| Some((release, mapping))).ok_or(Fault::Stored("release before"))
}

/// The version that a release was stored or published by, or the newest. Bytes can be lost with a database that was
/// restored: the log is asked whether an older version made it.
async fn mapping_of(
    store: &impl EventStore,
    pool: &Pool,
    ocid: &Ocid,
    position: u64,
) -> Result<Mapping, Fault> {
    if let Some(stored) = releases::mapping_at(pool, ocid, position).await? {
        return Mapping::parse(&stored).ok_or(Fault::Stored("mapping of a release"));
    }
    let release_id = release_id(ocid, position);
    for mapping in Mapping::ALL.into_iter().filter(|mapping| *mapping != Mapping::NEWEST) {
        if is_recorded(store, command_id(&release_id, mapping)).await? {
            return Ok(mapping);
        }
    }
    Ok(Mapping::NEWEST)
}

/// A release is published by one command, whenever that is tried.
fn command_id(release_id: &str, mapping: Mapping) -> Uuid {
    Uuid::new_v5(&RELEASES, format!("{release_id}/{}", mapping.as_str()).as_bytes())
}

fn stored(
    release: &Release,
    mapping: Mapping,
    recorded: &Recorded,
) -> Result<StoredRelease, Fault> {
    let bytes = release.bytes();
    let sha256 = hash_from_hex(&release.sha256_hex()).ok_or(Fault::Stored("hash of a release"))?;
    Ok(StoredRelease {
        release_id: release.id.clone(),
        ocid: release.ocid.as_str().to_owned(),
        position: recorded.position,
        date: release.date,
        bytes,
        sha256: sha256.to_vec(),
        mapping: mapping.as_str().to_owned(),
    })
}

async fn append_publication(
    store: &impl EventStore,
    release: &Release,
    mapping: Mapping,
    source: &Envelope,
) -> Result<(), Fault> {
    let event = DomainEvent::from(ReleasePublished {
        ocid: release.ocid.clone(),
        release_id: release.id.clone(),
        sha256: release.sha256_hex(),
        mapping: mapping.as_str().to_owned(),
    });
    let stream = release.ocid.releases_stream();
    let mut version = 0;
    for _ in 0..ATTEMPTS_MAX {
        let request = publication_request(&event, release, mapping, source, &stream, version);
        match hand_over(store, request).await {
            Ok(_) => return Ok(()),
            // The stream is never read: the refusal names its version.
            Err(AppendError::VersionConflict { actual, .. }) => version = actual,
            // The log has the release with another hash: what was published can no longer be made.
            Err(AppendError::CommandReused { .. }) => {
                return Err(Fault::Diverged { release_id: release.id.clone() });
            }
            Err(other) => return Err(Fault::Append(other)),
        }
    }
    Err(Fault::Contended { attempts: ATTEMPTS_MAX })
}

fn publication_request(
    event: &DomainEvent,
    release: &Release,
    mapping: Mapping,
    source: &Envelope,
    stream: &str,
    version: u64,
) -> AppendRequest {
    let data = data_of(event);
    let new_event = NewEvent {
        event_type: event.event_type().to_owned(),
        schema: event.schema_version(),
        actor: Some(merkle::Actor {
            kind: Role::System.actor_kind().to_string(),
            r#ref: SYSTEM.to_string(),
            role: Role::System.to_string(),
        }),
        causation: Some(source.id),
        rule_set: None,
        data: data.clone(),
        withheld: Vec::new(),
    };
    AppendRequest {
        command_id: command_id(&release.id, mapping),
        body: to_canonical(&serde_json::Value::Object(data)).into_bytes(),
        correlation: source.correlation,
        writes: vec![StreamWrite {
            stream: stream.to_owned(),
            expected: version,
            events: vec![new_event],
            seal: None,
        }],
        unchanged: Vec::new(),
        not_before: None,
        not_after: None,
        take: Vec::new(),
        release: Vec::new(),
    }
}

async fn next_position(pool: &Pool) -> Result<u64, Fault> {
    let client = pool.get().await?;
    let statement =
        client.prepare_cached("SELECT next_position FROM app.publisher WHERE id = 1").await?;
    let row = client.query_one(&statement, &[]).await?;
    Ok(row.get::<_, i64>("next_position").unsigned_abs())
}

/// Never backwards: a second publisher that lags behind must not undo the first one's progress.
async fn advance(pool: &Pool, next: u64) -> Result<(), Fault> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "UPDATE app.publisher SET next_position = greatest(next_position, $1) WHERE id = 1",
        )
        .await?;
    let next = i64::try_from(next).map_err(|_| Fault::Stored("position"))?;
    client.execute(&statement, &[&next]).await?;
    Ok(())
}

/// Whether waiting may help.
fn passes(fault: &Fault) -> bool {
    match fault {
        Fault::Pool(_)
        | Fault::Contended { .. }
        | Fault::Append(AppendError::Unavailable(_))
        | Fault::Read(ReadError::Fault(StoreFault::Pool(_))) => true,
        Fault::Database(error) | Fault::Read(ReadError::Fault(StoreFault::Database(error))) => {
            eventstore::passes(error)
        }
        _ => false,
    }
}
