-- Conversations about jobs, and the indexes that questions are answered from. Creates tables only:
-- locks nothing that exists.

-- One a job and account.
CREATE TABLE conversation (
    id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    job_id text NOT NULL CHECK (job_id ~ '^[0-9a-f]{32}$'),
    account_id text NOT NULL,
    message_count integer NOT NULL DEFAULT 0 CHECK (message_count >= 0),
    create_time timestamptz NOT NULL DEFAULT now(),
    expire_time timestamptz NOT NULL, -- the job's
    UNIQUE (job_id, account_id)
);
CREATE INDEX conversation_account ON conversation (account_id);
CREATE INDEX conversation_expire ON conversation (expire_time);

-- A question, then its answer: both come in one transaction, so that their numbers follow each
-- other.
CREATE TABLE message (
    conversation_id text NOT NULL REFERENCES conversation ON DELETE CASCADE,
    number integer NOT NULL CHECK (number > 0), -- odd: a question, even: its answer
    id text NOT NULL CHECK (id ~ '^[0-9a-f]{32}$'),
    role text NOT NULL CHECK (role IN ('user', 'assistant')),
    content text NOT NULL CHECK (content <> ''),
    request_id text CHECK (request_id <> ''), -- of a question: the caller's, or a random one
    source text CHECK (source IN ('extractive', 'model', 'fallback')), -- how an answer was made
    is_grounded boolean NOT NULL, -- an answer that the document gives
    citations jsonb NOT NULL, -- [{"page", "block", "snippet", "boxes": [[x0, y0, x1, y1]]}]
    create_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (conversation_id, number),
    CHECK ((role = 'user') = (number % 2 = 1)),
    CHECK ((role = 'user') = (source IS NULL)),
    CHECK (role = 'assistant' OR (citations = '[]' AND NOT is_grounded)),
    CHECK (is_grounded OR citations = '[]'),
    CHECK ((role = 'user') = (request_id IS NOT NULL))
);
CREATE UNIQUE INDEX message_request ON message (conversation_id, request_id)
    WHERE request_id IS NOT NULL;

-- What a job's document was made into for retrieval; its bytes in parts.
CREATE TABLE document_index (
    job_id text PRIMARY KEY CHECK (job_id ~ '^[0-9a-f]{32}$'),
    account_id text NOT NULL, -- whose question it was made for: it goes with that account
    version integer NOT NULL, -- of the form of the bytes
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    create_time timestamptz NOT NULL DEFAULT now(),
    expire_time timestamptz NOT NULL -- the job's
);
CREATE INDEX document_index_account ON document_index (account_id);
CREATE INDEX document_index_expire ON document_index (expire_time);

CREATE TABLE document_index_part (
    job_id text NOT NULL REFERENCES document_index ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= 0),
    data bytea NOT NULL,
    PRIMARY KEY (job_id, position)
);
ALTER TABLE document_index_part ALTER COLUMN data SET COMPRESSION lz4;
