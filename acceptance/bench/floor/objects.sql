-- What every new database of the cluster starts with, in template1, and the same in postgres. Given by the caller on top
-- of this: \set app_password.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;

CREATE ROLE dbrole_readonly NOLOGIN;
CREATE ROLE dbrole_offline NOLOGIN;
CREATE ROLE dbrole_readwrite NOLOGIN IN ROLE dbrole_readonly;
CREATE ROLE dbrole_admin NOLOGIN IN ROLE pg_monitor, dbrole_readwrite;
CREATE ROLE dbuser_dba LOGIN SUPERUSER IN ROLE dbrole_admin;
CREATE ROLE dbuser_monitor LOGIN IN ROLE pg_monitor, dbrole_readonly;
ALTER ROLE dbuser_monitor SET log_min_duration_statement = 1000;
ALTER ROLE dbuser_monitor SET search_path = monitor, public;
GRANT pg_monitor, dbrole_readonly TO replicator;
COMMENT ON ROLE dbrole_readonly IS 'role for global read-only access';
COMMENT ON ROLE dbrole_offline IS 'role for restricted read-only access';
COMMENT ON ROLE dbrole_readwrite IS 'role for global read-write access';
COMMENT ON ROLE dbrole_admin IS 'role for object creation';
COMMENT ON ROLE postgres IS 'system superuser';
COMMENT ON ROLE replicator IS 'system replicator';
COMMENT ON ROLE dbuser_dba IS 'pgsql admin user';
COMMENT ON ROLE dbuser_monitor IS 'pgsql monitor user';

\c template1
\i /pg/tmp/database.sql
\c postgres
\i /pg/tmp/database.sql

CREATE ROLE app LOGIN PASSWORD :'app_password' IN ROLE dbrole_readwrite;
CREATE DATABASE app OWNER app;
\c app
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO dbrole_admin;
GRANT CREATE ON DATABASE app TO dbrole_admin;
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT %s', unnest(ARRAY[
  'USAGE ON SCHEMAS TO dbrole_readonly, dbrole_offline',
  'SELECT ON TABLES TO dbrole_readonly, dbrole_offline',
  'SELECT ON SEQUENCES TO dbrole_readonly, dbrole_offline',
  'EXECUTE ON FUNCTIONS TO dbrole_readonly, dbrole_offline',
  'INSERT, UPDATE, DELETE ON TABLES TO dbrole_readwrite',
  'USAGE, UPDATE ON SEQUENCES TO dbrole_readwrite',
  'TRUNCATE, REFERENCES, TRIGGER ON TABLES TO dbrole_admin',
  'CREATE ON SCHEMAS TO dbrole_admin'])) \gexec

-- pgbouncer's list: its line of the application.
SELECT format('"app" "%s"', rolpassword) FROM pg_authid WHERE rolname = 'app';
