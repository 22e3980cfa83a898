#include "services/billing/purchases/stripe_signature.h"

#include <stdbool.h>
#include <stdint.h>

#include <sodium.h>

#include "lib/base/ascii.h"
#include "lib/base/clock.h"

enum {
    SIGNATURE_BYTES = crypto_auth_hmacsha256_BYTES,
    SIGNATURES_MAX = 16, /* of scheme v1; more are no honest header */
};

struct parsed {
    struct str time_text; /* as sent, since it is signed so */
    int64_t time_seconds;
    unsigned char signatures[SIGNATURES_MAX][SIGNATURE_BYTES];
    size_t count;
};

static status_code fail(struct status *st)
{
    return FAIL(st, STATUS_INVALID_ARGUMENT, "INVALID_SIGNATURE",
                "the Stripe-Signature header does not fit this body");
}

static bool read_signature(struct str text, unsigned char ret_signature[static SIGNATURE_BYTES])
{
    size_t length;
    const char *end;

    return text.n == SIGNATURE_BYTES * 2 &&
           sodium_hex2bin(ret_signature, SIGNATURE_BYTES, text.p, text.n, NULL, &length, &end) ==
               0 &&
           length == SIGNATURE_BYTES && end == text.p + text.n;
}

static bool read_time(struct str text, int64_t *ret_seconds)
{
    return text.n > 0 && ascii_is_digit(text.p[0]) && str_to_int64(text, ret_seconds);
}

static bool parse(struct str header, struct parsed *ret_parsed)
{
    struct str rest = header, item, name;

    *ret_parsed = (struct parsed){.count = 0};
    if (header.n > STRIPE_SIGNATURE_HEADER_MAX)
        return false;
    while (str_next_token(&rest, ',', &item)) {
        struct str value = str_trim(item);

        if (!str_next_token(&value, '=', &name) || value.p == NULL)
            return false;
        if (str_equal(name, STR("t"))) {
            /* Which of two was signed would be anybody's choice. */
            if (ret_parsed->time_text.p != NULL || !read_time(value, &ret_parsed->time_seconds))
                return false;
            ret_parsed->time_text = value;
        } else if (str_equal(name, STR("v1"))) {
            if (ret_parsed->count == SIGNATURES_MAX ||
                !read_signature(value, ret_parsed->signatures[ret_parsed->count]))
                return false;
            ret_parsed->count++;
        }
    }
    return ret_parsed->time_text.p != NULL && ret_parsed->count > 0;
}

static void sign(struct str secret, struct str time_text, struct str body,
                 unsigned char ret_signature[static SIGNATURE_BYTES])
{
    crypto_auth_hmacsha256_state state;

    (void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.p, secret.n);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)time_text.p, time_text.n);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)".", 1);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.p, body.n);
    (void)crypto_auth_hmacsha256_final(&state, ret_signature);
    sodium_memzero(&state, sizeof(state));
}

static bool is_signed(const struct parsed *parsed, struct str body, struct str secrets)
{
    bool is_found = false;
    struct str secret;

    while (str_next_token(&secrets, ',', &secret)) {
        unsigned char expected[SIGNATURE_BYTES];

        secret = str_trim(secret);
        if (secret.n == 0)
            continue;
        sign(secret, parsed->time_text, body, expected);
        /* All of them, so that the time taken tells nothing. */
        for (size_t i = 0; i < parsed->count; i++)
            is_found |= sodium_memcmp(expected, parsed->signatures[i], SIGNATURE_BYTES) == 0;
    }
    return is_found;
}

status_code stripe_signature_check(struct str header, struct str body, struct str secrets,
                                   int64_t now, struct status *st)
{
    struct parsed parsed;
    int64_t age_seconds;

    if (!parse(header, &parsed) || !is_signed(&parsed, body, secrets))
        return fail(st);
    if (__builtin_sub_overflow(now / NANOSECONDS_PER_SECOND, parsed.time_seconds, &age_seconds))
        return fail(st);
    if (age_seconds > STRIPE_SIGNATURE_TOLERANCE_SECONDS ||
        age_seconds < -STRIPE_SIGNATURE_TOLERANCE_SECONDS)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "INVALID_SIGNATURE",
                    "the Stripe-Signature header was made more than %d seconds from now",
                    STRIPE_SIGNATURE_TOLERANCE_SECONDS);
    return STATUS_OK;
}
