#include "services/billing/accounts/account_deletion.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "services/billing/accounts/store_account.h"
#include "services/billing/accounts/store_deletion.h"
#include "services/billing/ledger/store_ledger.h"
#include "services/billing/sign_in/session.h"

/* Those with data of accounts; as in the table's CHECK. */
static const char *const services[] = {"ocr", "chat"};

/* --- delete --- */

static status_code fail_wrong(struct status *st)
{
    return FAIL(st, STATUS_PERMISSION_DENIED, "WRONG_PASSWORD",
                "the password is not right, so nothing was deleted");
}

static status_code delete_body(struct db_tx *tx, void *arg, struct status *st)
{
    const struct store_password *password = arg;
    const char *account_id = password->account_id;
    const int64_t now = time_wall();
    struct account account;
    bool is_found, is_right;

    TRY(store_account_lock(tx, account_id, &account, &is_found, st));
    if (is_found && account.standing == ACCOUNT_DELETED) /* by an attempt before, or another call */
        return STATUS_OK;
    TRY(store_password_holds(tx, password, &is_right, st));
    if (!is_right)
        return fail_wrong(st);
    TRY(store_deletion_begin(tx, account_id, st));
    for (size_t i = 0; i < ARRAY_LENGTH(services); i++)
        TRY(store_purge_insert(tx, account_id, services[i], now, st));
    return STATUS_OK;
}

status_code account_delete(struct db *db, int64_t deadline, struct password_hasher *hasher,
                           struct str token, const char *password, const char *client_address,
                           struct status *st)
{
    struct store_password password_found;
    struct account account;
    bool is_right;

    TRY(account_find_by_owner(db, deadline, token, &account, st));
    TRY(session_check_password(db, deadline, hasher,
                               &(struct session_proof){account.email, password, client_address},
                               &is_right, &password_found, st));
    if (!is_right)
        return fail_wrong(st);
    return db_run(db, deadline, delete_body, &password_found, st);
}

/* --- purge --- */

static status_code check_service(const char *service, struct status *st)
{
    for (size_t i = 0; i < ARRAY_LENGTH(services); i++)
        if (strcmp(services[i], service) == 0)
            return STATUS_OK;
    return FAIL_FIELD(st, "service", "INVALID_FIELD", "no service of this name keeps data");
}

status_code account_deleted_list(struct db *db, int64_t deadline, const char *service,
                                 struct account_deleted ret_list[static ACCOUNT_DELETED_PAGE_MAX],
                                 size_t *ret_count, struct status *st)
{
    TRY(check_service(service, st));
    return store_purge_list(db, deadline, service, ACCOUNT_DELETED_PAGE_MAX, ret_list, ret_count,
                            st);
}

struct confirmation {
    const char *account_id;
    const char *service;
};

static status_code write_off(struct db_tx *tx, const struct account *account, struct status *st)
{
    bool is_inserted, is_other;

    if (account->balance_credits == 0)
        return STATUS_OK;
    return store_transfer_insert(tx,
                                 &(struct store_transfer){
                                     .kind = LEDGER_WRITE_OFF,
                                     .account_id = account->id,
                                     .amount_credits = account->balance_credits,
                                     .request_id = account->id,
                                     .note = "account deleted",
                                     .create_time = time_wall(),
                                 },
                                 &is_inserted, &is_other, st);
}

static status_code confirm_body(struct db_tx *tx, void *arg, struct status *st)
{
    const struct confirmation *confirmation = arg;
    struct account account;
    bool is_found, is_settled, is_last;

    TRY(store_account_lock(tx, confirmation->account_id, &account, &is_found, st));
    if (!is_found || account.standing != ACCOUNT_DELETED)
        return FAIL(st, STATUS_NOT_FOUND, "ACCOUNT_NOT_FOUND", "no such account was deleted");
    TRY(store_purge_delete(tx, confirmation->account_id, confirmation->service, &is_settled,
                           &is_last, st));
    if (!is_settled)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "NOT_SETTLED",
                    "a job of this account has not ended yet");
    return is_last ? write_off(tx, &account, st) : STATUS_OK;
}

status_code account_confirm_purge(struct db *db, int64_t deadline, const char *account_id,
                                  const char *service, struct status *st)
{
    struct confirmation confirmation = {account_id, service};

    TRY(check_service(service, st));
    if (!uuid_is_valid(account_id))
        return FAIL(st, STATUS_NOT_FOUND, "ACCOUNT_NOT_FOUND", "no such account was deleted");
    return db_run(db, deadline, confirm_body, &confirmation, st);
}
