-- What a list shows of one revision: its columns, and its facts where they say more. One place,
-- read by both statements that keep `job`.
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
    coalesce(e.workplace, s.workplace) AS workplace,
    CASE WHEN from_facts THEN e.pay_min_minor ELSE s.pay_min_minor END AS pay_min_minor,
    CASE WHEN from_facts THEN e.pay_max_minor ELSE s.pay_max_minor END AS pay_max_minor,
    CASE WHEN from_facts THEN e.pay_currency ELSE s.pay_currency END AS pay_currency,
    CASE WHEN from_facts THEN e.pay_unit ELSE s.pay_unit END AS pay_unit,
    CASE WHEN from_facts THEN e.pay_origin ELSE s.pay_origin END AS pay_origin,
    e.experience_min_months
FROM job_snapshot AS s
JOIN enrichment AS e USING (tenant_id, job_id, content_sha256)
-- Pay that the posting states beats the platform's guess; else the columns beat the text.
CROSS JOIN LATERAL (
    SELECT coalesce(e.pay_min_minor, e.pay_max_minor) IS NOT NULL
        AND (coalesce(s.pay_min_minor, s.pay_max_minor) IS NULL
            OR (s.pay_origin = 'PLATFORM_ESTIMATE' AND e.pay_origin = 'POSTED')) AS from_facts
) AS pay;

COMMENT ON VIEW job_content IS
    'What a list shows of one revision: its columns, and its facts where they say more.';
