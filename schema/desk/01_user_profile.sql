CREATE TABLE user_profile (
    tenant_id text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    profile jsonb NOT NULL,
    saved_at timestamptz NOT NULL,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, revision),
    CHECK (revision >= 1)
);

COMMENT ON TABLE user_profile IS 'What the user can do, wants and has to show; every revision.';
COMMENT ON COLUMN user_profile.tenant_id IS 'Whose market.';
COMMENT ON COLUMN user_profile.revision IS 'From 1, one more each time.';
COMMENT ON COLUMN user_profile.profile IS 'The profile: protobuf JSON of jmip.event.v1.Profile.';
COMMENT ON COLUMN user_profile.saved_at IS 'When it was saved. Not in digest: a run-time clock.';
COMMENT ON COLUMN user_profile.from_seq IS
    'Sequence of the event in JMIP_EVENTS. Not in digest: where it lies in a log differs between '
    'systems.';
