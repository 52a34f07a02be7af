//! Rehearses what somebody who owns the database can do to the log, and puts it back.
//!
//! It connects as superuser and switches the triggers off, so nothing inside Postgres can stop it. That is the
//! point: what an outsider sees of it afterwards is the evidence. Only for rehearsals; it refuses a log on the
//! wall clock.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use merkle::log_tree::{Question, Tiles, append};
use merkle::{BatchTree, Entry, Envelope, Hash, LogKey, leaf_hash};
use serde_json::json;
use tokio_postgres::{Client, Transaction};

/// Where the rows are kept that an attack changes.
const BACKUP: &str = "drill";

/// Changes the entry at `position`, its stored leaf not.
pub async fn edit(owner: &mut Client, position: u64) -> Result<()> {
    let db_tx = begin(owner).await?;
    let mut envelope = entry_at(&db_tx, position).await?;
    falsify(&mut envelope);
    let entry = envelope.to_entry().context("the falsified event does not fit an entry")?;
    db_tx
        .execute(
            "UPDATE log.events SET entry = $2 WHERE position = $1",
            &[&i64::try_from(position)?, &entry],
        )
        .await?;
    commit(db_tx).await
}

/// Changes the entry at `position` and makes everything after it fit again: later entries of its stream, leaves,
/// tiles, roots and checkpoints, signed with the log's own key. Only the chain is out of reach.
pub async fn rewrite(owner: &mut Client, position: u64, key: &LogKey) -> Result<()> {
    let db_tx = begin(owner).await?;
    // Refuses a sealed entry, of which there is nothing to falsify.
    entry_at(&db_tx, position).await?;
    let leaves = rewrite_entries(&db_tx, position).await?;
    let batched = rewrite_batches(&db_tx, position, &leaves, key).await?;
    let tiles = append(&Tiles::new(), 0, &leaves[..batched]).context("building tiles")?;
    for (id, hashes) in &tiles {
        db_tx
            .execute(
                "UPDATE anchor.tiles SET hashes = $3 WHERE level = $1 AND tile_index = $2",
                &[&i16::from(id.level), &i64::try_from(id.index)?, hashes],
            )
            .await?;
    }
    commit(db_tx).await
}

/// Puts back what an attack changed.
pub async fn restore(owner: &mut Client) -> Result<()> {
    let db_tx = owner.transaction().await?;
    let found = db_tx.query_one("SELECT to_regnamespace($1) IS NOT NULL", &[&BACKUP]).await?;
    ensure!(found.get::<_, bool>(0), "there is nothing to restore: no attack was rehearsed");
    db_tx
        .batch_execute(
            "ALTER TABLE log.events DISABLE TRIGGER ALL;
             UPDATE log.events AS now SET entry = kept.entry, leaf = kept.leaf
             FROM drill.events AS kept WHERE kept.position = now.position;
             UPDATE log.streams AS now SET last_leaf = kept.last_leaf
             FROM drill.streams AS kept
             WHERE kept.stream_id = now.stream_id AND kept.version = now.version;
             UPDATE anchor.tiles AS now SET hashes = kept.hashes
             FROM drill.tiles AS kept
             WHERE kept.level = now.level AND kept.tile_index = now.tile_index;
             UPDATE anchor.batches AS now
             SET batch_root = kept.batch_root, log_root = kept.log_root, checkpoint = kept.checkpoint
             FROM drill.batches AS kept
             WHERE kept.contract = now.contract AND kept.batch_index = now.batch_index;
             DROP SCHEMA drill CASCADE",
        )
        .await?;
    commit(db_tx).await
}

/// Triggers off, and a copy of everything that can change.
async fn begin(owner: &mut Client) -> Result<Transaction<'_>> {
    let db_tx = owner.transaction().await?;
    let head = "SELECT simulated_clock_ms IS NOT NULL FROM log.head WHERE id = 1 FOR UPDATE";
    let simulated = db_tx.query_one(head, &[]).await.context("reading the head of the log")?;
    if !simulated.get::<_, bool>(0) {
        bail!("this log runs on the wall clock: it is not for rehearsals, and nothing was changed");
    }
    db_tx
        .batch_execute(
            "CREATE SCHEMA drill;
             CREATE TABLE drill.events AS SELECT position, entry, leaf FROM log.events;
             CREATE TABLE drill.streams AS SELECT stream_id, version, last_leaf FROM log.streams;
             CREATE TABLE drill.tiles AS SELECT level, tile_index, hashes FROM anchor.tiles;
             CREATE TABLE drill.batches AS
             SELECT contract, batch_index, batch_root, log_root, checkpoint FROM anchor.batches;
             ALTER TABLE log.events DISABLE TRIGGER ALL",
        )
        .await
        .context("an attack was rehearsed already: run `smart-tenders drill restore` first")?;
    Ok(db_tx)
}

