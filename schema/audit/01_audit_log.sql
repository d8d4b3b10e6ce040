CREATE TABLE audit_log (
    tenant_id text COLLATE "C" NOT NULL,
    event_id uuid NOT NULL,
    kind text NOT NULL,
    entity_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    from_seq bigint NOT NULL,
    PRIMARY KEY (tenant_id, event_id)
);

COMMENT ON TABLE audit_log IS
    'What people decided, one row per event of producer user. Not in digest: it records when and '
    'how often, not what is.';
COMMENT ON COLUMN audit_log.tenant_id IS 'Whose market.';
COMMENT ON COLUMN audit_log.event_id IS 'The event.';
COMMENT ON COLUMN audit_log.kind IS 'Such as profile.saved.';
COMMENT ON COLUMN audit_log.entity_id IS 'Whom it is about.';
COMMENT ON COLUMN audit_log.occurred_at IS 'When it was decided.';
COMMENT ON COLUMN audit_log.from_seq IS
    'Sequence of the event in JMIP_EVENTS. Not in digest: where it lies in a log differs between '
    'systems.';
