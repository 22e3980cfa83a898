/*
 * The API tokens of an account: /api/v1/account/tokens/ (API: B21).
 */

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/http/json_write.h"
#include "bridge/json_answer.h"
#include "bridge/json_body.h"
#include "bridge/json_member.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

#define ACCOUNTS (&ocrmesh__billing__v1__account_service__descriptor)

enum { TOKEN_PAGE_MAX = 100 };

static const struct rpc_method create_token = {ACCOUNTS, "CreateToken", RPC_UNARY};
static const struct rpc_method list_tokens = {ACCOUNTS, "ListTokens", RPC_UNARY};
static const struct rpc_method rotate_token = {ACCOUNTS, "RotateToken", RPC_UNARY};
static const struct rpc_method delete_token = {ACCOUNTS, "DeleteToken", RPC_UNARY};

/* @secret: NULL where it is not told. */
static bool write_token(struct buf *out, const Ocrmesh__Billing__V1__Token *token,
                        const char *secret)
{
    return token != NULL && json_write_begin_object(out) &&
           json_member_string(out, "id", token->token_id) &&
           json_member_string(out, "name", token->name) &&
           json_member_string(out, "hint", token->hint) &&
           json_member_time(out, "created_at", token->create_time) &&
           json_member_time(out, "last_used_at", token->last_used_time) &&
           (secret == NULL || json_member_string(out, "token", secret)) &&
           json_write_end_object(out);
}

static void answer_token(struct exchange *exchange, enum http_status status,
                         const Ocrmesh__Billing__V1__Token *token, const char *secret)
{
    struct buf body;

    buf_init(&body, JSON_ANSWER_MAX_BYTES);
    bool is_written = write_token(&body, token, secret);
    json_answer(exchange, status, is_written, &body);
}

/* --- create --- */

static void on_created(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Billing__V1__CreateTokenResponse *response = reply;

    if (response->token != NULL)
        exchange_add_header(exchange, "location", "/api/v1/account/tokens/%s/",
                            response->token->token_id);
    answer_token(exchange, HTTP_STATUS_CREATED, response->token, response->secret);
}

static void on_name(struct exchange *exchange, const json_t *body)
{
    Ocrmesh__Billing__V1__CreateTokenRequest request =
        OCRMESH__BILLING__V1__CREATE_TOKEN_REQUEST__INIT;
    struct status st = {0};
    const char *name;

    if (json_body_string(body, "name", &name, &st) != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    request.name = (char *)name;
    upstream_unary(exchange, exchange_bridge(exchange)->billing, &create_token, &request,
                   on_created, NULL);
}

void token_create(struct exchange *exchange)
{
    json_body_read(exchange, on_name);
}

/* --- list --- */

static void on_listed(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Billing__V1__ListTokensResponse *response = reply;
    struct buf body;

    buf_init(&body, JSON_ANSWER_MAX_BYTES);
    bool is_written = json_write_begin_object(&body) && json_write_name(&body, "tokens") &&
                      json_write_begin_array(&body);
    for (size_t i = 0; is_written && i < response->n_tokens; i++)
        is_written = (i == 0 || buf_append_char(&body, ',')) &&
                     write_token(&body, response->tokens[i], NULL);
    is_written = is_written && json_write_end_array(&body) &&
                 json_write_name(&body, "next_page_token") &&
                 (response->next_page_token[0] != '\0'
                      ? json_write_string(&body, str_of(response->next_page_token))
                      : json_write_null(&body)) &&
                 json_write_end_object(&body);
    json_answer(exchange, HTTP_STATUS_OK, is_written, &body);
}

void token_list(struct exchange *exchange)
{
    Ocrmesh__Billing__V1__ListTokensRequest request =
        OCRMESH__BILLING__V1__LIST_TOKENS_REQUEST__INIT;
    struct status st = {0};
    struct str text;
    int64_t size = 0;

    if (exchange_query(exchange, "page_size", &text) &&
        (!str_to_int64(text, &size) || size < 1 || size > TOKEN_PAGE_MAX)) {
        (void)FAIL_FIELD(&st, "page_size", "INVALID_FIELD",
                         "page_size must be a number from 1 to %d", TOKEN_PAGE_MAX);
        error_respond(exchange, &st);
        return;
    }
    request.page_size = (int32_t)size;
    /* Query values are NUL-terminated. */
    if (exchange_query(exchange, "page_token", &text))
        request.page_token = (char *)text.p;
    upstream_unary(exchange, exchange_bridge(exchange)->billing, &list_tokens, &request, on_listed,
                   NULL);
}

/* --- rotate and delete --- */

static void on_rotated(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Billing__V1__RotateTokenResponse *response = reply;

    answer_token(exchange, HTTP_STATUS_OK, response->token, response->secret);
}

void token_rotate(struct exchange *exchange)
{
    Ocrmesh__Billing__V1__RotateTokenRequest request =
        OCRMESH__BILLING__V1__ROTATE_TOKEN_REQUEST__INIT;

    request.token_id = (char *)exchange_param(exchange, "id");
    upstream_unary(exchange, exchange_bridge(exchange)->billing, &rotate_token, &request,
                   on_rotated, NULL);
}

static void on_deleted(struct exchange *exchange, const void *reply, void *data)
{
    json_answer_nothing(exchange);
}

void token_delete(struct exchange *exchange)
{
    Ocrmesh__Billing__V1__DeleteTokenRequest request =
        OCRMESH__BILLING__V1__DELETE_TOKEN_REQUEST__INIT;

    request.token_id = (char *)exchange_param(exchange, "id");
    upstream_unary(exchange, exchange_bridge(exchange)->billing, &delete_token, &request,
                   on_deleted, NULL);
}
