#pragma once

/*
 * Credits that are bought: packs of them, paid on a page of Stripe's.
 *
 * A purchase is a row that is written before anybody is asked for money, and its id is the request
 * id of everything that follows: of the page (stripe_checkout.h) and of the entry in the ledger
 * (credits.h). So whatever is repeated, after a lost answer or a crash, credits come once for a
 * payment, and a payment is never without its row. The rules stand in docs/billing.md.
 *
 * Thread rule: any thread; calls block until `deadline` (monotonic nanoseconds).
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/billing/plans/plan.h"
#include "services/billing/purchases/stripe_checkout.h"
#include "services/billing/purchases/stripe_event.h"
#include "services/billing/uuid.h"

struct account;
struct db;

enum {
    PURCHASE_REQUEST_ID_MAX_BYTES = 255,
    PURCHASE_TITLE_SIZE = 101,
    PURCHASE_PACKS_MAX = 100,
    PURCHASE_OPEN_MAX = 20,   /* begun by an account in a day and not paid */
    PURCHASE_EVENT_DAYS = 30, /* that a notice is remembered */
};

/* What is sold; a row of the database. */
struct credit_pack {
    char name[PLAN_NAME_SIZE];
    char title[PURCHASE_TITLE_SIZE]; /* as the buyer sees it */
    int64_t amount_credits;
    int64_t price_minor;                 /* in the currency's smallest unit: cents */
    char currency[STRIPE_CURRENCY_SIZE]; /* ISO 4217 in lower case: "usd" */
};

typedef enum {
    PURCHASE_OPEN,
    PURCHASE_PAID,      /* the credits are there */
    PURCHASE_UNCLAIMED, /* paid, but the account is gone or the price another: to be paid back */
    PURCHASE_FAILED,
    PURCHASE_EXPIRED,
} purchase_state;

struct purchase {
    char id[UUID_SIZE];
    char account_id[UUID_SIZE];
    struct credit_pack pack; /* as it was when the purchase began */
    purchase_state state;
    bool is_account_gone;                 /* deleted, though not purged yet */
    bool is_page_over;                    /* nothing can be paid there any more */
    char checkout_id[STRIPE_ID_SIZE];     /* "": not opened yet */
    char checkout_url[CHECKOUT_URL_SIZE]; /* the same */
};

/* Without a key nothing can be bought. */
bool purchase_is_offered(const struct stripe_settings *settings);

/* What is sold, by price; in the arena. */
status_code purchase_packs(struct db *db, int64_t deadline, struct arena *arena,
                           const struct credit_pack **ret_packs, size_t *ret_count,
                           struct status *st) _must_check_;

/*
 * A page on which the account pays for the pack. The same `request_id` gets the same one.
 *
 * Fails with UNIMPLEMENTED PURCHASES_OFF, INVALID_ARGUMENT INVALID_FIELD (pack, request_id),
 * FAILED_PRECONDITION PURCHASE_ENDED when the request id's is over, RESOURCE_EXHAUSTED RATE_LIMITED
 * beyond PURCHASE_OPEN_MAX, and as stripe_checkout_open() does.
 */
status_code purchase_begin(struct db *db, int64_t deadline, const struct stripe_settings *settings,
                           const struct account *account, const char *pack, const char *request_id,
                           struct arena *arena, const char **ret_url,
                           struct status *st) _must_check_;

/*
 * Takes a notice of Stripe's, with its Stripe-Signature header. One that came before, or concerns
 * nobody here, is fine, and nothing happens.
 *
 * @ret_paid: the purchase whose credits came with it, else NULL; in the arena.
 *
 * Fails with UNIMPLEMENTED PURCHASES_OFF, and as stripe_signature_check() and stripe_event_parse()
 * do; with anything else, the notice has to come again.
 */
status_code purchase_receive(struct db *db, int64_t deadline,
                             const struct stripe_settings *settings, struct str body,
                             struct str signature, int64_t now, struct arena *arena,
                             const struct purchase **ret_paid, struct status *st) _must_check_;

/* Forgets notices of PURCHASE_EVENT_DAYS ago. */
status_code purchase_forget_events(struct db *db, int64_t deadline, struct status *st) _must_check_;
