CREATE TABLE job_text (
    tenant_id text COLLATE "C" NOT NULL,
    job_id uuid NOT NULL,
    content_sha256 bytea NOT NULL,
    language text COLLATE "C" NOT NULL,
    document tsvector NOT NULL,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, job_id, content_sha256)
);

COMMENT ON TABLE job_text IS
    'Words of one revision of a job, to be searched, as it was read last. The text itself is in '
    'job_snapshot of market.';
COMMENT ON COLUMN job_text.tenant_id IS 'Whose market.';
COMMENT ON COLUMN job_text.job_id IS 'The job.';
COMMENT ON COLUMN job_text.content_sha256 IS 'The revision.';
COMMENT ON COLUMN job_text.language IS
    'Text search configuration its words were folded with: that of its language where it is '
    'certain, else simple.';
COMMENT ON COLUMN job_text.document IS
    'Words of title (A), organisation (B) and description (D). Not in digest: made of the '
    'content by rules of the server''s version.';
COMMENT ON COLUMN job_text.from_seq IS
    'Sequence of its job.normalized, or job.reread since, in JMIP_EVENTS. Not in digest: where it lies in a log '
    'differs between systems.';
