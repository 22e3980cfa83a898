#include "services/ocr/tests/fake_billing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

static status_code fail_if_told(struct fake_billing *billing, struct status *st)
{
    int code = atomic_load(&billing->failure_code);

    if (code == STATUS_OK)
        return STATUS_OK;
    return FAIL(st, (status_code)code, billing->failure_reason, "told to fail");
}

static status_code commit(struct rpc_call *call, const void *request, void *response, void *data,
                          struct status *st)
{
    struct fake_billing *billing = data;
    const Ocrmesh__Billing__V1__CommitReservationRequest *wanted = request;
    Ocrmesh__Billing__V1__CommitReservationResponse *reply = response;

    TRY(fail_if_told(billing, st));
    atomic_fetch_add(&billing->commits, 1);
    atomic_store(&billing->pages, wanted->pages);
    reply->charged_credits = wanted->pages;
    return STATUS_OK;
}

static status_code release(struct rpc_call *call, const void *request, void *response, void *data,
                           struct status *st)
{
    const Ocrmesh__Billing__V1__ReleaseReservationRequest *wanted = request;
    struct fake_billing *billing = data;

    TRY(fail_if_told(billing, st));
    (void)snprintf(billing->released_request, sizeof(billing->released_request), "%s",
                   wanted->request_id);
    atomic_fetch_add(&billing->releases, 1);
    return STATUS_OK;
}

static status_code extend(struct rpc_call *call, const void *request, void *response, void *data,
                          struct status *st)
{
    struct fake_billing *billing = data;
    Ocrmesh__Billing__V1__ExtendReservationResponse *reply = response;
    Google__Protobuf__Timestamp *time =
        ARENA_NEW(rpc_call_arena(call), Google__Protobuf__Timestamp);

    TRY(fail_if_told(billing, st));
    google__protobuf__timestamp__init(time);
    time->seconds = time_wall() / NANOSECONDS_PER_SECOND + 7200;
    reply->expire_time = time;
    atomic_fetch_add(&billing->extends, 1);
    return STATUS_OK;
}

static status_code list_deleted(struct rpc_call *call, const void *request, void *response,
                                void *data, struct status *st)
{
    const struct fake_billing *billing = data;
    Ocrmesh__Billing__V1__ListDeletedAccountsResponse *reply = response;
    struct arena *arena = rpc_call_arena(call);
    Ocrmesh__Billing__V1__DeletedAccount *account =
        ARENA_NEW(arena, Ocrmesh__Billing__V1__DeletedAccount);

    TRY(fail_if_told(data, st));
    if (billing->deleted_account == NULL)
        return STATUS_OK;
    ocrmesh__billing__v1__deleted_account__init(account);
    account->account_id = arena_strdup(arena, billing->deleted_account);
    account->is_settled = billing->deleted_is_settled;
    reply->accounts = ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__DeletedAccount *, 1);
    reply->accounts[reply->n_accounts++] = account;
    return STATUS_OK;
}

static status_code confirm_purge(struct rpc_call *call, const void *request, void *response,
                                 void *data, struct status *st)
{
    struct fake_billing *billing = data;

    TRY(fail_if_told(billing, st));
    atomic_fetch_add(&billing->confirms, 1);
    return STATUS_OK;
}

static const struct rpc_handler handlers[] = {
    {"ListDeletedAccounts", RPC_UNARY, list_deleted},
    {"ConfirmAccountPurge", RPC_UNARY, confirm_purge},
    {"CommitReservation", RPC_UNARY, commit},
    {"ReleaseReservation", RPC_UNARY, release},
    {"ExtendReservation", RPC_UNARY, extend},
};

void fake_billing_start(struct fake_billing *billing, char target[static 64])
{
    struct rpc_service service = {&ocrmesh__billing__v1__billing_service__descriptor, handlers,
                                  ARRAY_LENGTH(handlers), billing};
    const struct rpc_service *const services[] = {&service};
    struct status st = {0};

    *billing = (struct fake_billing){.failure_reason = NULL};
    assert_int_equal(rpc_server_new(&(struct rpc_server_options){.address = "127.0.0.1:0"},
                                    services, 1, &billing->server, &st),
                     STATUS_OK);
    (void)snprintf(target, 64, "127.0.0.1:%d", rpc_server_port(billing->server));
}

struct rpc_channel *fake_billing_channel(const char *target)
{
    struct rpc_channel *channel;
    struct status st = {0};

    assert_int_equal(
        rpc_channel_new(&(struct rpc_channel_options){.target = target}, &channel, &st), STATUS_OK);
    return channel;
}

void fake_billing_stop(struct fake_billing *billing)
{
    rpc_server_drain(billing->server, 1000);
    rpc_server_free(billing->server);
}
