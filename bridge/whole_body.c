#include "bridge/whole_body.h"

#include <string.h>

#include "bridge/http/error.h"

struct whole_body {
    struct buf text;
    void (*on_whole)(struct exchange *exchange, struct str body, void *data);
    void *data;
};

static void wipe(struct buf *text)
{
    if (text->data != NULL)
        explicit_bzero(text->data, text->capacity);
    buf_deinit(text);
}

static void on_body(struct exchange *exchange, struct str bytes, void *data)
{
    struct whole_body *body = data;
    struct status st = {0};

    if (buf_append(&body->text, bytes.p, bytes.n))
        return;
    (void)FAIL(&st, STATUS_INVALID_ARGUMENT, "TOO_LARGE",
               "the body is larger than %zu bytes, the most that is taken here",
               body->text.max_bytes);
    error_respond(exchange, &st);
}

static void on_body_end(struct exchange *exchange, void *data)
{
    struct whole_body *body = data;
    struct buf text = body->text;

    /* The callback may give the exchange another handler, or end it. */
    buf_init(&body->text, 0);
    body->on_whole(exchange, buf_str(&text), body->data);
    wipe(&text);
}

static void on_close(struct exchange *exchange, void *data)
{
    struct whole_body *body = data;

    wipe(&body->text);
}

static const struct exchange_handler handler = {
    .on_body = on_body,
    .on_body_end = on_body_end,
    .on_close = on_close,
};

void whole_body_read(struct exchange *exchange, size_t max_bytes,
                     void (*on_whole)(struct exchange *exchange, struct str body, void *data),
                     void *data)
{
    struct whole_body *body = ARENA_NEW(exchange_arena(exchange), struct whole_body);
    struct status st = {0};

    if (body == NULL) {
        (void)FAIL_MEMORY(&st);
        error_respond(exchange, &st);
        return;
    }
    buf_init(&body->text, max_bytes);
    body->on_whole = on_whole;
    body->data = data;
    exchange_set_handler(exchange, &handler, body);
    exchange_read(exchange);
}
