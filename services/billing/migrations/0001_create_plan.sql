-- What callers may do and what a page costs, as data: an operator changes a row and the next call
-- follows it. Creates tables only: locks nothing that exists.

CREATE TABLE plan (
    name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,31}$'),
    -- Free credits a day (UTC) for each address; 0: no such bucket, then the month's is used.
    day_cap_credits bigint NOT NULL CHECK (day_cap_credits BETWEEN 0 AND 1000000000000),
    -- Free credits a calendar month (UTC); 0: none.
    month_cap_credits bigint NOT NULL CHECK (month_cap_credits BETWEEN 0 AND 1000000000000),
    pages_per_file integer NOT NULL CHECK (pages_per_file > 0),
    bytes_per_file bigint NOT NULL CHECK (bytes_per_file > 0),
    jobs_at_once integer NOT NULL CHECK (jobs_at_once >= 0), -- 0: no limit
    requests_per_minute integer NOT NULL CHECK (requests_per_minute >= 0), -- 0: no limit
    queue_priority integer NOT NULL CHECK (queue_priority >= 0), -- higher is served first
    questions_per_day integer NOT NULL CHECK (questions_per_day >= 0),
    retention_seconds bigint NOT NULL CHECK (retention_seconds > 0),
    -- The plan whose file caps, pace, priority, questions and retention hold while the account has
    -- credits; NULL: its own. Buckets and prices stay its own.
    funded_plan_name text REFERENCES plan
);

CREATE TABLE plan_price (
    plan_name text NOT NULL REFERENCES plan ON UPDATE CASCADE ON DELETE CASCADE,
    tier integer NOT NULL CHECK (tier IN (1, 2)), -- ocrmesh.ocr.v1.Tier: 1 cpu, 2 vlm
    page_price_credits bigint NOT NULL CHECK (page_price_credits BETWEEN 1 AND 1000000),
    PRIMARY KEY (plan_name, tier)
);

INSERT INTO plan (name, day_cap_credits, month_cap_credits, pages_per_file, bytes_per_file,
    jobs_at_once, requests_per_minute, queue_priority, questions_per_day, retention_seconds)
VALUES
    ('anonymous', 20, 0, 5, 52428800, 5, 60, 0, 0, 86400),
    ('free', 0, 100, 25, 52428800, 10, 120, 1, 50, 604800),
    ('starter', 0, 0, 500, 52428800, 25, 300, 2, 200, 604800),
    ('pro', 0, 0, 2000, 52428800, 100, 1200, 3, 1000, 604800),
    ('enterprise', 0, 0, 2000, 52428800, 0, 0, 4, 10000, 604800);
UPDATE plan SET funded_plan_name = 'starter' WHERE name = 'free';

INSERT INTO plan_price (plan_name, tier, page_price_credits)
SELECT name, tier, CASE tier WHEN 1 THEN 1 ELSE 5 END
FROM plan CROSS JOIN (VALUES (1), (2)) AS tiers (tier);
