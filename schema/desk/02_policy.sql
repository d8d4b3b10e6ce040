CREATE TABLE policy (
    tenant_id text COLLATE "C" NOT NULL,
    policy_sha256 bytea NOT NULL,
    toml text NOT NULL,
    adopted_at timestamptz NOT NULL,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, policy_sha256),
    CHECK (octet_length(policy_sha256) = 32)
);

COMMENT ON TABLE policy IS 'Scoring policies that were ever in force.';
COMMENT ON COLUMN policy.tenant_id IS 'Whose market.';
COMMENT ON COLUMN policy.policy_sha256 IS 'SHA-256 of the TOML: names the policy.';
COMMENT ON COLUMN policy.toml IS 'The policy, whole.';
COMMENT ON COLUMN policy.adopted_at IS 'When it was adopted last. Not in digest: a run-time clock.';
COMMENT ON COLUMN policy.from_seq IS
    'Sequence of its last adoption in JMIP_EVENTS. Not in digest: where it lies in a log differs '
    'between systems.';
