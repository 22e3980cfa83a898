/*
 * Signing in and out: /api/v1/account/session/.
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
#include "lib/rpc/timestamp.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

#define ACCOUNTS (&ocrmesh__billing__v1__account_service__descriptor)

static const struct rpc_method create_session = {ACCOUNTS, "CreateSession", RPC_UNARY};
static const struct rpc_method delete_session = {ACCOUNTS, "DeleteSession", RPC_UNARY};

/* --- sign in --- */

static void on_signed_in(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Billing__V1__CreateSessionResponse *response = reply;
    struct buf body;

    buf_init(&body, JSON_ANSWER_MAX_BYTES);
    bool is_written = response->account != NULL && response->expire_time != NULL &&
                      json_write_begin_object(&body) &&
                      json_member_string(&body, "email", response->account->email) &&
                      json_member_string(&body, "plan", response->account->plan) &&
                      json_member_string(&body, "session", response->session_secret) &&
                      json_member_time(&body, "expires_at", response->expire_time) &&
                      json_write_end_object(&body);
    if (is_written)
        session_cookie_set(exchange, response->session_secret,
                           rpc_timestamp_ns(response->expire_time));
    json_answer(exchange, HTTP_STATUS_CREATED, is_written, &body);
}

static void on_credentials(struct exchange *exchange, const json_t *body)
{
    Ocrmesh__Billing__V1__CreateSessionRequest request =
        OCRMESH__BILLING__V1__CREATE_SESSION_REQUEST__INIT;
    const char *email, *password;
    struct status st = {0};

    if (json_body_strings(body, "email", &email, "password", &password, &st) != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    request.email = (char *)email;
    request.password = (char *)password;
    request.client_address = (char *)exchange_client_address(exchange);
    upstream_unary_of_nobody(exchange, exchange_bridge(exchange)->billing, &create_session,
                             &request, on_signed_in, NULL);
}

/* Nor may another site sign a browser in, to an account of its own choice. */
void session_create(struct exchange *exchange)
{
    struct status st = {0};

    if (session_cookie_check_origin(exchange, &st) != STATUS_OK)
        error_respond(exchange, &st);
    else
        json_body_read(exchange, on_credentials);
}

/* --- sign out --- */

static void on_signed_out(struct exchange *exchange, const void *reply, void *data)
{
    session_cookie_clear(exchange);
    json_answer_nothing(exchange);
}

void session_delete(struct exchange *exchange)
{
    Ocrmesh__Billing__V1__DeleteSessionRequest request =
        OCRMESH__BILLING__V1__DELETE_SESSION_REQUEST__INIT;
    struct str everywhere;
    struct status st = {0};

    if (exchange_query(exchange, "everywhere", &everywhere)) {
        request.is_everywhere = str_equal(everywhere, STR("true"));
        if (!request.is_everywhere && !str_equal(everywhere, STR("false"))) {
            (void)FAIL_FIELD(&st, "everywhere", "INVALID_FIELD",
                             "everywhere must be true or false");
            error_respond(exchange, &st);
            return;
        }
    }
    upstream_unary(exchange, exchange_bridge(exchange)->billing, &delete_session, &request,
                   on_signed_out, NULL);
}
