#include "bridge/json_body.h"

#include <string.h>

#include "bridge/http/error.h"

enum { DEPTH_MAX = 32 };

struct json_body {
    struct buf text;
    void (*on_json)(struct exchange *exchange, const json_t *body);
};

static void on_body(struct exchange *exchange, struct str bytes, void *data)
{
    struct json_body *body = data;
    struct status st = {0};

    if (buf_append(&body->text, bytes.p, bytes.n))
        return;
    (void)FAIL(&st, STATUS_INVALID_ARGUMENT, "TOO_LARGE",
               "the body is larger than %d bytes, the most that is taken here",
               JSON_BODY_MAX_BYTES);
    error_respond(exchange, &st);
}

/* jansson recurses by nesting; its own bound (2048) fits the stack, this one the purpose. */
static bool is_shallow(struct str text)
{
    int depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '[') && ++depth > DEPTH_MAX)
            return false;
        else if (!in_string && (c == '}' || c == ']'))
            depth--;
    }
    return true;
}

static void on_body_end(struct exchange *exchange, void *data)
{
    struct json_body *body = data;
    struct str text = buf_str(&body->text);
    struct status st = {0};
    json_t *json = NULL;
    json_error_t error;

    if (text.n > 0 && is_shallow(text))
        json = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(json)) {
        body->on_json(exchange, json);
    } else {
        (void)FAIL(&st, STATUS_INVALID_ARGUMENT, "BAD_JSON", "the body must be a JSON object");
        error_respond(exchange, &st);
    }
    json_decref(json);
}

static void on_close(struct exchange *exchange, void *data)
{
    struct json_body *body = data;

    /* It may hold a password. */
    if (body->text.data != NULL)
        explicit_bzero(body->text.data, body->text.capacity);
    buf_deinit(&body->text);
}

static const struct exchange_handler handler = {
    .on_body = on_body,
    .on_body_end = on_body_end,
    .on_close = on_close,
};

void json_body_read(struct exchange *exchange,
                    void (*on_json)(struct exchange *exchange, const json_t *body))
{
    struct json_body *body = ARENA_NEW(exchange_arena(exchange), struct json_body);
    struct status st = {0};

    if (body == NULL) {
        (void)FAIL_MEMORY(&st);
        error_respond(exchange, &st);
        return;
    }
    buf_init(&body->text, JSON_BODY_MAX_BYTES);
    body->on_json = on_json;
    exchange_set_handler(exchange, &handler, body);
    exchange_read(exchange);
}

status_code json_body_string(const json_t *body, const char *name, const char **ret_text,
                             struct status *st)
{
    const json_t *member = json_object_get(body, name);

    if (member == NULL || json_is_null(member)) {
        *ret_text = "";
        return STATUS_OK;
    }
    if (!json_is_string(member))
        return FAIL_FIELD(st, name, "INVALID_FIELD", "%s must be a string", name);
    *ret_text = json_string_value(member);
    return STATUS_OK;
}
