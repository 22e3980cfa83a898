-- Pictures that are kept of a page: their bytes are a blob, what they are stands beside the page. Adds
-- columns without touching rows; locks blob against writes while its index is made.

ALTER TABLE page
    ADD COLUMN pictures bytea, -- ocrmesh.ocr.worker.v1.PagePictures; NULL: none are kept
    ADD COLUMN pictures_key text, -- of the blob that has them one after the other
    ADD CHECK ((pictures IS NULL) = (pictures_key IS NULL));

-- By it a job's blobs are found by the beginning of their keys, whatever the database's order is.
CREATE INDEX blob_by_key ON blob (key COLLATE "C");
