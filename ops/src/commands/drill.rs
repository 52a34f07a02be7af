//! `drill`: attacks by whoever owns the database, rehearsed, and taken back.

use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use merkle::{canonical, leaf_hash};
use serde_json::Value;
use tokio_postgres::{Client, Transaction};

use crate::data::Data;
use crate::state::State;
use crate::wiring::client;

/// First line of every entry (`docs/proof-format.md` §2).
const ENTRY_LINE: &[u8] = b"smart-tenders/event@v1\n";
/// Hashes in a tile of the log (C2SP `tlog-tiles`, height 8).
const TILE_WIDTH: i64 = 256;

/// The triggers as the migration set them; they stop accidents, and an attacker just switches them off.
const GUARDS_AGAIN: &str = "ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_refuse_row_change;
     ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_refuse_truncate";

/// Rehearses attacks by the owner of the database on a running system; never on a real one.
///
/// An auditor then replays the log (`verifier log`) and must name the place. `restore` puts
/// everything back; only one attack is rehearsed at a time.
#[derive(Debug, Subcommand)]
pub enum Drill {
    /// Change what one entry says, and nothing else.
    Edit(At),
    /// Change what one entry says and rewrite everything in the database that follows from it: leaves,
    /// the entries after it in its stream, the tiles. Only what is anchored tells.
    Rewrite(At),
    /// Put back what was there before.
    Restore,
}

/// Where to attack.
#[derive(Debug, clap::Args)]
pub struct At {
    /// Position of the entry in the log.
    #[arg(long, value_name = "POSITION")]
    position: u32,
}

impl Drill {
    pub async fn run(&self, data: &Data) -> Result<()> {
        let state = State::read(data)?;
        let mut owner = client(&state.owner_database_url).await?;
        match self {
            Self::Edit(at) => attack(&mut owner, i64::from(at.position), false).await,
            Self::Rewrite(at) => attack(&mut owner, i64::from(at.position), true).await,
            Self::Restore => restore(&mut owner).await,
        }
    }
}

async fn attack(owner: &mut Client, position: i64, follow: bool) -> Result<()> {
    let db_tx = owner.transaction().await?;
    let busy: bool =
        db_tx.query_one("SELECT to_regnamespace('drill') IS NOT NULL", &[]).await?.get(0);
    ensure!(!busy, "an attack is being rehearsed already: `smart-tenders drill restore` first");
    db_tx
        .batch_execute(
            "ALTER TABLE log.events DISABLE TRIGGER USER;
             CREATE SCHEMA drill;
             CREATE TABLE drill.events AS SELECT position, entry, leaf FROM log.events;
             CREATE TABLE drill.tiles AS SELECT level, tile_index, hashes FROM anchor.tiles;",
        )
        .await
        .context("keeping what is there")?;
    let changed = changed_entry(&entry_at(&db_tx, position).await?)?;
    if follow {
        rewrite_from(&db_tx, position, changed).await?;
    } else {
        set_entry(&db_tx, position, &changed).await?;
    }
    db_tx.batch_execute(GUARDS_AGAIN).await.context("setting the triggers again")?;
    db_tx.commit().await.context("attacking")?;
    println!("changed position {position}; `smart-tenders drill restore` puts it back");
    Ok(())
}

/// Writes the changed entry with its leaf, then every later entry of its stream with the new link.
async fn rewrite_from(db_tx: &Transaction<'_>, position: i64, changed: Vec<u8>) -> Result<()> {
    let mut before = set_entry_and_leaf(db_tx, position, &changed).await?;
    let later = db_tx
        .query(
            "SELECT position FROM log.events
             WHERE position > $1
               AND stream_id = (SELECT stream_id FROM log.events WHERE position = $1)
             ORDER BY position",
            &[&position],
        )
        .await?;
    for row in later {
        let at: i64 = row.get("position");
        let mut envelope = envelope_of(&entry_at(db_tx, at).await?)?;
        envelope["prev"] = Value::from(base64url(&before));
        before = set_entry_and_leaf(db_tx, at, &entry_of(&envelope)?).await?;
    }
    rewrite_tiles(db_tx, position).await
}

/// The lowest tiles from `position` on, from the leaves. Higher tiles exist from 256 entries on and
/// are left alone: the auditor would name the tile instead of the batch, and refuse just the same.
async fn rewrite_tiles(db_tx: &Transaction<'_>, position: i64) -> Result<()> {
    db_tx
        .execute(
            "UPDATE anchor.tiles AS tile
             SET hashes = fresh.hashes
             FROM (SELECT position / $2 AS tile_index, string_agg(leaf, '' ORDER BY position) AS hashes
                   FROM log.events GROUP BY position / $2) AS fresh
             WHERE tile.level = 0
               AND tile.tile_index = fresh.tile_index
               AND tile.tile_index >= $1 / $2
               AND octet_length(tile.hashes) = octet_length(fresh.hashes)",
            &[&position, &TILE_WIDTH],
        )
        .await
        .context("rewriting the tiles")?;
    Ok(())
}

