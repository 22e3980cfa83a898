#include "lib/mesh/local_address.h"

#include "lib/base/cleanup.h"
#include "lib/base/ip_network.h"

static struct str without(struct str text, struct str prefix)
{
    if (str_starts_with(text, prefix))
        return (struct str){text.p + prefix.n, text.n - prefix.n};
    return text;
}

/* "127.0.0.1:50051", "[::1]:50051", "localhost:50051"; the port may be missing. */
static struct str host_of(struct str address)
{
    struct str rest = address, host;

    if (address.n > 0 && address.p[0] == '[') {
        rest = (struct str){address.p + 1, address.n - 1};
        (void)str_next_token(&rest, ']', &host);
        return host;
    }
    (void)str_next_token(&rest, ':', &host);
    return host;
}

static bool is_loopback(struct str host)
{
    static const struct ip_networks loopback = {
        .list = {{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127}}, 104},
                 {{{[IP_ADDRESS_BYTES - 1] = 1}}, 128}},
        .count = 2,
    };
    struct ip_address address;

    return str_equal_nocase(host, STR("localhost")) ||
           (ip_address_parse(host, &address) && ip_networks_have(&loopback, &address));
}

bool local_address_is(const char *text)
{
    static const struct str prefixes[] = {{"dns:///", 7}, {"dns:", 4}, {"ipv4:", 5}, {"ipv6:", 5}};
    struct str rest = str_of(text), address;

    if (str_starts_with(rest, STR("unix:")) || str_starts_with(rest, STR("unix-abstract:")))
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(prefixes); i++)
        rest = without(rest, prefixes[i]);
    if (rest.n == 0)
        return false;
    while (str_next_token(&rest, ',', &address))
        if (!is_loopback(host_of(address)))
            return false;
    return true;
}
