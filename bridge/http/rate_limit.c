#include "bridge/http/rate_limit.h"

#include <inttypes.h>

#include "bridge/http/exchange.h"

enum { WINDOW_SECONDS = 60, MS_PER_SECOND = 1000 };

void rate_limit_tell(struct exchange *exchange, int64_t per_minute, int64_t left, int64_t reset_ms)
{
    if (per_minute <= 0)
        return;
    exchange_keep_header(exchange, "ratelimit-policy", "\"requests\";q=%" PRId64 ";w=%d",
                         per_minute, WINDOW_SECONDS);
    exchange_keep_header(exchange, "ratelimit", "\"requests\";r=%" PRId64 ";t=%" PRId64, left,
                         (reset_ms + MS_PER_SECOND - 1) / MS_PER_SECOND);
}

void rate_limit_tell_refused(struct exchange *exchange, const struct status *st)
{
    const char *limit = status_get_info(st, "limit");
    const char *reset = status_get_info(st, "reset_ms");
    int64_t per_minute, reset_ms;

    if (limit != NULL && reset != NULL && str_to_int64(str_of(limit), &per_minute) &&
        str_to_int64(str_of(reset), &reset_ms) && reset_ms >= 0)
        rate_limit_tell(exchange, per_minute, 0, reset_ms);
}
