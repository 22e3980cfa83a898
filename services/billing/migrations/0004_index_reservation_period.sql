-- Anonymous callers' reservations are forgotten with the period they count in, so they are found by
-- it. Holds off writes to reservations while the index is built.

DROP INDEX reservation_forget;
CREATE INDEX reservation_period ON reservation (principal_key, start_time);
