//! Everything the writer ever says to Postgres.

use tokio_postgres::{Client, Error, Statement};

pub(super) const LOCK_HEAD: &str =
    "SELECT origin, next_position, last_at_ms, last_effective_at_ms, simulated_clock_ms
     FROM log.head
     WHERE id = 1
     FOR UPDATE";

// A statement of its own, after the lock was granted: within the locking one, the clock is read before the wait.
pub(super) const CLOCK: &str =
    "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms";

const STREAMS: &str = "SELECT stream_id, version, last_leaf, is_sealed
     FROM log.streams
     WHERE stream_id = ANY ($1)";

const CLAIMS: &str = "SELECT claim_hash, stream_id FROM log.claims WHERE claim_hash = ANY ($1)";

const COMMANDS: &str = "SELECT command_id, body_hash, first_position, event_count
     FROM log.commands
     WHERE command_id = ANY ($1)";

const EVENTS_AT: &str = "SELECT position, entry, leaf
     FROM log.events
     WHERE position >= $1 AND position < $2
     ORDER BY position";

const INSERT_EVENTS: &str =
    "INSERT INTO log.events (position, event_id, stream_id, stream_version, event_type,
                             schema_version, recorded_at_ms, entry, leaf)
     SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[], $5::text[],
                          $6::integer[], $7::bigint[], $8::bytea[], $9::bytea[])";

const UPSERT_STREAMS: &str = "INSERT INTO log.streams (stream_id, version, last_leaf, is_sealed)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::boolean[])
     ON CONFLICT ON CONSTRAINT streams_pkey
     DO UPDATE SET version = excluded.version, last_leaf = excluded.last_leaf";

const INSERT_COMMANDS: &str =
    "INSERT INTO log.commands (command_id, body_hash, first_position, event_count)
     SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bigint[], $4::integer[])";

const DELETE_CLAIMS: &str = "DELETE FROM log.claims WHERE claim_hash = ANY ($1)";

const INSERT_CLAIMS: &str = "INSERT INTO log.claims (claim_hash, stream_id)
     SELECT * FROM unnest($1::bytea[], $2::text[])";

const INSERT_VAULT: &str = "INSERT INTO log.vault (event_id, path, subject, sealed)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[])";

const UPDATE_HEAD: &str = "UPDATE log.head
     SET next_position = $1, last_at_ms = $2, last_effective_at_ms = $3
     WHERE id = 1";

const NOTIFY: &str = "SELECT pg_notify($1, '')";

/// Prepared once a connection.
pub(super) struct Statements {
    pub(super) lock_head: Statement,
    pub(super) clock: Statement,
    pub(super) streams: Statement,
    pub(super) claims: Statement,
    pub(super) commands: Statement,
    pub(super) events_at: Statement,
    pub(super) insert_events: Statement,
    pub(super) upsert_streams: Statement,
    pub(super) insert_commands: Statement,
    pub(super) delete_claims: Statement,
    pub(super) insert_claims: Statement,
    pub(super) insert_vault: Statement,
    pub(super) update_head: Statement,
    pub(super) notify: Statement,
}

impl Statements {
    pub(super) async fn prepare(client: &Client) -> Result<Self, Error> {
        Ok(Self {
            lock_head: client.prepare(LOCK_HEAD).await?,
            clock: client.prepare(CLOCK).await?,
            streams: client.prepare(STREAMS).await?,
            claims: client.prepare(CLAIMS).await?,
            commands: client.prepare(COMMANDS).await?,
            events_at: client.prepare(EVENTS_AT).await?,
            insert_events: client.prepare(INSERT_EVENTS).await?,
            upsert_streams: client.prepare(UPSERT_STREAMS).await?,
            insert_commands: client.prepare(INSERT_COMMANDS).await?,
            delete_claims: client.prepare(DELETE_CLAIMS).await?,
            insert_claims: client.prepare(INSERT_CLAIMS).await?,
            insert_vault: client.prepare(INSERT_VAULT).await?,
            update_head: client.prepare(UPDATE_HEAD).await?,
            notify: client.prepare(NOTIFY).await?,
        })
    }
}
