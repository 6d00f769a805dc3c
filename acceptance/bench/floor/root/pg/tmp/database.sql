-- Once for each of template1 and postgres.
BEGIN;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO dbrole_admin;
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT %s', owner, privilege)
FROM unnest(ARRAY['postgres', 'dbuser_dba', 'dbrole_admin']) AS owner, unnest(ARRAY[
  'USAGE ON SCHEMAS TO dbrole_readonly, dbrole_offline',
  'SELECT ON TABLES TO dbrole_readonly, dbrole_offline',
  'SELECT ON SEQUENCES TO dbrole_readonly, dbrole_offline',
  'EXECUTE ON FUNCTIONS TO dbrole_readonly, dbrole_offline',
  'INSERT, UPDATE, DELETE ON TABLES TO dbrole_readwrite',
  'USAGE, UPDATE ON SEQUENCES TO dbrole_readwrite',
  'TRUNCATE, REFERENCES, TRIGGER ON TABLES TO dbrole_admin',
  'CREATE ON SCHEMAS TO dbrole_admin']) AS privilege \gexec
CREATE SCHEMA monitor;
CREATE EXTENSION pg_stat_statements SCHEMA monitor;
CREATE EXTENSION pgstattuple SCHEMA monitor;
CREATE EXTENSION pg_buffercache SCHEMA monitor;
CREATE EXTENSION pageinspect SCHEMA monitor;
CREATE EXTENSION pg_prewarm SCHEMA monitor;
CREATE EXTENSION pg_visibility SCHEMA monitor;
CREATE EXTENSION pg_freespacemap SCHEMA monitor;
CREATE EXTENSION postgres_fdw SCHEMA public;
CREATE EXTENSION file_fdw SCHEMA public;
CREATE EXTENSION btree_gist SCHEMA public;
CREATE EXTENSION btree_gin SCHEMA public;
CREATE EXTENSION pg_trgm SCHEMA public;
CREATE EXTENSION intagg SCHEMA public;
CREATE EXTENSION intarray SCHEMA public;
CREATE EXTENSION pg_repack;
CREATE FUNCTION monitor.pgbouncer_auth(p_username text) RETURNS TABLE (username text, password text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT r.rolname::text, r.rolpassword::text
    FROM pg_catalog.pg_authid r
    WHERE r.rolname = p_username AND r.rolcanlogin AND NOT r.rolsuper
      AND (r.rolvaliduntil IS NULL OR r.rolvaliduntil > pg_catalog.now())
  $$;
REVOKE ALL ON FUNCTION monitor.pgbouncer_auth(text) FROM PUBLIC;
COMMIT;
