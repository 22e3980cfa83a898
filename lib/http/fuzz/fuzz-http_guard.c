/*
 * URLs of callers: what the guard lets through leads nowhere that is not public, whoever reads it.
 * Its host is read here a second time, by hand, and given to the system's resolver, which takes
 * numbers in more ways than libcurl (inet_aton's); names are resolved by nobody here.
 *
 * The first byte chooses the operator's list: none, or one that opens 10.0.0.0/8.
 */

#include <arpa/inet.h>
#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/http_guard.h"

enum { TEXT_MAX = HTTP_GUARD_URL_MAX + 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char opened_network[] = "10.0.0.0/8";

/* The host as it stands between the slashes and the port; brackets left out. */
static struct str host_of(const char *url)
{
    const char *start = strstr(url, "//");

    if (start == NULL)
        abort();
    start += 2;
    size_t length = strcspn(start, "/?#");
    if (memchr(start, '@', length) != NULL)
        abort(); /* a user */
    if (*start == '[') {
        size_t inner = strcspn(start + 1, "]");

        return (struct str){start + 1, inner};
    }
    const char *colon = memchr(start, ':', length);
    return (struct str){start, colon != NULL ? (size_t)(colon - start) : length};
}

static bool is_in(uint32_t address, uint32_t network, int prefix_bits)
{
    return (address ^ network) >> (32 - prefix_bits) == 0;
}

/* The commonest networks that only this machine, or its neighbours, reach. */
static bool is_inside(uint32_t address, bool is_opened)
{
    if (is_in(address, 0x0a000000, 8))
        return !is_opened;
    return is_in(address, 0x00000000, 8) || is_in(address, 0x7f000000, 8) ||
           is_in(address, 0x64400000, 10) || is_in(address, 0xa9fe0000, 16) ||
           is_in(address, 0xac100000, 12) || is_in(address, 0xc0a80000, 16) ||
           is_in(address, 0xe0000000, 3);
}

static void check_address(const struct sockaddr *address, bool is_opened)
{
    uint32_t ipv4;

    if (address->sa_family == AF_INET) {
        memcpy(&ipv4, &((const struct sockaddr_in *)(const void *)address)->sin_addr, sizeof(ipv4));
        if (is_inside(ntohl(ipv4), is_opened))
            abort();
        return;
    }
    const struct in6_addr *ipv6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(ipv6)) {
        memcpy(&ipv4, ipv6->s6_addr + 12, sizeof(ipv4));
        if (is_inside(ntohl(ipv4), is_opened))
            abort();
    } else if ((ipv6->s6_addr[0] & 0xe0) != 0x20) { /* RFC 4291: 2000::/3 is global unicast */
        abort();
    }
}

static void check_host(const char *url, bool is_opened)
{
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    struct str host = host_of(url);
    char text[TEXT_MAX];

    if (host.n == 0 || host.n >= sizeof(text))
        abort();
    memcpy(text, host.p, host.n);
    text[host.n] = '\0';
    if (getaddrinfo(text, NULL, &hints, &found) != 0)
        return; /* a name: http_guard_resolve() looks at its addresses */
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next)
        check_address(at->ai_addr, is_opened);
    freeaddrinfo(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_guard guards[2];
    static bool is_made;
    struct status st = {0};
    char url[TEXT_MAX];

    if (!is_made) {
        if (http_guard_init(&guards[0], "", &st) != STATUS_OK ||
            http_guard_init(&guards[1], opened_network, &st) != STATUS_OK)
            abort();
        is_made = true;
    }
    if (size < 1 || size > sizeof(url) || memchr(data + 1, '\0', size - 1) != NULL)
        return 0;
    bool is_opened = data[0] % 2 == 1;
    memcpy(url, data + 1, size - 1);
    url[size - 1] = '\0';
    if (http_guard_check_url(&guards[is_opened], url, &st) != STATUS_OK) {
        if (st.message[0] == '\0' || st.code != STATUS_INVALID_ARGUMENT)
            abort();
        return 0;
    }
    if (strlen(url) > HTTP_GUARD_URL_MAX || strchr(url, '#') != NULL ||
        (!is_opened && strncasecmp(url, "https://", strlen("https://")) != 0))
        abort();
    check_host(url, is_opened);
    return 0;
}
