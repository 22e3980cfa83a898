#include "bridge/router.h"

#include <inttypes.h>
#include <string.h>

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/http/exchange_transport.h"
#include "bridge/http/forwarded.h"
#include "bridge/http/trusted_proxy.h"

enum {
    NAME_MAX_BYTES = 32,
    ALLOW_MAX_BYTES = 64,
    FORWARDED_MAX_BYTES = 1024,
    MS_PER_SECOND = 1000,
};

/* Takes one segment and the slash after it off *rest. */
static struct str take_segment(struct str *rest)
{
    const char *slash = rest->n > 0 ? memchr(rest->p, '/', rest->n) : NULL;
    struct str segment = {rest->p, slash != NULL ? (size_t)(slash - rest->p) : rest->n};
    size_t used = segment.n + (slash != NULL ? 1 : 0);

    rest->p += used;
    rest->n -= used;
    return segment;
}

bool router_match(const char *pattern, struct str path,
                  void (*on_param)(const char *name, struct str value, void *data), void *data)
{
    struct str wanted = str_of(pattern);

    if (path.n == 0 || path.p[0] != '/')
        return false;
    wanted.p++;
    wanted.n--;
    path.p++;
    path.n--;
    while (wanted.n > 0 && path.n > 0) {
        struct str want = take_segment(&wanted);
        struct str have = take_segment(&path);

        if (want.n > 2 && want.p[0] == '<') {
            char name[NAME_MAX_BYTES];

            if (have.n == 0)
                return false;
            (void)snprintf(name, sizeof(name), "%.*s", (int)want.n - 2, want.p + 1);
            on_param(name, have, data);
        } else if (!str_equal(want, have)) {
            return false;
        }
    }
    return wanted.n == 0 && path.n == 0;
}

static void set_param(const char *name, struct str value, void *data)
{
    exchange_set_param(data, name, value);
}

static void ignore_param(const char *name, struct str value, void *data)
{
}

static bool takes_method(const struct route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

/* "GET, HEAD, POST, OPTIONS" of the routes with this path; empty when there is none. */
static void list_methods(struct str path, char ret_allow[static ALLOW_MAX_BYTES])
{
    size_t count, used = 0;
    const struct route *table = routes(&count);

    ret_allow[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (!router_match(table[i].pattern, path, ignore_param, NULL))
            continue;
        used += (size_t)snprintf(ret_allow + used, ALLOW_MAX_BYTES - used, "%s%s%s",
                                 used > 0 ? ", " : "", table[i].method,
                                 strcmp(table[i].method, "GET") == 0 ? ", HEAD" : "");
    }
    if (used > 0)
        (void)snprintf(ret_allow + used, ALLOW_MAX_BYTES - used, ", OPTIONS");
}

/* What no route takes. */
static void answer_otherwise(struct exchange *exchange)
{
    char allow[ALLOW_MAX_BYTES];
    struct status st = {0};

    list_methods(exchange_path(exchange), allow);
    if (strcmp(exchange_method(exchange), "OPTIONS") == 0 && allow[0] != '\0') {
        cors_answer_options(&exchange_bridge(exchange)->cors, exchange, allow);
        return;
    }
    if (allow[0] == '\0') {
        (void)FAIL(&st, STATUS_NOT_FOUND, NULL, "there is nothing at this path");
    } else {
        (void)FAIL(&st, STATUS_UNIMPLEMENTED, "METHOD_NOT_ALLOWED", "this path takes %s", allow);
        (void)status_add_info(&st, "allow", "%s", allow);
    }
    error_respond(exchange, &st);
}

/* The lines of the proxies' field as one list; what does not fit is left out from the left, which
 * is the end that nobody vouches for. */
static struct str join_lines(const struct exchange *exchange, const char *name,
                             char buffer[FORWARDED_MAX_BYTES])
{
    size_t used = 0, count = exchange_header_count(exchange, name);
    struct str value;

    for (size_t i = 0; i < count; i++) {
        if (!exchange_header_at(exchange, name, i, &value))
            break;
        if (value.n > FORWARDED_MAX_BYTES / 2) {
            value.p += value.n - FORWARDED_MAX_BYTES / 2;
            value.n = FORWARDED_MAX_BYTES / 2;
        }
        if (used + value.n + 1 > FORWARDED_MAX_BYTES) {
            size_t dropped = used + value.n + 1 - FORWARDED_MAX_BYTES;

            memmove(buffer, buffer + dropped, used - dropped);
            used -= dropped;
        }
        if (used > 0)
            buffer[used++] = ',';
        memcpy(buffer + used, value.p, value.n);
        used += value.n;
    }
    return (struct str){buffer, used};
}

static void settle_address(struct exchange *exchange)
{
    const struct bridge *bridge = exchange_bridge(exchange);
    const char *name = bridge->settings->proxy_header;
    char buffer[FORWARDED_MAX_BYTES];

    if (bridge->trusted.networks.count == 0)
        return;
    struct str list = join_lines(exchange, name, buffer);
    if (list.n > 0 && strcmp(name, "forwarded") == 0 &&
        !forwarded_for(list, exchange_arena(exchange), &list))
        return;
    exchange_set_client_address(exchange, trusted_proxies_client(&bridge->trusted,
                                                                 exchange_client_address(exchange),
                                                                 list, exchange_arena(exchange)));
}

/* API: every answer about jobs tells what they were charged; what is about none cost nothing. */
static void tell_credits(struct exchange *exchange)
{
    static const struct str jobs = STR("/api/v1/ocr");
    struct str path = exchange_path(exchange);

    if (str_starts_with(path, jobs) && (path.n == jobs.n || path.p[jobs.n] == '/'))
        exchange_keep_header(exchange, "x-credits-charged", "0");
}

/* RFC 6797 §7.2: never over plain HTTP. */
static void tell_strict_transport(struct exchange *exchange)
{
    const int64_t max_age_ms = exchange_bridge(exchange)->settings->hsts_ms;

    if (max_age_ms > 0 && exchange_is_secure(exchange))
        exchange_keep_header(exchange, "strict-transport-security", "max-age=%" PRId64,
                             max_age_ms / MS_PER_SECOND);
}

static status_code check(struct exchange *exchange, struct status *st)
{
    const struct bridge *bridge = exchange_bridge(exchange);

    TRY(exchange_parse_target(exchange, st));
    tell_credits(exchange);
    if (exchange_content_length(exchange) > bridge->settings->body_max_bytes)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "TOO_LARGE",
                    "the request is larger than %lld bytes, the most that is taken",
                    (long long)bridge->settings->body_max_bytes);
    return STATUS_OK;
}

static void handle(struct exchange *exchange, void *data)
{
    const struct route *route = data;

    route->handle(exchange);
}

void router_dispatch(struct exchange *exchange, void *data)
{
    const struct bridge *bridge = exchange_bridge(exchange);
    size_t count;
    const struct route *table = routes(&count);
    struct status st = {0};

    settle_address(exchange);
    tell_strict_transport(exchange);
    cors_allow(&bridge->cors, exchange);
    if (bridge->settings->compresses)
        exchange_allow_coding(exchange);
    if (check(exchange, &st) != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (takes_method(&table[i], exchange_method(exchange)) &&
            router_match(table[i].pattern, exchange_path(exchange), ignore_param, NULL)) {
            (void)router_match(table[i].pattern, exchange_path(exchange), set_param, exchange);
            exchange_set_route(exchange, table[i].pattern);
            caller_check(exchange, table[i].caller, handle, (void *)&table[i]);
            return;
        }
    }
    answer_otherwise(exchange);
}
