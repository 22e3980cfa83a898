-- Forgotten passwords. Creates tables only: locks nothing that exists.

-- That somebody asked for mail to an address, whether it has an account or not: looked at beside
-- the calls, so that how long an answer takes tells nothing.
CREATE TABLE reset_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email_key text NOT NULL CHECK (octet_length(email_key) <= 254),
    create_time timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    next_time timestamptz NOT NULL -- not before
);
CREATE INDEX reset_request_next ON reset_request (next_time);

-- Codes that were mailed; the code itself is kept nowhere, as a token is not.
CREATE TABLE reset_code (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    expire_time timestamptz NOT NULL
);
CREATE INDEX reset_code_account ON reset_code (account_id);
CREATE INDEX reset_code_expire ON reset_code (expire_time);
