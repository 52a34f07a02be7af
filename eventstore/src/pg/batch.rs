//! One batch: one transaction, one lock, one fsync.

use std::collections::HashMap;

use merkle::{Clock, Hash};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Transaction};
use uuid::Uuid;

use super::statements::Statements;
use super::watcher::CHANNEL;
use crate::engine::{Decided, Engine, Known, KnownCommand, Locked, Placed, Stream, Writes};
use crate::types::{AppendError, AppendRequest, Appended, ReadError, Recorded, StoreFault};
use crate::{Entropy, Keyring};

pub(super) type Answer = Result<Appended, AppendError>;

/// Appends what can be appended of `requests`; returns an answer for each and the next position.
pub(super) async fn append<'a>(
    client: &mut Client,
    statements: &Statements,
    requests: impl Iterator<Item = &'a AppendRequest>,
    keyring: &Keyring,
    entropy: &dyn Entropy,
) -> Result<(Vec<Answer>, u64), StoreFault> {
    let requests: Vec<&AppendRequest> = requests.collect();
    let db_tx = client.transaction().await?;
    let (mut locked, mut known) = lock_and_load(&db_tx, statements, &requests, keyring).await?;
    let mut writes = Writes::default();
    let decisions: Vec<Result<Decided, AppendError>> = requests
        .iter()
        .map(|request| {
            let (locked, known, writes) = (&mut locked, &mut known, &mut writes);
            Engine { locked, known, writes, keyring, entropy }.decide(request)
        })
        .collect();
    let earlier = repeated(&db_tx, statements, &decisions, &writes).await?;
    if writes.events.is_empty() {
        db_tx.rollback().await?;
    } else {
        store(&db_tx, statements, &locked, &writes).await?;
        // A crash before this leaves nothing; a crash during it leaves the batch or nothing, and the callers
        // repeat their commands; a crash after it leaves the batch, and they get the first answer.
        db_tx.commit().await?;
    }
    let answers = decisions
        .into_iter()
        .map(|decision| decision.and_then(|decided| answer(decided, &earlier, &writes.events)))
        .collect();
    Ok((answers, locked.next_position))
}

/// Takes the head's lock, then reads the clock and the versions, claims and command ids that the requests touch.
///
/// All of it is one round trip: Postgres runs the statements in the order in which they are sent, so that everything
/// after the first one waits for the lock and, under READ COMMITTED, sees what was committed until then.
async fn lock_and_load(
    db_tx: &Transaction<'_>,
    statements: &Statements,
    requests: &[&AppendRequest],
    keyring: &Keyring,
) -> Result<(Locked, Known), StoreFault> {
    let streams: Vec<&str> = requests
        .iter()
        .flat_map(|request| {
            let written = request.writes.iter().map(|write| write.stream.as_str());
            written.chain(request.unchanged.iter().map(|(stream, _)| stream.as_str()))
        })
        .collect();
    let claims: Vec<Vec<u8>> = requests
        .iter()
        .flat_map(|request| request.take.iter().chain(&request.release))
        .map(|claim| keyring.claim_hash(&claim.kind, &claim.value).to_vec())
        .collect();
    let commands: Vec<Uuid> = requests.iter().map(|request| request.command_id).collect();
    let (streams, claims, commands): ([&(dyn ToSql + Sync); 1], [&(dyn ToSql + Sync); 1], _) =
        ([&streams], [&claims], [&commands as &(dyn ToSql + Sync)]);
    let (head, clock, streams, claims, commands) = tokio::try_join!(
        biased;
        db_tx.query_opt(&statements.lock_head, &[]),
        db_tx.query_one(&statements.clock, &[]),
        db_tx.query(&statements.streams, &streams),
        db_tx.query(&statements.claims, &claims),
        db_tx.query(&statements.commands, &commands),
    )?;
    let locked = locked(&head.ok_or(StoreFault::NotInitialised)?, &clock);
    Ok((locked, known(&streams, &claims, &commands)))
}

/// The head row under its lock, and the clock that was read after it.
pub(super) fn locked(head: &Row, clock: &Row) -> Locked {
    let now: i64 = clock.get("now_ms");
    let at = now.max(head.get("last_at_ms"));
    let simulated: Option<i64> = head.get("simulated_clock_ms");
    Locked {
        origin: head.get("origin"),
        next_position: head.get::<_, i64>("next_position").unsigned_abs(),
        at,
        effective_at: simulated.unwrap_or(at).max(head.get("last_effective_at_ms")),
        clock: if simulated.is_some() { Clock::Simulated } else { Clock::Wall },
    }
}

