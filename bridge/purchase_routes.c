/*
 * GET /api/v1/packs/, POST /api/v1/account/purchases/, and the notices of the payment provider,
 * POST /api/v1/payments/stripe/.
 */

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/http/json_write.h"
#include "bridge/idempotency_key.h"
#include "bridge/json_answer.h"
#include "bridge/json_body.h"
#include "bridge/json_member.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "bridge/whole_body.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

enum { EVENT_MAX_BYTES = 256 * 1024 }; /* what billing takes */

static const struct rpc_method list_packs = {&ocrmesh__billing__v1__billing_service__descriptor,
                                             "ListPacks", RPC_UNARY};
static const struct rpc_method create_purchase = {
    &ocrmesh__billing__v1__account_service__descriptor, "CreatePurchase", RPC_UNARY};
static const struct rpc_method receive_event = {&ocrmesh__billing__v1__account_service__descriptor,
                                                "ReceivePaymentEvent", RPC_UNARY};

/* --- what is sold --- */

static bool write_packs(struct buf *out, const Ocrmesh__Billing__V1__ListPacksResponse *response)
{
    if (!json_write_begin_object(out) ||
        !json_member_boolean(out, "offered", response->is_offered) ||
        (!response->is_offered &&
         !json_member_string(out, "message",
                             "nothing is sold on this server; ask its operator for credits")) ||
        !json_write_name(out, "packs") || !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < response->n_packs; i++) {
        const Ocrmesh__Billing__V1__CreditPack *pack = response->packs[i];

        if (!json_write_begin_object(out) || !json_member_string(out, "pack", pack->name) ||
            !json_member_string(out, "title", pack->title) ||
            !json_member_integer(out, "credits", pack->amount_credits) ||
            !json_member_integer(out, "price_minor", pack->price_minor) ||
            !json_member_string(out, "currency", pack->currency) || !json_write_end_object(out))
            return false;
    }
    return json_write_end_array(out) && json_write_end_object(out);
}

static void on_packs(struct exchange *exchange, const void *reply, void *data)
{
    struct buf body;

    buf_init(&body, JSON_ANSWER_MAX_BYTES);
    json_answer(exchange, HTTP_STATUS_OK, write_packs(&body, reply), &body);
}

void pack_list(struct exchange *exchange)
{
    Ocrmesh__Billing__V1__ListPacksRequest request = OCRMESH__BILLING__V1__LIST_PACKS_REQUEST__INIT;

    upstream_unary(exchange, exchange_bridge(exchange)->billing, &list_packs, &request, on_packs,
                   NULL);
}

/* --- a purchase --- */

static void on_purchase(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Billing__V1__CreatePurchaseResponse *response = reply;
    struct buf body;

    buf_init(&body, JSON_ANSWER_MAX_BYTES);
    json_answer(exchange, HTTP_STATUS_CREATED,
                json_write_begin_object(&body) &&
                    json_member_string(&body, "checkout_url", response->checkout_url) &&
                    json_write_end_object(&body),
                &body);
}

static void on_json(struct exchange *exchange, const json_t *body)
{
    Ocrmesh__Billing__V1__CreatePurchaseRequest request =
        OCRMESH__BILLING__V1__CREATE_PURCHASE_REQUEST__INIT;
    const char *pack, *key;
    struct status st = {0};
    status_code code = json_body_string(body, "pack", &pack, &st);

    if (code == STATUS_OK)
        code = idempotency_key_read(exchange, &key, &st);
    if (code != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    request.pack = (char *)pack;
    request.request_id = (char *)key;
    upstream_unary(exchange, exchange_bridge(exchange)->billing, &create_purchase, &request,
                   on_purchase, NULL);
}

void purchase_create(struct exchange *exchange)
{
    json_body_read(exchange, on_json);
}

/* --- notices --- */

static void on_received(struct exchange *exchange, const void *reply, void *data)
{
    exchange_respond_json(exchange, HTTP_STATUS_OK, STR("{\"received\":true}\n"));
}

/* One that is not plain text is no signature, and is sent on as none. */
static const char *read_signature(const struct exchange *exchange)
{
    struct str value;

    if (!exchange_header(exchange, "stripe-signature", &value))
        return "";
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < 0x20 || value.p[i] > 0x7E)
            return "";
    return arena_strndup(exchange_arena(exchange), value.p, value.n);
}

/* The bytes go on as they came, for they are signed. */
static void on_event(struct exchange *exchange, struct str body, void *data)
{
    Ocrmesh__Billing__V1__ReceivePaymentEventRequest request =
        OCRMESH__BILLING__V1__RECEIVE_PAYMENT_EVENT_REQUEST__INIT;
    struct status st = {0};

    request.payload.data = (uint8_t *)body.p;
    request.payload.len = body.n;
    request.signature = (char *)read_signature(exchange);
    if (request.signature != NULL) {
        upstream_unary(exchange, exchange_bridge(exchange)->billing, &receive_event, &request,
                       on_received, NULL);
    } else {
        (void)FAIL_MEMORY(&st);
        error_respond(exchange, &st);
    }
}

void payment_event_receive(struct exchange *exchange)
{
    whole_body_read(exchange, EVENT_MAX_BYTES, on_event, NULL);
}
