-- Accounts and their tokens. Creates tables only: locks nothing that exists.

CREATE TABLE account (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (octet_length(email) <= 254), -- as its owner wrote it
    email_key text NOT NULL CONSTRAINT account_email_key UNIQUE, -- in lower case
    password_hash text NOT NULL, -- Argon2id, with its parameters
    plan_name text NOT NULL REFERENCES plan ON UPDATE CASCADE,
    -- Sum of the account's ledger entries, written by their trigger alone.
    balance_credits bigint NOT NULL DEFAULT 0
        CONSTRAINT account_balance CHECK (balance_credits BETWEEN 0 AND 1000000000000000),
    create_time timestamptz NOT NULL
);

-- The secret itself is kept nowhere: it has 256 random bits, so that a plain SHA-256 is enough.
CREATE TABLE token (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    name text NOT NULL CHECK (octet_length(name) <= 100),
    hint text NOT NULL, -- the first characters, for recognition by a person
    hash bytea NOT NULL CONSTRAINT token_hash UNIQUE CHECK (length(hash) = 32),
    create_time timestamptz NOT NULL,
    last_used_time timestamptz -- to the hour
);
CREATE INDEX token_account ON token (account_id);
