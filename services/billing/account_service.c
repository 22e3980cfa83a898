/* AccountService: for a person with an account. */

#include "lib/rpc/caller.h"
#include "services/billing/accounts/address.h"
#include "services/billing/message.h"
#include "services/billing/metrics.h"
#include "services/billing/service_handlers.h"
#include "services/billing/sign_in/attempt.h"

static void take_back(struct billing_service *service, int64_t deadline,
                      const struct attempt *attempt)
{
    struct status ignored = {0};

    (void)!attempt_refund(service->db, deadline, attempt, &ignored);
}

/* Every account has free pages, so an address gets no number of them; who sits at this very machine
 * may. */
static status_code create_as_sign_up(struct billing_service *service, int64_t deadline,
                                     const char *address,
                                     const Ocrmesh__Billing__V1__CreateAccountRequest *request,
                                     struct account_state *ret_state,
                                     char ret_token[static TOKEN_SIZE], struct status *st)
{
    const bool is_counted = service->sign_ups_per_address > 0 && !address_is_loopback(address);
    struct attempt sign_up;

    if (is_counted) {
        TRY(attempt_of_address(ATTEMPT_SIGN_UP_FROM_ADDRESS, address, &sign_up, st));
        sign_up.burst = service->sign_ups_per_address;
        TRY(attempt_spend(service->db, deadline, &sign_up, st));
    }
    status_code code = account_create(service->db, deadline, service->hasher, request->email,
                                      request->password, ret_state, ret_token, st);
    if (is_counted && code != STATUS_OK)
        take_back(service, deadline, &sign_up);
    return code;
}

/* Whether an e-mail address has an account already must not be asked without end, so that counts as
 * an attempt. */
static status_code create_counted(struct rpc_call *call,
                                  const Ocrmesh__Billing__V1__CreateAccountRequest *request,
                                  struct billing_service *service, struct account_state *ret_state,
                                  char ret_token[static TOKEN_SIZE], struct status *st)
{
    const int64_t deadline = billing_deadline(call);
    struct rpc_caller caller;
    struct attempt probe;

    TRY(rpc_caller_read(call, &caller, st));
    const char *address = rpc_caller_address(call, &caller, request->client_address);
    TRY(attempt_of_address(ATTEMPT_PASSWORD_FROM_ADDRESS, address, &probe, st));
    TRY(attempt_spend(service->db, deadline, &probe, st));
    status_code code =
        create_as_sign_up(service, deadline, address, request, ret_state, ret_token, st);
    if (code != STATUS_ALREADY_EXISTS)
        take_back(service, deadline, &probe);
    return code;
}

/* API: POST /api/v1/account/ */
static status_code create_account(struct rpc_call *call, const void *request_message,
                                  void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__CreateAccountRequest *request = request_message;
    Ocrmesh__Billing__V1__CreateAccountResponse *response = response_message;
    struct billing_service *service = data;
    struct arena *arena = rpc_call_arena(call);
    struct account_state state;
    char token[TOKEN_SIZE];

    TRY(create_counted(call, request, service, &state, token, st));
    metrics_add(service->metrics, METRICS_ACCOUNTS_CREATED, 1);
    response->account = message_account(&state, arena);
    response->token = arena_strdup(arena, token);
    return response->account == NULL || response->token == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

/* API: GET /api/v1/account/ */
static status_code get_account(struct rpc_call *call, const void *request_message,
                               void *response_message, void *data, struct status *st)
{
    Ocrmesh__Billing__V1__GetAccountResponse *response = response_message;
    struct billing_service *service = data;
    struct question_count questions;
    struct account_state state;
    struct rpc_caller caller;

    TRY(rpc_caller_read(call, &caller, st));
    TRY(account_get(service->db, billing_deadline(call), caller.token, &state, st));
    TRY(question_today(service->db, billing_deadline(call), &state.account, &questions, st));
    response->account = message_account(&state, rpc_call_arena(call));
    response->questions = message_questions(&questions, rpc_call_arena(call));
    return response->account == NULL || response->questions == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

static const struct rpc_handler handlers[] = {
    {"CreateAccount", RPC_UNARY, create_account},
    {"GetAccount", RPC_UNARY, get_account},
    {"DeleteAccount", RPC_UNARY, service_delete_account},
    {"ExportAccount", RPC_SERVER_STREAM, service_export_account},
    {"ListUsage", RPC_UNARY, service_list_usage},
    {"CreatePurchase", RPC_UNARY, service_create_purchase},
    {"ReceivePaymentEvent", RPC_UNARY, service_receive_payment_event},
    {"CreateToken", RPC_UNARY, service_create_token},
    {"ListTokens", RPC_UNARY, service_list_tokens},
    {"RotateToken", RPC_UNARY, service_rotate_token},
    {"DeleteToken", RPC_UNARY, service_delete_token},
    {"CreateSession", RPC_UNARY, service_create_session},
    {"DeleteSession", RPC_UNARY, service_delete_session},
    {"ChangePassword", RPC_UNARY, service_change_password},
    {"RequestPasswordReset", RPC_UNARY, service_request_password_reset},
    {"ResetPassword", RPC_UNARY, service_reset_password},
};

struct rpc_service billing_account_service_table(struct billing_service *service)
{
    return (struct rpc_service){&ocrmesh__billing__v1__account_service__descriptor, handlers,
                                ARRAY_LENGTH(handlers), service};
}
