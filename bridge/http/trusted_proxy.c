#include "bridge/http/trusted_proxy.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    ADDRESS_BYTES = 16,
    ADDRESS_BITS = 128,
    IPV4_OFFSET = 12,
    IPV4_OFFSET_BITS = 96,
    BITS = 8,
};

static const unsigned char mapped_prefix[IPV4_OFFSET] = {[10] = 0xFF, [11] = 0xFF};

/* *ret_is_ipv4 may be NULL. */
static bool parse_address(struct str text, unsigned char ret_address[static ADDRESS_BYTES],
                          bool *ret_is_ipv4)
{
    char copy[INET6_ADDRSTRLEN];
    bool is_ipv4 = false;

    if (text.n == 0 || text.n >= sizeof(copy))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    if (strlen(copy) != text.n)
        return false;
    if (inet_pton(AF_INET, copy, ret_address + IPV4_OFFSET) == 1) {
        memcpy(ret_address, mapped_prefix, sizeof(mapped_prefix));
        is_ipv4 = true;
    } else if (inet_pton(AF_INET6, copy, ret_address) != 1) {
        return false;
    }
    if (ret_is_ipv4 != NULL)
        *ret_is_ipv4 = is_ipv4;
    return true;
}

static bool parse_network(struct str text, struct trusted_network *ret_network)
{
    struct trusted_network network = {.prefix_bits = ADDRESS_BITS};
    struct str address;
    int64_t bits;
    bool is_ipv4;

    (void)str_next_token(&text, '/', &address);
    if (!parse_address(address, network.address, &is_ipv4))
        return false;
    if (text.p != NULL) {
        if (!str_to_int64(text, &bits) || bits < 0 ||
            bits > (is_ipv4 ? ADDRESS_BITS - IPV4_OFFSET_BITS : ADDRESS_BITS))
            return false;
        network.prefix_bits = (int)bits + (is_ipv4 ? IPV4_OFFSET_BITS : 0);
    }
    *ret_network = network;
    return true;
}

status_code trusted_proxies_parse(const char *text, struct trusted_proxies *ret_proxies,
                                  struct status *st)
{
    struct trusted_proxies proxies = {.count = 0};
    struct str rest = str_of(text), member;

    while (rest.n > 0 && str_next_token(&rest, ',', &member)) {
        member = str_trim(member);
        if (member.n == 0)
            continue;
        if (proxies.count == TRUSTED_PROXIES_MAX)
            return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG", "more than %d trusted proxies",
                        TRUSTED_PROXIES_MAX);
        if (!parse_network(member, &proxies.networks[proxies.count]))
            return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                        "trusted proxies are IP addresses or networks (10.0.0.0/8) separated by "
                        "commas; '%.*s' is neither",
                        (int)(member.n < 60 ? member.n : 60), member.p);
        proxies.count++;
    }
    *ret_proxies = proxies;
    return STATUS_OK;
}

static bool is_in(const unsigned char *address, const struct trusted_network *network)
{
    size_t whole = (size_t)network->prefix_bits / BITS;
    int rest = network->prefix_bits % BITS;

    if (memcmp(address, network->address, whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ network->address[whole]) >> (BITS - rest)) == 0;
}

static bool is_trusted(const struct trusted_proxies *proxies, const unsigned char *address)
{
    for (size_t i = 0; i < proxies->count; i++)
        if (is_in(address, &proxies->networks[i]))
            return true;
    return false;
}

/* Takes the last member off a comma-separated list. */
static bool take_last(struct str *list, struct str *ret_member)
{
    size_t start = list->n;

    if (list->n == 0)
        return false;
    while (start > 0 && list->p[start - 1] != ',')
        start--;
    *ret_member = str_trim((struct str){list->p + start, list->n - start});
    list->n = start > 0 ? start - 1 : 0;
    return true;
}

static const char *print_address(const unsigned char *address, struct arena *arena)
{
    char text[INET6_ADDRSTRLEN];

    if (memcmp(address, mapped_prefix, sizeof(mapped_prefix)) == 0)
        (void)inet_ntop(AF_INET, address + IPV4_OFFSET, text, sizeof(text));
    else
        (void)inet_ntop(AF_INET6, address, text, sizeof(text));
    return arena_strdup(arena, text);
}

const char *trusted_proxies_client(const struct trusted_proxies *proxies, const char *peer,
                                   struct str forwarded, struct arena *arena)
{
    unsigned char address[ADDRESS_BYTES], next[ADDRESS_BYTES];
    struct str member;
    bool is_peer = true;

    if (proxies->count == 0 || !parse_address(str_of(peer), address, NULL))
        return peer;
    while (is_trusted(proxies, address) && take_last(&forwarded, &member)) {
        /* What a trusted proxy wrote but we cannot read ends the chain at that proxy. */
        if (!parse_address(member, next, NULL))
            break;
        memcpy(address, next, sizeof(address));
        is_peer = false;
    }
    const char *text = is_peer ? peer : print_address(address, arena);
    return text != NULL ? text : peer;
}
