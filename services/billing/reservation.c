#include "services/billing/reservation.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "services/billing/store_account.h"
#include "services/billing/store_reservation.h"

#define NANOSECONDS_PER_US  INT64_C(1000)
#define NANOSECONDS_PER_DAY (INT64_C(24) * 60 * 60 * NANOSECONDS_PER_SECOND)

/* As the database will give it back: to the microsecond. */
static int64_t expire_time_after(int64_t lifetime_ms)
{
    int64_t time = time_wall() + lifetime_ms * NANOSECONDS_PER_MS;

    return time - time % NANOSECONDS_PER_US;
}

static status_code fail_ended(const struct reservation *reservation, struct status *st)
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

/* Locks the account, if there is one, and the usage of the period that now is. */
static status_code lock_purse(struct db_tx *tx, const struct reservation_request *request,
                              struct purse *ret_purse, struct status *st)
{
    struct purse purse = {.is_anonymous = request->account_id[0] == '\0'};
    struct account account;
    bool is_found;

    if (purse.is_anonymous) {
        TRY(store_plan(tx, PLAN_ANONYMOUS, &purse.plan, st));
        memcpy(purse.key, request->principal_key, strlen(request->principal_key) + 1);
    } else {
        TRY(store_account_lock(tx, request->account_id, &account, &is_found, st));
        if (!is_found)
            return FAIL(st, STATUS_NOT_FOUND, "ACCOUNT_NOT_FOUND", "there is no such account");
        purse.plan = account.plan;
        purse.balance_credits = account.balance_credits;
        memcpy(purse.key, account.id, sizeof(account.id));
    }
    purse.period = period_of(&purse.plan, time_wall());
    TRY(store_usage_lock(tx, purse.key, &purse.period, &purse.used, st));
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
    int64_t left = period->cap_credits - purse->used.quota_credits + purse->balance_credits;
    char reset[TIME_RFC3339_SIZE];

    time_format_rfc3339(period->reset_time, reset);
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES",
               "this needs %" PRId64 " credits, and %" PRId64 " are left (%" PRId64
               " are free each %s)",
               price, left < 0 ? 0 : left, period->cap_credits, period_name(period->kind));
    status_add_info(st, "used", "%" PRId64, purse->used.quota_credits);
    status_add_info(st, "cap", "%" PRId64, period->cap_credits);
    status_add_info(st, "period", "%s", period_name(period->kind));
    return status_add_info(st, "resets_at", "%s", reset);
}

/* A plan without a bucket lives on credits alone. */
static status_code fail_credits(struct db_tx *tx, const struct purse *purse, int64_t price,
                                struct status *st)
{
    int64_t granted;

    TRY(store_granted(tx, purse->key, &granted, st));
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES",
               "this needs %" PRId64 " credits, and the account has %" PRId64, price,
               purse->balance_credits);
    status_add_info(st, "used", "%" PRId64, granted - purse->balance_credits);
    status_add_info(st, "cap", "%" PRId64, granted);
    return status_add_info(st, "period", "credits");
}

static bool is_same_request(const struct reservation *reservation, const struct purse *purse,
                            const struct reservation_request *request)
{
    return strcmp(reservation->principal_key, purse->key) == 0 &&
           reservation->is_anonymous == purse->is_anonymous && reservation->tier == request->tier &&
           reservation->pages == request->pages;
}

/* Answers with the reservation that the request id has already. */
static status_code answer_again(struct opening *opening, const struct purse *purse,
                                const struct reservation *existing, struct status *st)
{
    if (!is_same_request(existing, purse, opening->request))
        return FAIL_FIELD(st, "request_id", "INVALID_FIELD",
                          "this request_id stands for another reservation");
    if (existing->state != RESERVATION_OPEN)
        return fail_ended(existing, st);
    opening->reservation = *existing;
    return STATUS_OK;
}

static status_code open_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct opening *opening = arg;
    const struct reservation_request *request = opening->request;
    struct reservation existing;
    struct purse purse;
    bool is_found, is_inserted;
    int64_t price;

    TRY(lock_purse(tx, request, &purse, st));
    /* After the lock, so that the same request of another thread has either not begun or ended. */
    TRY(store_reservation_by_request(tx, request->request_id, &existing, &is_found, st));
    if (is_found)
        return answer_again(opening, &purse, &existing, st);

    TRY(price_of(&purse.plan, request->tier, request->pages, &price, st));
    if (request->pages > purse.plan.pages_per_file)
        return fail_page_cap(&purse, request->pages, st);
    struct payment held = price_split(price, purse.period.cap_credits - purse.used.quota_credits);
    if (held.paid_credits > purse.balance_credits)
        return purse.period.cap_credits > 0 ? fail_bucket(&purse, price, st)
                                            : fail_credits(tx, &purse, price, st);

    struct reservation reservation = {
        .is_anonymous = purse.is_anonymous,
        .tier = request->tier,
        .pages = request->pages,
        .page_price_credits = price / request->pages,
        .period = purse.period,
        .held = held,
        .state = RESERVATION_OPEN,
        .expire_time = expire_time_after(request->lifetime_ms),
    };
    memcpy(reservation.principal_key, purse.key, sizeof(purse.key));
    if (!request->validate_only) {
        uuid_make(reservation.id);
        TRY(store_reservation_insert(tx, &reservation, request->request_id, time_wall(),
                                     &is_inserted, st));
        if (!is_inserted) { /* another caller's, or our own's at the turn of a period */
            TRY(store_reservation_by_request(tx, request->request_id, &existing, &is_found, st));
            if (!is_found)
                return FAIL(st, STATUS_ABORTED, NULL,
                            "this request_id was in use until this moment");
            return answer_again(opening, &purse, &existing, st);
        }
    }
    opening->reservation = reservation;
    return STATUS_OK;
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

