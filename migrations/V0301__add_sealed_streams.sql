-- A stream is wholly sealed or wholly open: version and leaf of an open entry would betray a sealed one before it.
ALTER TABLE log.streams ADD COLUMN is_sealed boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN log.streams.is_sealed IS 'Whether its entries are sealed; never changes';

COMMENT ON COLUMN log.events.entry IS 'The bytes that are hashed, verbatim; everything else in this row can be read off them, but for the stream and the version of a sealed entry';
COMMENT ON COLUMN log.events.stream_id IS 'Of a sealed entry it is a private index: nobody outside may learn it';
COMMENT ON COLUMN log.events.stream_version IS 'Of a sealed entry it is a private index: nobody outside may learn it';
COMMENT ON COLUMN log.vault.path IS 'RFC 6901 pointer into the envelope; empty for the whole inner envelope of a sealed entry';
