/*
 * GET /api/v1/account/export/: everything that is kept about an account, as one JSON file.
 */

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

static const struct rpc_method export_account = {&ocrmesh__billing__v1__account_service__descriptor,
                                                 "ExportAccount", RPC_SERVER_STREAM};

struct account_file {
    struct upstream *upstream; /* NULL: none is under way */
    bool waits_for_room;
    bool is_begun;
};

static void on_message(struct exchange *exchange, const void *message, void *data)
{
    const Ocrmesh__Billing__V1__ExportAccountResponse *part = message;
    struct account_file *file = data;

    if (!file->is_begun) {
        file->is_begun = true;
        exchange_add_header(exchange, "content-type", "application/json");
        exchange_add_header(exchange, "content-disposition",
                            "attachment; filename=\"ocrmesh-account.json\"");
        exchange_respond(exchange, HTTP_STATUS_OK);
    }
    file->waits_for_room =
        !exchange_write(exchange, (struct str){(const char *)part->chunk.data, part->chunk.len});
    if (!file->waits_for_room && file->upstream != NULL)
        upstream_read(file->upstream);
}

static void on_end(struct exchange *exchange, const struct status *st, void *data)
{
    struct account_file *file = data;
    struct status missing = {0};

    file->upstream = NULL;
    if (st->code != STATUS_OK) {
        error_respond(exchange, st);
    } else if (!file->is_begun) {
        (void)FAIL(&missing, STATUS_INTERNAL, NULL, "the service told nothing of the account");
        error_respond(exchange, &missing);
    } else {
        exchange_end(exchange);
    }
}

static void on_room(struct exchange *exchange, void *data)
{
    struct account_file *file = data;

    if (!file->waits_for_room || file->upstream == NULL)
        return;
    file->waits_for_room = false;
    upstream_read(file->upstream);
}

void account_export(struct exchange *exchange)
{
    static const struct upstream_handler upstream_handler = {
        .on_message = on_message,
        .on_end = on_end,
    };
    static const struct exchange_handler exchange_handler = {.on_room = on_room};
    Ocrmesh__Billing__V1__ExportAccountRequest request =
        OCRMESH__BILLING__V1__EXPORT_ACCOUNT_REQUEST__INIT;
    struct account_file *file = ARENA_NEW(exchange_arena(exchange), struct account_file);
    struct status st = {0};
    status_code code;

    if (file == NULL) {
        code = FAIL_MEMORY(&st);
    } else {
        exchange_set_handler(exchange, &exchange_handler, file);
        code = upstream_ask(exchange, exchange_bridge(exchange)->billing, &export_account,
                            UPSTREAM_STREAM_TIMEOUT_MS, &request, &upstream_handler, file,
                            &file->upstream, &st);
    }
    if (code != STATUS_OK)
        error_respond(exchange, &st);
}
