-- The log: what happened, in one order, for ever.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'smart_tenders_service') THEN
        CREATE ROLE smart_tenders_service LOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- Another database of this cluster was being migrated at the same moment.
END $$;

CREATE SCHEMA log;
GRANT USAGE ON SCHEMA log TO smart_tenders_service;

CREATE TABLE log.head (
    id smallint NOT NULL DEFAULT 1,
    origin text NOT NULL,
    epoch bigint NOT NULL,
    next_position bigint NOT NULL,
    last_at_ms bigint NOT NULL,
    last_effective_at_ms bigint NOT NULL,
    simulated_clock_ms bigint,
    CONSTRAINT head_pkey PRIMARY KEY (id),
    CONSTRAINT head_single_row_check CHECK (id = 1),
    CONSTRAINT head_origin_check CHECK (origin ~ '^[!-*,-~]{1,128}$'),
    CONSTRAINT head_next_position_check CHECK (next_position >= 0)
);
COMMENT ON TABLE log.head IS 'One row; its lock is the append lock';
COMMENT ON COLUMN log.head.epoch IS 'Changes when the log is restored from a backup, so that old writers and readers fence themselves';
COMMENT ON COLUMN log.head.next_position IS 'Position of the next event = number of events';
COMMENT ON COLUMN log.head.last_at_ms IS 'Wall clock of the last batch, milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN log.head.simulated_clock_ms IS 'Business clock of a rehearsal, milliseconds since 1970-01-01 UTC; NULL: the wall clock';

CREATE TABLE log.streams (
    stream_id text NOT NULL,
    version bigint NOT NULL,
    last_leaf bytea NOT NULL,
    CONSTRAINT streams_pkey PRIMARY KEY (stream_id),
    CONSTRAINT streams_version_check CHECK (version > 0),
    CONSTRAINT streams_last_leaf_length_check CHECK (octet_length(last_leaf) = 32)
);

CREATE TABLE log.events (
    position bigint NOT NULL,
    event_id uuid NOT NULL,
    stream_id text NOT NULL,
    stream_version bigint NOT NULL,
    event_type text NOT NULL,
    schema_version integer NOT NULL,
    recorded_at_ms bigint NOT NULL,
    entry bytea NOT NULL,
    leaf bytea NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (position),
    CONSTRAINT events_event_id_key UNIQUE (event_id),
    CONSTRAINT events_stream_version_key UNIQUE (stream_id, stream_version),
    CONSTRAINT events_position_check CHECK (position >= 0),
    CONSTRAINT events_stream_version_check CHECK (stream_version > 0),
    CONSTRAINT events_entry_length_check CHECK (octet_length(entry) BETWEEN 24 AND 65535),
    CONSTRAINT events_leaf_length_check CHECK (octet_length(leaf) = 32)
);
COMMENT ON COLUMN log.events.position IS 'Dense from 0, assigned under the lock of log.head, never by a sequence';
COMMENT ON COLUMN log.events.entry IS 'The bytes that are hashed, verbatim; everything else in this row can be read off them';
COMMENT ON COLUMN log.events.recorded_at_ms IS 'Milliseconds since 1970-01-01 UTC';

CREATE TABLE log.commands (
    command_id uuid NOT NULL,
    body_hash bytea NOT NULL,
    first_position bigint NOT NULL,
    event_count integer NOT NULL,
    CONSTRAINT commands_pkey PRIMARY KEY (command_id),
    CONSTRAINT commands_body_hash_length_check CHECK (octet_length(body_hash) = 32),
    CONSTRAINT commands_event_count_check CHECK (event_count > 0)
);
COMMENT ON COLUMN log.commands.body_hash IS 'Keyed hash: a plain one would let a personal datum be guessed';

CREATE TABLE log.claims (
    claim_hash bytea NOT NULL,
    stream_id text NOT NULL,
    CONSTRAINT claims_pkey PRIMARY KEY (claim_hash),
    CONSTRAINT claims_hash_length_check CHECK (octet_length(claim_hash) = 32)
);
COMMENT ON TABLE log.claims IS 'Unique keys that are taken; keyed hashes, because an RFC may name a person';

CREATE TABLE log.vault (
    event_id uuid NOT NULL,
    path text NOT NULL,
    subject text NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT vault_pkey PRIMARY KEY (event_id, path)
);
COMMENT ON TABLE log.vault IS 'Withheld values and their salts, encrypted under keys that live outside Postgres';

-- Append-only is a grant, not a promise; the triggers stop the owner's accidents too. Neither is evidence.
GRANT SELECT, UPDATE ON log.head TO smart_tenders_service;
GRANT SELECT, INSERT, UPDATE ON log.streams TO smart_tenders_service;
GRANT SELECT, INSERT ON log.events TO smart_tenders_service;
GRANT SELECT, INSERT ON log.commands TO smart_tenders_service;
GRANT SELECT, INSERT, DELETE ON log.claims TO smart_tenders_service;
GRANT SELECT, INSERT, DELETE ON log.vault TO smart_tenders_service;

CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'log.events is append-only: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER events_refuse_row_change
    BEFORE UPDATE OR DELETE ON log.events
    FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER events_refuse_truncate
    BEFORE TRUNCATE ON log.events
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_refuse_row_change;
ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_refuse_truncate;
