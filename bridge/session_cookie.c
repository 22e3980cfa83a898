#include "bridge/session_cookie.h"

#include <string.h>

#include "bridge/http/cookie.h"
#include "lib/base/clock.h"

static bool is_under_tls(const struct exchange *exchange)
{
    struct str proto;

    if (exchange_is_secure(exchange))
        return true;
    return exchange_header(exchange, "x-forwarded-proto", &proto) &&
           str_equal_nocase(str_trim(proto), STR("https"));
}

static struct str cookie_name(const struct exchange *exchange)
{
    return is_under_tls(exchange) ? STR("__Host-ocrmesh_session") : STR("ocrmesh_session");
}

static bool changes_something(const struct exchange *exchange)
{
    const char *method = exchange_method(exchange);

    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}

/* "https://ocr.example.com" is of Host "ocr.example.com". */
static bool is_own(const struct exchange *exchange, struct str origin)
{
    struct str host, scheme;

    return str_next_token(&origin, ':', &scheme) && origin.p != NULL &&
           (str_equal(scheme, STR("http")) || str_equal(scheme, STR("https"))) &&
           str_starts_with(origin, STR("//")) && exchange_header(exchange, "host", &host) &&
           str_equal_nocase((struct str){origin.p + 2, origin.n - 2}, host);
}

static status_code fail_cross_site(struct status *st)
{
    return FAIL(st, STATUS_PERMISSION_DENIED, "CROSS_SITE",
                "a browser's cookie counts for requests from this site's own pages alone; programs"
                " send an API token instead");
}

status_code session_cookie_check_origin(const struct exchange *exchange, struct status *st)
{
    struct str origin;

    if (exchange_header(exchange, "origin", &origin) && !is_own(exchange, origin))
        return fail_cross_site(st);
    return STATUS_OK;
}

/* HTTP/2 may split the field (RFC 9113 §8.2.3). */
static bool find(const struct exchange *exchange, struct str *ret_secret)
{
    const struct str name = cookie_name(exchange);
    struct str field;

    for (size_t i = 0; exchange_header_at(exchange, "cookie", i, &field); i++)
        if (cookie_find(field, name, ret_secret))
            return true;
    return false;
}

bool session_cookie_is_there(const struct exchange *exchange)
{
    struct str secret;

    return find(exchange, &secret);
}

status_code session_cookie_find(const struct exchange *exchange, struct str *ret_secret,
                                struct status *st)
{
    struct str secret, origin;

    if (!find(exchange, &secret)) {
        *ret_secret = STR("");
        return STATUS_OK;
    }
    if (changes_something(exchange) &&
        (!exchange_header(exchange, "origin", &origin) || !is_own(exchange, origin)))
        return fail_cross_site(st);
    *ret_secret = secret;
    return STATUS_OK;
}

static void set(struct exchange *exchange, const char *value, int64_t max_age_seconds)
{
    const struct str name = cookie_name(exchange);

    exchange_keep_header(exchange, "set-cookie",
                         "%.*s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", (int)name.n,
                         name.p, value, (long long)max_age_seconds,
                         is_under_tls(exchange) ? "; Secure" : "");
}

void session_cookie_set(struct exchange *exchange, const char *secret, int64_t expire_time)
{
    int64_t seconds = (expire_time - time_wall()) / NANOSECONDS_PER_SECOND;

    set(exchange, secret, seconds > 0 ? seconds : 0);
}

void session_cookie_clear(struct exchange *exchange)
{
    set(exchange, "", 0);
}
