-- Open reservations are counted by one partial index and expire by another, and neither query can be
-- given the other's: where hardly any are open when statistics are taken, both look alike to the
-- planner, and a count by the wrong one reads all that are open. Holds off writes to reservations
-- while the index is built.

DROP INDEX reservation_expire;
CREATE INDEX reservation_expire ON reservation (expire_time) WHERE end_time IS NULL;
