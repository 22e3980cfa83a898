#include "bridge/cors.h"

#include <string.h>

/* For how long a browser may keep what a preflight answered; it takes two hours at most. */
#define MAX_AGE_SECONDS "7200"

static const char request_fields[] = "authorization, content-type, idempotency-key, prefer, "
                                     "if-none-match, if-match, range, if-range, "
                                     "last-event-id, x-request-id, traceparent, tracestate";

/* Beside those that a page may always read. */
static const char response_fields[] =
    "location, etag, retry-after, content-disposition, content-range, accept-ranges, ratelimit, "
    "ratelimit-policy, x-credits-charged, x-request-id, idempotent-replayed, allow";

/* scheme "://" host [ ":" port ], as browsers write it (RFC 6454 §6.2). */
static bool is_origin(struct str text)
{
    struct str rest = text, scheme;

    if (!str_next_token(&rest, ':', &scheme) || !str_starts_with(rest, STR("//")) || rest.n < 3 ||
        !(str_equal(scheme, STR("http")) || str_equal(scheme, STR("https"))))
        return false;
    for (size_t i = 2; i < rest.n; i++) {
        char c = rest.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("-.:[]", c) != NULL))
            return false;
    }
    return true;
}

status_code cors_parse(const char *text, struct cors_policy *ret_policy, struct status *st)
{
    struct str list = str_of(text), member;
    struct cors_policy policy = {0};

    while (str_next_token(&list, ',', &member)) {
        member = str_trim(member);
        if (member.n == 0)
            continue;
        if (policy.count == CORS_ORIGINS_MAX)
            return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                        "BRIDGE_CORS_ORIGINS holds at most %d origins", CORS_ORIGINS_MAX);
        if (str_equal(member, STR("*")))
            policy.is_open = true;
        else if (is_origin(member))
            policy.origins[policy.count++] = member;
        else
            return FAIL(
                st, STATUS_INVALID_ARGUMENT, "CONFIG",
                "BRIDGE_CORS_ORIGINS holds origins such as https://app.example.com, in small"
                " letters and without a path, separated by commas, or *; '%.*s' is neither",
                (int)(member.n < 60 ? member.n : 60), member.p);
    }
    *ret_policy = policy;
    return STATUS_OK;
}

static bool is_listed(const struct cors_policy *policy, struct str origin)
{
    for (size_t i = 0; i < policy->count; i++)
        if (str_equal(policy->origins[i], origin))
            return true;
    return false;
}

static bool is_allowed(const struct cors_policy *policy, const struct exchange *exchange)
{
    struct str origin;

    return exchange_header(exchange, "origin", &origin) &&
           (policy->is_open || is_listed(policy, origin));
}

void cors_allow(const struct cors_policy *policy, struct exchange *exchange)
{
    struct str origin;

    if (policy->count == 0 && !policy->is_open)
        return;
    /* Also for those without an origin: a cache must not give one's answer to another. */
    if (!policy->is_open)
        exchange_keep_header(exchange, "vary", "origin");
    if (!is_allowed(policy, exchange) || !exchange_header(exchange, "origin", &origin))
        return;
    exchange_keep_header(exchange, "access-control-allow-origin", "%.*s",
                         policy->is_open ? 1 : (int)origin.n, policy->is_open ? "*" : origin.p);
    exchange_keep_header(exchange, "access-control-expose-headers", "%s", response_fields);
}

void cors_answer_options(const struct cors_policy *policy, struct exchange *exchange,
                         const char *allow)
{
    struct str method;

    exchange_add_header(exchange, "allow", "%s", allow);
    if (is_allowed(policy, exchange) &&
        exchange_header(exchange, "access-control-request-method", &method)) {
        exchange_add_header(exchange, "access-control-allow-methods", "%s", allow);
        exchange_add_header(exchange, "access-control-allow-headers", "%s", request_fields);
        exchange_add_header(exchange, "access-control-max-age", "%s", MAX_AGE_SECONDS);
    }
    exchange_respond(exchange, HTTP_STATUS_NO_CONTENT);
    exchange_end(exchange);
}
