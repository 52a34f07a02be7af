-- What events name by its hash, and what was signed after they were committed.
CREATE TABLE app.documents (
    sha256 bytea NOT NULL,
    subject text NOT NULL,
    sealed bytea NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT documents_pkey PRIMARY KEY (sha256, subject),
    CONSTRAINT documents_sha256_length_check CHECK (octet_length(sha256) = 32)
);
COMMENT ON TABLE app.documents IS 'Encrypted under keys that live outside Postgres; the same bytes once for each stream that names them';
COMMENT ON COLUMN app.documents.sha256 IS 'Of the bytes before they were encrypted';
COMMENT ON COLUMN app.documents.subject IS 'Whose key: destroying it erases the document';

CREATE TABLE app.receipts (
    event_id uuid NOT NULL,
    note text NOT NULL,
    CONSTRAINT receipts_pkey PRIMARY KEY (event_id)
);
COMMENT ON TABLE app.receipts IS 'Signed notes, so that whoever repeats a command gets the same bytes even after the key was rotated';

GRANT SELECT, INSERT ON app.documents, app.receipts TO smart_tenders_service;
