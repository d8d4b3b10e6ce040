CREATE TABLE recommendation_run (
    tenant_id text COLLATE "C" NOT NULL,
    run_id uuid NOT NULL,
    status text NOT NULL,
    on_date text NOT NULL,
    profile_revision bigint NOT NULL,
    policy_sha256 bytea NOT NULL,
    ingest_sequence bigint NOT NULL,
    item_limit bigint NOT NULL,
    requested_at timestamptz NOT NULL,
    position bigint,
    considered bigint,
    filtered_out jsonb,
    problem text,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, run_id),
    CHECK (status IN ('WAITING', 'RANKED', 'FAILED')),
    CHECK ((status = 'WAITING') = (position IS NULL)),
    CHECK ((status = 'FAILED') = (problem IS NOT NULL))
);

COMMENT ON TABLE recommendation_run IS
    'Runs that were asked for, and their answers. Not in digest: a run is named by chance and '
    'stands on a log position.';
COMMENT ON COLUMN recommendation_run.tenant_id IS 'Whose market.';
COMMENT ON COLUMN recommendation_run.run_id IS 'The run.';
COMMENT ON COLUMN recommendation_run.status IS 'WAITING, RANKED or FAILED.';
COMMENT ON COLUMN recommendation_run.on_date IS 'The day freshness counts from, YYYY-MM-DD.';
COMMENT ON COLUMN recommendation_run.profile_revision IS
    'Profile to rank for; it may not exist, then the run fails.';
COMMENT ON COLUMN recommendation_run.policy_sha256 IS
    'Policy to rank by; it may not exist, then the run fails.';
COMMENT ON COLUMN recommendation_run.ingest_sequence IS 'Last ingest sequence when it was asked.';
COMMENT ON COLUMN recommendation_run.item_limit IS 'How many jobs are wanted.';
COMMENT ON COLUMN recommendation_run.requested_at IS 'When it was asked.';
COMMENT ON COLUMN recommendation_run.position IS
    'Log position it was answered at; null while waiting.';
COMMENT ON COLUMN recommendation_run.considered IS
    'Jobs known at that position; null while waiting.';
COMMENT ON COLUMN recommendation_run.filtered_out IS
    'Jobs ruled out per hard filter, in the policy''s order: filter, jobs; null while waiting.';
COMMENT ON COLUMN recommendation_run.problem IS 'Why there is no answer.';
COMMENT ON COLUMN recommendation_run.from_seq IS
    'Sequence of its recommendations.requested in JMIP_EVENTS. Not in digest: where it lies in a '
    'log differs between systems.';
