-- What witnesses sign of the log's checkpoints, and whose signatures are published.
CREATE TABLE anchor.witnesses (
    verifier_key text NOT NULL,
    is_in_use boolean NOT NULL,
    CONSTRAINT witnesses_pkey PRIMARY KEY (verifier_key)
);
COMMENT ON COLUMN anchor.witnesses.verifier_key IS 'C2SP verifier key of algorithm 0x04, as a policy lists it';
COMMENT ON COLUMN anchor.witnesses.is_in_use IS 'Whether its signatures are published: only what a policy lists may be';

CREATE TABLE anchor.witness_rule (
    id smallint NOT NULL,
    quorum integer NOT NULL,
    CONSTRAINT witness_rule_pkey PRIMARY KEY (id),
    CONSTRAINT witness_rule_id_check CHECK (id = 1),
    CONSTRAINT witness_rule_quorum_check CHECK (quorum >= 0)
);
COMMENT ON COLUMN anchor.witness_rule.quorum IS 'Cosignatures without which nothing of a batch is published';
INSERT INTO anchor.witness_rule (id, quorum) VALUES (1, 0);

CREATE TABLE anchor.cosignatures (
    contract bytea NOT NULL,
    batch_index bigint NOT NULL,
    verifier_key text NOT NULL,
    line text NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT cosignatures_pkey PRIMARY KEY (contract, batch_index, verifier_key),
    CONSTRAINT cosignatures_batch_fkey FOREIGN KEY (contract, batch_index)
        REFERENCES anchor.batches (contract, batch_index),
    CONSTRAINT cosignatures_witness_fkey FOREIGN KEY (verifier_key) REFERENCES anchor.witnesses (verifier_key),
    CONSTRAINT cosignatures_line_check CHECK (line ~ '^— [^\n]+\n$')
);
CREATE INDEX cosignatures_verifier_key_idx ON anchor.cosignatures (verifier_key, batch_index);
COMMENT ON COLUMN anchor.cosignatures.line IS 'Verified signature line of the checkpoint of the batch, with its newline';
COMMENT ON COLUMN anchor.cosignatures.received_at IS 'Wall clock of this database; the time the witness says is in the line';

-- A batch with its checkpoint as it is published: the log's own signature, then those of the witnesses in use.
CREATE VIEW anchor.cosigned_batches AS
SELECT
    batch.contract,
    batch.batch_index,
    batch.first_position,
    batch.entry_count,
    batch.batch_root,
    batch.log_root,
    batch.checkpoint || coalesce(witnessed.lines, '') AS checkpoint,
    batch.state,
    batch.chain_tx,
    batch.chain_tx_hash,
    batch.chain_tx_nonce,
    batch.block_number,
    batch.block_hash,
    batch.headers,
    batch.account_proof,
    batch.storage_proof,
    batch.confirmed_at,
    witnessed.signatures >= rule.quorum AS has_quorum
FROM anchor.batches AS batch
CROSS JOIN anchor.witness_rule AS rule
CROSS JOIN LATERAL (
    SELECT
        count(*) AS signatures,
        string_agg(cosignature.line, '' ORDER BY cosignature.line COLLATE "C") AS lines
    FROM anchor.cosignatures AS cosignature
    JOIN anchor.witnesses AS witness USING (verifier_key)
    WHERE
        cosignature.contract = batch.contract
        AND cosignature.batch_index = batch.batch_index
        AND witness.is_in_use
) AS witnessed;

GRANT SELECT, INSERT, UPDATE ON anchor.witnesses TO smart_tenders_service;
GRANT SELECT, UPDATE ON anchor.witness_rule TO smart_tenders_service;
GRANT SELECT, INSERT ON anchor.cosignatures TO smart_tenders_service;
GRANT SELECT ON anchor.cosigned_batches TO smart_tenders_service;
