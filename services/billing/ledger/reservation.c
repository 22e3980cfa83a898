#include "services/billing/ledger/reservation.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "services/billing/accounts/store_account.h"
#include "services/billing/ledger/store_ledger.h"
#include "services/billing/ledger/store_reservation.h"

enum { JOBS_RETRY_AFTER_MS = 5000 };

#define NANOSECONDS_PER_US INT64_C(1000)

/* As the database will give it back: to the microsecond. */
static int64_t expire_time_after(int64_t lifetime_ms)
{
    int64_t time = time_wall() + lifetime_ms * NANOSECONDS_PER_MS;

    return time - time % NANOSECONDS_PER_US;
}

status_code reservation_fail_ended(const struct reservation *reservation, struct status *st)
{
    static const char *const how[] = {
        [RESERVATION_OPEN] = "open",
        [RESERVATION_COMMITTED] = "charged",
        [RESERVATION_RELEASED] = "released",
        [RESERVATION_EXPIRED] = "expired",
    };

    return FAIL(st, STATUS_FAILED_PRECONDITION, "RESERVATION_ENDED",
                "this reservation has ended: it is %s already", how[reservation->state]);
}

/* --- open --- */

/* What a caller has, read under lock. */
struct purse {
    struct plan plan;
    struct period period;
    struct payment used;
    int64_t balance_credits; /* 0: an anonymous caller's */
    int64_t open_reservations;
    char key[ADDRESS_KEY_SIZE];
    bool is_anonymous;
};

struct opening {
    const struct reservation_request *request;
    struct reservation reservation;
};

static status_code check_request(const struct reservation_request *request, struct status *st)
{
    size_t id_length = strlen(request->request_id), key_length = strlen(request->principal_key);

    if (id_length > RESERVATION_REQUEST_ID_MAX_BYTES || (id_length == 0 && !request->validate_only))
        return FAIL_FIELD(st, "request_id", "INVALID_FIELD", "request_id must be 1 to %d bytes",
                          RESERVATION_REQUEST_ID_MAX_BYTES);
    if (request->account_id[0] != '\0' && !uuid_is_valid(request->account_id))
        return FAIL_FIELD(st, "account_id", "INVALID_FIELD", "account_id must be a UUID");
    if (request->account_id[0] == '\0' && (key_length == 0 || key_length >= ADDRESS_KEY_SIZE))
        return FAIL_FIELD(st, "principal_key", "INVALID_FIELD",
                          "principal_key must be 1 to %d bytes", ADDRESS_KEY_SIZE - 1);
    return STATUS_OK;
}

static status_code lock_account(struct db_tx *tx, const char *id, struct purse *ret_purse,
                                struct status *st)
{
    int64_t now = time_wall();
    struct store_purse found;
    bool is_found;

    TRY(store_account_purse(tx, id, period_start(PERIOD_DAY, now), period_start(PERIOD_MONTH, now),
                            &found, &is_found, st));
    if (!is_found)
        return FAIL(st, STATUS_NOT_FOUND, "ACCOUNT_NOT_FOUND", "there is no such account");
    TRY(account_check_standing(&found.account, st));
    struct purse purse = {
        .plan = found.account.plan,
        .period = period_of(&found.account.plan, now),
        .balance_credits = found.account.balance_credits,
        .open_reservations = found.open_reservations,
    };
    purse.used = purse.period.kind == PERIOD_DAY ? found.used_day : found.used_month;
    memcpy(purse.key, found.account.id, sizeof(found.account.id));
    *ret_purse = purse;
    return STATUS_OK;
}

static status_code lock_address(struct db_tx *tx, const char *key, struct purse *ret_purse,
                                struct status *st)
{
    struct purse purse = {.is_anonymous = true};

    TRY(store_plan(tx, PLAN_ANONYMOUS, &purse.plan, st));
    purse.period = period_of(&purse.plan, time_wall());
    TRY(store_usage_lock(tx, key, &purse.period, &purse.used, &purse.open_reservations, st));
    memcpy(purse.key, key, strlen(key) + 1);
    *ret_purse = purse;
    return STATUS_OK;
}

