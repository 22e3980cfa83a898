#include <string.h>

#include "bridge/http/exchange_internal.h"

const char *exchange_method(const struct exchange *exchange)
{
    return exchange->method;
}

struct str exchange_path(const struct exchange *exchange)
{
    return exchange->uri.path;
}

status_code exchange_parse_target(struct exchange *exchange, struct status *st)
{
    return uri_parse(exchange->target, exchange->arena, &exchange->uri, st);
}

bool exchange_query(const struct exchange *exchange, const char *name, struct str *ret_value)
{
    return uri_parameter(&exchange->uri, name, ret_value);
}

bool exchange_header_at(const struct exchange *exchange, const char *name, size_t index,
                        struct str *ret_value)
{
    struct str wanted = str_of(name);

    for (size_t i = 0; i < exchange->field_count; i++) {
        if (str_equal(exchange->fields[i].name, wanted) && index-- == 0) {
            *ret_value = exchange->fields[i].value;
            return true;
        }
    }
    return false;
}

bool exchange_header(const struct exchange *exchange, const char *name, struct str *ret_value)
{
    return exchange_header_at(exchange, name, 0, ret_value);
}

bool exchange_accepts(const struct exchange *exchange, struct str media_type)
{
    struct str field, member, rest;

    for (size_t i = 0; exchange_header_at(exchange, "accept", i, &field); i++)
        while (str_next_token(&field, ',', &member))
            if (str_equal_nocase(header_main_value(member, &rest), media_type))
                return true;
    return false;
}

size_t exchange_header_count(const struct exchange *exchange, const char *name)
{
    struct str wanted = str_of(name);
    size_t count = 0;

    for (size_t i = 0; i < exchange->field_count; i++)
        count += str_equal(exchange->fields[i].name, wanted);
    return count;
}

void exchange_set_param(struct exchange *exchange, const char *name, struct str value)
{
    char *copy = arena_strndup(exchange->arena, value.p, value.n);
    char *name_copy = arena_strdup(exchange->arena, name);

    if (copy != NULL && name_copy != NULL && exchange->param_count < EXCHANGE_PARAMS_MAX)
        exchange->params[exchange->param_count++] = (struct exchange_param){name_copy, copy};
}

void exchange_set_client_address(struct exchange *exchange, const char *address)
{
    char *copy = arena_strdup(exchange->arena, address);

    if (copy != NULL)
        exchange->client_address = copy;
}

const char *exchange_param(const struct exchange *exchange, const char *name)
{
    for (size_t i = 0; i < exchange->param_count; i++)
        if (strcmp(exchange->params[i].name, name) == 0)
            return exchange->params[i].value;
    return "";
}

int64_t exchange_content_length(const struct exchange *exchange)
{
    return exchange->content_length;
}

const char *exchange_client_address(const struct exchange *exchange)
{
    return exchange->client_address;
}

bool exchange_is_secure(const struct exchange *exchange)
{
    return exchange->is_secure;
}

const char *exchange_request_id(const struct exchange *exchange)
{
    return exchange->request_id;
}
