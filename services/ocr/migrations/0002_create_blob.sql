-- Uploads, where blobs live in PostgreSQL (lib/blob). Creates tables only: locks nothing that exists.

CREATE TABLE blob (
    key text PRIMARY KEY,
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    create_time timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE blob_chunk (
    blob_key text NOT NULL REFERENCES blob ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= 0),
    data bytea NOT NULL,
    PRIMARY KEY (blob_key, position)
);
-- Uploads are compressed already.
ALTER TABLE blob_chunk ALTER COLUMN data SET STORAGE EXTERNAL;