static status_code fail_page_cap(const struct purse *purse, int32_t pages, struct status *st)
{
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "PAGE_CAP",
               "the file has %" PRId32 " pages, and the plan %s allows %" PRId32 " in a file",
               pages, purse->plan.name, purse->plan.pages_per_file);
    status_add_info(st, "used", "%" PRId32, pages);
    status_add_info(st, "cap", "%" PRId32, purse->plan.pages_per_file);
    return status_add_info(st, "period", "file");
}

/* The free bucket is used up, and there are not enough credits either. */
static status_code fail_bucket(const struct purse *purse, int64_t price, struct status *st)
{
    const struct period *period = &purse->period;
    int64_t free_left = period->cap_credits - purse->used.quota_credits;
    char reset[TIME_RFC3339_SIZE];

    time_format_rfc3339(period->reset_time, reset);
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES",
               "this needs %" PRId64 " credits, and %" PRId64 " are left (%" PRId64
               " are free each %s)",
               price, purse->balance_credits + (free_left < 0 ? 0 : free_left), period->cap_credits,
               period_name(period->kind));
    status_add_info(st, "used", "%" PRId64, purse->used.quota_credits);
    status_add_info(st, "cap", "%" PRId64, period->cap_credits);
    status_add_info(st, "period", "%s", period_name(period->kind));
    return status_add_info(st, "resets_at", "%s", reset);
}

/* A plan without a bucket lives on credits alone, which only an account has. */
static status_code fail_credits(struct db_tx *tx, const struct purse *purse, int64_t price,
                                struct status *st)
{
    int64_t income = 0;

    if (!purse->is_anonymous)
        TRY(store_income(tx, purse->key, &income, st));
    if (purse->is_anonymous)
        (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES",
                   "nothing is free without an account here; create one, or send its API token");
    else
        (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES",
                   "this needs %" PRId64 " credits, and the account has %" PRId64, price,
                   purse->balance_credits);
    status_add_info(st, "used", "%" PRId64, income - purse->balance_credits);
    status_add_info(st, "cap", "%" PRId64, income);
    return status_add_info(st, "period", "credits");
}

static status_code fail_jobs(const struct purse *purse, struct status *st)
{
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED",
               "your plan has %" PRId32 " jobs at work at once; wait until one has ended",
               purse->plan.jobs_at_once);
    st->retry_after_ms = JOBS_RETRY_AFTER_MS;
    return st->code;
}

/* What the request would hold, or why it cannot. */
static status_code decide(struct db_tx *tx, const struct purse *purse,
                          const struct reservation_request *request,
                          struct reservation *ret_reservation, struct status *st)
{
    const struct period *period = &purse->period;
    int64_t price;

    TRY(price_of(&purse->plan, request->tier, request->pages, &price, st));
    if (request->pages > purse->plan.pages_per_file)
        return fail_page_cap(purse, request->pages, st);
    struct payment held = price_split(price, purse->balance_credits);
    /* A cap that was lowered can be below what is used. */
    if (held.quota_credits > 0 &&
        held.quota_credits > period->cap_credits - purse->used.quota_credits)
        return period->cap_credits > 0 ? fail_bucket(purse, price, st)
                                       : fail_credits(tx, purse, price, st);
    if (purse->plan.jobs_at_once > 0 && purse->open_reservations >= purse->plan.jobs_at_once &&
        !request->validate_only)
        return fail_jobs(purse, st);

    struct reservation reservation = {
        .is_anonymous = purse->is_anonymous,
        .tier = request->tier,
        .pages = request->pages,
        .page_price_credits = price / request->pages,
        .period = *period,
        .held = held,
        .state = RESERVATION_OPEN,
        .expire_time = expire_time_after(request->lifetime_ms),
    };
    memcpy(reservation.principal_key, purse->key, sizeof(purse->key));
    *ret_reservation = reservation;
    return STATUS_OK;
}