/* --- the three ends --- */

struct ending {
    const char *id;
    reservation_state state; /* how it is to end */
    int32_t pages;           /* that are charged */
    int64_t due_time;        /* expire: only if its time was over then */
    int64_t charged_credits;
    bool is_ended; /* by this call */
};

/* Whether an end that was reached before is the one that is asked for. */
static bool is_same_end(const struct reservation *reservation, const struct ending *ending)
{
    switch (ending->state) {
    case RESERVATION_COMMITTED:
        return reservation->state == RESERVATION_COMMITTED &&
               reservation->charged_pages == ending->pages;
    case RESERVATION_RELEASED:
        return reservation->state == RESERVATION_RELEASED ||
               reservation->state == RESERVATION_EXPIRED;
    default:
        return true; /* somebody else saw to it that nothing stays held */
    }
}

static status_code end_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct ending *ending = arg;
    struct reservation reservation;
    struct account account;
    struct payment used;
    bool is_found;

    ending->is_ended = false;
    TRY(store_reservation(tx, ending->id, &reservation, &is_found, st));
    if (!is_found)
        return FAIL(st, STATUS_NOT_FOUND, "RESERVATION_NOT_FOUND", "there is no such reservation");
    /* Whose it is never changes; what state it is in does, until the locks are held. */
    if (!reservation.is_anonymous)
        TRY(store_account_lock(tx, reservation.principal_key, &account, &is_found, st));
    TRY(store_usage_lock(tx, reservation.principal_key, &reservation.period, &used, st));
    TRY(store_reservation_lock(tx, ending->id, &reservation, &is_found, st));
    if (!is_found)
        return FAIL(st, STATUS_NOT_FOUND, "RESERVATION_NOT_FOUND", "there is no such reservation");

    if (reservation.state != RESERVATION_OPEN) {
        if (!is_same_end(&reservation, ending))
            return fail_ended(&reservation, st);
        ending->charged_credits =
            reservation.charged.quota_credits + reservation.charged.paid_credits;
        return STATUS_OK;
    }
    if (ending->state == RESERVATION_EXPIRED && reservation.expire_time > ending->due_time)
        return STATUS_OK; /* it was extended meanwhile */
    if (ending->pages < 0 || ending->pages > reservation.pages)
        return FAIL_FIELD(st, "pages", "INVALID_FIELD",
                          "pages must be 0 to %" PRId32 ", the number that was reserved",
                          reservation.pages);
    reservation.state = ending->state;
    reservation.charged_pages = ending->pages;
    reservation.charged =
        price_split(ending->pages * reservation.page_price_credits, reservation.held.quota_credits);
    TRY(store_reservation_end(tx, &reservation, time_wall(), st));
    ending->charged_credits = reservation.charged.quota_credits + reservation.charged.paid_credits;
    ending->is_ended = true;
    return STATUS_OK;
}

static status_code end(struct db *db, int64_t deadline, struct ending *ending, struct status *st)
{
    if (!uuid_is_valid(ending->id))
        return FAIL(st, STATUS_NOT_FOUND, "RESERVATION_NOT_FOUND", "there is no such reservation");
    return db_run(db, deadline, end_body, ending, st);
}

status_code reservation_commit(struct db *db, int64_t deadline, const char *id, int32_t pages,
                               int64_t *ret_charged_credits, bool *ret_is_first, struct status *st)
{
    struct ending ending = {.id = id, .state = RESERVATION_COMMITTED, .pages = pages};

    TRY(end(db, deadline, &ending, st));
    *ret_charged_credits = ending.charged_credits;
    *ret_is_first = ending.is_ended;
    return STATUS_OK;
}

status_code reservation_release(struct db *db, int64_t deadline, const char *id, bool *ret_is_first,
                                struct status *st)
{
    struct ending ending = {.id = id, .state = RESERVATION_RELEASED};

    TRY(end(db, deadline, &ending, st));
    *ret_is_first = ending.is_ended;
    return STATUS_OK;
}

static status_code find_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct reservation reservation;
    const char *id = arg;
    bool is_found;

    TRY(store_reservation(tx, id, &reservation, &is_found, st));
    if (!is_found)
        return FAIL(st, STATUS_NOT_FOUND, "RESERVATION_NOT_FOUND", "there is no such reservation");
    return fail_ended(&reservation, st);
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

status_code reservation_expire_due(struct db *db, int64_t deadline, int32_t limit,
                                   int64_t *ret_count, struct status *st)
{
    _cleanup_(freep) char(*ids)[UUID_SIZE] = calloc((size_t)limit, UUID_SIZE);
    int64_t now = time_wall(), expired = 0;
    size_t count;

    if (ids == NULL)
        return FAIL_MEMORY(st);
    TRY(store_reservation_due(db, deadline, now, limit, ids, &count, st));
    for (size_t i = 0; i < count; i++) {
        struct ending ending = {.id = ids[i], .state = RESERVATION_EXPIRED, .due_time = now};

        TRY(end(db, deadline, &ending, st));
        if (ending.is_ended)
            expired++;
    }
    *ret_count = expired;
    return STATUS_OK;
}

status_code reservation_forget_old(struct db *db, int64_t deadline, struct status *st)
{
    return store_forget(db, deadline, time_wall() - RESERVATION_FORGET_DAYS * NANOSECONDS_PER_DAY,
                        st);
}
