-- Secondary indexes of market: built after the tables are filled when that is done in bulk, so a
-- statement that writes may rely on keys only.

-- A publisher knows the sequence its publishing got, and asks by it.
CREATE INDEX ON receipt (tenant_id, ingest_sequence);

-- Status shows the latest refusals.
CREATE INDEX ON refused_record (from_seq);

-- Jobs are looked up by skill.
CREATE INDEX ON enrichment USING gin (skill_ids);

-- Lists are read newest first, by key.
CREATE INDEX ON job (tenant_id, first_seen DESC, job_id DESC);

-- Titles and names are short: this index keeps up with the writing.
CREATE INDEX ON job USING gin (search);

-- A receipt's status names what was parked of it.
CREATE INDEX ON parked (tenant_id, receipt_id);
