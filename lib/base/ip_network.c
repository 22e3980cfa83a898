#include "lib/base/ip_network.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

enum {
    ADDRESS_BITS = 128,
    IPV4_OFFSET = 12,
    IPV4_OFFSET_BITS = 96,
    BITS = 8,
};

static_assert(IP_ADDRESS_TEXT_SIZE == INET6_ADDRSTRLEN, "the longest address");

static const unsigned char mapped_prefix[IPV4_OFFSET] = {[10] = 0xFF, [11] = 0xFF};

bool ip_address_parse(struct str text, struct ip_address *ret_address)
{
    struct ip_address address;
    char copy[IP_ADDRESS_TEXT_SIZE];

    if (text.n == 0 || text.n >= sizeof(copy))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    if (strlen(copy) != text.n)
        return false;
    if (inet_pton(AF_INET, copy, address.bytes + IPV4_OFFSET) == 1)
        memcpy(address.bytes, mapped_prefix, sizeof(mapped_prefix));
    else if (inet_pton(AF_INET6, copy, address.bytes) != 1)
        return false;
    *ret_address = address;
    return true;
}

static void map_ipv4(const void *ipv4, struct ip_address *ret_address)
{
    memcpy(ret_address->bytes, mapped_prefix, sizeof(mapped_prefix));
    memcpy(ret_address->bytes + IPV4_OFFSET, ipv4, sizeof(struct in_addr));
}

bool ip_address_from(const struct sockaddr *from, struct ip_address *ret_address)
{
    if (from->sa_family == AF_INET)
        map_ipv4(&((const struct sockaddr_in *)from)->sin_addr, ret_address);
    else if (from->sa_family == AF_INET6)
        memcpy(ret_address->bytes, &((const struct sockaddr_in6 *)from)->sin6_addr,
               sizeof(ret_address->bytes));
    else
        return false;
    return true;
}

bool ip_address_is_ipv4(const struct ip_address *address)
{
    return memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

void ip_address_print(const struct ip_address *address, char ret_text[static IP_ADDRESS_TEXT_SIZE])
{
    if (ip_address_is_ipv4(address))
        (void)inet_ntop(AF_INET, address->bytes + IPV4_OFFSET, ret_text, IP_ADDRESS_TEXT_SIZE);
    else
        (void)inet_ntop(AF_INET6, address->bytes, ret_text, IP_ADDRESS_TEXT_SIZE);
}

bool ip_network_parse(struct str text, struct ip_network *ret_network)
{
    struct ip_network network = {.prefix_bits = ADDRESS_BITS};
    struct str address;
    int64_t bits;

    (void)str_next_token(&text, '/', &address);
    if (!ip_address_parse(address, &network.address))
        return false;
    if (text.p != NULL) {
        /* An IPv4 network is written with a dot, also where it is mapped into IPv6. */
        bool is_ipv4 = memchr(address.p, ':', address.n) == NULL;
        if (!str_to_int64(text, &bits) || bits < 0 ||
            bits > (is_ipv4 ? ADDRESS_BITS - IPV4_OFFSET_BITS : ADDRESS_BITS))
            return false;
        network.prefix_bits = (int)bits + (is_ipv4 ? IPV4_OFFSET_BITS : 0);
    }
    *ret_network = network;
    return true;
}

bool ip_network_has(const struct ip_network *network, const struct ip_address *address)
{
    const unsigned char *a = address->bytes, *b = network->address.bytes;
    size_t whole = (size_t)network->prefix_bits / BITS;
    int rest = network->prefix_bits % BITS;

    if (memcmp(a, b, whole) != 0)
        return false;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (BITS - rest)) == 0;
}

status_code ip_networks_parse(const char *text, struct ip_networks *ret_networks, struct status *st)
{
    struct ip_networks networks = {.count = 0};
    struct str rest = str_of(text), member;

    while (rest.n > 0 && str_next_token(&rest, ',', &member)) {
        member = str_trim(member);
        if (member.n == 0)
            continue;
        if (networks.count == IP_NETWORKS_MAX)
            return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG", "more than %d addresses or networks",
                        IP_NETWORKS_MAX);
        if (!ip_network_parse(member, &networks.list[networks.count]))
            return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                        "IP addresses or networks (10.0.0.0/8) are separated by commas; '%.*s' is "
                        "neither",
                        (int)(member.n < 60 ? member.n : 60), member.p);
        networks.count++;
    }
    *ret_networks = networks;
    return STATUS_OK;
}

bool ip_networks_have(const struct ip_networks *networks, const struct ip_address *address)
{
    for (size_t i = 0; i < networks->count; i++)
        if (ip_network_has(&networks->list[i], address))
            return true;
    return false;
}
