-- Makes the ledger double-entry: each row moves credits from one ledger account to another, and
-- what is held for jobs is a balance of its own. Rows of the old ledger are carried over. Locks
-- account, reservation and ledger_entry while it copies.

-- What an account holds is in one of two ledger accounts: available (balance_credits) and held.
-- The other side of what comes and goes (issued, sold, revenue, written_off) has no balance here:
-- it is a sum over the ledger, so that no row is everybody's.
CREATE TABLE ledger_transfer (
    account_id uuid NOT NULL REFERENCES account,
    sequence bigint NOT NULL CHECK (sequence > 0), -- 1, 2, 3 and so on, for each account
    kind text NOT NULL,
    amount_credits bigint NOT NULL CHECK (amount_credits > 0),
    from_account text NOT NULL GENERATED ALWAYS AS (CASE kind
        WHEN 'grant' THEN 'issued' -- given by an operator
        WHEN 'purchase' THEN 'sold' -- paid for
        WHEN 'reserve' THEN 'available' -- held for a job
        WHEN 'charge' THEN 'held' -- for pages that were read
        WHEN 'return' THEN 'held' -- held, but not charged
        WHEN 'refund' THEN 'revenue' -- charged, and given back by an operator
        WHEN 'write_off' THEN 'available' -- left behind by an account that is deleted
    END) STORED,
    to_account text NOT NULL GENERATED ALWAYS AS (CASE kind
        WHEN 'reserve' THEN 'held'
        WHEN 'charge' THEN 'revenue'
        WHEN 'write_off' THEN 'written_off'
        ELSE 'available'
    END) STORED,
    -- Both balances after this transfer.
    available_credits bigint NOT NULL CHECK (available_credits >= 0),
    held_credits bigint NOT NULL CHECK (held_credits >= 0),
    reservation_id uuid REFERENCES reservation,
    request_id text CHECK (octet_length(request_id) BETWEEN 1 AND 255), -- of one without a job
    note text NOT NULL DEFAULT '' CHECK (octet_length(note) <= 200),
    create_time timestamptz NOT NULL,

    -- A balance is the sum of its transfers: each row adds its amount to the balances of the row
    -- before it, which must be there with just these balances, and the first one adds to nothing.
    previous_sequence bigint GENERATED ALWAYS AS (nullif(sequence - 1, 0)) STORED,
    available_before_credits bigint NOT NULL GENERATED ALWAYS AS (available_credits - CASE
        WHEN kind IN ('grant', 'purchase', 'return', 'refund') THEN amount_credits
        WHEN kind IN ('reserve', 'write_off') THEN -amount_credits
        ELSE 0
    END) STORED,
    held_before_credits bigint NOT NULL GENERATED ALWAYS AS (held_credits - CASE
        WHEN kind = 'reserve' THEN amount_credits
        WHEN kind IN ('charge', 'return') THEN -amount_credits
        ELSE 0
    END) STORED,
    CONSTRAINT ledger_transfer_first CHECK (
        sequence > 1 OR (available_before_credits = 0 AND held_before_credits = 0)),
    PRIMARY KEY (account_id, sequence),
    CONSTRAINT ledger_transfer_balance
        UNIQUE (account_id, sequence, available_credits, held_credits),

    -- Every transfer happens once: one of its kind for each reservation, or for each request.
    CONSTRAINT ledger_transfer_once UNIQUE (reservation_id, kind),
    CHECK ((kind IN ('reserve', 'charge', 'return', 'refund')) = (reservation_id IS NOT NULL)),
    CHECK ((kind IN ('grant', 'purchase', 'write_off', 'refund')) = (request_id IS NOT NULL))
);
CREATE UNIQUE INDEX ledger_transfer_request ON ledger_transfer (kind, request_id)
    WHERE request_id IS NOT NULL;
CREATE INDEX ledger_transfer_income ON ledger_transfer (account_id)
    WHERE kind IN ('grant', 'purchase');

-- The old ledger had one row for each change of what is available; what was charged shows as what
-- was reserved and did not come back.
INSERT INTO ledger_transfer (account_id, sequence, kind, amount_credits, available_credits,
    held_credits, reservation_id, request_id, note, create_time)
