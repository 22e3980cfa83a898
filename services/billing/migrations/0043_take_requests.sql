-- expansion: request_take() for several requests at once; the one for a single request stays, for programs that know no other.

-- Takes `wanted` requests of a caller that has `per_minute` of them (0: no limit): all of them or none. Refused ones take
-- nothing. left_requests: what is left at once; full_ms: until all are there again; wait_ms: until as many as are wanted are,
-- where these are refused.
CREATE FUNCTION request_take(caller_key text, per_minute integer, wanted bigint, OUT is_allowed boolean,
    OUT left_requests integer, OUT full_ms bigint, OUT wait_ms bigint)
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    full_refill CONSTANT interval := '1 minute';
    now_time CONSTANT timestamptz := clock_timestamp();
    step interval; -- in which one request refills
    taken interval; -- in which those that are wanted refill
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
    taken := wanted * step;
    IF taken <= full_refill THEN
        INSERT INTO request_rate AS rate (principal_key, full_time)
        VALUES (caller_key, now_time + taken)
        ON CONFLICT (principal_key) DO UPDATE SET full_time = greatest(rate.full_time, now_time) + taken
        WHERE greatest(rate.full_time, now_time) + taken <= now_time + full_refill
        RETURNING full_time INTO full_at;
    END IF;
    IF full_at IS NULL THEN
        is_allowed := false;
        full_at := coalesce((SELECT full_time FROM request_rate WHERE principal_key = caller_key), now_time);
        wait_ms := greatest(1, ceil(extract(epoch FROM full_at + taken - now_time - full_refill) * 1000));
    ELSE
        left_requests := floor(extract(epoch FROM now_time + full_refill - full_at)
            / greatest(extract(epoch FROM step), 0.000001));
    END IF;
    full_ms := greatest(0, ceil(extract(epoch FROM full_at - now_time) * 1000));
END
$$;
