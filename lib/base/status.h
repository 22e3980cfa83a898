#pragma once

/*
 * The one error type, from the SQL row to the HTTP body.
 *
 * A function that can fail returns `status_code`, is marked `_must_check_` and takes
 * `struct status *st` last. On failure it fills `*st` once, at the origin, and leaves its outputs
 * untouched; on success it sets every output and leaves `*st` alone. The struct lives on the
 * caller's stack: the failure path allocates nothing.
 *
 * The codes are the gRPC codes with the same numbers, so that nothing is lost between layers.
 * Thread rule: plain values, any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/cleanup.h"

typedef enum {
    STATUS_OK = 0,
    STATUS_CANCELLED = 1,
    STATUS_UNKNOWN = 2,
    STATUS_INVALID_ARGUMENT = 3,
    STATUS_DEADLINE_EXCEEDED = 4,
    STATUS_NOT_FOUND = 5,
    STATUS_ALREADY_EXISTS = 6,
    STATUS_PERMISSION_DENIED = 7,
    STATUS_RESOURCE_EXHAUSTED = 8,
    STATUS_FAILED_PRECONDITION = 9,
    STATUS_ABORTED = 10,
    STATUS_OUT_OF_RANGE = 11,
    STATUS_UNIMPLEMENTED = 12,
    STATUS_INTERNAL = 13,
    STATUS_UNAVAILABLE = 14,
    STATUS_DATA_LOSS = 15,
    STATUS_UNAUTHENTICATED = 16,
} status_code;

enum {
    STATUS_REASON_MAX = 40,
    STATUS_MESSAGE_MAX = 256,
    STATUS_INFO_MAX = 8, /* facts that travel with an error */
    STATUS_INFO_KEY_MAX = 24,
    STATUS_INFO_VALUE_MAX = 64,
};

/* One machine-readable fact about a failure, for example "cap" = "20". */
struct status_info {
    char key[STATUS_INFO_KEY_MAX];
    char value[STATUS_INFO_VALUE_MAX];
};

struct status {
    status_code code;
    char reason[STATUS_REASON_MAX];   /* UPPER_SNAKE word that a client may match on, or "" */
    char message[STATUS_MESSAGE_MAX]; /* one English sentence, safe to show to the caller */
    char field[STATUS_REASON_MAX];    /* the request's field at fault (BadRequest), or "" */
    int64_t retry_after_ms;           /* when to try again (RetryInfo), or 0 */
    size_t info_count;                /* ErrorInfo.metadata */
    struct status_info info[STATUS_INFO_MAX];
    const char *where; /* "file:line" of the origin; for the log, never on the wire */
};

/*
 * Fills *st and returns its code:
 *     return FAIL(st, STATUS_NOT_FOUND, "JOB_NOT_FOUND", "there is no job %s", id);
 * `reason` may be NULL.
 */
#define FAIL(st, code, reason, ...) status_fail((st), (code), (reason), STATUS_WHERE_, __VA_ARGS__)

/* FAIL for memory that malloc() or an arena did not give. */
#define FAIL_MEMORY(st)                                                                            \
    FAIL((st), STATUS_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY",                                         \
         "there is no memory left for this; try again later")

/* Returns from the calling function when `expression` is not STATUS_OK. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        status_code try_code_ = (expression);                                                      \
        if (try_code_ != STATUS_OK)                                                                \
            return try_code_;                                                                      \
    } while (0)

#define STATUS_STRING_(token) #token
#define STATUS_LINE_(token)   STATUS_STRING_(token)
#define STATUS_WHERE_         __FILE__ ":" STATUS_LINE_(__LINE__)

/* The function behind FAIL. */
status_code status_fail(struct status *st, status_code code, const char *reason, const char *where,
                        const char *format, ...) _printf_(5, 6);

/* FAIL with INVALID_ARGUMENT that names the request's field. */
#define FAIL_FIELD(st, field_name, reason, ...)                                                    \
    (status_fail((st), STATUS_INVALID_ARGUMENT, (reason), STATUS_WHERE_, __VA_ARGS__),             \
     status_set_field((st), (field_name)))

/* Names the field at fault; returns st->code. */
status_code status_set_field(struct status *st, const char *field);

/* Adds a fact; returns st->code. A key that is set already is replaced; beyond STATUS_INFO_MAX and
 * beyond the lengths above, what does not fit is cut. */
status_code status_add_info(struct status *st, const char *key, const char *format, ...)
    _printf_(3, 4);

/* The value of a fact, or NULL. Lives as long as *st. */
const char *status_get_info(const struct status *st, const char *key);

/* "NOT_FOUND" and so on; "UNKNOWN" for a number that is no code. Static. */
const char *status_code_name(status_code code);
