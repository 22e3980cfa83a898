#include "services/billing/sign_in/attempt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "lib/base/clock.h"
#include "services/billing/accounts/address.h"
#include "services/billing/sign_in/store_session.h"

enum { SECOND_MS = 1000 };

static const struct {
    const char *prefix; /* of the key */
    int64_t burst;
    int64_t interval_ms;
    const char *message;
} limits[] = {
    [ATTEMPT_PASSWORD_OF_ACCOUNT] = {"password:", 10, INT64_C(60) * SECOND_MS,
                                     "too many wrong passwords for this account"},
    [ATTEMPT_PASSWORD_FROM_ADDRESS] = {"address:", 30, INT64_C(30) * SECOND_MS,
                                       "too many failed attempts from your network"},
    [ATTEMPT_MAIL_TO_ACCOUNT] = {"mail:", 3, INT64_C(20) * 60 * SECOND_MS,
                                 "too much mail to this address"},
    [ATTEMPT_MAIL_FROM_ADDRESS] = {"mail-from:", 10, INT64_C(60) * SECOND_MS,
                                   "too many requests for mail from your network"},
    [ATTEMPT_SIGN_UP_FROM_ADDRESS] = {"sign-up:", 10, INT64_C(60) * 60 * SECOND_MS,
                                      "too many new accounts from your network"},
};

struct attempt attempt_of_email(attempt_kind kind, const char *email_key)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof(hash) + 1];
    struct attempt attempt = {.kind = kind, .burst = limits[kind].burst};

    (void)crypto_hash_sha256(hash, (const unsigned char *)email_key, strlen(email_key));
    (void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    (void)snprintf(attempt.key, sizeof(attempt.key), "%s%s", limits[kind].prefix, hex);
    return attempt;
}

status_code attempt_of_address(attempt_kind kind, const char *client_address,
                               struct attempt *ret_attempt, struct status *st)
{
    struct attempt attempt = {.kind = kind, .burst = limits[kind].burst};
    char address[ADDRESS_KEY_SIZE];

    TRY(address_key(client_address, address, st));
    (void)snprintf(attempt.key, sizeof(attempt.key), "%s%s", limits[kind].prefix, address);
    *ret_attempt = attempt;
    return STATUS_OK;
}

status_code attempt_spend(struct db *db, int64_t deadline, const struct attempt *attempt,
                          struct status *st)
{
    const int64_t interval_ms = limits[attempt->kind].interval_ms;
    const int64_t window_ms = (attempt->burst - 1) * interval_ms;
    const int64_t now = time_wall();
    int64_t paid_time, wait_ms;
    bool is_spent;

    TRY(store_attempt_spend(db, deadline, attempt->key, now, interval_ms, window_ms, &is_spent,
                            &paid_time, st));
    if (is_spent)
        return STATUS_OK;
    wait_ms = (paid_time - now) / NANOSECONDS_PER_MS - window_ms;
    if (wait_ms < SECOND_MS)
        wait_ms = SECOND_MS;
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED",
               "%s; try again in %" PRId64 " seconds", limits[attempt->kind].message,
               (wait_ms + SECOND_MS - 1) / SECOND_MS);
    st->retry_after_ms = wait_ms;
    return st->code;
}

status_code attempt_refund(struct db *db, int64_t deadline, const struct attempt *attempt,
                           struct status *st)
{
    return store_attempt_refund(db, deadline, attempt->key, limits[attempt->kind].interval_ms, st);
}

status_code attempt_clear(struct db_tx *tx, const struct attempt *attempt, struct status *st)
{
    return store_attempt_clear(tx, attempt->key, st);
}

status_code attempt_forget_old(struct db *db, int64_t deadline, struct status *st)
{
    return store_attempt_forget(db, deadline, time_wall(), st);
}
