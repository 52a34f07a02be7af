-- Read models: all of this can be dropped and rebuilt from the log.
CREATE SCHEMA projections;
GRANT USAGE ON SCHEMA projections TO smart_tenders_service;

CREATE TABLE projections.generations (
    generation bigint NOT NULL,
    name text NOT NULL,
    origin text NOT NULL,
    state text NOT NULL,
    projection_position bigint NOT NULL DEFAULT 0,
    epoch bigint NOT NULL DEFAULT 0,
    failure text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT generations_pkey PRIMARY KEY (generation),
    CONSTRAINT generations_generation_check CHECK (generation > 0),
    CONSTRAINT generations_state_check CHECK (state IN ('building', 'serving', 'retired')),
    CONSTRAINT generations_projection_position_check CHECK (projection_position >= 0)
);
CREATE UNIQUE INDEX generations_serving_key ON projections.generations (state) WHERE state = 'serving';
COMMENT ON TABLE projections.generations IS 'A generation is a schema read_<generation>, built from zero beside the serving one';
COMMENT ON COLUMN projections.generations.name IS 'Name and version of the shape, such as read_models_v1';
COMMENT ON COLUMN projections.generations.origin IS 'The log it was built from';
COMMENT ON COLUMN projections.generations.projection_position IS 'Position of the next event to apply = number of events applied';
COMMENT ON COLUMN projections.generations.epoch IS 'Raised by every runner that takes over; an older runner finds another number and stops';
COMMENT ON COLUMN projections.generations.failure IS 'Why the runner stopped; NULL while it follows the log';
GRANT SELECT, UPDATE ON projections.generations TO smart_tenders_service;

-- The service owns nothing, so generations are made and dropped for it by functions of the owner.
CREATE FUNCTION projections.create_read_models_v1(log_origin text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    new_generation bigint;
    target text;
BEGIN
    LOCK TABLE projections.generations IN SHARE ROW EXCLUSIVE MODE;
    SELECT coalesce(max(generation), 0) + 1 INTO new_generation FROM projections.generations;
    target := 'read_' || new_generation;
    INSERT INTO projections.generations (generation, name, origin, state)
    VALUES (new_generation, 'read_models_v1', log_origin, 'building');
    EXECUTE format('CREATE SCHEMA %I', target);
    EXECUTE format($ddl$
        CREATE TABLE %1$I.units (
            unit_key text NOT NULL,
            position bigint NOT NULL,
            event_id uuid NOT NULL,
            data jsonb NOT NULL,
            CONSTRAINT units_pkey PRIMARY KEY (unit_key),
            CONSTRAINT units_position_key UNIQUE (position)
        );
        CREATE TABLE %1$I.catalogue_items (
            scheme text NOT NULL,
            item_id text NOT NULL,
            position bigint NOT NULL,
            event_id uuid NOT NULL,
            data jsonb NOT NULL,
            CONSTRAINT catalogue_items_pkey PRIMARY KEY (scheme, item_id),
            CONSTRAINT catalogue_items_position_key UNIQUE (position)
        );
        CREATE TABLE %1$I.companies (
            company_id uuid NOT NULL,
            status text NOT NULL,
            reason text,
            registrant text,
            registered_at_ms bigint NOT NULL,
            decided_at_ms bigint,
            position bigint NOT NULL,
            event_id uuid NOT NULL,
            data jsonb NOT NULL,
            CONSTRAINT companies_pkey PRIMARY KEY (company_id),
            CONSTRAINT companies_position_key UNIQUE (position),
            CONSTRAINT companies_status_check CHECK (status IN ('registered', 'approved', 'rejected'))
        );
        CREATE INDEX companies_status_idx ON %1$I.companies (status, position);
        COMMENT ON COLUMN %1$I.companies.registrant IS 'Pseudonym of the account that registered it; NULL: withheld';
        COMMENT ON COLUMN %1$I.companies.registered_at_ms IS 'Business clock, milliseconds since 1970-01-01 UTC';
        CREATE TABLE %1$I.plans (
            ocid text NOT NULL,
            unit_key text NOT NULL,
            approved_at_ms bigint NOT NULL,
            position bigint NOT NULL,
            event_id uuid NOT NULL,
            data jsonb NOT NULL,
            CONSTRAINT plans_pkey PRIMARY KEY (ocid),
            CONSTRAINT plans_position_key UNIQUE (position)
        );
        CREATE TABLE %1$I.tenders (
            ocid text NOT NULL,
            tender_id uuid NOT NULL,
            unit_key text NOT NULL,
            title text NOT NULL,
            budget_centavos bigint NOT NULL,
            budget_currency text NOT NULL,
            registered_at_ms bigint NOT NULL,
            published_at_ms bigint NOT NULL,
            closes_at_ms bigint NOT NULL,
            position bigint NOT NULL,
            event_id uuid NOT NULL,
            data jsonb NOT NULL,
            CONSTRAINT tenders_pkey PRIMARY KEY (ocid),
            CONSTRAINT tenders_tender_id_key UNIQUE (tender_id),
            CONSTRAINT tenders_position_key UNIQUE (position)
        );
        COMMENT ON COLUMN %1$I.tenders.closes_at_ms IS 'Exclusive end of receipt, milliseconds since 1970-01-01 UTC';
        CREATE TABLE %1$I.releases (
            release_id text NOT NULL,
            ocid text NOT NULL,
            release_date text NOT NULL,
            sha256 text NOT NULL,
            position bigint NOT NULL,
            event_id uuid NOT NULL,
            CONSTRAINT releases_pkey PRIMARY KEY (release_id),
            CONSTRAINT releases_position_key UNIQUE (position)
        );
        CREATE INDEX releases_ocid_idx ON %1$I.releases (ocid, position);
        COMMENT ON COLUMN %1$I.releases.position IS 'Of the ReleasePublished event';
        CREATE TABLE %1$I.records (
            ocid text NOT NULL,
            merge_state text NOT NULL,
            compiled_release text NOT NULL,
            last_release_id text NOT NULL,
            last_release_date text NOT NULL,
            release_count bigint NOT NULL,
            position bigint NOT NULL,
            CONSTRAINT records_pkey PRIMARY KEY (ocid),
            CONSTRAINT records_position_key UNIQUE (position),
            CONSTRAINT records_release_count_check CHECK (release_count > 0)
        );
        COMMENT ON COLUMN %1$I.records.merge_state IS 'JSON of the merge, to go on from; private to the version of the code';
        COMMENT ON COLUMN %1$I.records.compiled_release IS 'Canonical JSON (RFC 8785)';
        COMMENT ON COLUMN %1$I.records.position IS 'Of the newest ReleasePublished event';
        GRANT USAGE ON SCHEMA %1$I TO smart_tenders_service;
        GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA %1$I TO smart_tenders_service;
    $ddl$, target);
    RETURN new_generation;
END $$;

CREATE FUNCTION projections.drop_generation(old_generation bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    DELETE FROM projections.generations WHERE generation = old_generation;
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', 'read_' || old_generation);
END $$;

REVOKE ALL ON FUNCTION projections.create_read_models_v1(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION projections.drop_generation(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION projections.create_read_models_v1(text) TO smart_tenders_service;
GRANT EXECUTE ON FUNCTION projections.drop_generation(bigint) TO smart_tenders_service;
