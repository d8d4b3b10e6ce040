CREATE TABLE raw_job_post (
    tenant_id text COLLATE "C" NOT NULL,
    export_id bytea NOT NULL,
    record bigint NOT NULL,
    connector text NOT NULL,
    platform text NOT NULL,
    external_id text,
    url text,
    title text,
    organization text,
    member text,
    byte_start bigint NOT NULL,
    byte_end bigint NOT NULL,
    receipt_id uuid NOT NULL,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, export_id, record),
    FOREIGN KEY (tenant_id, export_id) REFERENCES export,
    CHECK (record >= 1),
    CHECK (byte_start <= byte_end)
);

COMMENT ON TABLE raw_job_post IS
    'One record of an export as its connector read it, as stated. The description is kept once, '
    'in job_snapshot.';
COMMENT ON COLUMN raw_job_post.tenant_id IS 'Whose market.';
COMMENT ON COLUMN raw_job_post.export_id IS 'The export.';
COMMENT ON COLUMN raw_job_post.record IS 'Number of the record in it, from 1.';
COMMENT ON COLUMN raw_job_post.connector IS 'Connector that read it.';
COMMENT ON COLUMN raw_job_post.platform IS 'Board it appeared on, lower case.';
COMMENT ON COLUMN raw_job_post.external_id IS 'The platform''s own id of it.';
COMMENT ON COLUMN raw_job_post.url IS 'Its page on the platform.';
COMMENT ON COLUMN raw_job_post.title IS 'Title.';
COMMENT ON COLUMN raw_job_post.organization IS 'Hiring organisation.';
COMMENT ON COLUMN raw_job_post.member IS
    'File inside the export; null when the export is no container.';
COMMENT ON COLUMN raw_job_post.byte_start IS
    'First byte of the record in the decompressed, not yet decoded export.';
COMMENT ON COLUMN raw_job_post.byte_end IS 'One past its last byte.';
COMMENT ON COLUMN raw_job_post.receipt_id IS
    'Receipt that read it first. Not in digest: how often bytes were published is no part of the '
    'market.';
COMMENT ON COLUMN raw_job_post.from_seq IS
    'Sequence of its posting.observed there, of the last attempt, in JMIP_EVENTS. Not in digest: where '
    'it lies in a log differs between systems.';
