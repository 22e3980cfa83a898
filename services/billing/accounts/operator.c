#include "services/billing/accounts/operator.h"

#include <string.h>

#include "lib/db/db.h"
#include "services/billing/accounts/store_operator.h"

status_code operator_list_accounts(struct db *db, int64_t deadline,
                                   const struct operator_list *request,
                                   struct account_state *ret_states, size_t *ret_count,
                                   bool *ret_has_more, struct status *st)
{
    if (strlen(request->after) >= EMAIL_SIZE)
        return FAIL_FIELD(st, "page_token", "INVALID_FIELD", "page_token is none of ours");
    if (strlen(request->email_contains) >= EMAIL_SIZE)
        return FAIL_FIELD(st, "email_contains", "INVALID_FIELD",
                          "email_contains must be at most %d bytes", EMAIL_SIZE - 1);
    return store_operator_list(db, deadline, request, ret_states, ret_count, ret_has_more, st);
}

/* --- changes of one account --- */

struct change {
    const char *account;
    const char *plan; /* NULL: the suspension is changed */
    bool is_suspended;
    struct account_state state;
};

static status_code set_plan(struct db_tx *tx, const char *account_id, const char *plan,
                            struct status *st)
{
    char names[STORE_PLAN_NAMES_SIZE];
    bool is_found = false;

    if (strcmp(plan, PLAN_ANONYMOUS) == 0)
        return FAIL_FIELD(st, "plan", "INVALID_FIELD",
                          "the plan %s is that of callers without an account", PLAN_ANONYMOUS);
    TRY(store_operator_set_plan(tx, account_id, plan, &is_found, st));
    if (is_found)
        return STATUS_OK;
    TRY(store_operator_plan_names(tx, names, st));
    return FAIL_FIELD(st, "plan", "INVALID_FIELD", "there is no plan '%.40s'; there are %s", plan,
                      names);
}

static status_code change_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct change *change = arg;
    struct account account;

    TRY(account_find_locked(tx, change->account, &account, st));
    TRY(change->plan != NULL ? set_plan(tx, account.id, change->plan, st)
                             : store_operator_suspend(tx, account.id, change->is_suspended, st));
    TRY(account_find_locked(tx, account.id, &account, st)); /* as it is afterwards */
    return account_read_state(tx, &account, &change->state, st);
}

static status_code run_change(struct db *db, int64_t deadline, struct change *change,
                              struct account_state *ret_state, struct status *st)
{
    TRY(db_run(db, deadline, change_body, change, st));
    *ret_state = change->state;
    return STATUS_OK;
}

status_code operator_change_plan(struct db *db, int64_t deadline, const char *account,
                                 const char *plan, struct account_state *ret_state,
                                 struct status *st)
{
    struct change change = {.account = account, .plan = plan};

    return run_change(db, deadline, &change, ret_state, st);
}

status_code operator_suspend(struct db *db, int64_t deadline, const char *account,
                             bool is_suspended, struct account_state *ret_state, struct status *st)
{
    struct change change = {.account = account, .is_suspended = is_suspended};

    return run_change(db, deadline, &change, ret_state, st);
}
