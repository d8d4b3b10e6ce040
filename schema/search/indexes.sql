-- Secondary indexes of search: built after the tables are filled when that is done in bulk, so a
-- statement that writes may rely on keys only.

-- Whole descriptions: slow to write, which is why nobody waits for search.
CREATE INDEX ON job_text USING gin (document);
