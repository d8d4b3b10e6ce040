-- Several versions of a read model beside each other: which is being filled, which has been shown,
-- and the way back.
ALTER TABLE public.checkpoint
    ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version >= 0),
    ADD COLUMN role text NOT NULL DEFAULT 'SHOWN'
        CHECK (role IN ('BUILDING', 'NEXT', 'SHOWN')),
    ADD COLUMN is_indexed boolean NOT NULL DEFAULT true;
ALTER TABLE public.checkpoint
    ALTER COLUMN version DROP DEFAULT,
    ALTER COLUMN role DROP DEFAULT,
    ALTER COLUMN is_indexed DROP DEFAULT;
COMMENT ON COLUMN public.checkpoint.version IS
    'Version of its tables: only a program of the same version can write them.';
COMMENT ON COLUMN public.checkpoint.role IS
    'BUILDING: filled by a rebuild, by nobody else. NEXT: of a newer version, filled by the '
    'service, shown as soon as it has come as far as the one that is shown. SHOWN: it is or was '
    'what clients read.';
COMMENT ON COLUMN public.checkpoint.is_indexed IS
    'It has its secondary indexes; they are built after a bulk load.';

ALTER TABLE public.live_view
    ADD COLUMN previous text REFERENCES public.checkpoint ON DELETE SET NULL;
COMMENT ON COLUMN public.live_view.previous IS
    'Versioned schema that was shown before: what a rollback shows again.';

-- A versioned schema has its name from a parameter, which plain DDL cannot take.
DROP FUNCTION public.create_read_model(text, text);
CREATE FUNCTION public.create_read_model(new_schema text, of_view text, of_version bigint)
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE SCHEMA %I', new_schema);
    INSERT INTO public.checkpoint (schema_name, view, version, role, is_indexed)
    VALUES (new_schema, of_view, of_version, 'BUILDING', false);
END
$$;

-- The reference of live_view refuses to drop what is shown.
CREATE FUNCTION public.drop_read_model(old_schema text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM public.checkpoint WHERE schema_name = old_schema;
    EXECUTE format('DROP SCHEMA %I CASCADE', old_schema);
END
$$;

CREATE FUNCTION public.analyze_read_model(of_schema text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT c.oid FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = of_schema AND c.relkind = 'r'
    LOOP
        EXECUTE format('ANALYZE %s', relation);
    END LOOP;
END
$$;

-- Views of one shape are replaced, which keeps what was granted on them and what others built on
-- them; those of another shape must go first.
CREATE FUNCTION public.drop_api_views(of_view text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT DISTINCT v.oid
        FROM public.checkpoint AS k
        JOIN pg_namespace AS n ON n.nspname = k.schema_name
        JOIN pg_class AS t ON t.relnamespace = n.oid
        JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
            AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_rewrite AS r ON r.oid = d.objid
        JOIN pg_class AS v ON v.oid = r.ev_class
        WHERE k.view = of_view AND v.relnamespace = 'api'::regnamespace
    LOOP
        EXECUTE format('DROP VIEW %s', relation);
    END LOOP;
END
$$;
