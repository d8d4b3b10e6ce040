-- Who may ask. No projection: keys are not in the log, so this is what a backup must hold.
CREATE SCHEMA access;
COMMENT ON SCHEMA access IS 'Who may ask the API. Not a projection: not in the log.';

CREATE TABLE access.api_key (
    key_id text COLLATE "C" PRIMARY KEY CHECK (key_id ~ '^[0-9a-f]{16}$'),
    tenant_id text COLLATE "C" NOT NULL CHECK (tenant_id ~ '^[a-z0-9_-]{1,32}$'),
    name text COLLATE "C" NOT NULL CHECK (name ~ '^[a-z0-9_.-]{1,64}$'),
    slot smallint NOT NULL CHECK (slot IN (1, 2)),
    scopes text[] NOT NULL
        CHECK (cardinality(scopes) >= 1 AND scopes <@ ARRAY['read', 'publish', 'admin']),
    secret_sha256 bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
    requests_per_second bigint CHECK (requests_per_second BETWEEN 1 AND 1000000),
    upload_max_bytes bigint CHECK (upload_max_bytes >= 1),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz CHECK (revoked_at >= created_at)
);
COMMENT ON TABLE access.api_key IS 'Keys of the API; revoked ones stay.';
COMMENT ON COLUMN access.api_key.key_id IS 'The part of the key that is no secret.';
COMMENT ON COLUMN access.api_key.tenant_id IS 'Whose market it opens.';
COMMENT ON COLUMN access.api_key.name IS 'Who holds it.';
COMMENT ON COLUMN access.api_key.slot IS 'A name has two, so that a key can be replaced in use.';
COMMENT ON COLUMN access.api_key.scopes IS 'What it allows.';
COMMENT ON COLUMN access.api_key.secret_sha256 IS
    'SHA-256 of the secret, which has 256 random bits: nothing slower is needed.';
COMMENT ON COLUMN access.api_key.requests_per_second IS 'Null: as the settings say.';
COMMENT ON COLUMN access.api_key.upload_max_bytes IS 'Null: as the settings say.';
COMMENT ON COLUMN access.api_key.created_at IS 'When it was handed out.';
COMMENT ON COLUMN access.api_key.revoked_at IS 'From when on it opens nothing.';

CREATE UNIQUE INDEX api_key_active ON access.api_key (tenant_id, name, slot)
    WHERE revoked_at IS NULL;

CREATE TABLE access.key_event (
    event_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('key.created', 'key.revoked')),
    key_id text COLLATE "C" NOT NULL REFERENCES access.api_key,
    name text NOT NULL,
    scopes text[] NOT NULL,
    occurred_at timestamptz NOT NULL
);
COMMENT ON TABLE access.key_event IS
    'What happened to keys. Written by triggers in the same transaction, so nothing can be done '
    'to a key without it, by whatever hand.';
COMMENT ON COLUMN access.key_event.event_id IS 'Names it.';
COMMENT ON COLUMN access.key_event.tenant_id IS 'Whose market.';
COMMENT ON COLUMN access.key_event.kind IS 'What happened.';
COMMENT ON COLUMN access.key_event.key_id IS 'To which key.';
COMMENT ON COLUMN access.key_event.name IS 'Its holder.';
COMMENT ON COLUMN access.key_event.scopes IS 'What it allows.';
COMMENT ON COLUMN access.key_event.occurred_at IS 'When.';

-- The trail is read latest first.
CREATE INDEX ON access.key_event (tenant_id, occurred_at DESC, event_id DESC);

CREATE FUNCTION access.record_key_event() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO access.key_event (tenant_id, kind, key_id, name, scopes, occurred_at)
    VALUES (
        new.tenant_id,
        CASE TG_OP WHEN 'INSERT' THEN 'key.created' ELSE 'key.revoked' END,
        new.key_id, new.name, new.scopes,
        CASE TG_OP WHEN 'INSERT' THEN new.created_at ELSE new.revoked_at END
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER recorded AFTER INSERT OR UPDATE ON access.api_key
    FOR EACH ROW EXECUTE FUNCTION access.record_key_event();

-- The one thing that may happen to a key is that it is revoked, once; to the trail, nothing.
CREATE FUNCTION access.refuse() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'access.% is not changed like this', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER only_revoked BEFORE UPDATE ON access.api_key
    FOR EACH ROW
    WHEN (
        old.revoked_at IS NOT NULL OR new.revoked_at IS NULL
        OR to_jsonb(old) - 'revoked_at' IS DISTINCT FROM to_jsonb(new) - 'revoked_at'
    )
    EXECUTE FUNCTION access.refuse();
CREATE TRIGGER kept BEFORE DELETE ON access.api_key
    FOR EACH ROW EXECUTE FUNCTION access.refuse();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON access.key_event
    FOR EACH ROW EXECUTE FUNCTION access.refuse();
