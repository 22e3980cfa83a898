#include "bridge/job_patience.h"

#include <inttypes.h>

#include "bridge/http/prefer.h"

enum { MS_PER_SECOND = 1000 };

static int64_t bounded(int64_t seconds)
{
    return seconds < JOB_PATIENCE_MAX_SECONDS ? seconds : JOB_PATIENCE_MAX_SECONDS;
}

status_code job_patience_read(struct exchange *exchange, int64_t unsaid_ms, int64_t *ret_wait_ms,
                              struct status *st)
{
    struct prefer prefer;
    struct str text;
    int64_t seconds;

    if (exchange_query(exchange, "wait", &text)) {
        if (!str_to_int64(text, &seconds) || seconds < 0)
            return FAIL_FIELD(st, "wait", "INVALID_FIELD",
                              "wait is a number of seconds from 0 to %d", JOB_PATIENCE_MAX_SECONDS);
        *ret_wait_ms = bounded(seconds) * MS_PER_SECOND;
        return STATUS_OK;
    }
    prefer_read(exchange, &prefer);
    if (prefer.wait_seconds != PREFER_UNSAID) {
        seconds = bounded(prefer.wait_seconds);
        exchange_add_header(exchange, "preference-applied", "wait=%" PRId64, seconds);
        *ret_wait_ms = seconds * MS_PER_SECOND;
    } else if (prefer.is_async) {
        exchange_add_header(exchange, "preference-applied", "respond-async");
        *ret_wait_ms = 0;
    } else {
        *ret_wait_ms = unsaid_ms;
    }
    return STATUS_OK;
}
