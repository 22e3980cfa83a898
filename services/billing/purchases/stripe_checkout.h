#pragma once

/*
 * Opens a page at Stripe on which a purchase is paid: a Checkout Session
 * (docs.stripe.com/api/checkout/sessions/create), over HTTPS.
 *
 * The same purchase gets the same page, however often it is asked for within a day: its id is the
 * idempotency key. Thread rule: any thread; a call blocks on the network until `deadline`
 * (monotonic nanoseconds) and CHECKOUT_TIMEOUT_MS at most.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"

enum {
    CHECKOUT_TIMEOUT_MS = 15000,
    CHECKOUT_URL_SIZE = 2049,
    STRIPE_PUBLIC_URL_MAX = 400,
};

/* How Stripe is reached. Text is borrowed, and "" where nothing is set. */
struct stripe_settings {
    const char *url;             /* "https://api.stripe.com" */
    const char *key;             /* "sk_..." or "rk_..."; "": there are no purchases */
    const char *webhook_secrets; /* stripe_signature.h */
    const char *ca_file;         /* certificates that are trusted; "": those of the system */
    const char *public_url;      /* of this site, to which buyers come back */
};

struct stripe_order {
    const char *purchase_id;
    const char *email;
    const char *title;
    const char *currency; /* "usd" */
    int64_t price_minor;
};

struct stripe_checkout {
    const char *id;      /* "cs_..."; in the arena */
    const char *url;     /* https; in the arena */
    int64_t expire_time; /* wall nanoseconds */
};

/* Fails with INVALID_ARGUMENT CONFIG, naming the variable, for settings that cannot work: a key
 * without a secret would take money and bring no credits. */
status_code stripe_check(const struct stripe_settings *settings, struct status *st) _must_check_;

/* Whether `url` is one that a key may be sent to: https, with a host and nothing hidden. */
bool stripe_url_is_sound(const char *url);

/* Fails with UNAVAILABLE PAYMENT_UNAVAILABLE whatever goes wrong at Stripe's; why stands in the
 * log. */
status_code stripe_checkout_open(const struct stripe_settings *settings,
                                 const struct stripe_order *order, int64_t deadline,
                                 struct arena *arena, struct stripe_checkout *ret_checkout,
                                 struct status *st) _must_check_;
