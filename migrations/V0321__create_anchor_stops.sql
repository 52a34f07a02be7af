-- Why the anchor service stopped, for those who ask the API; empty while it runs.
CREATE TABLE anchor.stops (
    id smallint NOT NULL,
    reason text NOT NULL,
    stopped_at timestamptz NOT NULL,
    CONSTRAINT stops_pkey PRIMARY KEY (id),
    CONSTRAINT stops_id_check CHECK (id = 1)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON anchor.stops TO smart_tenders_service;
