#include "services/billing/purchases/purchase.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "lib/log/log.h"
#include "services/billing/accounts/account.h"
#include "services/billing/ledger/credits.h"
#include "services/billing/purchases/store_purchase.h"
#include "services/billing/purchases/stripe_signature.h"

#define DAY (INT64_C(24) * 60 * 60 * NANOSECONDS_PER_SECOND)

enum { RETRY_MS = 60 * 60 * 1000 };

bool purchase_is_offered(const struct stripe_settings *settings)
{
    return settings->key[0] != '\0';
}

static status_code check_offered(const struct stripe_settings *settings, struct status *st)
{
    if (purchase_is_offered(settings))
        return STATUS_OK;
    return FAIL(st, STATUS_UNIMPLEMENTED, "PURCHASES_OFF",
                "nothing is sold on this server; ask its operator for credits");
}

status_code purchase_packs(struct db *db, int64_t deadline, struct arena *arena,
                           const struct credit_pack **ret_packs, size_t *ret_count,
                           struct status *st)
{
    return store_packs(db, deadline, arena, ret_packs, ret_count, st);
}

/* --- the start --- */

struct beginning {
    struct store_new_purchase row;
    struct purchase purchase;
    bool is_found;
};

static status_code begin_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct beginning *beginning = arg;
    const struct store_new_purchase *row = &beginning->row;
    int64_t open_count;

    TRY(store_purchase_by_request(tx, row->account_id, row->request_id, &beginning->purchase,
                                  &beginning->is_found, st));
    if (beginning->is_found)
        return STATUS_OK;
    TRY(store_purchases_open(tx, row->account_id, row->create_time - DAY, &open_count, st));
    if (open_count >= PURCHASE_OPEN_MAX) {
        (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED",
                   "%d purchases of the last day are not paid; pay one of them, or try again later",
                   PURCHASE_OPEN_MAX);
        st->retry_after_ms = RETRY_MS;
        return st->code;
    }
    TRY(store_purchase_insert(tx, row, st));
    return store_purchase_by_request(tx, row->account_id, row->request_id, &beginning->purchase,
                                     &beginning->is_found, st);
}

static status_code check_begun(const struct beginning *beginning, struct status *st)
{
    if (!beginning->is_found)
        return FAIL_FIELD(st, "pack", "INVALID_FIELD",
                          "there is no such pack; GET /api/v1/packs/ lists them");
    if (strcmp(beginning->purchase.pack.name, beginning->row.pack) != 0)
        return FAIL_FIELD(st, "request_id", "INVALID_FIELD",
                          "this request_id stands for another purchase");
    if (beginning->purchase.state != PURCHASE_OPEN || beginning->purchase.is_page_over)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "PURCHASE_ENDED",
                    "this purchase is paid already, or over; begin another one");
    return STATUS_OK;
}

status_code purchase_begin(struct db *db, int64_t deadline, const struct stripe_settings *settings,
                           const struct account *account, const char *pack, const char *request_id,
                           struct arena *arena, const char **ret_url, struct status *st)
{
    struct beginning beginning = {
        .row = {.account_id = account->id,
                .request_id = request_id,
                .pack = pack,
                .create_time = time_wall()},
    };
    const struct purchase *purchase = &beginning.purchase;
    struct stripe_checkout checkout;

    TRY(check_offered(settings, st));
    if (request_id[0] == '\0' || strlen(request_id) > PURCHASE_REQUEST_ID_MAX_BYTES)
        return FAIL_FIELD(st, "request_id", "INVALID_FIELD", "request_id must be 1 to %d bytes",
                          PURCHASE_REQUEST_ID_MAX_BYTES);
    uuid_make(beginning.row.id);
    TRY(db_run(db, deadline, begin_body, &beginning, st));
    TRY(check_begun(&beginning, st));
    if (purchase->checkout_url[0] == '\0') {
        const struct stripe_order order = {
            .purchase_id = purchase->id,
            .email = account->email,
            .title = purchase->pack.title,
            .currency = purchase->pack.currency,
            .price_minor = purchase->pack.price_minor,
        };
        /* No connection to the database is held meanwhile. */
        TRY(stripe_checkout_open(settings, &order, deadline, arena, &checkout, st));
        TRY(store_purchase_checkout(db, deadline, purchase->id, &checkout, st));
        *ret_url = checkout.url;
        return STATUS_OK;
    }
    *ret_url = arena_strdup(arena, purchase->checkout_url);
    return *ret_url != NULL ? STATUS_OK : FAIL_MEMORY(st);
}

