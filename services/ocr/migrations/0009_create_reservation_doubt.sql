-- expansion: a table beside the others. Submissions that do not know whether billing holds pages for them, as its answer never
-- came: what is held for nobody is released (store_doubt.c), where it was held until it expired. Locks nothing that exists.

CREATE TABLE reservation_doubt (
    job_id text PRIMARY KEY,
    due_time timestamptz NOT NULL
);
CREATE INDEX reservation_doubt_due ON reservation_doubt (due_time);
