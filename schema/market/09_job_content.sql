-- What is known of one revision: its columns, and as its headline what rules have read, or while
-- nobody has read it what its columns say. One place, read by both statements that keep `job`.
CREATE VIEW job_content AS
SELECT
    s.tenant_id,
    s.job_id,
    s.content_sha256,
    s.revision,
    s.platform,
    s.key,
    s.title,
    s.organization,
    s.organization_key,
    s.completeness,
    s.locations,
    s.countries,
    s.employment_types,
    s.seniority,
    CASE WHEN h.is_read THEN e.workplace ELSE s.workplace END AS workplace,
    CASE WHEN h.is_read THEN e.pay_min_minor ELSE s.pay_min_minor END AS pay_min_minor,
    CASE WHEN h.is_read THEN e.pay_max_minor ELSE s.pay_max_minor END AS pay_max_minor,
    CASE WHEN h.is_read THEN e.pay_currency ELSE s.pay_currency END AS pay_currency,
    CASE WHEN h.is_read THEN e.pay_unit ELSE s.pay_unit END AS pay_unit,
    CASE WHEN h.is_read THEN e.pay_origin ELSE s.pay_origin END AS pay_origin,
    e.experience_min_months,
    coalesce(e.state, 'RAW_INGESTED') AS state,
    e.rules_version,
    e.knowledge_sha256,
    coalesce(e.facts, '[]') AS facts,
    e.skill_ids,
    e.skill_names,
    e.skill_tiers,
    coalesce(e.from_seq, s.from_seq) AS from_seq
FROM job_snapshot AS s
LEFT JOIN enrichment AS e USING (tenant_id, job_id, content_sha256)
CROSS JOIN LATERAL (SELECT e.rules_version IS NOT NULL AS is_read) AS h;

COMMENT ON VIEW job_content IS
    'What is known of one revision: its columns, its headline and its facts.';
