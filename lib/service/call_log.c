#include "lib/service/call_log.h"

#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/log/log.h"

enum { REQUEST_ID_SHOWN_MAX = 64 }; /* bytes of what a caller sent */

static log_level failure_level(status_code code)
{
    switch (code) {
    case STATUS_UNKNOWN:
    case STATUS_INTERNAL:
    case STATUS_DATA_LOSS:
        return LOG_ERROR;
    case STATUS_UNAVAILABLE:
    case STATUS_DEADLINE_EXCEEDED:
        return LOG_WARNING;
    default:
        return LOG_INFO;
    }
}

void call_log_end(struct rpc_call *call, const struct status *st, int64_t duration_ns)
{
    const struct log_field method = LOG_STRING("method", rpc_call_method(call));
    const struct log_field peer = LOG_STRING("peer", rpc_call_peer(call));
    const struct log_field peer_id = LOG_STRING("peer_id", rpc_call_peer_id(call));
    const struct log_field duration =
        LOG_REAL("duration_ms", (double)duration_ns / NANOSECONDS_PER_MS);
    char request_id[REQUEST_ID_SHOWN_MAX + 1] = "";
    struct str sent;

    if (rpc_metadata_get(rpc_call_metadata(call), "ocrmesh-request-id", &sent))
        (void)snprintf(request_id, sizeof(request_id), "%.*s",
                       (int)(sent.n < REQUEST_ID_SHOWN_MAX ? sent.n : REQUEST_ID_SHOWN_MAX),
                       sent.p);
    if (st->code == STATUS_OK)
        log_write(LOG_DEBUG, "call done", method, LOG_STRING("request_id", request_id), peer,
                  peer_id, duration);
    else
        log_failure(failure_level(st->code), "call failed", st, method,
                    LOG_STRING("request_id", request_id), peer, peer_id, duration);
}
