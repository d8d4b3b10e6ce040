CREATE TABLE enrichment (
    tenant_id text COLLATE "C" NOT NULL,
    job_id uuid NOT NULL,
    content_sha256 bytea NOT NULL,
    state text NOT NULL,
    rules_version bigint,
    knowledge_sha256 bytea,
    facts json NOT NULL,
    skill_ids text[] COLLATE "C" NOT NULL,
    skill_names text[] NOT NULL,
    skill_tiers text[] NOT NULL,
    workplace text,
    pay_min_minor bigint,
    pay_max_minor bigint,
    pay_currency text,
    pay_unit text,
    pay_origin text,
    experience_min_months bigint,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, job_id, content_sha256),
    FOREIGN KEY (tenant_id, job_id, content_sha256) REFERENCES job_snapshot ON UPDATE CASCADE,
    CHECK (state IN ('RULES_PARSED', 'LLM_EXTRACTED', 'VALIDATED', 'PERSISTED',
        'FAILED_RETRYABLE', 'FAILED_FINAL')),
    CHECK (cardinality(skill_names) = cardinality(skill_ids)
        AND cardinality(skill_tiers) = cardinality(skill_ids)),
    CHECK (workplace IN ('ONSITE', 'HYBRID', 'REMOTE')),
    CHECK (pay_unit IN ('HOUR', 'DAY', 'WEEK', 'MONTH', 'YEAR', 'PROJECT'))
);

COMMENT ON TABLE enrichment IS
    'What is known beyond the columns of one revision, and how far enrichment has come. There from '
    'the first event about it on: until then the revision is RAW_INGESTED.';
COMMENT ON COLUMN enrichment.tenant_id IS 'Whose market.';
COMMENT ON COLUMN enrichment.job_id IS 'The job.';
COMMENT ON COLUMN enrichment.content_sha256 IS 'The revision.';
COMMENT ON COLUMN enrichment.state IS 'How far it has come.';
COMMENT ON COLUMN enrichment.rules_version IS
    'Version of the stage that read the facts; null while nobody has.';
COMMENT ON COLUMN enrichment.knowledge_sha256 IS 'Knowledge it read them with.';
COMMENT ON COLUMN enrichment.facts IS
    'Facts in order of rule, then span: objects with the fields of jmip.event.v1.Fact, enums by '
    'name without prefix.';
COMMENT ON COLUMN enrichment.skill_ids IS
    'Skills asked for, each once, by its id in the dictionary: the strongest tier first, then by id.';
COMMENT ON COLUMN enrichment.skill_names IS 'Their usual names, in the same order.';
COMMENT ON COLUMN enrichment.skill_tiers IS
    'MUST, NICE or CONTEXT: the strongest mention of each, in the same order.';
COMMENT ON COLUMN enrichment.workplace IS
    'Headline: ONSITE, HYBRID or REMOTE. Headlines are those of the facts.';
COMMENT ON COLUMN enrichment.pay_min_minor IS
    'Headline: lower bound of pay in minor units.';
COMMENT ON COLUMN enrichment.pay_max_minor IS
    'Headline: upper bound of pay in minor units.';
COMMENT ON COLUMN enrichment.pay_currency IS
    'Headline: ISO 4217; null without evidence for one.';
COMMENT ON COLUMN enrichment.pay_unit IS
    'Headline: HOUR, DAY, WEEK, MONTH, YEAR or PROJECT.';
COMMENT ON COLUMN enrichment.pay_origin IS
    'Headline: POSTED or PLATFORM_ESTIMATE.';
COMMENT ON COLUMN enrichment.experience_min_months IS
    'Headline: experience asked for as a whole, in months.';
COMMENT ON COLUMN enrichment.from_seq IS
    'Sequence of the event in JMIP_EVENTS. Not in digest: where it lies in a log differs between '
    'systems.';
