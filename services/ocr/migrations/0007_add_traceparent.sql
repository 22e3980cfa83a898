-- The trace that a job belongs to, so that its pages are spans of it, whichever replica reads them. Adds a column without
-- touching rows: job is locked for a moment.

ALTER TABLE job ADD COLUMN traceparent text; -- W3C Trace Context; NULL: none
