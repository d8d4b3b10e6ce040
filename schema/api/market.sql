-- What clients read of market. Run with the search path on the versioned schema to show, in one
-- transaction, so that readers see one version or the other. New tables are added to both lists.
DROP VIEW IF EXISTS
    api.export,
    api.receipt,
    api.raw_job_post,
    api.refused_record,
    api.posting_outcome,
    api.job_snapshot,
    api.job_sighting,
    api.enrichment,
    api.job_skill,
    api.job,
    api.parked;

CREATE VIEW api.export AS SELECT * FROM export;
CREATE VIEW api.receipt AS SELECT * FROM receipt;
CREATE VIEW api.raw_job_post AS SELECT * FROM raw_job_post;
CREATE VIEW api.refused_record AS SELECT * FROM refused_record;
CREATE VIEW api.posting_outcome AS SELECT * FROM posting_outcome;
CREATE VIEW api.job_snapshot AS SELECT * FROM job_snapshot;
CREATE VIEW api.job_sighting AS SELECT * FROM job_sighting;
CREATE VIEW api.enrichment AS SELECT * FROM enrichment;
CREATE VIEW api.job_skill AS SELECT * FROM job_skill;
CREATE VIEW api.job AS SELECT * FROM job;
CREATE VIEW api.parked AS SELECT * FROM parked;
