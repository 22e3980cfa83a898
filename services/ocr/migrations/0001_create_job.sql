-- Jobs, the queue of their pages, their results, and who asked for what. Creates tables only: locks
-- nothing that exists.

CREATE TABLE job (
    id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE, -- order of creation
    account_id text, -- NULL: an anonymous caller's
    principal_key text NOT NULL, -- whom fairness and quotas count: account or address
    state text NOT NULL
        CHECK (state IN ('pending', 'processing', 'settling', 'done', 'failed', 'cancelled')),
    is_cancelled boolean NOT NULL DEFAULT false, -- a settling job ends as cancelled
    is_deleted boolean NOT NULL DEFAULT false, -- a settling job that is removed once it is settled
    is_purged boolean NOT NULL DEFAULT false, -- expired: the result is gone, this row remembers it
    tier integer NOT NULL,
    language text NOT NULL,
    tool text NOT NULL,
    translate_to text NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    size_bytes bigint NOT NULL,
    discards_renditions boolean NOT NULL,
    page_count integer NOT NULL CHECK (page_count > 0),
    pages_done integer NOT NULL DEFAULT 0 CHECK (pages_done BETWEEN 0 AND page_count),
    priority integer NOT NULL, -- higher is served first
    revision bigint NOT NULL DEFAULT 1, -- grows with every visible change
    reservation_id text NOT NULL,
    price_credits bigint NOT NULL, -- reserved
    reservation_extend_time timestamptz NOT NULL, -- when the reservation is to be extended next
    settle_time timestamptz, -- when settling is to be tried next
    settle_attempts integer NOT NULL DEFAULT 0,
    engine_name text NOT NULL DEFAULT '',
    engine_version text NOT NULL DEFAULT '',
    engine_models text NOT NULL DEFAULT '', -- one a line
    mean_confidence double precision NOT NULL DEFAULT 0 CHECK (mean_confidence BETWEEN 0 AND 1),
    usage_pages integer NOT NULL DEFAULT 0,
    usage_credits bigint NOT NULL DEFAULT 0,
    warnings text NOT NULL DEFAULT '', -- one a line
    error_reason text NOT NULL DEFAULT '',
    error_message text NOT NULL DEFAULT '',
    retention_seconds bigint NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    finish_time timestamptz,
    expire_time timestamptz NOT NULL,
    CHECK ((state = 'settling') = (settle_time IS NOT NULL)),
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (finish_time IS NOT NULL))
);
CREATE INDEX job_waiting ON job (priority DESC, number) WHERE state IN ('pending', 'processing');
CREATE INDEX job_active ON job (principal_key) WHERE state IN ('pending', 'processing', 'settling');
CREATE INDEX job_settling ON job (settle_time) WHERE state = 'settling';
CREATE INDEX job_reserved ON job (reservation_extend_time)
    WHERE state IN ('pending', 'processing', 'settling');
CREATE INDEX job_of_account ON job (account_id, number DESC);
CREATE INDEX job_expire ON job (expire_time) WHERE finish_time IS NOT NULL;

-- A page that has not ended. It is free when it has no lease or an expired one.
CREATE TABLE page_task (
    job_id text NOT NULL REFERENCES job ON DELETE CASCADE,
    page_index integer NOT NULL CHECK (page_index >= 0), -- in the file
    principal_key text NOT NULL, -- the job's, for counting leases by caller
    lease_token text, -- random; who knows it may store the page
    lease_holder text, -- process and lane, for the log and for fairness
    lease_expire_time timestamptz,
    attempts integer NOT NULL DEFAULT 0, -- leases so far, given-back ones not counted
    worker_deaths integer NOT NULL DEFAULT 0, -- worker processes that died of this page
    PRIMARY KEY (job_id, page_index),
    CHECK ((lease_token IS NULL) = (lease_expire_time IS NULL)
        AND (lease_token IS NULL) = (lease_holder IS NULL))
);
CREATE UNIQUE INDEX page_task_token ON page_task (lease_token) WHERE lease_token IS NOT NULL;
CREATE INDEX page_task_lease ON page_task (lease_expire_time) WHERE lease_expire_time IS NOT NULL;

-- A page that has ended, read or failed.
CREATE TABLE page (
    job_id text NOT NULL REFERENCES job ON DELETE CASCADE,
    page_index integer NOT NULL,
    revision bigint NOT NULL, -- the job's, at which this page ended
    content bytea NOT NULL, -- ocrmesh.document.v1.Page; of a failed page too
    error_reason text, -- NULL: the page was read
    error_message text,
    mean_confidence double precision NOT NULL,
    characters bigint NOT NULL, -- weight of mean_confidence
    warnings text NOT NULL DEFAULT '', -- one a line
    PRIMARY KEY (job_id, page_index),
    CHECK ((error_reason IS NULL) = (error_message IS NULL))
);
ALTER TABLE page ALTER COLUMN content SET COMPRESSION lz4;
CREATE INDEX page_failed ON page (job_id, page_index) WHERE error_reason IS NOT NULL;
CREATE INDEX page_revision ON page (job_id, revision);

-- When a caller's page was leased last: who waited longest is served first.
CREATE TABLE turn (
    principal_key text PRIMARY KEY,
    lease_time timestamptz NOT NULL
);

-- An id that a caller gave to a submission. Without a job: its file is still being read.
CREATE TABLE submission (
    principal_key text NOT NULL,
    request_id text NOT NULL,
    claim_token text NOT NULL, -- of the call that reads the file
    claim_expire_time timestamptz NOT NULL,
    fingerprint bytea, -- SHA-256 of file and options
    job_id text REFERENCES job ON DELETE CASCADE,
    create_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal_key, request_id),
    CHECK ((job_id IS NULL) = (fingerprint IS NULL))
);
CREATE INDEX submission_job ON submission (job_id);
CREATE INDEX submission_create_time ON submission (create_time);
