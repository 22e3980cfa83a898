#include "bridge/submit_caller.h"

#include "bridge/bridge.h"
#include "bridge/caller.h"
#include "bridge/http/error.h"
#include "bridge/upstream.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

struct submit_caller {
    void (*on_allowed)(struct exchange *exchange, int64_t file_max_bytes, void *data);
    void *data;
    int64_t file_max_bytes;
};

static const struct rpc_method open_reservation = {
    &ocrmesh__billing__v1__billing_service__descriptor, "OpenReservation", RPC_UNARY};

static void on_pages_left(struct exchange *exchange, const void *reply, void *data)
{
    const struct submit_caller *caller = data;

    caller->on_allowed(exchange, caller->file_max_bytes, caller->data);
}

/* Would one page of the cheaper tier be granted? Nothing is held. */
static void ask_for_a_page(struct exchange *exchange, struct submit_caller *caller,
                           const Ocrmesh__Billing__V1__Principal *principal)
{
    Ocrmesh__Billing__V1__OpenReservationRequest request =
        OCRMESH__BILLING__V1__OPEN_RESERVATION_REQUEST__INIT;

    request.account_id = principal->account_id;
    request.principal_key = principal->key;
    request.tier = OCRMESH__OCR__V1__TIER__TIER_CPU;
    request.pages = 1;
    request.validate_only = true;
    upstream_unary(exchange, exchange_bridge(exchange)->billing, &open_reservation, &request,
                   on_pages_left, caller);
}

static bool is_worth_asking(const struct exchange *exchange)
{
    int64_t length = exchange_content_length(exchange);

    if (exchange_header_count(exchange, "idempotency-key") > 0)
        return false;
    return length < 0 || length > SUBMIT_CALLER_SMALL_BYTES ||
           exchange_header_count(exchange, "expect") > 0;
}

static status_code check_size(const struct exchange *exchange, int64_t file_max_bytes,
                              struct status *st)
{
    if (file_max_bytes > 0 &&
        exchange_content_length(exchange) > file_max_bytes + SUBMIT_CALLER_FORM_BYTES)
        return FAIL_FIELD(st, "file", "TOO_LARGE",
                          "the file is larger than %lld bytes, the most that this plan takes",
                          (long long)file_max_bytes);
    return STATUS_OK;
}

void submit_caller_check(struct exchange *exchange,
                         void (*on_allowed)(struct exchange *exchange, int64_t file_max_bytes,
                                            void *data),
                         void *data)
{
    const Ocrmesh__Billing__V1__Principal *principal = caller_principal(exchange);
    int64_t file_max_bytes = principal->plan->bytes_per_file;
    struct status st = {0};

    if (check_size(exchange, file_max_bytes, &st) != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    if (!is_worth_asking(exchange)) {
        on_allowed(exchange, file_max_bytes, data);
        return;
    }
    struct submit_caller *caller = ARENA_NEW(exchange_arena(exchange), struct submit_caller);
    if (caller == NULL) {
        (void)FAIL_MEMORY(&st);
        error_respond(exchange, &st);
        return;
    }
    *caller = (struct submit_caller){on_allowed, data, file_max_bytes};
    ask_for_a_page(exchange, caller, principal);
}
