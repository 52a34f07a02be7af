-- Read models, second shape: what the first has, and contracting processes from the opening to the last payment.
CREATE FUNCTION projections.create_read_models_v2(log_origin text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    new_generation bigint;
    target text;
BEGIN
    new_generation := projections.create_read_models_v1(log_origin);
    target := 'read_' || new_generation;
    UPDATE projections.generations SET name = 'read_models_v2' WHERE generation = new_generation;
    EXECUTE format($ddl$
        CREATE TABLE %1$I.acts (
            position bigint NOT NULL,
            ocid text NOT NULL,
            event_id uuid NOT NULL,
            type text NOT NULL,
            stream text NOT NULL,
            actor_kind text,
            actor_role text,
            actor_ref text,
            effective_at_ms bigint NOT NULL,
            data jsonb NOT NULL,
            CONSTRAINT acts_pkey PRIMARY KEY (position),
            CONSTRAINT acts_event_id_key UNIQUE (event_id)
        );
        CREATE INDEX acts_ocid_position_idx ON %1$I.acts (ocid, position);
        COMMENT ON TABLE %1$I.acts IS 'Every public event of a contracting process; what is sealed is in none';
        COMMENT ON COLUMN %1$I.acts.actor_ref IS 'Pseudonym of the account; NULL: withheld';
        COMMENT ON COLUMN %1$I.acts.effective_at_ms IS 'Business clock, milliseconds since 1970-01-01 UTC';
        CREATE TABLE %1$I.procedures (
            ocid text NOT NULL,
            state jsonb NOT NULL,
            position bigint NOT NULL,
            CONSTRAINT procedures_pkey PRIMARY KEY (ocid),
            CONSTRAINT procedures_position_key UNIQUE (position)
        );
        COMMENT ON COLUMN %1$I.procedures.state IS 'Fold of its events; private to the version of the code';
        COMMENT ON COLUMN %1$I.procedures.position IS 'Of its newest event';
        CREATE TABLE %1$I.documents (
            sha256 text NOT NULL,
            ocid text NOT NULL,
            name text NOT NULL,
            media_type text NOT NULL,
            bytes bigint NOT NULL,
            position bigint NOT NULL,
            CONSTRAINT documents_pkey PRIMARY KEY (sha256),
            CONSTRAINT documents_bytes_check CHECK (bytes >= 0)
        );
        CREATE INDEX documents_ocid_position_idx ON %1$I.documents (ocid, position);
        COMMENT ON TABLE %1$I.documents IS 'Documents that an event made public, as the first such event named them';
        COMMENT ON COLUMN %1$I.documents.sha256 IS '0x and lower-case hexadecimal';
        COMMENT ON COLUMN %1$I.documents.bytes IS 'How many';
        COMMENT ON COLUMN %1$I.documents.position IS 'Of the event that made it public';
        CREATE TABLE %1$I.disclosures (
            position bigint NOT NULL,
            path text NOT NULL,
            by_position bigint NOT NULL,
            CONSTRAINT disclosures_pkey PRIMARY KEY (position, path)
        );
        COMMENT ON TABLE %1$I.disclosures IS 'What an event made public of an entry that withholds it; no value is in here';
        COMMENT ON COLUMN %1$I.disclosures.position IS 'Of the entry';
        COMMENT ON COLUMN %1$I.disclosures.path IS 'RFC 6901 pointer into the envelope; empty for the whole inner envelope of a sealed entry';
        COMMENT ON COLUMN %1$I.disclosures.by_position IS 'Of the event that made it public';
        CREATE TABLE %1$I.evaluators (
            evaluator_id uuid NOT NULL,
            pseudonym text NOT NULL,
            organisation text NOT NULL,
            status text NOT NULL,
            applied_at_ms bigint NOT NULL,
            accredited_at_ms bigint,
            position bigint NOT NULL,
            event_id uuid NOT NULL,
            CONSTRAINT evaluators_pkey PRIMARY KEY (evaluator_id),
            CONSTRAINT evaluators_position_key UNIQUE (position),
            CONSTRAINT evaluators_status_check CHECK (status IN ('applied', 'accredited'))
        );
        COMMENT ON COLUMN %1$I.evaluators.applied_at_ms IS 'Business clock, milliseconds since 1970-01-01 UTC';
        COMMENT ON COLUMN %1$I.evaluators.accredited_at_ms IS 'Business clock, milliseconds since 1970-01-01 UTC';
        COMMENT ON COLUMN %1$I.evaluators.position IS 'Of its application';
        GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA %1$I TO smart_tenders_service;
    $ddl$, target);
    RETURN new_generation;
END $$;

REVOKE ALL ON FUNCTION projections.create_read_models_v2(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION projections.create_read_models_v2(text) TO smart_tenders_service;
