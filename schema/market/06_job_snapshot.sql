CREATE TABLE job_snapshot (
    tenant_id text COLLATE "C" NOT NULL,
    job_id uuid NOT NULL,
    content_sha256 bytea NOT NULL,
    revision bigint NOT NULL,
    changed_fields text[] NOT NULL,
    platform text NOT NULL,
    key text NOT NULL,
    key_kind text NOT NULL,
    title text NOT NULL,
    organization text,
    organization_key text,
    description text NOT NULL,
    completeness text,
    locations jsonb NOT NULL,
    countries text[] NOT NULL,
    workplace text,
    employment_types text[] NOT NULL,
    pay_min_minor bigint,
    pay_max_minor bigint,
    pay_currency text,
    pay_unit text,
    pay_origin text,
    seniority text,
    event_id uuid NOT NULL,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, job_id, content_sha256),
    CHECK (octet_length(content_sha256) = 32),
    CHECK (revision >= 1),
    CHECK (workplace IN ('ONSITE', 'HYBRID', 'REMOTE')),
    CHECK (pay_unit IN ('HOUR', 'DAY', 'WEEK', 'MONTH', 'YEAR', 'PROJECT'))
);

COMMENT ON TABLE job_snapshot IS
    'One revision of a job: one distinct significant content, whole, as it was read last.';
COMMENT ON COLUMN job_snapshot.tenant_id IS 'Whose market.';
COMMENT ON COLUMN job_snapshot.job_id IS 'The job.';
COMMENT ON COLUMN job_snapshot.content_sha256 IS 'Names the content.';
COMMENT ON COLUMN job_snapshot.revision IS
    'Its number among the job''s. Not in digest: numbers follow the order of arrival.';
COMMENT ON COLUMN job_snapshot.changed_fields IS
    'What differs from the revision that was current then. Not in digest: depends on the order '
    'of arrival.';
COMMENT ON COLUMN job_snapshot.platform IS 'Board, lower case.';
COMMENT ON COLUMN job_snapshot.key IS 'What identifies the job there.';
COMMENT ON COLUMN job_snapshot.key_kind IS
    'How the key was found: external_id, url_id, url, content. Not in digest: no part of the '
    'content; the first record that brought it says it.';
COMMENT ON COLUMN job_snapshot.title IS 'Title.';
COMMENT ON COLUMN job_snapshot.organization IS 'Hiring organisation, as stated.';
COMMENT ON COLUMN job_snapshot.organization_key IS 'The organisation folded for grouping.';
COMMENT ON COLUMN job_snapshot.description IS
    'Clean plain text; spans of facts are byte offsets into it.';
COMMENT ON COLUMN job_snapshot.completeness IS 'TITLE_ONLY, PARTIAL or FULL.';
COMMENT ON COLUMN job_snapshot.locations IS
    'Places: raw, locality, region, country. In digest as a set: their order says nothing, the '
    'first record that brought the content gives it.';
COMMENT ON COLUMN job_snapshot.countries IS
    'ISO 3166-1 alpha-2 codes of the places, sorted, each once.';
COMMENT ON COLUMN job_snapshot.workplace IS 'ONSITE, HYBRID or REMOTE by the record''s columns.';
COMMENT ON COLUMN job_snapshot.employment_types IS 'schema.org/employmentType, sorted.';
COMMENT ON COLUMN job_snapshot.pay_min_minor IS
    'Lower bound of pay in minor units, by the record''s columns.';
COMMENT ON COLUMN job_snapshot.pay_max_minor IS
    'Upper bound of pay in minor units, by the record''s columns.';
COMMENT ON COLUMN job_snapshot.pay_currency IS
    'ISO 4217; null without evidence for one, by the record''s columns.';
COMMENT ON COLUMN job_snapshot.pay_unit IS
    'HOUR, DAY, WEEK, MONTH, YEAR or PROJECT, by the record''s columns.';
COMMENT ON COLUMN job_snapshot.pay_origin IS
    'POSTED or PLATFORM_ESTIMATE, by the record''s columns.';
COMMENT ON COLUMN job_snapshot.seniority IS
    'Level by the record''s columns. Not in digest: no part of the content; the first record '
    'that brought it says it.';
COMMENT ON COLUMN job_snapshot.event_id IS
    'Id of its job.normalized event, or job.reread since. Not in digest: derived from the receipt that brought it.';
COMMENT ON COLUMN job_snapshot.from_seq IS
    'Sequence of that event in JMIP_EVENTS. Not in digest: where it lies in a log '
    'differs between systems.';
