-- Free buckets, reservations and the ledger of credits. Creates tables only: locks nothing that
-- exists.

-- What a caller used of one day or month, reservations that are still open included.
CREATE TABLE usage_period (
    principal_key text NOT NULL CHECK (octet_length(principal_key) BETWEEN 1 AND 64),
    period text NOT NULL CHECK (period IN ('day', 'month')),
    start_time timestamptz NOT NULL,
    quota_credits bigint NOT NULL DEFAULT 0 CHECK (quota_credits >= 0), -- of the free bucket
    paid_credits bigint NOT NULL DEFAULT 0 CHECK (paid_credits >= 0), -- paid with credits
    PRIMARY KEY (principal_key, period, start_time)
);

-- The price of a job's pages, held until the job has ended. What is charged comes from the free
-- part first.
CREATE TABLE reservation (
    id uuid PRIMARY KEY,
    request_id text NOT NULL CONSTRAINT reservation_request_id UNIQUE
        CHECK (octet_length(request_id) BETWEEN 1 AND 255),
    principal_key text NOT NULL,
    account_id uuid REFERENCES account, -- NULL: an anonymous caller's
    tier integer NOT NULL,
    pages integer NOT NULL CHECK (pages > 0),
    page_price_credits bigint NOT NULL CHECK (page_price_credits > 0),
    period text NOT NULL, -- the usage_period that it counts in, with the next column
    start_time timestamptz NOT NULL,
    quota_credits bigint NOT NULL CHECK (quota_credits >= 0),
    paid_credits bigint NOT NULL CHECK (paid_credits >= 0),
    state text NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'committed', 'released', 'expired')),
    charged_pages integer NOT NULL DEFAULT 0 CHECK (charged_pages BETWEEN 0 AND pages),
    charged_quota_credits bigint NOT NULL DEFAULT 0
        CHECK (charged_quota_credits BETWEEN 0 AND quota_credits),
    charged_paid_credits bigint NOT NULL DEFAULT 0
        CHECK (charged_paid_credits BETWEEN 0 AND paid_credits),
    create_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL,
    end_time timestamptz,
    CHECK (quota_credits + paid_credits = pages * page_price_credits),
    CHECK (charged_quota_credits + charged_paid_credits = charged_pages * page_price_credits),
    CHECK (state = 'committed' OR charged_pages = 0),
    CHECK ((state = 'open') = (end_time IS NULL)),
    CHECK (account_id IS NOT NULL OR paid_credits = 0)
);
CREATE INDEX reservation_expire ON reservation (expire_time) WHERE state = 'open';
CREATE INDEX reservation_forget ON reservation (end_time) WHERE account_id IS NULL;
CREATE INDEX reservation_account ON reservation (account_id);

-- Every change of an account's balance. Entries are only inserted.
CREATE TABLE ledger_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    -- grant: credits are given; reserve: held for a job; return: held, but not charged.
    kind text NOT NULL CHECK (kind IN ('grant', 'reserve', 'return')),
    amount_credits bigint NOT NULL
        CHECK (CASE kind WHEN 'reserve' THEN amount_credits < 0 ELSE amount_credits > 0 END),
    reservation_id uuid REFERENCES reservation,
    request_id text CONSTRAINT ledger_entry_request_id UNIQUE
        CHECK (octet_length(request_id) BETWEEN 1 AND 255), -- of a grant
    note text NOT NULL DEFAULT '' CHECK (octet_length(note) <= 200),
    create_time timestamptz NOT NULL,
    CONSTRAINT ledger_entry_once UNIQUE (reservation_id, kind),
    CHECK ((kind = 'grant') = (reservation_id IS NULL)),
    CHECK ((kind = 'grant') = (request_id IS NOT NULL))
);
CREATE INDEX ledger_entry_account ON ledger_entry (account_id);

CREATE FUNCTION ledger_entry_apply() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE account SET balance_credits = balance_credits + NEW.amount_credits
    WHERE id = NEW.account_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_entry_apply AFTER INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_apply();

CREATE FUNCTION ledger_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger entries are only inserted';
END
$$;
CREATE TRIGGER ledger_entry_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_refuse();
