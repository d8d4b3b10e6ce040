CREATE TABLE refused_record (
    tenant_id text COLLATE "C" NOT NULL,
    export_id bytea NOT NULL,
    record bigint NOT NULL,
    column_name text,
    reason text NOT NULL,
    excerpt text NOT NULL,
    member text,
    byte_start bigint NOT NULL,
    receipt_id uuid NOT NULL,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, export_id, record),
    FOREIGN KEY (tenant_id, export_id) REFERENCES export,
    CHECK (record >= 1)
);

COMMENT ON TABLE refused_record IS 'A record of an export that could not be read.';
COMMENT ON COLUMN refused_record.tenant_id IS 'Whose market.';
COMMENT ON COLUMN refused_record.export_id IS 'The export.';
COMMENT ON COLUMN refused_record.record IS
    'Number of the record in it, from 1; 1 when the export as a whole could not be read.';
COMMENT ON COLUMN refused_record.column_name IS
    'Column at fault; null when it is the whole record.';
COMMENT ON COLUMN refused_record.reason IS 'Why, for a person to read.';
COMMENT ON COLUMN refused_record.excerpt IS 'The beginning of what was there.';
COMMENT ON COLUMN refused_record.member IS
    'File inside the export; null when the export is no container.';
COMMENT ON COLUMN refused_record.byte_start IS
    'Where the record starts in the decompressed, not yet decoded export.';
COMMENT ON COLUMN refused_record.receipt_id IS
    'Receipt that refused it first. Not in digest: how often bytes were published is no part of '
    'the market.';
COMMENT ON COLUMN refused_record.from_seq IS
    'Sequence of its posting.refused there, of the last attempt, in JMIP_EVENTS. Not in digest: where '
    'it lies in a log differs between systems.';
