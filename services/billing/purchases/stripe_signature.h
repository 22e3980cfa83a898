#pragma once

/*
 * Whether a notice of payment comes from Stripe and is fresh: the Stripe-Signature header, scheme
 * v1 (docs.stripe.com/webhooks/signature).
 *
 *     Stripe-Signature: t=1492774577,v1=5257a869...,v1=...,v0=...
 *
 * v1 is the HMAC-SHA256, in lower-case hexadecimal, of "<t>.<body>" under the endpoint's secret;
 * several stand there while a secret is being replaced. Other schemes are passed over. `t` bounds
 * how long a notice that somebody recorded can be sent again.
 *
 * Computes only; any thread.
 */

#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    STRIPE_SIGNATURE_HEADER_MAX = 4096, /* bytes of the header */
    STRIPE_SIGNATURE_TOLERANCE_SECONDS = 300,
};

/* @secrets: the endpoint's ("whsec_..."), by commas where it is being replaced; blanks and empty
 * ones are passed over, and with none nothing is valid.
 * @now: wall nanoseconds.
 *
 * Fails with INVALID_ARGUMENT INVALID_SIGNATURE for a header that is malformed, that no secret
 * made for this body, or whose time is more than the tolerance away from `now`. */
status_code stripe_signature_check(struct str header, struct str body, struct str secrets,
                                   int64_t now, struct status *st) _must_check_;
