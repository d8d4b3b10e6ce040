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
CREATE OR REPLACE VIEW api.enrichment AS SELECT * FROM enrichment;
CREATE OR REPLACE VIEW api.job_skill AS SELECT * FROM job_skill;
CREATE OR REPLACE VIEW api.job AS SELECT * FROM job;
CREATE OR REPLACE VIEW api.parked AS SELECT * FROM parked;