async fn commit(db_tx: Transaction<'_>) -> Result<()> {
    db_tx
        .batch_execute(
            "ALTER TABLE log.events ENABLE TRIGGER ALL;
             ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_refuse_row_change;
             ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_refuse_truncate",
        )
        .await?;
    db_tx.commit().await.context("committing")
}

async fn entry_at(db_tx: &Transaction<'_>, position: u64) -> Result<Envelope> {
    let row = db_tx
        .query_opt("SELECT entry FROM log.events WHERE position = $1", &[&i64::try_from(position)?])
        .await?
        .with_context(|| format!("there is no event at position {position}"))?;
    match Entry::from_entry(row.get("entry")).context("the stored entry is damaged already")? {
        Entry::Open(envelope) => Ok(envelope),
        Entry::Sealed(_) => bail!("the event at position {position} is sealed: take an open one"),
    }
}

/// A lie that somebody could want: a larger budget, or a title that was never published.
fn falsify(envelope: &mut Envelope) {
    match envelope.data.get_mut("budget").and_then(|budget| budget.get_mut("centavos")) {
        Some(centavos) => *centavos = json!("999999999"),
        None => drop(envelope.data.insert("neverSaid".into(), json!("falsified"))),
    }
}

/// Rewrites entries and leaves from `position` on; returns the leaves of the whole log.
async fn rewrite_entries(db_tx: &Transaction<'_>, position: u64) -> Result<Vec<Hash>> {
    let rows =
        db_tx.query("SELECT position, entry, leaf FROM log.events ORDER BY position", &[]).await?;
    let mut last: BTreeMap<String, Hash> = BTreeMap::new();
    let mut leaves = Vec::with_capacity(rows.len());
    for row in rows {
        let at: i64 = row.get("position");
        let Entry::Open(mut envelope) = Entry::from_entry(row.get("entry"))? else {
            // It shows no `prev`, and its stream has no open entry: whatever changed, it still fits.
            leaves.push(leaf_hash(row.get("entry")));
            continue;
        };
        let before = envelope.clone();
        if at.unsigned_abs() == position {
            falsify(&mut envelope);
        }
        envelope.prev = last.get(&envelope.stream).copied();
        let entry = envelope.to_entry()?;
        let leaf = leaf_hash(&entry);
        last.insert(envelope.stream.clone(), leaf);
        leaves.push(leaf);
        if envelope != before {
            db_tx
                .execute(
                    "UPDATE log.events SET entry = $2, leaf = $3 WHERE position = $1",
                    &[&at, &entry, &leaf.as_slice()],
                )
                .await?;
        }
    }
    for (stream, leaf) in last {
        db_tx
            .execute(
                "UPDATE log.streams SET last_leaf = $2 WHERE stream_id = $1",
                &[&stream, &leaf.as_slice()],
            )
            .await?;
    }
    Ok(leaves)
}

/// Rewrites roots and checkpoints of every batch that reaches beyond `position`; returns how many entries are batched.
async fn rewrite_batches(
    db_tx: &Transaction<'_>,
    position: u64,
    leaves: &[Hash],
    key: &LogKey,
) -> Result<usize> {
    let tiles = append(&Tiles::new(), 0, leaves).context("building tiles")?;
    let rows = db_tx
        .query(
            "SELECT first_position, entry_count FROM anchor.batches ORDER BY first_position",
            &[],
        )
        .await?;
    let mut batched = 0;
    for row in rows {
        let first = usize::try_from(row.get::<_, i64>("first_position"))?;
        batched = first + usize::try_from(row.get::<_, i64>("entry_count"))?;
        if batched as u64 <= position {
            continue;
        }
        let size = batched as u64;
        let batch = BatchTree::from_leaves(&leaves[first..batched]).context("an empty batch")?;
        let root = Question::Root { size }.answer(&tiles)?[0];
        db_tx
            .execute(
                "UPDATE anchor.batches SET batch_root = $2, log_root = $3, checkpoint = $4
                 WHERE first_position = $1",
                &[
                    &i64::try_from(first)?,
                    &batch.root().as_slice(),
                    &root.as_slice(),
                    &key.sign(size, &root)?,
                ],
            )
            .await?;
    }
    Ok(batched)
}