static bool is_same_request(const struct reservation *reservation, const struct purse *purse,
                            const struct reservation_request *request)
{
    return strcmp(reservation->principal_key, purse->key) == 0 &&
           reservation->is_anonymous == purse->is_anonymous && reservation->tier == request->tier &&
           reservation->pages == request->pages;
}

/* Answers with the reservation that the request id has already; *ret_found is false when it has
 * none. After the lock, so that the same request of another thread has either not begun or ended.
 */
static status_code answer_again(struct db_tx *tx, struct opening *opening,
                                const struct purse *purse, bool *ret_found, struct status *st)
{
    struct reservation existing;

    TRY(store_reservation_by_request(tx, opening->request->request_id, &existing, ret_found, st));
    if (!*ret_found)
        return STATUS_OK;
    if (!is_same_request(&existing, purse, opening->request))
        return FAIL_FIELD(st, "request_id", "INVALID_FIELD",
                          "this request_id stands for another reservation");
    if (existing.state != RESERVATION_OPEN)
        return reservation_fail_ended(&existing, st);
    opening->reservation = existing;
    return STATUS_OK;
}

static status_code open_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct opening *opening = arg;
    const struct reservation_request *request = opening->request;
    struct status refusal = {0};
    bool is_found, is_inserted;
    struct purse purse;

    TRY(request->account_id[0] == '\0' ? lock_address(tx, request->principal_key, &purse, st)
                                       : lock_account(tx, request->account_id, &purse, st));
    if (decide(tx, &purse, request, &opening->reservation, &refusal) != STATUS_OK) {
        if (refusal.code != STATUS_RESOURCE_EXHAUSTED && refusal.code != STATUS_INVALID_ARGUMENT) {
            *st = refusal;
            return refusal.code;
        }
        /* What it asks for again may be just what it has. */
        TRY(answer_again(tx, opening, &purse, &is_found, st));
        if (!is_found)
            *st = refusal;
        return is_found ? STATUS_OK : refusal.code;
    }
    if (request->validate_only)
        return STATUS_OK;

    uuid_make(opening->reservation.id);
    TRY(store_reservation_insert(tx, &opening->reservation, request->request_id, time_wall(),
                                 &is_inserted, st));
    if (is_inserted)
        return STATUS_OK;
    TRY(answer_again(tx, opening, &purse, &is_found, st));
    return is_found
               ? STATUS_OK
               : FAIL(st, STATUS_ABORTED, NULL, "this request_id was in use until this moment");
}

status_code reservation_open(struct db *db, int64_t deadline,
                             const struct reservation_request *request,
                             struct reservation *ret_reservation, struct status *st)
{
    struct opening opening = {.request = request};

    TRY(check_request(request, st));
    TRY(db_run(db, deadline, open_body, &opening, st));
    *ret_reservation = opening.reservation;
    return STATUS_OK;
}

/* --- extend --- */

static status_code find_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct reservation reservation;
    const char *id = arg;
    bool is_found;

    TRY(store_reservation(tx, id, &reservation, &is_found, st));
    if (!is_found)
        return FAIL(st, STATUS_NOT_FOUND, "RESERVATION_NOT_FOUND", "there is no such reservation");
    return reservation_fail_ended(&reservation, st);
}

status_code reservation_extend(struct db *db, int64_t deadline, const char *id, int64_t lifetime_ms,
                               int64_t *ret_expire_time, struct status *st)
{
    int64_t expire_time;
    bool is_open;

    if (!uuid_is_valid(id))
        return FAIL(st, STATUS_NOT_FOUND, "RESERVATION_NOT_FOUND", "there is no such reservation");
    TRY(store_reservation_extend(db, deadline, id, expire_time_after(lifetime_ms), &expire_time,
                                 &is_open, st));
    if (!is_open)
        return db_run(db, deadline, find_body, (void *)id, st); /* why not */
    *ret_expire_time = expire_time;
    return STATUS_OK;
}
