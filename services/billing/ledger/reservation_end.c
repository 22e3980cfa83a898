/* The ends of reservations: commit, release, expire; and what is forgotten after them. */

#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "services/billing/ledger/reservation.h"
#include "services/billing/ledger/store_reservation.h"

#define NANOSECONDS_PER_DAY (INT64_C(24) * 60 * 60 * NANOSECONDS_PER_SECOND)

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

static status_code fail_not_found(struct status *st)
{
    return FAIL(st, STATUS_NOT_FOUND, "RESERVATION_NOT_FOUND", "there is no such reservation");
}

static status_code end_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct ending *ending = arg;
    struct reservation reservation;
    bool is_found;

    ending->is_ended = false;
    TRY(store_reservation_lock(tx, ending->id, &reservation, &is_found, st));
    if (!is_found)
        return fail_not_found(st);

    if (reservation.state != RESERVATION_OPEN) {
        if (!is_same_end(&reservation, ending))
            return reservation_fail_ended(&reservation, st);
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
        price_split(ending->pages * reservation.page_price_credits, reservation.held.paid_credits);
    TRY(store_reservation_end(tx, &reservation, time_wall(), st));
    ending->charged_credits = reservation.charged.quota_credits + reservation.charged.paid_credits;
    ending->is_ended = true;
    return STATUS_OK;
}

static status_code end(struct db *db, int64_t deadline, struct ending *ending, struct status *st)
{
    if (!uuid_is_valid(ending->id))
        return fail_not_found(st);
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

struct search {
    const char *request_id;
    struct reservation found;
};

static status_code find_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct search *search = arg;
    bool is_found;

    TRY(store_reservation_by_request(tx, search->request_id, &search->found, &is_found, st));
    return is_found ? STATUS_OK : fail_not_found(st);
}

status_code reservation_release_request(struct db *db, int64_t deadline, const char *request_id,
                                        bool *ret_is_first, struct status *st)
{
    struct search search = {.request_id = request_id};

    TRY(db_run(db, deadline, find_body, &search, st));
    return reservation_release(db, deadline, search.found.id, ret_is_first, st);
}

status_code reservation_expire_due(struct db *db, int64_t deadline, int32_t limit,
                                   int64_t *ret_count, struct status *st)
{
    _cleanup_(freep) char(*ids)[UUID_SIZE] = calloc((size_t)limit, UUID_SIZE);
    int64_t now = time_wall(), expired = 0;
    struct status first = {0}; /* failure */
    size_t count;

    *ret_count = 0;
    if (ids == NULL)
        return FAIL_MEMORY(st);
    TRY(store_reservation_due(db, deadline, now, limit, ids, &count, st));
    for (size_t i = 0; i < count; i++) {
        struct ending ending = {.id = ids[i], .state = RESERVATION_EXPIRED, .due_time = now};
        struct status failure = {0};

        /* One that cannot be ended is the first of every run, and must not keep the others. */
        if (end(db, deadline, &ending, &failure) == STATUS_OK)
            expired += ending.is_ended ? 1 : 0;
        else if (first.code == STATUS_OK)
            first = failure;
        if (failure.code == STATUS_UNAVAILABLE || failure.code == STATUS_DEADLINE_EXCEEDED)
            break; /* the database is gone for all of them */
    }
    *ret_count = expired;
    if (first.code != STATUS_OK)
        *st = first;
    return first.code;
}

status_code reservation_forget_old(struct db *db, int64_t deadline, struct status *st)
{
    return store_forget(db, deadline, time_wall() - RESERVATION_FORGET_DAYS * NANOSECONDS_PER_DAY,
                        st);
}
