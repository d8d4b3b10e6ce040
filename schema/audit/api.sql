-- What clients read of audit. Run with the search path on the versioned schema to show, in one
-- transaction, so that readers see one version or the other.
CREATE OR REPLACE VIEW api.audit_log AS SELECT * FROM audit_log;
