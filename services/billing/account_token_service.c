/* AccountService: the API tokens of an account. */

#include "lib/rpc/caller.h"
#include "services/billing/message.h"
#include "services/billing/service_handlers.h"

/* API: POST /api/v1/account/tokens/ */
SERVICE_HANDLER(service_create_token)
{
    const Ocrmesh__Billing__V1__CreateTokenRequest *wanted = request;
    Ocrmesh__Billing__V1__CreateTokenResponse *answer = response;
    struct billing_service *service = data;
    struct arena *arena = rpc_call_arena(call);
    struct account_token token;
    struct rpc_caller caller;
    char secret[TOKEN_SIZE];

    TRY(rpc_caller_read(call, &caller, st));
    TRY(account_token_create(service->db, billing_deadline(call), caller.token, wanted->name,
                             &token, secret, st));
    answer->token = message_token(&token, arena);
    answer->secret = arena_strdup(arena, secret);
    return answer->token == NULL || answer->secret == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

/* API: GET /api/v1/account/tokens/ */
SERVICE_HANDLER(service_list_tokens)
{
    const Ocrmesh__Billing__V1__ListTokensRequest *wanted = request;
    Ocrmesh__Billing__V1__ListTokensResponse *answer = response;
    struct billing_service *service = data;
    struct arena *arena = rpc_call_arena(call);
    struct account_token *tokens =
        ARENA_NEW_ARRAY(arena, struct account_token, ACCOUNT_TOKEN_PAGE_MAX);
    char next[ACCOUNT_TOKEN_CURSOR_SIZE];
    struct rpc_caller caller;
    size_t count;

    if (tokens == NULL)
        return FAIL_MEMORY(st);
    if (wanted->page_size < 0 || wanted->page_size > ACCOUNT_TOKEN_PAGE_MAX)
        return FAIL_FIELD(st, "page_size", "INVALID_FIELD", "page_size must be 0 to %d",
                          ACCOUNT_TOKEN_PAGE_MAX);
    TRY(rpc_caller_read(call, &caller, st));
    TRY(account_token_list(service->db, billing_deadline(call), caller.token, wanted->page_token,
                           wanted->page_size == 0 ? ACCOUNT_TOKEN_PAGE_MAX
                                                  : (size_t)wanted->page_size,
                           tokens, &count, next, st));
    answer->tokens = ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__Token *, count + 1);
    answer->next_page_token = arena_strdup(arena, next);
    if (answer->tokens == NULL || answer->next_page_token == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        answer->tokens[i] = message_token(&tokens[i], arena);
        if (answer->tokens[i] == NULL)
            return FAIL_MEMORY(st);
    }
    answer->n_tokens = count;
    return STATUS_OK;
}

/* API: POST /api/v1/account/tokens/<id>/rotate/ */
SERVICE_HANDLER(service_rotate_token)
{
    const Ocrmesh__Billing__V1__RotateTokenRequest *wanted = request;
    Ocrmesh__Billing__V1__RotateTokenResponse *answer = response;
    struct billing_service *service = data;
    struct arena *arena = rpc_call_arena(call);
    struct account_token token;
    struct rpc_caller caller;
    char secret[TOKEN_SIZE];

    TRY(rpc_caller_read(call, &caller, st));
    TRY(account_token_rotate(service->db, billing_deadline(call), caller.token, wanted->token_id,
                             &token, secret, st));
    answer->token = message_token(&token, arena);
    answer->secret = arena_strdup(arena, secret);
    return answer->token == NULL || answer->secret == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

/* API: DELETE /api/v1/account/tokens/<id>/ */
SERVICE_HANDLER(service_delete_token)
{
    const Ocrmesh__Billing__V1__DeleteTokenRequest *wanted = request;
    struct billing_service *service = data;
    struct rpc_caller caller;

    TRY(rpc_caller_read(call, &caller, st));
    return account_token_delete(service->db, billing_deadline(call), caller.token, wanted->token_id,
                                st);
}
