-- What the anchor service remembers. The truth is the contract: all of this can be rebuilt from it and the log.
CREATE SCHEMA anchor;
GRANT USAGE ON SCHEMA anchor TO smart_tenders_service;

CREATE TABLE anchor.contracts (
    address bytea NOT NULL,
    chain_id bigint NOT NULL,
    genesis_hash bytea NOT NULL,
    consensus text NOT NULL,
    start_size bigint NOT NULL,
    CONSTRAINT contracts_pkey PRIMARY KEY (address),
    CONSTRAINT contracts_start_size_key UNIQUE (start_size),
    CONSTRAINT contracts_address_length_check CHECK (octet_length(address) = 20),
    CONSTRAINT contracts_chain_id_check CHECK (chain_id > 0),
    CONSTRAINT contracts_genesis_hash_length_check CHECK (octet_length(genesis_hash) = 32),
    CONSTRAINT contracts_consensus_check CHECK (consensus IN ('clique', 'dev')),
    CONSTRAINT contracts_start_size_check CHECK (start_size >= 0)
);
COMMENT ON COLUMN anchor.contracts.start_size IS 'Entries of the log that predecessors anchored';

CREATE TABLE anchor.batches (
    contract bytea NOT NULL,
    batch_index bigint NOT NULL,
    first_position bigint NOT NULL,
    entry_count bigint NOT NULL,
    batch_root bytea NOT NULL,
    log_root bytea NOT NULL,
    checkpoint text NOT NULL,
    state text NOT NULL,
    chain_tx bytea,
    chain_tx_hash bytea,
    chain_tx_nonce bigint,
    block_number bigint,
    block_hash bytea,
    headers bytea[],
    account_proof bytea[],
    storage_proof bytea[],
    confirmed_at timestamptz,
    CONSTRAINT batches_pkey PRIMARY KEY (contract, batch_index),
    CONSTRAINT batches_first_position_key UNIQUE (first_position),
    CONSTRAINT batches_contract_fkey FOREIGN KEY (contract) REFERENCES anchor.contracts (address),
    CONSTRAINT batches_batch_index_check CHECK (batch_index >= 0),
    CONSTRAINT batches_first_position_check CHECK (first_position >= 0),
    CONSTRAINT batches_entry_count_check CHECK (entry_count > 0),
    CONSTRAINT batches_batch_root_length_check CHECK (octet_length(batch_root) = 32),
    CONSTRAINT batches_log_root_length_check CHECK (octet_length(log_root) = 32),
    CONSTRAINT batches_state_check CHECK (state IN ('pending', 'submitted', 'mined', 'confirmed')),
    CONSTRAINT batches_chain_tx_check CHECK (
        num_nulls(chain_tx, chain_tx_hash, chain_tx_nonce) IN (0, 3)
        AND (state <> 'pending' OR chain_tx IS NULL)
        AND (state <> 'submitted' OR chain_tx IS NOT NULL)
    ),
    CONSTRAINT batches_block_check CHECK (
        num_nulls(block_number, block_hash) = CASE WHEN state IN ('mined', 'confirmed') THEN 0 ELSE 2 END
    ),
    CONSTRAINT batches_evidence_check CHECK (
        num_nulls(headers, account_proof, storage_proof, confirmed_at)
            = CASE WHEN state = 'confirmed' THEN 0 ELSE 4 END
    )
);
CREATE INDEX batches_unconfirmed_idx ON anchor.batches (contract, batch_index) WHERE state <> 'confirmed';
COMMENT ON COLUMN anchor.batches.state IS 'pending: cut; submitted: chain transaction stored; mined: in a block; confirmed: a quorum of signers stands behind it';
COMMENT ON COLUMN anchor.batches.chain_tx IS 'EIP-2718 bytes, stored before they are sent and resent verbatim; NULL: not signed yet, or found in the contract';
COMMENT ON COLUMN anchor.batches.headers IS 'RLP headers of the anchoring block and its descendants';
COMMENT ON COLUMN anchor.batches.confirmed_at IS 'Wall clock of this database when the batch was found confirmed';

CREATE TABLE anchor.tiles (
    level smallint NOT NULL,
    tile_index bigint NOT NULL,
    hashes bytea NOT NULL,
    CONSTRAINT tiles_pkey PRIMARY KEY (level, tile_index),
    CONSTRAINT tiles_level_check CHECK (level BETWEEN 0 AND 63),
    CONSTRAINT tiles_tile_index_check CHECK (tile_index >= 0),
    CONSTRAINT tiles_hashes_length_check CHECK (octet_length(hashes) % 32 = 0 AND octet_length(hashes) BETWEEN 32 AND 8192)
);
COMMENT ON COLUMN anchor.tiles.hashes IS 'C2SP tlog-tiles of height 8: 1 to 256 SHA-256 hashes; covers batched entries only';

GRANT SELECT, INSERT ON anchor.contracts TO smart_tenders_service;
GRANT SELECT, INSERT, UPDATE ON anchor.batches TO smart_tenders_service;
GRANT SELECT, INSERT, UPDATE ON anchor.tiles TO smart_tenders_service;
