/*
 * GET /api/v1/account/export/: everything that is kept about an account, as one JSON file.
 *
 * Billing tells an object, and ocr the notices of jobs, which become its last member: the object's
 * end is held back until they have come. Either is passed on as fast as the client takes it.
 */

#include <string.h>

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "bridge/webhook_json.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

static const struct rpc_method export_account = {&ocrmesh__billing__v1__account_service__descriptor,
                                                 "ExportAccount", RPC_SERVER_STREAM};
static const struct rpc_method export_webhooks = {&ocrmesh__ocr__v1__webhook_service__descriptor,
                                                  "ExportWebhooks", RPC_SERVER_STREAM};

static const struct str object_end = STR("}\n");

enum { HELD_BYTES = 2 }; /* as many as object_end has */

struct account_file {
    struct upstream *upstream; /* NULL: none is under way */
    bool waits_for_room;
    bool is_begun;
    bool has_webhook;
    char held[HELD_BYTES]; /* what came last of billing's object */
    size_t held_bytes;
};

static void put(struct exchange *exchange, struct account_file *file, struct str text)
{
    if (text.n > 0)
        file->waits_for_room = !exchange_write(exchange, text);
}

static void read_on(struct account_file *file)
{
    if (!file->waits_for_room && file->upstream != NULL)
        upstream_read(file->upstream);
}

static void fail(struct exchange *exchange, struct account_file *file, const struct status *st)
{
    if (file->upstream != NULL)
        upstream_cancel(TAKE(file->upstream));
    error_respond(exchange, st);
}

/* --- notices --- */

static void on_webhook(struct exchange *exchange, const void *message, void *data)
{
    const Ocrmesh__Ocr__V1__ExportWebhooksResponse *part = message;
    _cleanup_(buf_deinit) struct buf json;
    struct account_file *file = data;
    struct status st = {0};

    buf_init(&json, WEBHOOK_JSON_MAX_BYTES);
    if (part->webhook == NULL || !webhook_json_write(&json, part->webhook)) {
        (void)FAIL(&st, STATUS_INTERNAL, NULL, "a notice cannot be told");
        fail(exchange, file, &st);
        return;
    }
    if (file->has_webhook)
        put(exchange, file, STR(",\n"));
    file->has_webhook = true;
    put(exchange, file, buf_str(&json));
    read_on(file);
}

static void on_webhooks_end(struct exchange *exchange, const struct status *st, void *data)
{
    struct account_file *file = data;

    file->upstream = NULL;
    if (st->code != STATUS_OK) {
        error_respond(exchange, st);
        return;
    }
    put(exchange, file, STR("]"));
    put(exchange, file, object_end);
    exchange_end(exchange);
}

static void ask_webhooks(struct exchange *exchange, struct account_file *file)
{
    static const struct upstream_handler handler = {
        .on_message = on_webhook,
        .on_end = on_webhooks_end,
    };
    Ocrmesh__Ocr__V1__ExportWebhooksRequest request =
        OCRMESH__OCR__V1__EXPORT_WEBHOOKS_REQUEST__INIT;
    struct status st = {0};

    put(exchange, file, STR(",\n\"webhooks\": ["));
    if (upstream_ask(exchange, exchange_bridge(exchange)->ocr, &export_webhooks,
                     UPSTREAM_STREAM_TIMEOUT_MS, &request, &handler, file, &file->upstream,
                     &st) != STATUS_OK)
        error_respond(exchange, &st);
}

/* --- the account --- */

/* All but the last bytes of what has come so far. */
static void pass_on(struct exchange *exchange, struct account_file *file, struct str bytes)
{
    size_t whole = file->held_bytes + bytes.n;
    size_t count = whole > HELD_BYTES ? whole - HELD_BYTES : 0;
    size_t of_held = count < file->held_bytes ? count : file->held_bytes;

    put(exchange, file, (struct str){file->held, of_held});
    put(exchange, file, (struct str){bytes.p, count - of_held});
    file->held_bytes -= of_held;
    memmove(file->held, file->held + of_held, file->held_bytes);
    memcpy(file->held + file->held_bytes, bytes.p + (count - of_held), bytes.n - (count - of_held));
    file->held_bytes += bytes.n - (count - of_held);
}

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
    if (part->chunk.len > 0)
        pass_on(exchange, file, (struct str){(const char *)part->chunk.data, part->chunk.len});
    read_on(file);
}

static void on_end(struct exchange *exchange, const struct status *st, void *data)
{
    struct account_file *file = data;
    struct status broken = {0};

    file->upstream = NULL;
    if (st->code != STATUS_OK) {
        error_respond(exchange, st);
    } else if (!str_equal((struct str){file->held, file->held_bytes}, object_end)) {
        (void)FAIL(&broken, STATUS_INTERNAL, NULL, "the service told no object of the account");
        error_respond(exchange, &broken);
    } else {
        ask_webhooks(exchange, file);
    }
}

static void on_room(struct exchange *exchange, void *data)
{
    struct account_file *file = data;

    if (!file->waits_for_room)
        return;
    file->waits_for_room = false;
    read_on(file);
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
