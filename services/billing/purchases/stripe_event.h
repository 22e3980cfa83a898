#pragma once

/*
 * A notice of Stripe's (an Event object) as far as a purchase goes: what happened to which
 * checkout. Its signature must have been checked (stripe_signature.h).
 *
 * Computes only; any thread.
 */

#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/billing/uuid.h"

enum {
    STRIPE_EVENT_MAX_BYTES = 256 * 1024,
    STRIPE_ID_SIZE = 256, /* Stripe's own are at most 255 characters */
    STRIPE_CURRENCY_SIZE = 4,
};

typedef enum {
    STRIPE_EVENT_OTHER, /* nothing that concerns a purchase */
    STRIPE_EVENT_PAID,
    STRIPE_EVENT_PENDING, /* the checkout is done, the money on its way */
    STRIPE_EVENT_FAILED,  /* it did not arrive */
    STRIPE_EVENT_EXPIRED, /* nobody paid in time */
} stripe_event_kind;

struct stripe_event {
    char id[STRIPE_ID_SIZE];
    stripe_event_kind kind;
    /* Of all but OTHER: */
    char checkout_id[STRIPE_ID_SIZE];
    char purchase_id[UUID_SIZE]; /* the checkout's client_reference_id; "": none of ours */
    /* That was paid, in the smallest unit of the currency that the checkout was opened with, even
     * where the buyer paid in another one. */
    int64_t price_minor;
    char currency[STRIPE_CURRENCY_SIZE];
};

/* Fails with INVALID_ARGUMENT BAD_EVENT for what is no such object. */
status_code stripe_event_parse(struct str body, struct stripe_event *ret_event,
                               struct status *st) _must_check_;
