-- How many requests a caller may make at the moment, counted for all replicas in one place. Creates
-- only: locks nothing that exists.

-- Generic cell rate algorithm (ITU-T I.371, annex A): a caller's minute of requests refills evenly.
-- Unlogged, since a count need not survive a crash, and no commit of it waits for the disk. Without
-- a further index, so that updates stay on their page (HOT).
CREATE UNLOGGED TABLE request_rate (
    principal_key text PRIMARY KEY CHECK (octet_length(principal_key) BETWEEN 1 AND 64),
    full_time timestamptz NOT NULL -- when all of the minute's requests are there again
) WITH (fillfactor = 50);

-- Takes one request of a caller that has `per_minute` of them (0: no limit). Refused ones take
-- nothing. left_requests: what is left at once; full_ms: until all are there again; wait_ms: until
-- the next one is, where this one is refused.
CREATE FUNCTION request_take(caller_key text, per_minute integer, OUT is_allowed boolean,
    OUT left_requests integer, OUT full_ms bigint, OUT wait_ms bigint)
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    full_refill CONSTANT interval := '1 minute';
    now_time CONSTANT timestamptz := clock_timestamp();
    step interval; -- in which one request refills
    full_at timestamptz;
BEGIN
    is_allowed := true;
    left_requests := 0;
    full_ms := 0;
    wait_ms := 0;
    IF per_minute = 0 THEN
        RETURN;
    END IF;
    step := 60000000 / per_minute * interval '1 microsecond'; -- rounded down: all of them fit
    INSERT INTO request_rate AS rate (principal_key, full_time)
    VALUES (caller_key, now_time + step)
    ON CONFLICT (principal_key) DO UPDATE SET full_time = greatest(rate.full_time, now_time) + step
    WHERE greatest(rate.full_time, now_time) + step <= now_time + full_refill
    RETURNING full_time INTO full_at;
    IF full_at IS NULL THEN
        is_allowed := false;
        full_at := (SELECT full_time FROM request_rate WHERE principal_key = caller_key);
        wait_ms := greatest(1, ceil(extract(epoch FROM full_at + step - now_time - full_refill) * 1000));
    ELSE
        left_requests := floor(extract(epoch FROM now_time + full_refill - full_at)
            / greatest(extract(epoch FROM step), 0.000001));
    END IF;
    full_ms := greatest(0, ceil(extract(epoch FROM full_at - now_time) * 1000));
END
$$;