async fn restore(owner: &mut Client) -> Result<()> {
    let db_tx = owner.transaction().await?;
    let busy: bool =
        db_tx.query_one("SELECT to_regnamespace('drill') IS NOT NULL", &[]).await?.get(0);
    if !busy {
        println!("nothing to put back");
        return Ok(());
    }
    db_tx
        .batch_execute(
            "ALTER TABLE log.events DISABLE TRIGGER USER;
             UPDATE log.events AS event SET entry = kept.entry, leaf = kept.leaf
             FROM drill.events AS kept
             WHERE event.position = kept.position
               AND (event.entry, event.leaf) IS DISTINCT FROM (kept.entry, kept.leaf);
             UPDATE anchor.tiles AS tile
             SET hashes = kept.hashes || substr(tile.hashes, octet_length(kept.hashes) + 1)
             FROM drill.tiles AS kept
             WHERE (tile.level, tile.tile_index) = (kept.level, kept.tile_index)
               AND substr(tile.hashes, 1, octet_length(kept.hashes)) <> kept.hashes;
             DROP SCHEMA drill CASCADE;",
        )
        .await
        .context("putting everything back")?;
    db_tx.batch_execute(GUARDS_AGAIN).await.context("setting the triggers again")?;
    db_tx.commit().await.context("putting everything back")?;
    println!("everything is as it was");
    Ok(())
}

async fn entry_at(db_tx: &Transaction<'_>, position: i64) -> Result<Vec<u8>> {
    let row = db_tx
        .query_opt("SELECT entry FROM log.events WHERE position = $1", &[&position])
        .await?
        .with_context(|| format!("there is no entry at position {position}"))?;
    Ok(row.get("entry"))
}

async fn set_entry(db_tx: &Transaction<'_>, position: i64, entry: &[u8]) -> Result<()> {
    let sql = "UPDATE log.events SET entry = $2 WHERE position = $1";
    db_tx.execute(sql, &[&position, &entry]).await?;
    Ok(())
}

async fn set_entry_and_leaf(
    db_tx: &Transaction<'_>,
    position: i64,
    entry: &[u8],
) -> Result<Vec<u8>> {
    let leaf = leaf_hash(entry).to_vec();
    let sql = "UPDATE log.events SET entry = $2, leaf = $3 WHERE position = $1";
    db_tx.execute(sql, &[&position, &entry, &leaf]).await?;
    Ok(leaf)
}

/// The entry with one text of its data changed: the budget if it has one, else the first text.
fn changed_entry(entry: &[u8]) -> Result<Vec<u8>> {
    let mut envelope = envelope_of(entry)?;
    if let Some(Value::String(amount)) = envelope.pointer_mut("/data/budget/centavos") {
        amount.push('0');
    } else {
        let data = envelope.get_mut("data").and_then(Value::as_object_mut);
        let text =
            data.into_iter().flat_map(|data| data.values_mut()).find_map(|value| match value {
                Value::String(text) => Some(text),
                _ => None,
            });
        text.context("the entry's data holds no text to change; choose another position")?
            .push('x');
    }
    entry_of(&envelope)
}

fn envelope_of(entry: &[u8]) -> Result<Value> {
    let Some(json) = entry.strip_prefix(ENTRY_LINE) else {
        bail!("the entry is of another version")
    };
    serde_json::from_slice(json).context("the entry is not JSON")
}

fn entry_of(envelope: &Value) -> Result<Vec<u8>> {
    let json = canonical::to_bytes(envelope).context("the changed entry is outside the profile")?;
    Ok([ENTRY_LINE, &json].concat())
}

/// Unpadded base64url.
fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let three = [chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)];
        let number = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for place in 0..=chunk.len() {
            let digit = (number >> (18 - 6 * place)) & 63;
            text.push(char::from(DIGITS[digit as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_is_unpadded_and_safe_in_urls() {
        assert_eq!(base64url(b""), "");
        assert_eq!(base64url(&[0xff]), "_w");
        assert_eq!(base64url(&[0xff, 0xfe]), "__4");
        assert_eq!(base64url(b"abcd"), "YWJjZA");
    }

    #[test]
    fn a_budget_is_what_an_attacker_changes_first() {
        let entry =
            b"smart-tenders/event@v1\n{\"data\":{\"a\":\"b\",\"budget\":{\"centavos\":\"12\"}}}";
        let changed = changed_entry(entry).unwrap();
        assert!(changed.ends_with(b"{\"data\":{\"a\":\"b\",\"budget\":{\"centavos\":\"120\"}}}"));
    }
}
