CREATE TABLE receipt (
    tenant_id text COLLATE "C" NOT NULL,
    receipt_id uuid NOT NULL,
    export_id bytea NOT NULL,
    receipt bigint NOT NULL,
    ingest_sequence bigint NOT NULL,
    captured_at timestamptz NOT NULL,
    stored_at timestamptz,
    records bigint NOT NULL DEFAULT 0,
    bytes_read bigint NOT NULL DEFAULT 0,
    is_read boolean NOT NULL DEFAULT false,
    observed bigint,
    refused bigint,
    parked_reason text,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, receipt_id),
    UNIQUE (tenant_id, export_id, receipt),
    FOREIGN KEY (tenant_id, export_id) REFERENCES export,
    CHECK (receipt >= 1),
    CHECK (is_read = (observed IS NOT NULL) AND is_read = (refused IS NOT NULL))
) WITH (fillfactor = 80);

COMMENT ON TABLE receipt IS
    'One publishing of an export. Not in digest: how often bytes were published is no part of '
    'the market.';
COMMENT ON COLUMN receipt.tenant_id IS 'Whose market.';
COMMENT ON COLUMN receipt.receipt_id IS
    'Id of the export.received event; correlation id of all that follows.';
COMMENT ON COLUMN receipt.export_id IS 'The export.';
COMMENT ON COLUMN receipt.receipt IS 'The n-th time these bytes came, from 1.';
COMMENT ON COLUMN receipt.ingest_sequence IS 'Sequence of the publishing in JMIP_INGEST.';
COMMENT ON COLUMN receipt.captured_at IS 'When the export was captured, as this publishing says.';
COMMENT ON COLUMN receipt.stored_at IS 'When JetStream stored the publishing.';
COMMENT ON COLUMN receipt.records IS
    'Records out so far, read and refused; all of them once it is read.';
COMMENT ON COLUMN receipt.bytes_read IS 'Bytes of the decompressed export consumed so far.';
COMMENT ON COLUMN receipt.is_read IS 'It has been read to its end.';
COMMENT ON COLUMN receipt.observed IS 'Records read as postings; null until read.';
COMMENT ON COLUMN receipt.refused IS 'Records that could not be read; null until read.';
COMMENT ON COLUMN receipt.parked_reason IS
    'Why the receipt itself was parked; null when it was not.';
COMMENT ON COLUMN receipt.from_seq IS
    'Sequence of its export.received in JMIP_EVENTS. Not in digest: where it lies in a log '
    'differs between systems.';
