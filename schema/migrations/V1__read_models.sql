-- What is not a projection: where each read model stands, and which version of it clients read.
CREATE TABLE public.checkpoint (
    schema_name text PRIMARY KEY,
    view text NOT NULL,
    epoch bigint NOT NULL DEFAULT 0,
    last_seq bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0)
);
COMMENT ON TABLE public.checkpoint IS
    'How far each versioned schema has read the log; moves in the transaction of its rows.';
COMMENT ON COLUMN public.checkpoint.schema_name IS 'Versioned schema, such as market_1.';
COMMENT ON COLUMN public.checkpoint.view IS 'Projection it is a version of.';
COMMENT ON COLUMN public.checkpoint.epoch IS
    'Raised by whoever takes the writing over; a writer with an older one is fenced.';
COMMENT ON COLUMN public.checkpoint.last_seq IS 'Last sequence of JMIP_EVENTS it holds.';

CREATE TABLE public.live_view (
    view text PRIMARY KEY,
    schema_name text NOT NULL REFERENCES public.checkpoint,
    api_sha256 bytea NOT NULL
);
COMMENT ON TABLE public.live_view IS 'The version of each projection that schema api shows.';
COMMENT ON COLUMN public.live_view.view IS 'Projection.';
COMMENT ON COLUMN public.live_view.schema_name IS 'Versioned schema that clients read.';
COMMENT ON COLUMN public.live_view.api_sha256 IS
    'SHA-256 of the view definitions, so that starting again replaces nothing.';

CREATE SCHEMA api;
COMMENT ON SCHEMA api IS 'What clients read: views over the live version of every projection.';

CREATE VIEW api.checkpoint AS
SELECT c.view, c.schema_name, c.epoch, c.last_seq
FROM public.live_view
JOIN public.checkpoint AS c USING (schema_name);

-- A versioned schema has its name from a parameter, which plain DDL cannot take.
CREATE FUNCTION public.create_read_model(new_schema text, of_view text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE SCHEMA %I', new_schema);
    INSERT INTO public.checkpoint (schema_name, view) VALUES (new_schema, of_view);
END
$$;
