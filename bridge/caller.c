#include "bridge/caller.h"

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/http/rate_limit.h"
#include "bridge/shared_call.h"
#include "bridge/upstream.h"
#include "lib/rpc/allocator.h"

struct check {
    caller_kind kind;
    void (*on_allowed)(struct exchange *exchange, void *data);
    void *data;
};

static void count_requests(void *request, int32_t count)
{
    Ocrmesh__Billing__V1__AuthenticateRequest *asked = request;

    asked->requests = count;
}

/* The token is in the request, and an address has none. */
static const struct shared_method authenticate = {
    {&ocrmesh__billing__v1__billing_service__descriptor, "Authenticate", RPC_UNARY},
    .is_of_nobody = true,
    .set_count = count_requests,
};

/* The answer itself lives for its callback alone. */
static Ocrmesh__Billing__V1__Principal *copy(const Ocrmesh__Billing__V1__Principal *principal,
                                             struct arena *arena)
{
    ProtobufCAllocator allocator = rpc_arena_allocator(arena);
    size_t length = ocrmesh__billing__v1__principal__get_packed_size(principal);
    uint8_t *bytes = arena_alloc(arena, length + 1);

    if (bytes == NULL)
        return NULL;
    (void)ocrmesh__billing__v1__principal__pack(principal, bytes);
    return ocrmesh__billing__v1__principal__unpack(&allocator, length, bytes);
}

static status_code keep(struct exchange *exchange, caller_kind kind,
                        const Ocrmesh__Billing__V1__AuthenticateResponse *response,
                        struct status *st)
{
    if (response->principal == NULL || response->principal->plan == NULL)
        return FAIL(st, STATUS_INTERNAL, NULL, "the service answered without a plan");
    void *principal = copy(response->principal, exchange_arena(exchange));
    if (principal == NULL)
        return FAIL_MEMORY(st);
    exchange_set_caller(exchange, principal);
    if (response->rate != NULL)
        rate_limit_tell(exchange, response->rate->limit, response->rate->left,
                        response->rate->reset_ms);
    if (kind == CALLER_OF_ACCOUNT && response->principal->is_anonymous)
        return FAIL(st, STATUS_UNAUTHENTICATED, "MISSING_TOKEN",
                    "this is for accounts: send an API token as 'Authorization: Bearer TOKEN'");
    return STATUS_OK;
}

static void on_principal(struct exchange *exchange, const void *reply, void *data)
{
    const struct check *check = data;
    struct status st = {0};

    if (keep(exchange, check->kind, reply, &st) == STATUS_OK)
        check->on_allowed(exchange, check->data);
    else
        error_respond(exchange, &st);
}

static status_code ask(struct exchange *exchange, struct check *check, struct status *st)
{
    Ocrmesh__Billing__V1__AuthenticateRequest request =
        OCRMESH__BILLING__V1__AUTHENTICATE_REQUEST__INIT;
    struct str token = STR("");

    if (check == NULL)
        return FAIL_MEMORY(st);
    if (check->kind != CALLER_OF_ADDRESS)
        TRY(upstream_token(exchange, &token, st));
    request.client_address = (char *)exchange_client_address(exchange);
    request.token = arena_strndup(exchange_arena(exchange), token.p, token.n);
    request.count_request = true;
    request.is_for_owner = check->kind == CALLER_OF_OWNER;
    if (request.token == NULL)
        return FAIL_MEMORY(st);
    shared_call(exchange, exchange_bridge(exchange)->billing, &authenticate, &request, on_principal,
                check);
    return STATUS_OK;
}

void caller_check(struct exchange *exchange, caller_kind kind,
                  void (*on_allowed)(struct exchange *exchange, void *data), void *data)
{
    struct check *check;
    struct status st = {0};

    if (kind == CALLER_NOBODY) {
        on_allowed(exchange, data);
        return;
    }
    check = ARENA_NEW(exchange_arena(exchange), struct check);
    if (check != NULL)
        *check = (struct check){kind, on_allowed, data};
    if (ask(exchange, check, &st) != STATUS_OK)
        error_respond(exchange, &st);
}

const Ocrmesh__Billing__V1__Principal *caller_principal(const struct exchange *exchange)
{
    return exchange_caller(exchange);
}
