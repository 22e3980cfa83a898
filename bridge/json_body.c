#include "bridge/json_body.h"

#include "bridge/http/error.h"
#include "bridge/whole_body.h"
#include "lib/base/json_depth.h"

enum { DEPTH_MAX = 32 };

struct json_body {
    void (*on_json)(struct exchange *exchange, const json_t *body);
};

static void on_whole(struct exchange *exchange, struct str text, void *data)
{
    const struct json_body *body = data;
    struct status st = {0};
    json_t *json = NULL;
    json_error_t error;

    if (text.n > 0 && json_depth_is_within(text, DEPTH_MAX))
        json = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(json)) {
        body->on_json(exchange, json);
    } else {
        (void)FAIL(&st, STATUS_INVALID_ARGUMENT, "BAD_JSON", "the body must be a JSON object");
        error_respond(exchange, &st);
    }
    json_decref(json);
}

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
    body->on_json = on_json;
    whole_body_read(exchange, JSON_BODY_MAX_BYTES, on_whole, body);
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
