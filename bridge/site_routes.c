/*
 * The web pages, in the language of who asks, and what they load.
 *
 * A page's language is that of `?lang=`, of the cookie that the pages' own choice of language sets,
 * or what the browser prefers. What a page may do in a browser is told by its policy: it loads from
 * this host alone, runs scripts of files alone, makes no HTML of strings, and stands in no frame.
 */

#include "bridge/http/cookie.h"
#include "bridge/http/entity_tag.h"
#include "bridge/http/error.h"
#include "bridge/routes.h"
#include "bridge/site.h"

/* CSP level 3, and Trusted Types. Pictures are also made of files before they are sent (blob:). */
static const char content_security_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

static const char permissions_policy[] =
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), "
    "gyroscope=(), microphone=(), midi=(), payment=(), usb=()";

static void not_found(struct exchange *exchange)
{
    struct status st = {0};

    (void)FAIL(&st, STATUS_NOT_FOUND, NULL, "there is nothing at this path");
    error_respond(exchange, &st);
}

static void send_file(struct exchange *exchange, const struct site_file *file)
{
    struct str accepted = STR("");
    content_coding coding;

    (void)exchange_header(exchange, "accept-encoding", &accepted);
    coding = site_coding_choose(file, accepted);
    exchange_add_header(exchange, "etag", "%s", file->bodies[coding].tag);
    exchange_add_header(exchange, "cross-origin-resource-policy", "same-origin");
    if (entity_tag_is_listed(exchange, "if-none-match", str_of(file->bodies[coding].tag),
                             ENTITY_TAG_WEAK)) {
        exchange_respond(exchange, HTTP_STATUS_NOT_MODIFIED);
        exchange_end(exchange);
        return;
    }
    exchange_add_header(exchange, "content-type", "%s", file->media_type);
    if (coding != CONTENT_CODING_IDENTITY)
        exchange_add_header(exchange, "content-encoding", "%s", content_coding_name(coding));
    exchange_respond(exchange, HTTP_STATUS_OK);
    exchange_set_length(exchange, (int64_t)file->bodies[coding].bytes.n);
    (void)exchange_write_lent(exchange, (struct lent){.bytes = file->bodies[coding].bytes});
    exchange_end(exchange);
}

/* --- pages --- */

static const char *language_of(const struct exchange *exchange)
{
    const char *language;
    struct str value;

    if (exchange_query(exchange, "lang", &value) && (language = site_language_find(value)) != NULL)
        return language;
    for (size_t i = 0; exchange_header_at(exchange, "cookie", i, &value); i++)
        if (cookie_find(value, STR("ocrmesh_language"), &value) &&
            (language = site_language_find(value)) != NULL)
            return language;
    return exchange_header(exchange, "accept-language", &value) ? site_language_choose(value)
                                                                : site_languages[0];
}

void site_page_get(struct exchange *exchange)
{
    const char *language = language_of(exchange);
    struct str path = exchange_path(exchange);
    const struct site_file *file = site_find(path, language);

    if (file == NULL) { /* without its last slash (API: B6) */
        const char *whole = arena_printf(exchange_arena(exchange), "%.*s/", (int)path.n, path.p);

        file = site_find(str_of(whole), language);
    }
    if (file == NULL) {
        not_found(exchange);
        return;
    }
    exchange_add_header(exchange, "cache-control", "private, no-cache");
    exchange_add_header(exchange, "vary", "accept-encoding, accept-language, cookie");
    exchange_add_header(exchange, "content-language", "%s", language);
    exchange_add_header(exchange, "content-security-policy", "%s", content_security_policy);
    exchange_add_header(exchange, "permissions-policy", "%s", permissions_policy);
    exchange_add_header(exchange, "cross-origin-opener-policy", "same-origin");
    send_file(exchange, file);
}

/* --- what they load --- */

void site_asset_get(struct exchange *exchange)
{
    const char *version = exchange_param(exchange, "version");
    const char *name =
        arena_printf(exchange_arena(exchange), "%s/%s", exchange_param(exchange, "folder"),
                     exchange_param(exchange, "file"));
    const struct site_file *file = site_find(str_of(name), "");

    if (file == NULL) {
        not_found(exchange);
        return;
    }
    /* While replicas of two versions run, a page may ask the other one: it gets what there is. */
    exchange_add_header(exchange, "cache-control", "%s",
                        str_equal(str_of(version), str_of(site_version))
                            ? "public, max-age=31536000, immutable"
                            : "no-cache");
    exchange_add_header(exchange, "vary", "accept-encoding");
    send_file(exchange, file);
}