/* --- notices --- */

/* For the operator, whose money it is to give back. */
static void log_unclaimed(const struct stripe_event *event, const struct purchase *purchase,
                          const char *why)
{
    log_write(LOG_ERROR, "a payment brought no credits: pay it back at the payment provider",
              LOG_STRING("why", why), LOG_STRING("purchase_id", purchase->id),
              LOG_STRING("account_id", purchase->account_id),
              LOG_STRING("checkout_id", event->checkout_id), LOG_STRING("event_id", event->id));
}

/* Which state the purchase gets; its credits are in the ledger by then. */
static status_code take_payment(struct db *db, int64_t deadline, const struct stripe_event *event,
                                const struct purchase *purchase, purchase_state *ret_state,
                                struct status *st)
{
    const struct credits_request request = {
        .account = purchase->account_id,
        .amount_credits = purchase->pack.amount_credits,
        .request_id = purchase->id,
        .note = purchase->pack.title,
    };
    struct credits_answer answer;

    *ret_state = PURCHASE_UNCLAIMED;
    if (purchase->state == PURCHASE_PAID || purchase->state == PURCHASE_UNCLAIMED) {
        if (strcmp(purchase->checkout_id, event->checkout_id) != 0)
            log_unclaimed(event, purchase, "the purchase was paid twice");
        *ret_state = purchase->state;
        return STATUS_OK;
    }
    if (event->price_minor != purchase->pack.price_minor ||
        strcmp(event->currency, purchase->pack.currency) != 0) {
        log_unclaimed(event, purchase, "another price was paid");
        return STATUS_OK;
    }
    if (purchase->is_account_gone) {
        log_unclaimed(event, purchase, "the account is deleted");
        return STATUS_OK;
    }
    TRY(credits_purchase(db, deadline, &request, &answer, st));
    *ret_state = PURCHASE_PAID;
    return STATUS_OK;
}

/* @ret_is_paid: by this very notice. */
static status_code apply(struct db *db, int64_t deadline, const struct stripe_event *event,
                         const struct purchase *purchase, int64_t now, bool *ret_is_paid,
                         struct status *st)
{
    purchase_state state = event->kind == STRIPE_EVENT_EXPIRED ? PURCHASE_EXPIRED : PURCHASE_FAILED;

    *ret_is_paid = false;
    if (event->kind == STRIPE_EVENT_PENDING)
        return STATUS_OK;
    if (event->kind == STRIPE_EVENT_PAID)
        TRY(take_payment(db, deadline, event, purchase, &state, st));
    TRY(store_purchase_end(db, deadline, purchase->id, state, event->checkout_id, now, st));
    *ret_is_paid = state == PURCHASE_PAID && purchase->state != PURCHASE_PAID;
    return STATUS_OK;
}

status_code purchase_receive(struct db *db, int64_t deadline,
                             const struct stripe_settings *settings, struct str body,
                             struct str signature, int64_t now, struct arena *arena,
                             const struct purchase **ret_paid, struct status *st)
{
    struct purchase *purchase = ARENA_NEW(arena, struct purchase);
    struct stripe_event event;
    bool is_known, is_ours = false, is_paid = false;

    TRY(check_offered(settings, st));
    TRY(stripe_signature_check(signature, body, str_of(settings->webhook_secrets), now, st));
    TRY(stripe_event_parse(body, &event, st));
    if (purchase == NULL)
        return FAIL_MEMORY(st);
    TRY(store_event_exists(db, deadline, event.id, &is_known, st));
    if (!is_known && event.kind != STRIPE_EVENT_OTHER && event.purchase_id[0] != '\0')
        TRY(store_purchase_by_id(db, deadline, event.purchase_id, purchase, &is_ours, st));
    if (is_ours)
        TRY(apply(db, deadline, &event, purchase, now, &is_paid, st));
    /* Last: a notice that was not taken to its end comes again. */
    if (!is_known)
        TRY(store_event_insert(db, deadline, event.id, event.purchase_id, now, st));
    *ret_paid = is_paid ? purchase : NULL;
    return STATUS_OK;
}

status_code purchase_forget_events(struct db *db, int64_t deadline, struct status *st)
{
    return store_events_forget(db, deadline, time_wall() - PURCHASE_EVENT_DAYS * DAY, st);
}
