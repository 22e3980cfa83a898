-- Questions that accounts ask about their documents. Creates tables only: locks nothing that exists.

-- How many there were on each day (UTC).
CREATE TABLE question_day (
    account_id uuid NOT NULL REFERENCES account,
    start_time timestamptz NOT NULL,
    questions integer NOT NULL CHECK (questions > 0),
    PRIMARY KEY (account_id, start_time)
);
CREATE INDEX question_day_start ON question_day (start_time);

-- The latest ones, so that one that is sent again counts once.
CREATE TABLE question (
    account_id uuid NOT NULL REFERENCES account,
    request_id text NOT NULL CHECK (octet_length(request_id) BETWEEN 1 AND 255),
    create_time timestamptz NOT NULL,
    PRIMARY KEY (account_id, request_id)
);
CREATE INDEX question_create ON question (create_time);
