CREATE TABLE parked (
    tenant_id text COLLATE "C" NOT NULL,
    stream text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    stage text COLLATE "C" NOT NULL,
    error text NOT NULL,
    attempts bigint NOT NULL,
    event_id uuid NOT NULL,
    input_id uuid NOT NULL,
    receipt_id uuid NOT NULL,
    entity_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    from_seq bigint NOT NULL,
    retried_seq bigint,
    PRIMARY KEY (tenant_id, stream, sequence, stage)
);

COMMENT ON TABLE parked IS
    'Inputs that a stage could not process. Not in digest: named by sequences, which differ '
    'between systems.';
COMMENT ON COLUMN parked.tenant_id IS 'Whose market.';
COMMENT ON COLUMN parked.stream IS 'Stream of the input.';
COMMENT ON COLUMN parked.sequence IS 'Its sequence there.';
COMMENT ON COLUMN parked.stage IS 'Stage that gave up.';
COMMENT ON COLUMN parked.error IS 'What failed, for a person to read.';
COMMENT ON COLUMN parked.attempts IS 'How often it was tried.';
COMMENT ON COLUMN parked.event_id IS 'Id of the message.parked event.';
COMMENT ON COLUMN parked.input_id IS 'Id of the input event.';
COMMENT ON COLUMN parked.receipt_id IS
    'Receipt it belongs to; the delivery itself when it never became one.';
COMMENT ON COLUMN parked.entity_id IS 'Whom the input is about.';
COMMENT ON COLUMN parked.occurred_at IS 'When the input was true in the world.';
COMMENT ON COLUMN parked.from_seq IS
    'Sequence of the event in JMIP_EVENTS. Not in digest: where it lies in a log differs between '
    'systems.';
COMMENT ON COLUMN parked.retried_seq IS
    'Sequence of the event that asked for another try; null while nobody has, and again when that '
    'try was parked too. Not in digest: where it lies in a log differs between systems.';
