CREATE TABLE job (
    tenant_id text COLLATE "C" NOT NULL,
    job_id uuid NOT NULL,
    content_sha256 bytea NOT NULL,
    revision bigint NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    current_export_id bytea NOT NULL,
    current_record bigint NOT NULL,
    platform text NOT NULL,
    key text NOT NULL,
    title text NOT NULL,
    organization text,
    organization_key text,
    completeness text,
    locations jsonb NOT NULL,
    countries text[] NOT NULL,
    employment_types text[] NOT NULL,
    seniority text,
    workplace text,
    pay_min_minor bigint,
    pay_max_minor bigint,
    pay_currency text,
    pay_unit text,
    pay_origin text,
    experience_min_months bigint,
    url text,
    apply_url text,
    date_posted timestamptz,
    date_posted_literal text,
    date_posted_precision text,
    valid_through timestamptz,
    valid_through_literal text,
    applicants bigint,
    applicants_is_floor boolean,
    search tsvector NOT NULL GENERATED ALWAYS AS (
        -- Clipped: a tsvector has a size limit, and a hostile title must not stop it all.
        to_tsvector('simple', left(title, 500) || ' ' || left(coalesce(organization, ''), 500))
    ) STORED,
    PRIMARY KEY (tenant_id, job_id),
    FOREIGN KEY (tenant_id, job_id, content_sha256) REFERENCES job_snapshot ON UPDATE CASCADE,
    CHECK (first_seen <= last_seen),
    CHECK (workplace IN ('ONSITE', 'HYBRID', 'REMOTE')),
    CHECK (pay_unit IN ('HOUR', 'DAY', 'WEEK', 'MONTH', 'YEAR', 'PROJECT'))
) WITH (fillfactor = 60);

COMMENT ON TABLE job IS
    'The current state of each job: the content and the claims of its best sighting, the one '
    'with the latest capture, ties to the smallest export and record. A function of the set of '
    'sightings, whatever the order of arrival.';
COMMENT ON COLUMN job.tenant_id IS 'Whose market.';
COMMENT ON COLUMN job.job_id IS 'The job.';
COMMENT ON COLUMN job.content_sha256 IS 'The revision that is current.';
COMMENT ON COLUMN job.revision IS 'Its number. Not in digest: numbers follow the order of arrival.';
COMMENT ON COLUMN job.first_seen IS 'Earliest capture.';
COMMENT ON COLUMN job.last_seen IS 'Latest capture: that of the best sighting.';
COMMENT ON COLUMN job.current_export_id IS 'Export of the best sighting.';
COMMENT ON COLUMN job.current_record IS 'Record of the best sighting.';
COMMENT ON COLUMN job.platform IS 'Board, lower case.';
COMMENT ON COLUMN job.key IS 'What identifies it there.';
COMMENT ON COLUMN job.title IS 'Title.';
COMMENT ON COLUMN job.organization IS 'Hiring organisation, as stated.';
COMMENT ON COLUMN job.organization_key IS 'The organisation folded for grouping.';
COMMENT ON COLUMN job.completeness IS 'TITLE_ONLY, PARTIAL or FULL.';
COMMENT ON COLUMN job.locations IS
    'Places: raw, locality, region, country. In digest as a set: their order says nothing, the '
    'first record that brought the content gives it.';
COMMENT ON COLUMN job.countries IS 'ISO 3166-1 alpha-2 codes of the places.';
COMMENT ON COLUMN job.employment_types IS 'schema.org/employmentType, sorted.';
COMMENT ON COLUMN job.seniority IS
    'Level by the record''s columns. Not in digest: no part of the content; the first record '
    'that brought it says it.';
COMMENT ON COLUMN job.workplace IS 'Headline: ONSITE, HYBRID or REMOTE.';
COMMENT ON COLUMN job.pay_min_minor IS
    'Headline: lower bound of pay in minor units.';
COMMENT ON COLUMN job.pay_max_minor IS
    'Headline: upper bound of pay in minor units.';
COMMENT ON COLUMN job.pay_currency IS
    'Headline: ISO 4217; null without evidence for one.';
COMMENT ON COLUMN job.pay_unit IS
    'Headline: HOUR, DAY, WEEK, MONTH, YEAR or PROJECT.';
COMMENT ON COLUMN job.pay_origin IS 'Headline: POSTED or PLATFORM_ESTIMATE.';
COMMENT ON COLUMN job.experience_min_months IS 'Headline: experience asked for as a whole, in months.';
COMMENT ON COLUMN job.url IS 'Its page as stated.';
COMMENT ON COLUMN job.apply_url IS 'Where one applies, when that is elsewhere.';
COMMENT ON COLUMN job.date_posted IS 'Date posted; null when it could not be read.';
COMMENT ON COLUMN job.date_posted_literal IS 'Date posted, as written.';
COMMENT ON COLUMN job.date_posted_precision IS 'INSTANT, DAY or RELATIVE.';
COMMENT ON COLUMN job.valid_through IS 'Last day to apply; null when it could not be read.';
COMMENT ON COLUMN job.valid_through_literal IS 'Last day to apply, as written.';
COMMENT ON COLUMN job.applicants IS 'Applicants or proposals.';
COMMENT ON COLUMN job.applicants_is_floor IS 'At least so many.';
COMMENT ON COLUMN job.search IS
    'Words of title and organisation. Not in digest: generated from them, by rules of the '
    'server''s version.';
