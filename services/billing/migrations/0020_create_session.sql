-- Sign-ins of people, and how many attempts at a password there were. Creates tables only: locks
-- nothing that exists.

-- The secret itself is kept nowhere, as a token's is not.
CREATE TABLE session (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    create_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL
);
CREATE INDEX session_account ON session (account_id, create_time);
CREATE INDEX session_expire ON session (expire_time);

-- Attempts by account and by address, for the generic cell rate algorithm. A crash of the database
-- empties it, which costs nothing but patience. Keys of accounts are hashes: what strangers type as
-- their e-mail address is not kept.
CREATE UNLOGGED TABLE attempt (
    key text PRIMARY KEY CHECK (octet_length(key) BETWEEN 1 AND 80),
    paid_time timestamptz NOT NULL -- until when the attempts that were made are paid for
);
CREATE INDEX attempt_paid ON attempt (paid_time);
