#include "lib/http/http_guard.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "lib/http/http_client.h"

enum { PORT_MAX = 65535, HOST_MAX = 253 };

/* IANA IPv4 and IPv6 Special-Purpose Address Registries, as of 2025, and multicast. Of IPv6 only
 * what lies in 2000::/3 is public at all. */
static const char special_networks[] =
    "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12,192.0.0.0/24,"
    "192.0.2.0/24,192.88.99.0/24,192.168.0.0/16,198.18.0.0/15,198.51.100.0/24,203.0.113.0/24,"
    "224.0.0.0/4,240.0.0.0/4,"
    "2001::/23,2001:db8::/32,2002::/16,2620:4f:8000::/48,3fff::/20";
static const struct ip_network global_unicast = {.address = {.bytes = {0x20}}, .prefix_bits = 3};

struct target {
    char host[HOST_MAX + 3]; /* an IPv6 address in brackets */
    int64_t port;
    bool is_https;
    bool is_literal; /* the host is an address: */
    struct ip_address address;
};

DEFINE_CLEANUP_NAMED(CURLU *, url_freep, curl_url_cleanup)
DEFINE_CLEANUP_NAMED(struct addrinfo *, addresses_freep, freeaddrinfo)

status_code http_guard_init(struct http_guard *guard, const char *allowed, struct status *st)
{
    TRY(ip_networks_parse(allowed, &guard->allowed, st));
    return ip_networks_parse(special_networks, &guard->special, st);
}

bool http_guard_allows(const struct http_guard *guard, const struct ip_address *address)
{
    if (ip_networks_have(&guard->allowed, address))
        return true;
    return (ip_address_is_ipv4(address) || ip_network_has(&global_unicast, address)) &&
           !ip_networks_have(&guard->special, address);
}

/* --- the URL --- */

static status_code refuse(const char *why, struct status *st)
{
    return FAIL(st, STATUS_INVALID_ARGUMENT, "URL_NOT_ALLOWED", "%s", why);
}

static bool is_visible_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

/* What libcurl passes over and others may not: a third slash, an empty user, an empty fragment. */
static bool is_strict(const char *url)
{
    const char *slashes = strstr(url, "://");

    if (slashes == NULL || strchr(url, '#') != NULL)
        return false;
    size_t length = strcspn(slashes + 3, "/?");
    return length > 0 && memchr(slashes + 3, '@', length) == NULL;
}

/* Without zone ids, and without a final dot, which resolvers and certificates take differently. */
static bool is_sound_host(const char *host)
{
    size_t length = strlen(host);

    return length > 0 && length <= HOST_MAX + 2 && strchr(host, '%') == NULL &&
           host[length - 1] != '.';
}

static bool read_part(CURLU *url, CURLUPart part, unsigned flags, char *ret_text, size_t size)
{
    char *text = NULL;
    bool fits = curl_url_get(url, part, &text, flags) == CURLUE_OK && strlen(text) < size;

    if (fits)
        (void)snprintf(ret_text, size, "%s", text);
    curl_free(text);
    return fits;
}

/* libcurl's own reading, which the call will have of it, too: numbers that are odd ways to write an
 * IPv4 address come out as that. */
static status_code parse(const char *text, struct target *ret_target, struct status *st)
{
    _cleanup_(url_freep) CURLU *url = curl_url();
    struct target target = {.is_https = strncmp(text, "https://", strlen("https://")) == 0};
    char port[8];

    if (url == NULL)
        return FAIL_MEMORY(st);
    if (strlen(text) > HTTP_GUARD_URL_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "URL_NOT_ALLOWED",
                    "a URL has at most %d characters", HTTP_GUARD_URL_MAX);
    if (!is_visible_ascii(text) || !http_url_is_plain(text) || !is_strict(text) ||
        curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK ||
        !read_part(url, CURLUPART_HOST, 0, target.host, sizeof(target.host)) ||
        !read_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof(port)) ||
        !is_sound_host(target.host) || !str_to_int64(str_of(port), &target.port) ||
        target.port < 1 || target.port > PORT_MAX)
        return refuse("this is no URL such as https://example.com/path, without user, password "
                      "and fragment",
                      st);
    struct str host = str_of(target.host);
    if (host.p[0] == '[')
        host = (struct str){host.p + 1, host.n - 2};
    target.is_literal = ip_address_parse(host, &target.address);
    *ret_target = target;
    return STATUS_OK;
}

static status_code check_address(const struct http_guard *guard, const struct target *target,
                                 const struct ip_address *address, struct status *st)
{
    if (!http_guard_allows(guard, address))
        return refuse("the URL leads to an address that is not public", st);
    if (!target->is_https && !ip_networks_have(&guard->allowed, address))
        return refuse("the URL must begin with https://", st);
    return STATUS_OK;
}

static status_code check(const struct http_guard *guard, const char *url, struct target *ret_target,
                         struct status *st)
{
    struct target target;

    TRY(parse(url, &target, st));
    if (target.is_literal)
        TRY(check_address(guard, &target, &target.address, st));
    if (!target.is_https && guard->allowed.count == 0)
        return refuse("the URL must begin with https://", st);
    *ret_target = target;
    return STATUS_OK;
}

status_code http_guard_check_url(const struct http_guard *guard, const char *url, struct status *st)
{
    struct target target;

    return check(guard, url, &target, st);
}

/* --- where it leads --- */

static bool take_address(const struct addrinfo *found, struct ip_address *ret_address)
{
    char text[IP_ADDRESS_TEXT_SIZE];

    return getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), NULL, 0,
                       NI_NUMERICHOST) == 0 &&
           ip_address_parse(str_of(text), ret_address);
}

static status_code resolve(const struct target *target, struct addrinfo **ret_found,
                           struct status *st)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;

    if (getaddrinfo(target->host, NULL, &hints, &found) != 0 || found == NULL)
        return FAIL(st, STATUS_UNAVAILABLE, NULL, "its host name has no address");
    *ret_found = found;
    return STATUS_OK;
}

/* "host:port:address,[address]" */
static status_code write_pin(const struct http_guard *guard, const struct target *target,
                             const struct addrinfo *found, struct http_pin *ret_pin,
                             struct status *st)
{
    struct http_pin pin;
    int count = 0;
    size_t length =
        (size_t)snprintf(pin.entry, sizeof(pin.entry), "%s:%d", target->host, (int)target->port);

    for (; found != NULL; found = found->ai_next) {
        struct ip_address address;
        char text[IP_ADDRESS_TEXT_SIZE];

        if (!take_address(found, &address))
            return refuse("the URL leads to an address that is not public", st);
        TRY(check_address(guard, target, &address, st));
        if (count == HTTP_PIN_ADDRESSES_MAX)
            continue;
        ip_address_print(&address, text);
        bool is_ipv4 = ip_address_is_ipv4(&address);
        length +=
            (size_t)snprintf(pin.entry + length, sizeof(pin.entry) - length, "%c%s%s%s",
                             count == 0 ? ':' : ',', is_ipv4 ? "" : "[", text, is_ipv4 ? "" : "]");
        count++;
    }
    *ret_pin = pin;
    return STATUS_OK;
}

status_code http_guard_resolve(const struct http_guard *guard, const char *url,
                               struct http_pin *ret_pin, struct status *st)
{
    _cleanup_(addresses_freep) struct addrinfo *found = NULL;
    struct target target;

    TRY(check(guard, url, &target, st));
    if (target.is_literal) {
        ret_pin->entry[0] = '\0';
        return STATUS_OK;
    }
    TRY(resolve(&target, &found, st));
    return write_pin(guard, &target, found, ret_pin, st);
}
