-- The order of the queue stands in its own rows, so that a lease reads a few of them, however many
-- wait. Locks page_task for as long as its rows are written anew.

ALTER TABLE page_task
    ADD COLUMN rank integer NOT NULL DEFAULT 0, -- the job's priority, negated: smaller is served first
    ADD COLUMN job_number bigint NOT NULL DEFAULT 0; -- the job's
UPDATE page_task SET rank = -job.priority, job_number = job.number FROM job WHERE job.id = job_id;
ALTER TABLE page_task ALTER COLUMN rank DROP DEFAULT, ALTER COLUMN job_number DROP DEFAULT;
CREATE INDEX page_task_free ON page_task (rank, principal_key, job_number, page_index)
    WHERE lease_token IS NULL;
DROP INDEX job_waiting;
