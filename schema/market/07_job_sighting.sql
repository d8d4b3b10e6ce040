CREATE TABLE job_sighting (
    tenant_id text COLLATE "C" NOT NULL,
    job_id uuid NOT NULL,
    captured_at timestamptz NOT NULL,
    export_id bytea NOT NULL,
    record bigint NOT NULL,
    content_sha256 bytea NOT NULL,
    url text,
    apply_url text,
    date_posted timestamptz,
    date_posted_literal text,
    date_posted_precision text,
    valid_through timestamptz,
    valid_through_literal text,
    applicants bigint,
    applicants_is_floor boolean,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, job_id, captured_at, export_id, record),
    FOREIGN KEY (tenant_id, job_id, content_sha256) REFERENCES job_snapshot ON UPDATE CASCADE,
    FOREIGN KEY (tenant_id, export_id, record) REFERENCES raw_job_post
);

COMMENT ON TABLE job_sighting IS
    'One appearance of a job: what may change without making a new revision. Insert-only.';
COMMENT ON COLUMN job_sighting.tenant_id IS 'Whose market.';
COMMENT ON COLUMN job_sighting.job_id IS 'The job.';
COMMENT ON COLUMN job_sighting.captured_at IS 'When it was seen.';
COMMENT ON COLUMN job_sighting.export_id IS 'The export it was seen in.';
COMMENT ON COLUMN job_sighting.record IS 'The record there.';
COMMENT ON COLUMN job_sighting.content_sha256 IS 'The revision it showed.';
COMMENT ON COLUMN job_sighting.url IS 'Its page as stated.';
COMMENT ON COLUMN job_sighting.apply_url IS 'Where one applies, when that is elsewhere.';
COMMENT ON COLUMN job_sighting.date_posted IS 'Date posted; null when it could not be read.';
COMMENT ON COLUMN job_sighting.date_posted_literal IS 'Date posted, as written.';
COMMENT ON COLUMN job_sighting.date_posted_precision IS 'INSTANT, DAY or RELATIVE.';
COMMENT ON COLUMN job_sighting.valid_through IS
    'Last day to apply; null when it could not be read.';
COMMENT ON COLUMN job_sighting.valid_through_literal IS 'Last day to apply, as written.';
COMMENT ON COLUMN job_sighting.applicants IS 'Applicants or proposals.';
COMMENT ON COLUMN job_sighting.applicants_is_floor IS 'At least so many.';
COMMENT ON COLUMN job_sighting.from_seq IS
    'Sequence of the event in JMIP_EVENTS. Not in digest: where it lies in a log differs between '
    'systems.';
