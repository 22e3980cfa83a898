-- Notices of jobs that have ended: what is to be posted, each attempt, and the accounts' secrets. Creates
-- tables only: locks nothing that exists.

CREATE TABLE webhook (
    job_id text PRIMARY KEY REFERENCES job ON DELETE CASCADE,
    account_id text NOT NULL,
    message_id text NOT NULL UNIQUE, -- the same at each attempt: who gets it twice knows
    url text NOT NULL,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'sending', 'delivered', 'failed')),
    event_time timestamptz, -- the end of the job
    next_time timestamptz, -- when it is to be posted; while it is, when that has taken too long
    give_up_time timestamptz,
    lease_token text, -- random; of who posts it
    attempts integer NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0, -- attempts since the job ended, or since it was sent again
    CHECK ((state = 'waiting') = (event_time IS NULL)),
    CHECK ((state = 'sending') = (next_time IS NOT NULL)),
    CHECK ((state = 'waiting') = (give_up_time IS NULL)),
    CHECK (state = 'sending' OR lease_token IS NULL)
);
CREATE INDEX webhook_due ON webhook (next_time) WHERE next_time IS NOT NULL;
CREATE INDEX webhook_leased ON webhook (account_id) WHERE lease_token IS NOT NULL;

CREATE TABLE webhook_delivery (
    job_id text NOT NULL REFERENCES webhook ON DELETE CASCADE,
    attempt integer NOT NULL CHECK (attempt > 0),
    start_time timestamptz NOT NULL,
    duration_ms bigint NOT NULL,
    http_status integer NOT NULL, -- 0: there was no answer
    error text NOT NULL, -- '': there was one
    PRIMARY KEY (job_id, attempt)
);

-- As they are, for signing takes the secret itself.
CREATE TABLE webhook_secret (
    account_id text PRIMARY KEY,
    secret text NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    previous_secret text,
    previous_expire_time timestamptz,
    CHECK ((previous_secret IS NULL) = (previous_expire_time IS NULL))
);