fn known(streams: &[Row], claims: &[Row], commands: &[Row]) -> Known {
    let mut known = Known::default();
    for row in streams {
        let stream = Stream {
            version: row.get::<_, i64>("version").unsigned_abs(),
            last_leaf: hash(row.get("last_leaf")),
            is_sealed: row.get("is_sealed"),
        };
        known.streams.insert(row.get("stream_id"), stream);
    }
    for row in claims {
        known.claims.insert(hash(row.get("claim_hash")), row.get("stream_id"));
    }
    for row in commands {
        let command = KnownCommand {
            body_hash: hash(row.get("body_hash")),
            first_position: row.get::<_, i64>("first_position").unsigned_abs(),
            event_count: row.get::<_, i32>("event_count").unsigned_abs(),
        };
        known.commands.insert(row.get("command_id"), command);
    }
    known
}

/// A check constraint keeps these columns at 32 bytes.
fn hash(bytes: &[u8]) -> Hash {
    bytes.try_into().expect("a hash column holds 32 bytes")
}

/// Events of earlier batches that a repeated command is answered with, by position.
async fn repeated(
    db_tx: &Transaction<'_>,
    statements: &Statements,
    decisions: &[Result<Decided, AppendError>],
    writes: &Writes,
) -> Result<HashMap<u64, Result<Recorded, ReadError>>, StoreFault> {
    let first_new = writes.events.first().map_or(u64::MAX, |event| event.recorded.position);
    let mut earlier = HashMap::new();
    for decided in decisions.iter().flatten() {
        if !decided.repeated || decided.first_position >= first_new {
            continue;
        }
        let first = position(decided.first_position);
        let end = first + i64::from(decided.event_count);
        for row in db_tx.query(&statements.events_at, &[&first, &end]).await? {
            let at = row.get::<_, i64>("position").unsigned_abs();
            let leaf = hash(row.get("leaf"));
            earlier.insert(at, Recorded::from_stored(at, row.get("entry"), leaf));
        }
    }
    Ok(earlier)
}

fn answer(
    decided: Decided,
    earlier: &HashMap<u64, Result<Recorded, ReadError>>,
    new: &[Placed],
) -> Answer {
    let range = decided.first_position..decided.first_position + u64::from(decided.event_count);
    let events = range
        .map(|position| {
            let new = index_in(new, position).and_then(|index| new.get(index));
            let new = new.map(|event| &event.recorded);
            let stored = || earlier.get(&position).and_then(|event| event.as_ref().ok());
            let damaged = || ReadError::Row { position: i64::try_from(position).unwrap_or(-1) };
            new.or_else(stored).cloned().ok_or_else(damaged)
        })
        .collect::<Result<_, _>>()?;
    Ok(Appended { events, repeated: decided.repeated })
}

/// New events are dense, so that a position says where one is.
fn index_in(new: &[Placed], position: u64) -> Option<usize> {
    usize::try_from(position.checked_sub(new.first()?.recorded.position)?).ok()
}

async fn store(
    db_tx: &Transaction<'_>,
    statements: &Statements,
    locked: &Locked,
    writes: &Writes,
) -> Result<(), tokio_postgres::Error> {
    tokio::try_join!(
        insert_events(db_tx, statements, &writes.events),
        upsert_streams(db_tx, statements, writes),
        insert_commands(db_tx, statements, writes),
        change_claims(db_tx, statements, writes),
        insert_vault(db_tx, statements, writes),
        async {
            let next_position = position(locked.next_position);
            let head: [&(dyn ToSql + Sync); 3] = [&next_position, &locked.at, &locked.effective_at];
            db_tx.execute(&statements.update_head, &head).await
        },
        db_tx.execute(&statements.notify, &[&CHANNEL]),
    )?;
    Ok(())
}

