/* What is kept of accounts, told and deleted: AccountService for their owners, BillingService for
 * the mesh. */

#include "lib/base/gate.h"
#include "lib/rpc/caller.h"
#include "services/billing/accounts/account_deletion.h"
#include "services/billing/accounts/account_export.h"
#include "services/billing/message.h"
#include "services/billing/service_handlers.h"

enum { EXPORT_STATEMENT_TIMEOUT_MS = 10000 };

/* An account_export_sink's. */
static status_code write_chunk(void *arg, struct str piece, struct status *st)
{
    Ocrmesh__Billing__V1__ExportAccountResponse message =
        OCRMESH__BILLING__V1__EXPORT_ACCOUNT_RESPONSE__INIT;

    message.chunk = (ProtobufCBinaryData){piece.n, (uint8_t *)piece.p};
    return rpc_call_write(arg, &message, st);
}

/* API: GET /api/v1/account/export/ */
SERVICE_HANDLER(service_export_account)
{
    struct billing_service *service = data;
    const struct account_export_sink sink = {write_chunk, call};
    _cleanup_(gate_leave) struct gate_pass pass = {0};
    struct account account;
    struct rpc_caller caller;

    TRY(rpc_caller_read(call, &caller, st));
    TRY(account_find_by_owner(service->db, billing_deadline(call), caller.token, &account, st));
    TRY(gate_enter(service->exports_gate, account.id, &pass, st));
    return account_export(service->db, EXPORT_STATEMENT_TIMEOUT_MS, caller.token, &sink, st);
}

/* API: DELETE /api/v1/account/ */
SERVICE_HANDLER(service_delete_account)
{
    const Ocrmesh__Billing__V1__DeleteAccountRequest *wanted = request;
    struct billing_service *service = data;
    struct rpc_caller caller;

    TRY(rpc_caller_read(call, &caller, st));
    return account_delete(service->db, billing_deadline(call), service->hasher, caller.token,
                          wanted->password, caller.client_address, st);
}

SERVICE_HANDLER(service_list_deleted_accounts)
{
    const Ocrmesh__Billing__V1__ListDeletedAccountsRequest *wanted = request;
    Ocrmesh__Billing__V1__ListDeletedAccountsResponse *answer = response;
    struct billing_service *service = data;
    struct arena *arena = rpc_call_arena(call);
    struct account_deleted list[ACCOUNT_DELETED_PAGE_MAX];
    Ocrmesh__Billing__V1__DeletedAccount *accounts;
    size_t count;

    TRY(account_deleted_list(service->db, billing_deadline(call), wanted->service, list, &count,
                             st));
    answer->accounts = ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__DeletedAccount *, count + 1);
    accounts = ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__DeletedAccount, count + 1);
    if (answer->accounts == NULL || accounts == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        ocrmesh__billing__v1__deleted_account__init(&accounts[i]);
        accounts[i].account_id = arena_strdup(arena, list[i].account_id);
        accounts[i].is_settled = list[i].is_settled;
        if (accounts[i].account_id == NULL)
            return FAIL_MEMORY(st);
        answer->accounts[i] = &accounts[i];
    }
    answer->n_accounts = count;
    return STATUS_OK;
}

SERVICE_HANDLER(service_confirm_account_purge)
{
    const Ocrmesh__Billing__V1__ConfirmAccountPurgeRequest *wanted = request;
    struct billing_service *service = data;

    return account_confirm_purge(service->db, billing_deadline(call), wanted->account_id,
                                 wanted->service, st);
}
