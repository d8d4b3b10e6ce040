CREATE TABLE export (
    tenant_id text COLLATE "C" NOT NULL,
    export_id bytea NOT NULL,
    source text NOT NULL,
    filename text,
    captured_at timestamptz NOT NULL,
    size_bytes bigint NOT NULL,
    connector text,
    records bigint,
    observed bigint,
    refused bigint,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, export_id),
    CHECK (octet_length(export_id) = 32),
    CHECK (records = observed + refused)
);

COMMENT ON TABLE export IS
    'The bytes a user published, by content: publishing them again changes nothing here.';
COMMENT ON COLUMN export.tenant_id IS 'Whose market.';
COMMENT ON COLUMN export.export_id IS 'SHA-256 of the bytes.';
COMMENT ON COLUMN export.source IS
    'Which exporter the publisher says it came from; of the first receipt.';
COMMENT ON COLUMN export.filename IS 'The publisher''s claim; of the first receipt.';
COMMENT ON COLUMN export.captured_at IS 'When the export was captured; of the first receipt.';
COMMENT ON COLUMN export.size_bytes IS 'Size as published.';
COMMENT ON COLUMN export.connector IS
    'Connector that read it first to its end; null when none recognised it or it is not read '
    'yet.';
COMMENT ON COLUMN export.records IS 'Records in all; null until read.';
COMMENT ON COLUMN export.observed IS 'Records read as postings; null until read.';
COMMENT ON COLUMN export.refused IS 'Records that could not be read; null until read.';
COMMENT ON COLUMN export.from_seq IS
    'Sequence of its first export.received in JMIP_EVENTS. Not in digest: where it lies in a log '
    'differs between systems.';
