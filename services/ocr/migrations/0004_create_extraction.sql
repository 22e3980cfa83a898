-- What a tool found in a document: named values and line items. Creates a table only: locks nothing
-- that exists.

CREATE TABLE extraction (
    job_id text PRIMARY KEY REFERENCES job ON DELETE CASCADE,
    content bytea NOT NULL -- ocrmesh.ocr.v1.Extraction
);
ALTER TABLE extraction ALTER COLUMN content SET COMPRESSION lz4;
