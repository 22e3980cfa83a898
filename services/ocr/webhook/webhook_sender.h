#pragma once

/*
 * Posts notices of jobs that have ended (API: B18), from the queue of store_webhook.h: as many at
 * once as it has threads, of one account one at a time. Every replica has one; a notice whose
 * process was killed is posted again when its lease is over, with the same id.
 *
 * 2xx is delivered, 410 is a refusal for good, everything else is tried again after a pause
 * (webhook_message.h), or after Retry-After where that is longer, until a day is over. Where a URL
 * may lead is http_guard.h's to say, at each attempt anew. Of an answer's body a few KiB are read,
 * and dropped. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct db;
struct http_guard;
struct metrics;
struct webhook_sender;

enum { WEBHOOK_CALLS_MAX = 256 };

/* All borrowed; they outlive the sender. */
struct webhook_sender_options {
    struct db *db;
    struct metrics *metrics;
    const struct http_guard *guard;
    const char *ca_file; /* "": the certificates of the system */
    int calls;           /* at once */
    int64_t timeout_ms;  /* of one attempt */
    int64_t pause_ms;    /* after the first attempt */
};

status_code webhook_sender_start(const struct webhook_sender_options *options,
                                 struct webhook_sender **ret_sender,
                                 struct status *st) _must_check_;
/* Something may be due. */
void webhook_sender_wake(struct webhook_sender *sender);
/* Interrupts what is being posted: it is due at once, for another process. */
void webhook_sender_stop(struct webhook_sender *sender);
DEFINE_CLEANUP_NAMED(struct webhook_sender *, webhook_sender_stopp, webhook_sender_stop)
