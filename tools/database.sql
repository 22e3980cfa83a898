-- The database, one role and one schema a service. Safe to run again at every start.
-- Run by a superuser in the database `postgres`; the services make their own tables.

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['ocr', 'billing', 'chat']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

SELECT 'CREATE DATABASE ocrmesh'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'ocrmesh')
\gexec

REVOKE ALL ON DATABASE ocrmesh FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE ocrmesh TO ocr, billing, chat;

\connect ocrmesh

REVOKE ALL ON SCHEMA public FROM PUBLIC;
SELECT format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', name, name)
FROM unnest(ARRAY['ocr', 'billing', 'chat']) AS name
WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = name)
\gexec

ALTER ROLE ocr IN DATABASE ocrmesh SET search_path = ocr;
ALTER ROLE billing IN DATABASE ocrmesh SET search_path = billing;
ALTER ROLE chat IN DATABASE ocrmesh SET search_path = chat;
