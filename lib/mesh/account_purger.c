#include "lib/mesh/account_purger.h"

#include "lib/base/arena.h"
#include "lib/base/periodic.h"
#include "lib/log/log.h"
#include "lib/mesh/billing_client.h"

enum { ARENA_MAX_BYTES = 1 << 20 };

struct account_purger {
    struct billing_client *billing;
    account_purge *delete_all;
    void *arg;
    struct periodic *rounds;
};

static status_code purge(struct billing_client *billing, account_purge *delete_all, void *arg,
                         const struct billing_deleted *deleted, struct status *st)
{
    bool is_gone;

    TRY(delete_all(arg, deleted->account_id, &is_gone, st));
    if (!is_gone || !deleted->is_settled)
        return STATUS_OK;
    TRY(billing_client_confirm_purge(billing, deleted->account_id, st));
    log_write(LOG_INFO, "all of a deleted account was deleted",
              LOG_STRING("account_id", deleted->account_id));
    return STATUS_OK;
}

status_code account_purge_round(struct billing_client *billing, account_purge *delete_all,
                                void *arg, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    const struct billing_deleted *list;
    size_t count;

    if (arena == NULL)
        return FAIL_MEMORY(st);
    TRY(billing_client_list_deleted(billing, arena, &list, &count, st));
    for (size_t i = 0; i < count; i++) {
        struct status failure = {0};

        if (purge(billing, delete_all, arg, &list[i], &failure) != STATUS_OK)
            log_failure(LOG_WARNING, "a deleted account's data was not deleted yet", &failure,
                        LOG_STRING("account_id", list[i].account_id));
    }
    return STATUS_OK;
}

/* A periodic's function. */
static void run(void *arg)
{
    const struct account_purger *purger = arg;
    struct status st = {0};

    if (account_purge_round(purger->billing, purger->delete_all, purger->arg, &st) != STATUS_OK)
        log_failure(LOG_WARNING, "deleted accounts were not looked for", &st);
}

status_code account_purger_start(struct billing_client *billing, account_purge *delete_all,
                                 void *arg, struct account_purger **ret_purger, struct status *st)
{
    _cleanup_(freep) struct account_purger *purger = calloc(1, sizeof(*purger));

    if (purger == NULL)
        return FAIL_MEMORY(st);
    *purger = (struct account_purger){.billing = billing, .delete_all = delete_all, .arg = arg};
    TRY(periodic_start(run, purger, ACCOUNT_PURGE_INTERVAL_MS, &purger->rounds, st));
    *ret_purger = TAKE(purger);
    return STATUS_OK;
}

void account_purger_stop(struct account_purger *purger)
{
    if (purger == NULL)
        return;
    periodic_stop(purger->rounds);
    free(purger);
}
