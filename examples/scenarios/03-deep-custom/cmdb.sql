-- What database `meta` begins with: an inventory of clusters, their members and settings, and what was done to them. It runs once,
-- while the database is being created, in the same transaction as its schemas and extensions, and is not run again.
CREATE SCHEMA IF NOT EXISTS pigsty;
COMMENT ON SCHEMA pigsty IS 'inventory of clusters';

CREATE TYPE pigsty.kind AS ENUM ('node', 'etcd', 'minio', 'postgres', 'redis');
CREATE TYPE pigsty.outcome AS ENUM ('running', 'done', 'failed', 'cancelled');

CREATE DOMAIN pigsty.label AS text CHECK (VALUE ~ '^[a-z][a-z0-9-]{0,62}$');

CREATE TABLE pigsty.cluster (
  name    pigsty.label PRIMARY KEY,
  kind    pigsty.kind NOT NULL,
  comment text NOT NULL DEFAULT '',
  created timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE pigsty.member (
  cluster pigsty.label NOT NULL REFERENCES pigsty.cluster (name) ON UPDATE CASCADE ON DELETE CASCADE,
  number  integer NOT NULL CHECK (number >= 0),
  address inet NOT NULL,
  role    text NOT NULL DEFAULT 'replica',
  PRIMARY KEY (cluster, number)
);
CREATE INDEX member_address ON pigsty.member USING gist (address inet_ops);

CREATE TABLE pigsty.setting (
  cluster pigsty.label NOT NULL REFERENCES pigsty.cluster (name) ON UPDATE CASCADE ON DELETE CASCADE,
  name    text NOT NULL,
  value   jsonb NOT NULL,
  PRIMARY KEY (cluster, name)
);
CREATE INDEX setting_value ON pigsty.setting USING gin (value jsonb_path_ops);

CREATE TABLE pigsty.job (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster  pigsty.label REFERENCES pigsty.cluster (name) ON UPDATE CASCADE ON DELETE SET NULL,
  task     text NOT NULL,
  outcome  pigsty.outcome NOT NULL DEFAULT 'running',
  began    timestamptz NOT NULL DEFAULT now(),
  ended    timestamptz CHECK (ended >= began)
);
CREATE INDEX job_began ON pigsty.job (began DESC);
CREATE INDEX job_running ON pigsty.job (cluster) WHERE outcome = 'running';

CREATE TABLE pigsty.event (
  job  bigint NOT NULL REFERENCES pigsty.job (id) ON DELETE CASCADE,
  at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  text text NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE pigsty.event_default PARTITION OF pigsty.event DEFAULT;
CREATE INDEX event_at ON pigsty.event USING brin (at);

CREATE FUNCTION pigsty.finish(job_id bigint, with_outcome pigsty.outcome) RETURNS pigsty.job
LANGUAGE sql AS $$
  UPDATE pigsty.job SET outcome = with_outcome, ended = clock_timestamp()
  WHERE id = job_id AND outcome = 'running'
  RETURNING *
$$;

CREATE FUNCTION pigsty.refuse_renumbering() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.number <> OLD.number THEN
    RAISE EXCEPTION 'member % of % keeps its number', OLD.number, OLD.cluster;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER keeps_its_number BEFORE UPDATE ON pigsty.member
  FOR EACH ROW EXECUTE FUNCTION pigsty.refuse_renumbering();

CREATE VIEW pigsty.inventory AS
  SELECT c.name, c.kind, count(m.number) AS members, min(m.address) AS first_address
  FROM pigsty.cluster AS c LEFT JOIN pigsty.member AS m ON m.cluster = c.name
  GROUP BY c.name;

CREATE MATERIALIZED VIEW pigsty.work_of_a_day AS
  SELECT date_trunc('day', began) AS day, outcome, count(*) AS jobs, avg(ended - began) AS mean
  FROM pigsty.job GROUP BY 1, 2;
CREATE UNIQUE INDEX work_of_a_day_key ON pigsty.work_of_a_day (day, outcome);

INSERT INTO pigsty.cluster (name, kind, comment) VALUES
  ('pg-meta', 'postgres', 'where this inventory is'),
  ('etcd', 'etcd', 'where the members of pg-meta agree');
INSERT INTO pigsty.member (cluster, number, address, role) VALUES
  ('pg-meta', 1, '10.10.10.10', 'primary'),
  ('etcd', 1, '10.10.10.10', 'member');
