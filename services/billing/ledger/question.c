#include "services/billing/ledger/question.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "services/billing/accounts/account.h"
#include "services/billing/accounts/store_account.h"
#include "services/billing/ledger/store_question.h"
#include "services/billing/plans/period.h"

#define DAY_NS (INT64_C(24) * 60 * 60 * NANOSECONDS_PER_SECOND)

struct spending {
    const char *account_id;
    const char *request_id;
    struct question_count count;
};

static status_code fail_used_up(const struct plan *plan, const struct question_count *count,
                                struct status *st)
{
    char reset[TIME_RFC3339_SIZE];

    time_format_rfc3339(count->reset_time, reset);
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_QUESTIONS",
               "the plan %s has %" PRId64 " questions a day, and %" PRId64 " were asked today",
               plan->name, count->cap, count->used);
    status_add_info(st, "used", "%" PRId64, count->used);
    status_add_info(st, "cap", "%" PRId64, count->cap);
    status_add_info(st, "period", "%s", period_name(PERIOD_DAY));
    return status_add_info(st, "resets_at", "%s", reset);
}

static status_code spend_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct spending *spending = arg;
    const int64_t now = time_wall(), day_start = period_start(PERIOD_DAY, now);
    struct question_count count;
    struct account account;
    bool is_found, is_counted;

    /* Locked, so that nobody counts between the look and the count. */
    TRY(store_account_lock(tx, spending->account_id, &account, &is_found, st));
    if (!is_found)
        return FAIL(st, STATUS_NOT_FOUND, "ACCOUNT_NOT_FOUND", "there is no such account");
    TRY(account_check_standing(&account, st));
    count = (struct question_count){.cap = account.plan.questions_per_day,
                                    .reset_time = day_start + DAY_NS};
    TRY(store_question_find(tx, account.id, spending->request_id, day_start, &is_counted,
                            &count.used, st));
    if (!is_counted) {
        if (count.used >= count.cap)
            return fail_used_up(&account.plan, &count, st);
        TRY(store_question_count(tx, account.id, spending->request_id, day_start, now, st));
        count.used++;
    }
    spending->count = count;
    return STATUS_OK;
}

status_code question_spend(struct db *db, int64_t deadline, const char *account_id,
                           const char *request_id, struct question_count *ret_count,
                           struct status *st)
{
    struct spending spending = {.account_id = account_id, .request_id = request_id};

    if (!uuid_is_valid(account_id))
        return FAIL_FIELD(st, "account_id", "INVALID_FIELD", "account_id must be a UUID");
    if (request_id[0] == '\0' || strlen(request_id) > QUESTION_REQUEST_ID_MAX_BYTES)
        return FAIL_FIELD(st, "request_id", "INVALID_FIELD", "request_id must be 1 to %d bytes",
                          QUESTION_REQUEST_ID_MAX_BYTES);
    TRY(db_run(db, deadline, spend_body, &spending, st));
    *ret_count = spending.count;
    return STATUS_OK;
}

status_code question_today(struct db *db, int64_t deadline, const struct account *account,
                           struct question_count *ret_count, struct status *st)
{
    const int64_t day_start = period_start(PERIOD_DAY, time_wall());
    int64_t used;

    TRY(store_question_used(db, deadline, account->id, day_start, &used, st));
    *ret_count = (struct question_count){used, account->plan.questions_per_day, day_start + DAY_NS};
    return STATUS_OK;
}

status_code question_forget_old(struct db *db, int64_t deadline, struct status *st)
{
    const int64_t today = period_start(PERIOD_DAY, time_wall());

    return store_question_forget(db, deadline, today - QUESTION_FORGET_DAYS * DAY_NS,
                                 today - QUESTION_DAYS_KEPT * DAY_NS, st);
}
