#include "services/billing/ledger/credits.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "services/billing/accounts/account.h"
#include "services/billing/ledger/store_ledger.h"
#include "services/billing/ledger/store_reservation.h"

static status_code check_request(const struct credits_request *request, struct status *st)
{
    if (request->request_id[0] == '\0' ||
        strlen(request->request_id) > CREDITS_REQUEST_ID_MAX_BYTES)
        return FAIL_FIELD(st, "request_id", "INVALID_FIELD", "request_id must be 1 to %d bytes",
                          CREDITS_REQUEST_ID_MAX_BYTES);
    if (strlen(request->note) > CREDITS_NOTE_MAX_BYTES)
        return FAIL_FIELD(st, "note", "INVALID_FIELD", "note must be at most %d bytes",
                          CREDITS_NOTE_MAX_BYTES);
    return STATUS_OK;
}

static status_code fail_other(struct status *st)
{
    return FAIL_FIELD(st, "request_id", "INVALID_FIELD",
                      "this request_id stands for something else that was done");
}

/* --- grants and purchases --- */

struct income {
    ledger_kind kind;
    const struct credits_request *request;
    struct credits_answer answer;
};

static status_code income_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct income *income = arg;
    const struct credits_request *request = income->request;
    struct account account;
    bool is_inserted, is_other;

    TRY(account_find_locked(tx, request->account, &account, st));
    const struct store_transfer transfer = {
        .kind = income->kind,
        .account_id = account.id,
        .amount_credits = request->amount_credits,
        .request_id = request->request_id,
        .note = request->note,
        .create_time = time_wall(),
    };
    TRY(store_transfer_insert(tx, &transfer, &is_inserted, &is_other, st));
    if (is_other)
        return fail_other(st);
    income->answer = (struct credits_answer){
        .amount_credits = request->amount_credits,
        .balance_credits = account.balance_credits + (is_inserted ? request->amount_credits : 0),
        .is_first = is_inserted,
    };
    return STATUS_OK;
}

static status_code receive(struct db *db, int64_t deadline, ledger_kind kind,
                           const struct credits_request *request, struct credits_answer *ret_answer,
                           struct status *st)
{
    struct income income = {.kind = kind, .request = request};

    if (request->amount_credits < 1 || request->amount_credits > CREDITS_MAX)
        return FAIL_FIELD(st, "amount_credits", "INVALID_FIELD", "amount_credits must be 1 to %d",
                          CREDITS_MAX);
    TRY(check_request(request, st));
    status_code code = db_run(db, deadline, income_body, &income, st);
    /* Two accounts at once with the same id. */
    if (code == STATUS_ALREADY_EXISTS)
        return fail_other(st);
    TRY(code);
    *ret_answer = income.answer;
    return STATUS_OK;
}

status_code credits_grant(struct db *db, int64_t deadline, const struct credits_request *request,
                          struct credits_answer *ret_answer, struct status *st)
{
    return receive(db, deadline, LEDGER_GRANT, request, ret_answer, st);
}

status_code credits_purchase(struct db *db, int64_t deadline, const struct credits_request *request,
                             struct credits_answer *ret_answer, struct status *st)
{
    return receive(db, deadline, LEDGER_PURCHASE, request, ret_answer, st);
}

/* --- refunds --- */

struct refund {
    const struct credits_request *request;
    const char *job_id;
    struct credits_answer answer;
};

static status_code check_refundable(const struct reservation *reservation, struct status *st)
{
    if (reservation->refunded_credits > 0)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "ALREADY_REFUNDED",
                    "this job's charge was given back before");
    if (reservation->state == RESERVATION_OPEN)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "NOTHING_TO_REFUND",
                    "this job is still at work: it has not been charged yet");
    if (reservation->charged.paid_credits == 0)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "NOTHING_TO_REFUND",
                    "this job was charged no credits");
    return STATUS_OK;
}

static status_code refund_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct refund *refund = arg;
    const char *request_id = refund->request->request_id;
    char refunded_id[UUID_SIZE];
    struct reservation reservation;
    struct account account;
    bool is_found, is_done;

    TRY(account_find_locked(tx, refund->request->account, &account, st));
    TRY(store_reservation_by_request(tx, refund->job_id, &reservation, &is_found, st));
    if (!is_found || strcmp(reservation.principal_key, account.id) != 0)
        return FAIL(st, STATUS_NOT_FOUND, "JOB_NOT_FOUND", "this account has no job '%.100s'",
                    refund->job_id);
    TRY(store_refund_by_request(tx, request_id, refunded_id, &is_done, st));
    if (is_done && strcmp(refunded_id, reservation.id) != 0)
        return fail_other(st);
    if (!is_done) {
        TRY(check_refundable(&reservation, st));
        TRY(store_refund_insert(tx, &reservation, request_id, refund->request->note, time_wall(),
                                st));
        account.balance_credits += reservation.charged.paid_credits;
    }
    refund->answer = (struct credits_answer){
        .amount_credits = reservation.charged.paid_credits,
        .balance_credits = account.balance_credits,
        .is_first = !is_done,
    };
    return STATUS_OK;
}

status_code credits_refund(struct db *db, int64_t deadline, const struct credits_request *request,
                           const char *job_id, struct credits_answer *ret_answer, struct status *st)
{
    struct refund refund = {.request = request, .job_id = job_id};

    TRY(check_request(request, st));
    status_code code = db_run(db, deadline, refund_body, &refund, st);
    if (code == STATUS_ALREADY_EXISTS)
        return fail_other(st);
    TRY(code);
    *ret_answer = refund.answer;
    return STATUS_OK;
}
