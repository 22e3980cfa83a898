-- Embeddings of an index's passages, so that they are computed once for all replicas and restarts.
-- Creates a table only; takes a short lock on document_index, which it refers to.

-- They belong to the index's passages of that version; with any other they are passed over.
CREATE TABLE document_embedding_part (
    job_id text NOT NULL REFERENCES document_index ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= 0),
    index_version integer NOT NULL,
    model_version integer NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (job_id, position)
);
-- There is nothing in them that could be compressed.
ALTER TABLE document_embedding_part ALTER COLUMN data SET STORAGE EXTERNAL;
