-- Secondary indexes of audit: built after the tables are filled when that is done in bulk, so a
-- statement that writes may rely on keys only.

-- The trail is read latest first.
CREATE INDEX ON audit_log (tenant_id, occurred_at DESC, event_id DESC);
