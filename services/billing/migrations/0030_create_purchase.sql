-- What credits cost, and who bought them. Creates tables only: locks nothing that exists.

CREATE TABLE credit_pack (
    name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,31}$'),
    title text NOT NULL CHECK (octet_length(title) BETWEEN 1 AND 100), -- as the buyer sees it
    amount_credits bigint NOT NULL CHECK (amount_credits BETWEEN 1 AND 1000000000),
    -- In the currency's smallest unit: cents.
    price_minor bigint NOT NULL CHECK (price_minor BETWEEN 1 AND 99999999),
    currency text NOT NULL CHECK (currency ~ '^[a-z]{3}$'), -- ISO 4217 in lower case
    is_offered boolean NOT NULL DEFAULT true
);

INSERT INTO credit_pack (name, title, amount_credits, price_minor, currency) VALUES
    ('small', '500 credits', 500, 500, 'usd'),
    ('medium', '5,000 credits', 5000, 4000, 'usd'),
    ('large', '50,000 credits', 50000, 30000, 'usd');

-- Written before anybody is asked for money. What was sold is kept as it was then.
CREATE TABLE purchase (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account,
    request_id text NOT NULL CHECK (octet_length(request_id) BETWEEN 1 AND 255),
    pack_name text NOT NULL,
    title text NOT NULL,
    amount_credits bigint NOT NULL CHECK (amount_credits > 0),
    price_minor bigint NOT NULL CHECK (price_minor > 0),
    currency text NOT NULL,
    -- unclaimed: paid, but the credits went nowhere; an operator pays it back.
    state text NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'paid', 'unclaimed', 'failed', 'expired')),
    checkout_id text CHECK (octet_length(checkout_id) BETWEEN 1 AND 255), -- the provider's
    checkout_url text CHECK (octet_length(checkout_url) <= 2048),
    create_time timestamptz NOT NULL,
    expire_time timestamptz, -- of the page on which it is paid
    end_time timestamptz,
    CONSTRAINT purchase_request UNIQUE (account_id, request_id),
    CHECK ((state = 'open') = (end_time IS NULL))
);

-- The provider's notices that were taken, so that none counts twice.
CREATE TABLE payment_event (
    id text PRIMARY KEY CHECK (octet_length(id) BETWEEN 1 AND 255),
    purchase_id uuid REFERENCES purchase ON DELETE CASCADE, -- NULL: of none here
    receive_time timestamptz NOT NULL
);
CREATE INDEX payment_event_time ON payment_event (receive_time);
CREATE INDEX payment_event_purchase ON payment_event (purchase_id);
