#pragma once

/*
 * From an RPC's status to an HTTP answer: the one place that knows which failure is which HTTP
 * status (API: Errors, B1 to B7).
 *
 * Two tables: one by gRPC code, and before it one by ErrorInfo.reason, for what the public API
 * names more exactly. The body is {"error", "code", "request_id"}; `code` is the reason in lower
 * case, or the name of the gRPC code. 402 adds "used", "cap", "period" and "resets_at"; 429 and
 * 503 carry Retry-After, 401 WWW-Authenticate. With "Accept: application/problem+json" the
 * members of RFC 9457 are added.
 *
 * Thread rule: error_find() any thread, the rest the loop thread.
 */

#include <http_parser.h> /* enum http_status */

#include "lib/base/status.h"
#include "lib/base/str.h"

struct exchange;

enum {
    ERROR_CODE_MAX = STATUS_REASON_MAX,
    ERROR_BODY_MAX_BYTES = 8 * 1024,
    /* The client went away first: no registered status says so, this one is nginx's. */
    ERROR_STATUS_CLIENT_CLOSED = 499,
};

struct error_answer {
    enum http_status status;
    char code[ERROR_CODE_MAX];
    const char *message;         /* of the status, or static */
    int64_t retry_after_seconds; /* 0: no Retry-After */
};

void error_find(const struct status *st, struct error_answer *ret_answer);

/* The body for `answer`; false when it does not fit into `out`. @is_problem: with the members of
 * RFC 9457. */
bool error_write_body(struct buf *out, const struct status *st, const struct error_answer *answer,
                      const char *request_id, bool is_problem) _must_check_;

/* Logs the failure, and writes the body that error_respond() would answer: for an answer that has
 * begun, and can tell of failures in its own way. */
bool error_write_late(struct buf *out, const struct exchange *exchange,
                      const struct status *st) _must_check_;

/* Answers an exchange, whatever it had prepared, and logs the failure. Cuts it off when the head of
 * another answer has gone out already. */
void error_respond(struct exchange *exchange, const struct status *st);
