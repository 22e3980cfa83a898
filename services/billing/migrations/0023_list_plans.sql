-- Plans that everybody is shown, and an account's use by day. Locks `plan` for a moment, and holds
-- off writes to reservations while the index is built.

-- A plan that was made for one customer is nobody else's business.
ALTER TABLE plan ADD COLUMN is_listed boolean NOT NULL DEFAULT true;

DROP INDEX reservation_account;
CREATE INDEX reservation_account_time ON reservation (account_id, create_time)
    WHERE account_id IS NOT NULL;