async fn insert_events(
    db_tx: &Transaction<'_>,
    statements: &Statements,
    events: &[Placed],
) -> Result<(), tokio_postgres::Error> {
    let streams: Vec<&str> = events.iter().map(|event| event.stream.as_str()).collect();
    let versions: Vec<i64> = events.iter().map(|event| position(event.version)).collect();
    let events = || events.iter().map(|event| &event.recorded);
    let positions: Vec<i64> = events().map(|event| position(event.position)).collect();
    let ids: Vec<Uuid> = events().map(Recorded::id).collect();
    let types: Vec<&str> = events().map(|event| event.content.r#type()).collect();
    let schemas: Vec<i32> = events().map(|event| i32::from(event.content.schema())).collect();
    let instants: Vec<i64> = events().map(Recorded::at).collect();
    let entries: Vec<&[u8]> = events().map(|event| event.entry.as_slice()).collect();
    let leaves: Vec<&[u8]> = events().map(|event| event.leaf.as_slice()).collect();
    let columns: [&(dyn ToSql + Sync); 9] =
        [&positions, &ids, &streams, &versions, &types, &schemas, &instants, &entries, &leaves];
    db_tx.execute(&statements.insert_events, &columns).await.map(drop)
}

async fn upsert_streams(
    db_tx: &Transaction<'_>,
    statements: &Statements,
    writes: &Writes,
) -> Result<(), tokio_postgres::Error> {
    let names: Vec<&str> = writes.streams.keys().map(String::as_str).collect();
    let streams = || writes.streams.values();
    let versions: Vec<i64> = streams().map(|stream| position(stream.version)).collect();
    let leaves: Vec<&[u8]> = streams().map(|stream| stream.last_leaf.as_slice()).collect();
    let sealed: Vec<bool> = streams().map(|stream| stream.is_sealed).collect();
    let columns: [&(dyn ToSql + Sync); 4] = [&names, &versions, &leaves, &sealed];
    db_tx.execute(&statements.upsert_streams, &columns).await.map(drop)
}

async fn insert_commands(
    db_tx: &Transaction<'_>,
    statements: &Statements,
    writes: &Writes,
) -> Result<(), tokio_postgres::Error> {
    let commands = &writes.commands;
    let ids: Vec<Uuid> = commands.iter().map(|(id, _)| *id).collect();
    let hashes: Vec<&[u8]> = commands.iter().map(|(_, known)| known.body_hash.as_slice()).collect();
    let firsts: Vec<i64> =
        commands.iter().map(|(_, known)| position(known.first_position)).collect();
    let counts: Vec<i32> =
        commands.iter().map(|(_, known)| known.event_count.cast_signed()).collect();
    let columns: [&(dyn ToSql + Sync); 4] = [&ids, &hashes, &firsts, &counts];
    db_tx.execute(&statements.insert_commands, &columns).await.map(drop)
}

/// Only the last change of a claim in the batch counts.
async fn change_claims(
    db_tx: &Transaction<'_>,
    statements: &Statements,
    writes: &Writes,
) -> Result<(), tokio_postgres::Error> {
    if writes.claims.is_empty() {
        return Ok(());
    }
    let last: HashMap<Hash, &Option<String>> =
        writes.claims.iter().map(|change| (change.hash, &change.stream)).collect();
    let all: Vec<&[u8]> = last.keys().map(<[u8; 32]>::as_slice).collect();
    let (taken, holders): (Vec<&[u8]>, Vec<&str>) = last
        .iter()
        .filter_map(|(hash, stream)| Some((hash.as_slice(), stream.as_deref()?)))
        .unzip();
    if writes.claims.iter().any(|change| change.stream.is_none()) {
        db_tx.execute(&statements.delete_claims, &[&all]).await?;
    }
    db_tx.execute(&statements.insert_claims, &[&taken, &holders]).await.map(drop)
}

async fn insert_vault(
    db_tx: &Transaction<'_>,
    statements: &Statements,
    writes: &Writes,
) -> Result<(), tokio_postgres::Error> {
    let rows = &writes.vault;
    if rows.is_empty() {
        return Ok(());
    }
    let events: Vec<Uuid> = rows.iter().map(|row| row.event_id).collect();
    let paths: Vec<&str> = rows.iter().map(|row| row.path.as_str()).collect();
    let subjects: Vec<&str> = rows.iter().map(|row| row.subject.as_str()).collect();
    let sealed: Vec<&[u8]> = rows.iter().map(|row| row.sealed.as_slice()).collect();
    let columns: [&(dyn ToSql + Sync); 4] = [&events, &paths, &subjects, &sealed];
    db_tx.execute(&statements.insert_vault, &columns).await.map(drop)
}

/// Postgres has no unsigned integers; 2^63 events do not fit on any disk.
fn position(number: u64) -> i64 {
    i64::try_from(number).expect("a log has fewer than 2^63 events")
}
