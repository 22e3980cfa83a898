#pragma once

/*
 * What whoever runs the service is told of S3: how attempts end, and what to do about one that
 * failed. Thread rule: any thread.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

struct s3_answer;

/* How an attempt ends. */
typedef enum {
    S3_END_OK,
    S3_END_REFUSED,     /* a status of 4xx */
    S3_END_FAILED,      /* 5xx, or anything else */
    S3_END_UNREACHABLE, /* no connection */
    S3_END_TIMEOUT,
    S3_END_BROKEN, /* the connection broke */
    S3_ENDS,
} s3_end;

/* @code: of the HTTP call; @status: of HTTP, 0 where there was no answer. */
s3_end s3_end_of(status_code code, int status);

/* One sentence that names the setting to look at. Static. */
const char *s3_advice(status_code code, const struct s3_answer *answer);

/* At the start: whether it may be otherwise in a minute without anybody's doing. */
bool s3_is_worth_waiting(status_code code, int status);

void s3_write_metrics(atomic_llong calls[static S3_ENDS], int64_t sent_bytes,
                      int64_t received_bytes, struct buf *out);
