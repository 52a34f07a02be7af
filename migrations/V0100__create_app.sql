-- The application's own rows: accounts, sessions, drafts, and the exact bytes of published releases.
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO smart_tenders_service;

CREATE TABLE app.accounts (
    account_ref uuid NOT NULL,
    login text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT accounts_pkey PRIMARY KEY (account_ref),
    CONSTRAINT accounts_login_key UNIQUE (login),
    CONSTRAINT accounts_login_check CHECK (login ~ '^[a-z0-9][a-z0-9._@+-]{2,63}$')
);
COMMENT ON COLUMN app.accounts.account_ref IS 'The pseudonym that events name; the link to the login exists in this table only';
COMMENT ON COLUMN app.accounts.password_hash IS 'Argon2id in PHC string format';

CREATE TABLE app.account_roles (
    account_ref uuid NOT NULL,
    role text NOT NULL,
    CONSTRAINT account_roles_pkey PRIMARY KEY (account_ref, role),
    CONSTRAINT account_roles_account_ref_fkey FOREIGN KEY (account_ref)
        REFERENCES app.accounts (account_ref) ON DELETE CASCADE
);

CREATE TABLE app.sessions (
    token_hash bytea NOT NULL,
    account_ref uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (token_hash),
    CONSTRAINT sessions_account_ref_fkey FOREIGN KEY (account_ref)
        REFERENCES app.accounts (account_ref) ON DELETE CASCADE,
    CONSTRAINT sessions_token_hash_length_check CHECK (octet_length(token_hash) = 32)
);
CREATE INDEX sessions_account_ref_idx ON app.sessions (account_ref);
CREATE INDEX sessions_expires_at_idx ON app.sessions (expires_at);
COMMENT ON COLUMN app.sessions.token_hash IS 'SHA-256 of the bearer token: who reads this table cannot log in with it';

CREATE TABLE app.drafts (
    draft_id uuid NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    author uuid NOT NULL,
    approver uuid,
    reason text,
    content jsonb NOT NULL,
    version bigint NOT NULL,
    created_at_ms bigint NOT NULL,
    updated_at_ms bigint NOT NULL,
    CONSTRAINT drafts_pkey PRIMARY KEY (draft_id),
    CONSTRAINT drafts_kind_check CHECK (kind IN ('plan', 'tender')),
    CONSTRAINT drafts_status_check CHECK (status IN ('draft', 'in_review', 'returned', 'approved')),
    CONSTRAINT drafts_approved_by_somebody_check CHECK (status <> 'approved' OR approver IS NOT NULL),
    CONSTRAINT drafts_four_eyes_check CHECK (approver <> author),
    CONSTRAINT drafts_version_check CHECK (version > 0)
);
CREATE INDEX drafts_kind_status_idx ON app.drafts (kind, status, draft_id);
COMMENT ON TABLE app.drafts IS 'What is not public yet; a row becomes an event when it is approved (plan) or published (tender)';
COMMENT ON COLUMN app.drafts.version IS 'From 1, one more at each change';
COMMENT ON COLUMN app.drafts.created_at_ms IS 'Business clock, milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN app.drafts.updated_at_ms IS 'Business clock, milliseconds since 1970-01-01 UTC';

CREATE TABLE app.commands (
    command_id uuid NOT NULL,
    body_hash bytea NOT NULL,
    subject uuid NOT NULL,
    CONSTRAINT commands_pkey PRIMARY KEY (command_id),
    CONSTRAINT commands_body_hash_length_check CHECK (octet_length(body_hash) = 32)
);
COMMENT ON TABLE app.commands IS 'Commands that moved a draft, so that a repeated one gets its first answer';
COMMENT ON COLUMN app.commands.body_hash IS 'SHA-256 of a draft command, which holds no personal data';

CREATE TABLE app.ocid_counters (
    unit_key text NOT NULL,
    fiscal_year integer NOT NULL,
    last_n bigint NOT NULL,
    CONSTRAINT ocid_counters_pkey PRIMARY KEY (unit_key, fiscal_year),
    CONSTRAINT ocid_counters_last_n_check CHECK (last_n > 0)
);
COMMENT ON TABLE app.ocid_counters IS 'A hint for the next ocid; that an ocid is unique is a claim of the log';

CREATE TABLE app.releases (
    release_id text NOT NULL,
    ocid text NOT NULL,
    position bigint NOT NULL,
    date_ms bigint NOT NULL,
    bytes bytea NOT NULL,
    sha256 bytea NOT NULL,
    mapping text NOT NULL,
    CONSTRAINT releases_pkey PRIMARY KEY (release_id),
    CONSTRAINT releases_position_key UNIQUE (position),
    CONSTRAINT releases_position_check CHECK (position >= 0),
    CONSTRAINT releases_sha256_check CHECK (sha256 = sha256(bytes))
);
CREATE INDEX releases_ocid_position_idx ON app.releases (ocid, position);
COMMENT ON COLUMN app.releases.position IS 'Position of the event the release was made from';
COMMENT ON COLUMN app.releases.date_ms IS 'Date of the release, milliseconds since 1970-01-01 UTC';
COMMENT ON COLUMN app.releases.bytes IS 'The exact bytes that ReleasePublished records the hash of';

CREATE TABLE app.publisher (
    id smallint NOT NULL DEFAULT 1,
    next_position bigint NOT NULL,
    CONSTRAINT publisher_pkey PRIMARY KEY (id),
    CONSTRAINT publisher_single_row_check CHECK (id = 1),
    CONSTRAINT publisher_next_position_check CHECK (next_position >= 0)
);
INSERT INTO app.publisher (next_position) VALUES (0);
COMMENT ON COLUMN app.publisher.next_position IS 'Every event before this position has its release; set back to 0, everything is compared again';

GRANT SELECT, INSERT, UPDATE, DELETE ON app.accounts, app.account_roles, app.sessions TO smart_tenders_service;
GRANT SELECT, INSERT, UPDATE ON app.drafts, app.ocid_counters TO smart_tenders_service;
GRANT SELECT, INSERT ON app.commands, app.releases TO smart_tenders_service;
GRANT SELECT, UPDATE ON app.publisher TO smart_tenders_service;
