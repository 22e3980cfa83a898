#include "bridge/json_body.h"

#include "bridge/http/error.h"
#include "bridge/whole_body.h"
#include "lib/base/json_depth.h"

enum { DEPTH_MAX = 32 };

struct json_body {
    void (*on_json)(struct exchange *exchange, const json_t *body);
};

/* jansson's own words quote the text, which may be a password. */
static status_code parse(struct str text, json_t **ret_json, struct status *st)
{
    json_error_t error;
    json_t *json;

    if (text.n == 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_JSON",
                    "the body is empty; it must be a JSON object");
    if (!json_depth_is_within(text, DEPTH_MAX))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_JSON", "the body is nested more than %d deep",
                    DEPTH_MAX);
    json = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_JSON",
                    "the body must be a JSON object, and is no JSON from line %d, column %d on",
                    error.line, error.column);
    *ret_json = json;
    return json_is_object(json)
               ? STATUS_OK
               : FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_JSON", "the body must be a JSON object");
}

static void on_whole(struct exchange *exchange, struct str text, void *data)
{
    const struct json_body *body = data;
    struct status st = {0};
    json_t *json = NULL;

    if (parse(text, &json, &st) == STATUS_OK)
        body->on_json(exchange, json);
    else
        error_respond(exchange, &st);
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

status_code json_body_strings(const json_t *body, const char *first_name, const char **ret_first,
                              const char *second_name, const char **ret_second, struct status *st)
{
    const char *first;

    TRY(json_body_string(body, first_name, &first, st));
    TRY(json_body_string(body, second_name, ret_second, st));
    *ret_first = first;
    return STATUS_OK;
}
