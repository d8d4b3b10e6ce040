CREATE TABLE posting_outcome (
    tenant_id text COLLATE "C" NOT NULL,
    receipt_id uuid NOT NULL,
    record bigint NOT NULL,
    posting_id uuid NOT NULL,
    normalized_id uuid,
    job_id uuid,
    outcome text,
    enriched boolean NOT NULL DEFAULT false,
    outcome_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, receipt_id, record),
    FOREIGN KEY (tenant_id, receipt_id) REFERENCES receipt,
    CHECK (outcome IN ('NEW', 'CHANGED', 'SEEN', 'PARKED'))
) WITH (fillfactor = 80);

COMMENT ON TABLE posting_outcome IS
    'What became of each posting of each receipt. Not in digest: new, changed and seen depend on '
    'the order of arrival.';
COMMENT ON COLUMN posting_outcome.tenant_id IS 'Whose market.';
COMMENT ON COLUMN posting_outcome.receipt_id IS 'The receipt.';
COMMENT ON COLUMN posting_outcome.record IS 'Number of the record, from 1.';
COMMENT ON COLUMN posting_outcome.posting_id IS 'Id of its posting.observed event.';
COMMENT ON COLUMN posting_outcome.normalized_id IS
    'Id of its job.normalized event; null when it brought no new content.';
COMMENT ON COLUMN posting_outcome.job_id IS 'The job it turned out to be.';
COMMENT ON COLUMN posting_outcome.outcome IS
    'NEW, CHANGED, SEEN or PARKED; null until normalize has decided.';
COMMENT ON COLUMN posting_outcome.enriched IS 'Rules have read the revision it brought.';
COMMENT ON COLUMN posting_outcome.outcome_seq IS
    'Sequence of the event that decided the outcome; of posting.observed until one has.';
