-- What a list shows of one revision. One place, read by both statements that keep `job`.
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
    e.workplace,
    e.pay_min_minor,
    e.pay_max_minor,
    e.pay_currency,
    e.pay_unit,
    e.pay_origin,
    e.experience_min_months
FROM job_snapshot AS s
JOIN enrichment AS e USING (tenant_id, job_id, content_sha256);

COMMENT ON VIEW job_content IS
    'What a list shows of one revision: its columns and its headline.';
