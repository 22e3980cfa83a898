#include "bridge/http/uri.h"

#include <string.h>

#include "bridge/http/text.h"
#include "lib/base/hex.h"

/* WHATWG URL §5.1, save that broken percent-encoding is an error: it is never sent on purpose. */
static status_code decode(struct str encoded, struct arena *arena, struct str *ret_text,
                          struct status *st)
{
    char *out = arena_alloc(arena, encoded.n + 1);
    size_t used = 0;

    if (out == NULL)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "the query is too large");
    for (size_t i = 0; i < encoded.n; i++) {
        char c = encoded.p[i];

        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < encoded.n ? hex_value(encoded.p[i + 1]) : -1;
            int low = i + 2 < encoded.n ? hex_value(encoded.p[i + 2]) : -1;

            if (high < 0 || low < 0)
                return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_QUERY",
                            "the query string has a broken percent-encoding");
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[used++] = c;
    }
    out[used] = '\0';
    if (!text_is_clean((struct str){out, used}))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_QUERY",
                    "the query string must be UTF-8 without control characters");
    *ret_text = (struct str){out, used};
    return STATUS_OK;
}

static status_code parse_query(struct str query, struct arena *arena, struct uri *uri,
                               struct status *st)
{
    struct str member;

    uri->parameters = ARENA_NEW_ARRAY(arena, struct uri_parameter, URI_PARAMETERS_MAX);
    if (uri->parameters == NULL)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "the query is too large");
    while (str_next_token(&query, '&', &member)) {
        struct str name = {0};

        if (member.n == 0)
            continue;
        if (uri->parameter_count == URI_PARAMETERS_MAX)
            return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_QUERY",
                        "the query string has more than %d parameters", URI_PARAMETERS_MAX);
        struct uri_parameter *parameter = &uri->parameters[uri->parameter_count];
        (void)str_next_token(&member, '=', &name);
        if (member.p == NULL)
            member = STR("");
        TRY(decode(name, arena, &parameter->name, st));
        TRY(decode(member, arena, &parameter->value, st));
        uri->parameter_count++;
    }
    return STATUS_OK;
}

status_code uri_parse(struct str target, struct arena *arena, struct uri *ret_uri,
                      struct status *st)
{
    struct uri uri = {0};
    static const struct str schemes[] = {{"http://", 7}, {"https://", 8}};

    if (target.n > URI_TARGET_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "URI_TOO_LONG",
                    "the request target is longer than %d bytes", URI_TARGET_MAX);
    for (size_t i = 0; i < target.n; i++)
        if (target.p[i] < 0x21 || target.p[i] > 0x7E || target.p[i] == '#')
            return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_TARGET",
                        "the request target has a character that must be percent-encoded");
    for (size_t i = 0; i < ARRAY_LENGTH(schemes); i++) {
        if (!str_starts_with(target, schemes[i]))
            continue;
        /* Absolute form (RFC 9112 §3.2.2): the authority is dropped, there is one site here. */
        target.p += schemes[i].n;
        target.n -= schemes[i].n;
        while (target.n > 0 && target.p[0] != '/' && target.p[0] != '?') {
            target.p++;
            target.n--;
        }
        if (target.n == 0)
            target = STR("/");
        break;
    }

    const char *mark = target.n > 0 ? memchr(target.p, '?', target.n) : NULL;
    uri.path = mark == NULL ? target : (struct str){target.p, (size_t)(mark - target.p)};
    if (uri.path.n == 0 || (uri.path.p[0] != '/' && !str_equal(target, STR("*"))))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_TARGET",
                    "the request target must be a path that starts with '/'");
    if (mark != NULL)
        TRY(parse_query((struct str){mark + 1, target.n - uri.path.n - 1}, arena, &uri, st));
    *ret_uri = uri;
    return STATUS_OK;
}

bool uri_parameter(const struct uri *uri, const char *name, struct str *ret_value)
{
    for (size_t i = 0; i < uri->parameter_count; i++) {
        if (str_equal(uri->parameters[i].name, str_of(name))) {
            *ret_value = uri->parameters[i].value;
            return true;
        }
    }
    return false;
}
