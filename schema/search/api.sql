-- What clients read of search. Run with the search path on the versioned schema to show, in one
-- transaction, so that readers see one version or the other.
CREATE OR REPLACE VIEW api.job_text AS SELECT * FROM job_text;
