CREATE TABLE job_skill (
    tenant_id text COLLATE "C" NOT NULL,
    job_id uuid NOT NULL,
    content_sha256 bytea NOT NULL,
    skill_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    tier text NOT NULL,
    span_field text,
    span_start bigint,
    span_end bigint,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, job_id, content_sha256, skill_id),
    FOREIGN KEY (tenant_id, job_id, content_sha256) REFERENCES enrichment ON UPDATE CASCADE,
    CHECK (tier IN ('MUST', 'NICE', 'CONTEXT'))
);

COMMENT ON TABLE job_skill IS 'Skills asked for by one revision.';
COMMENT ON COLUMN job_skill.tenant_id IS 'Whose market.';
COMMENT ON COLUMN job_skill.job_id IS 'The job.';
COMMENT ON COLUMN job_skill.content_sha256 IS 'The revision.';
COMMENT ON COLUMN job_skill.skill_id IS 'Id in the dictionary.';
COMMENT ON COLUMN job_skill.name IS 'Its usual name.';
COMMENT ON COLUMN job_skill.tier IS 'MUST, NICE or CONTEXT: the strongest of its mentions.';
COMMENT ON COLUMN job_skill.span_field IS
    'Field the mention stands in; null when it comes from a column.';
COMMENT ON COLUMN job_skill.span_start IS 'First byte of the mention in that field.';
COMMENT ON COLUMN job_skill.span_end IS 'One past its last byte.';
COMMENT ON COLUMN job_skill.from_seq IS
    'Sequence of the event in JMIP_EVENTS. Not in digest: where it lies in a log differs between '
    'systems.';
