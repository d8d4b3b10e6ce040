CREATE TABLE recommendation_item (
    tenant_id text COLLATE "C" NOT NULL,
    run_id uuid NOT NULL,
    rank bigint NOT NULL,
    job_id uuid NOT NULL,
    revision bigint NOT NULL,
    content_sha256 bytea NOT NULL,
    score_bp bigint NOT NULL,
    breakdown jsonb NOT NULL,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, run_id, rank),
    FOREIGN KEY (tenant_id, run_id) REFERENCES recommendation_run,
    CHECK (rank >= 1),
    CHECK (score_bp BETWEEN 0 AND 10000)
);

COMMENT ON TABLE recommendation_item IS
    'The ranked jobs of a run. Not in digest: see recommendation_run.';
COMMENT ON COLUMN recommendation_item.tenant_id IS 'Whose market.';
COMMENT ON COLUMN recommendation_item.run_id IS 'The run.';
COMMENT ON COLUMN recommendation_item.rank IS 'From 1.';
COMMENT ON COLUMN recommendation_item.job_id IS 'The job.';
COMMENT ON COLUMN recommendation_item.revision IS 'The revision that was ranked.';
COMMENT ON COLUMN recommendation_item.content_sha256 IS 'Its content.';
COMMENT ON COLUMN recommendation_item.score_bp IS '0 to 10000 basis points.';
COMMENT ON COLUMN recommendation_item.breakdown IS
    'Factors, gaps and portfolio_item_ids with the fields of jmip.event.v1.Recommendation.';
COMMENT ON COLUMN recommendation_item.from_seq IS
    'Sequence of its recommendations.ranked in JMIP_EVENTS. Not in digest: where it lies in a '
    'log differs between systems.';