SELECT account_id, row_number() OVER through, kind, amount, sum(available) OVER through,
    sum(held) OVER through, reservation_id, request_id, note, create_time
FROM (
    SELECT account_id, id AS position, 0 AS part, kind, abs(amount_credits) AS amount,
        amount_credits AS available, CASE kind WHEN 'grant' THEN 0 ELSE -amount_credits END AS held,
        reservation_id, request_id, note, create_time
    FROM ledger_entry
    UNION ALL
    SELECT r.account_id, (SELECT max(id) FROM ledger_entry WHERE reservation_id = r.id), 1,
        'charge', r.charged_paid_credits, 0, -r.charged_paid_credits, r.id, NULL, '', r.end_time
    FROM reservation AS r WHERE r.charged_paid_credits > 0
) AS moved
WINDOW through AS (PARTITION BY account_id ORDER BY position, part);

ALTER TABLE ledger_transfer ADD CONSTRAINT ledger_transfer_chain
    FOREIGN KEY (account_id, previous_sequence, available_before_credits, held_before_credits)
    REFERENCES ledger_transfer (account_id, sequence, available_credits, held_credits);

-- An account's balances are those of its last transfer, by a constraint too.
ALTER TABLE account ADD COLUMN held_credits bigint NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN ledger_sequence bigint; -- of the last transfer; NULL: none
UPDATE account SET held_credits = last.held_credits, ledger_sequence = last.sequence
FROM (SELECT DISTINCT ON (account_id) account_id, sequence, held_credits FROM ledger_transfer
    ORDER BY account_id, sequence DESC) AS last
WHERE last.account_id = account.id;
ALTER TABLE account
    ADD CONSTRAINT account_held CHECK (held_credits BETWEEN 0 AND 1000000000000000),
    ADD CONSTRAINT account_without_ledger CHECK (
        ledger_sequence IS NOT NULL OR (balance_credits = 0 AND held_credits = 0)),
    -- Deferred: the account is changed just before its transfer is there.
    ADD CONSTRAINT account_ledger
        FOREIGN KEY (id, ledger_sequence, balance_credits, held_credits)
        REFERENCES ledger_transfer (account_id, sequence, available_credits, held_credits)
        DEFERRABLE INITIALLY DEFERRED;

DROP TABLE ledger_entry;
DROP FUNCTION ledger_entry_apply();
DROP FUNCTION ledger_entry_refuse();

-- The only thing that changes a balance. Its sums are checked by the constraints above.
CREATE FUNCTION ledger_transfer_apply() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE account SET
        balance_credits = balance_credits + CASE
            WHEN NEW.kind IN ('grant', 'purchase', 'return', 'refund') THEN NEW.amount_credits
            WHEN NEW.kind IN ('reserve', 'write_off') THEN -NEW.amount_credits
            ELSE 0 END,
        held_credits = held_credits + CASE
            WHEN NEW.kind = 'reserve' THEN NEW.amount_credits
            WHEN NEW.kind IN ('charge', 'return') THEN -NEW.amount_credits
            ELSE 0 END,
        ledger_sequence = coalesce(ledger_sequence, 0) + 1
    WHERE id = NEW.account_id
    RETURNING ledger_sequence, balance_credits, held_credits
    INTO NEW.sequence, NEW.available_credits, NEW.held_credits;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_transfer_apply BEFORE INSERT ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_transfer_apply();

CREATE FUNCTION ledger_transfer_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger transfers are only inserted';
END
$$;
CREATE TRIGGER ledger_transfer_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfer_refuse();

-- What an operator gave back of a job's charge: all that was paid with credits, or nothing.
ALTER TABLE reservation ADD COLUMN refunded_credits bigint NOT NULL DEFAULT 0
    CHECK (refunded_credits IN (0, charged_paid_credits));
-- A caller's jobs at work are counted by it.
CREATE INDEX reservation_open ON reservation (principal_key) WHERE state = 'open';

-- Suspended by an operator, or deleted by its owner and not purged yet.
ALTER TABLE account ADD COLUMN standing text NOT NULL DEFAULT 'active'
    CONSTRAINT account_standing CHECK (standing IN ('active', 'suspended', 'deleted'));
