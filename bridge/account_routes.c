/*
 * POST, GET and DELETE /api/v1/account/ (API: B21).
 */

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/http/json_write.h"
#include "bridge/json_answer.h"
#include "bridge/json_body.h"
#include "bridge/json_member.h"
#include "bridge/routes.h"
#include "bridge/session_cookie.h"
#include "bridge/upstream.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

static const struct rpc_method create_account = {&ocrmesh__billing__v1__account_service__descriptor,
                                                 "CreateAccount", RPC_UNARY};
static const struct rpc_method get_account = {&ocrmesh__billing__v1__account_service__descriptor,
                                              "GetAccount", RPC_UNARY};

static const struct rpc_method delete_account = {&ocrmesh__billing__v1__account_service__descriptor,
                                                 "DeleteAccount", RPC_UNARY};

/* --- create --- */

static void on_created(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Billing__V1__CreateAccountResponse *response = reply;
    struct buf body;

    buf_init(&body, JSON_ANSWER_MAX_BYTES);
    bool is_written = response->account != NULL && json_write_begin_object(&body) &&
                      json_member_string(&body, "email", response->account->email) &&
                      json_member_string(&body, "plan", response->account->plan) &&
                      json_member_string(&body, "token", response->token) &&
                      json_write_end_object(&body);
    exchange_add_header(exchange, "location", "/api/v1/account/");
    json_answer(exchange, HTTP_STATUS_CREATED, is_written, &body);
}

static void on_json(struct exchange *exchange, const json_t *body)
{
    Ocrmesh__Billing__V1__CreateAccountRequest request =
        OCRMESH__BILLING__V1__CREATE_ACCOUNT_REQUEST__INIT;
    const char *email, *password;
    struct status st = {0};

    if (json_body_strings(body, "email", &email, "password", &password, &st) != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    request.email = (char *)email;
    request.password = (char *)password;
    request.client_address = (char *)exchange_client_address(exchange);
    upstream_unary_of_nobody(exchange, exchange_bridge(exchange)->billing, &create_account,
                             &request, on_created, NULL);
}

void account_create(struct exchange *exchange)
{
    json_body_read(exchange, on_json);
}

/* --- get --- */

static bool write_questions(struct buf *out, const Ocrmesh__Billing__V1__QuestionQuota *questions)
{
    return json_write_begin_object(out) && json_member_integer(out, "used", questions->used) &&
           json_member_integer(out, "cap", questions->cap) &&
           json_member_time(out, "resets_at", questions->reset_time) && json_write_end_object(out);
}

static bool write_account(struct buf *out, const Ocrmesh__Billing__V1__GetAccountResponse *response)
{
    const Ocrmesh__Billing__V1__Account *account = response->account;

    return json_write_begin_object(out) && json_member_string(out, "email", account->email) &&
           json_member_string(out, "plan", account->plan) &&
           json_member_integer(out, "used", account->used_credits) &&
           json_member_integer(out, "cap", account->cap_credits) &&
           json_member_integer(out, "credits", account->balance_credits) &&
           json_member_time(out, "resets_at", account->reset_time) &&
           json_write_name(out, "questions") && write_questions(out, response->questions) &&
           json_write_end_object(out);
}

static void on_account(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Billing__V1__GetAccountResponse *response = reply;
    struct buf body;

    buf_init(&body, JSON_ANSWER_MAX_BYTES);
    json_answer(exchange, HTTP_STATUS_OK,
                response->account != NULL && response->questions != NULL &&
                    write_account(&body, response),
                &body);
}

void account_get(struct exchange *exchange)
{
    Ocrmesh__Billing__V1__GetAccountRequest request =
        OCRMESH__BILLING__V1__GET_ACCOUNT_REQUEST__INIT;

    upstream_unary(exchange, exchange_bridge(exchange)->billing, &get_account, &request, on_account,
                   NULL);
}

/* --- delete --- */

static void on_deleted(struct exchange *exchange, const void *reply, void *data)
{
    session_cookie_clear(exchange);
    json_answer_nothing(exchange);
}

static void on_password(struct exchange *exchange, const json_t *body)
{
    Ocrmesh__Billing__V1__DeleteAccountRequest request =
        OCRMESH__BILLING__V1__DELETE_ACCOUNT_REQUEST__INIT;
    struct status st = {0};
    const char *password;

    if (json_body_string(body, "password", &password, &st) != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    request.password = (char *)password;
    upstream_unary(exchange, exchange_bridge(exchange)->billing, &delete_account, &request,
                   on_deleted, NULL);
}

void account_delete(struct exchange *exchange)
{
    json_body_read(exchange, on_password);
}
