CREATE TABLE posting_outcome (
    tenant_id text COLLATE "C" NOT NULL,
    receipt_id uuid NOT NULL,
    record bigint NOT NULL,
    posting_id uuid,
    normalized_id uuid,
    brought text,
    job_id uuid,
    outcome text,
    enriched boolean NOT NULL DEFAULT false,
    outcome_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, receipt_id, record),
    FOREIGN KEY (tenant_id, receipt_id) REFERENCES receipt,
    CHECK (outcome IN ('NEW', 'CHANGED', 'SEEN', 'PARKED')),
    CHECK (brought IN ('NEW', 'CHANGED')),
    CHECK ((brought IS NULL) = (normalized_id IS NULL)),
    CHECK (posting_id IS NOT NULL OR outcome IS NULL)
) WITH (fillfactor = 50);

COMMENT ON TABLE posting_outcome IS
    'What became of each posting of each receipt. Not in digest: new, changed and seen depend on '
    'the order of arrival.';
COMMENT ON COLUMN posting_outcome.tenant_id IS 'Whose market.';
COMMENT ON COLUMN posting_outcome.receipt_id IS 'The receipt.';
COMMENT ON COLUMN posting_outcome.record IS 'Number of the record, from 1.';
COMMENT ON COLUMN posting_outcome.posting_id IS
    'Id of its posting.observed event, of the last attempt; null while that has not come to this '
    'record, and for ever if it never does: then the record does not count.';
COMMENT ON COLUMN posting_outcome.normalized_id IS
    'Id of its job.normalized event; null when it brought no new content.';
COMMENT ON COLUMN posting_outcome.brought IS
    'NEW or CHANGED: what that revision was, also when a later attempt sees it again; null when it '
    'brought no new content.';
COMMENT ON COLUMN posting_outcome.job_id IS 'The job it turned out to be.';
COMMENT ON COLUMN posting_outcome.outcome IS
    'NEW, CHANGED, SEEN or PARKED; null until normalize has decided.';
COMMENT ON COLUMN posting_outcome.enriched IS 'Rules have read the revision it brought.';
COMMENT ON COLUMN posting_outcome.outcome_seq IS
    'Sequence of the event that decided the outcome; of posting.observed until one has.';
