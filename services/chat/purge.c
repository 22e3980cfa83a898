#include "services/chat/purge.h"

#include "lib/base/clock.h"
#include "services/chat/store_retention.h"

enum { STATEMENT_TIMEOUT_MS = 30000 };

status_code purge_account(void *arg, const char *account_id, bool *ret_is_gone, struct status *st)
{
    TRY(store_delete_account(arg, time_mono_after_ms(STATEMENT_TIMEOUT_MS), account_id, st));
    *ret_is_gone = true;
    return STATUS_OK;
}
