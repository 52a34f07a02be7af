-- A successor whose first batch is somebody else's is succeeded at the size at which it started itself.
ALTER TABLE anchor.contracts DROP CONSTRAINT contracts_start_size_key;
ALTER TABLE anchor.contracts ADD COLUMN remembered_at timestamptz NOT NULL DEFAULT clock_timestamp();
COMMENT ON COLUMN anchor.contracts.remembered_at IS 'Wall clock of this database when the service was first started with the contract; of those that start at one size the newest anchors';
