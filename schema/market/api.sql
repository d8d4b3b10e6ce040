-- What clients read of market. Run with the search path on the versioned schema to show, in one
-- transaction, so that readers see one version or the other.
CREATE OR REPLACE VIEW api.export AS SELECT * FROM export;
CREATE OR REPLACE VIEW api.receipt AS SELECT * FROM receipt;
CREATE OR REPLACE VIEW api.raw_job_post AS SELECT * FROM raw_job_post;
CREATE OR REPLACE VIEW api.refused_record AS SELECT * FROM refused_record;
-- A posting is pending until it has ended: normalize has decided, and rules have read what is new.
CREATE OR REPLACE VIEW api.posting_outcome AS
SELECT *, outcome IS NULL OR (outcome IN ('NEW', 'CHANGED') AND NOT enriched) AS is_pending
FROM posting_outcome
-- One of an attempt that was given up, which has not come in the last one.
WHERE posting_id IS NOT NULL;
CREATE OR REPLACE VIEW api.job_snapshot AS SELECT * FROM job_snapshot;
CREATE OR REPLACE VIEW api.job_sighting AS SELECT * FROM job_sighting;
CREATE OR REPLACE VIEW api.enrichment AS
SELECT tenant_id, job_id, content_sha256, state, rules_version, knowledge_sha256, facts::jsonb, skill_ids,
    skill_names, skill_tiers, workplace, pay_min_minor, pay_max_minor, pay_currency, pay_unit,
    pay_origin, experience_min_months, from_seq
FROM job_content;
CREATE OR REPLACE VIEW api.job_skill AS
SELECT e.tenant_id, e.job_id, e.content_sha256, k.skill_id, k.name, k.tier, e.from_seq
FROM enrichment AS e
CROSS JOIN LATERAL unnest(e.skill_ids, e.skill_names, e.skill_tiers) AS k (skill_id, name, tier);
CREATE OR REPLACE VIEW api.job AS SELECT * FROM job;
CREATE OR REPLACE VIEW api.parked AS SELECT * FROM parked;
