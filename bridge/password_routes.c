/*
 * Passwords: /api/v1/account/password/.
 */

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/http/json_write.h"
#include "bridge/json_answer.h"
#include "bridge/json_body.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

#define ACCOUNTS (&ocrmesh__billing__v1__account_service__descriptor)

static const struct rpc_method change_password = {ACCOUNTS, "ChangePassword", RPC_UNARY};
static const struct rpc_method request_reset = {ACCOUNTS, "RequestPasswordReset", RPC_UNARY};
static const struct rpc_method reset_password = {ACCOUNTS, "ResetPassword", RPC_UNARY};

static void on_done(struct exchange *exchange, const void *reply, void *data)
{
    json_answer_nothing(exchange);
}

/* --- change --- */

static void on_passwords(struct exchange *exchange, const json_t *body)
{
    Ocrmesh__Billing__V1__ChangePasswordRequest request =
        OCRMESH__BILLING__V1__CHANGE_PASSWORD_REQUEST__INIT;
    const char *current_password, *new_password;
    struct status st = {0};

    if (json_body_strings(body, "current_password", &current_password, "new_password",
                          &new_password, &st) != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    request.current_password = (char *)current_password;
    request.new_password = (char *)new_password;
    upstream_unary(exchange, exchange_bridge(exchange)->billing, &change_password, &request,
                   on_done, NULL);
}

void password_change(struct exchange *exchange)
{
    json_body_read(exchange, on_passwords);
}

/* --- reset --- */

static void on_requested(struct exchange *exchange, const void *reply, void *data)
{
    struct buf body;

    buf_init(&body, JSON_ANSWER_MAX_BYTES);
    bool is_written =
        json_write_begin_object(&body) && json_write_name(&body, "message") &&
        json_write_string(&body, STR("if there is an account with this e-mail address, a code to"
                                     " set a new password is on its way there")) &&
        json_write_end_object(&body);
    json_answer(exchange, HTTP_STATUS_ACCEPTED, is_written, &body);
}

static void on_email(struct exchange *exchange, const json_t *body)
{
    Ocrmesh__Billing__V1__RequestPasswordResetRequest request =
        OCRMESH__BILLING__V1__REQUEST_PASSWORD_RESET_REQUEST__INIT;
    struct status st = {0};
    const char *email;

    if (json_body_string(body, "email", &email, &st) != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    request.email = (char *)email;
    request.client_address = (char *)exchange_client_address(exchange);
    upstream_unary_of_nobody(exchange, exchange_bridge(exchange)->billing, &request_reset, &request,
                             on_requested, NULL);
}

void password_reset_request(struct exchange *exchange)
{
    json_body_read(exchange, on_email);
}

static void on_code(struct exchange *exchange, const json_t *body)
{
    Ocrmesh__Billing__V1__ResetPasswordRequest request =
        OCRMESH__BILLING__V1__RESET_PASSWORD_REQUEST__INIT;
    const char *reset_code, *new_password;
    struct status st = {0};

    if (json_body_strings(body, "code", &reset_code, "new_password", &new_password, &st) !=
        STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    request.code = (char *)reset_code;
    request.new_password = (char *)new_password;
    upstream_unary_of_nobody(exchange, exchange_bridge(exchange)->billing, &reset_password,
                             &request, on_done, NULL);
}

void password_reset_confirm(struct exchange *exchange)
{
    json_body_read(exchange, on_code);
}
