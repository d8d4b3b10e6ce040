CREATE TABLE job_text (
    tenant_id text COLLATE "C" NOT NULL,
    job_id uuid NOT NULL,
    content_sha256 bytea NOT NULL,
    language text COLLATE "C" NOT NULL,
    short tsvector NOT NULL,
    document tsvector NOT NULL,
    captured_at timestamptz NOT NULL,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, job_id, content_sha256)
) WITH (toast_tuple_target = 256);

COMMENT ON TABLE job_text IS
    'Words of one revision of a job, to be searched, as it was read last. The text itself is in '
    'job_snapshot of market.';
COMMENT ON COLUMN job_text.tenant_id IS 'Whose market.';
COMMENT ON COLUMN job_text.job_id IS 'The job.';
COMMENT ON COLUMN job_text.content_sha256 IS 'The revision.';
COMMENT ON COLUMN job_text.language IS
    'Text search configuration its words were folded with: that of its language where it is '
    'certain, else simple.';
COMMENT ON COLUMN job_text.short IS
    'Words of title (A) and organisation (B): what many matches are ranked by, so it stays in the row '
    'while document lies beside it. Not in digest: made of the content by rules of the server''s version.';
COMMENT ON COLUMN job_text.document IS
    'Words of title (A), organisation (B) and description (D), and with U+001F before it the name of '
    'language, so that one condition asks for words of one language. Not in digest: made of the '
    'content by rules of the server''s version.';
COMMENT ON COLUMN job_text.captured_at IS
    'Capture that brought the content: the latest of equal matches comes first. Not in digest: depends '
    'on the order of arrival.';
COMMENT ON COLUMN job_text.from_seq IS
    'Sequence of its job.normalized, or job.reread since, in JMIP_EVENTS. Not in digest: where it lies in a log '
    'differs between systems.';
