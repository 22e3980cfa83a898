#pragma once

/*
 * IP addresses and networks, of both families alike: an IPv4 address is the IPv4-mapped IPv6 one
 * (RFC 4291 §2.5.5.2). Plain values. Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    IP_ADDRESS_BYTES = 16,
    IP_ADDRESS_TEXT_SIZE = 46, /* as INET6_ADDRSTRLEN */
    IP_NETWORKS_MAX = 64,
};

struct ip_address {
    unsigned char bytes[IP_ADDRESS_BYTES];
};

struct ip_network {
    struct ip_address address;
    int prefix_bits; /* of 128 */
};

struct ip_networks {
    struct ip_network list[IP_NETWORKS_MAX];
    size_t count;
};

/* "127.0.0.1", "2001:db8::1"; false for anything else. */
bool ip_address_parse(struct str text, struct ip_address *ret_address);
struct sockaddr;
/* Of a socket's address, without its port; false where that is of another family. */
bool ip_address_from(const struct sockaddr *from, struct ip_address *ret_address);
bool ip_address_is_ipv4(const struct ip_address *address);
/* As ip_address_parse() reads it; IPv4 in its own form. */
void ip_address_print(const struct ip_address *address, char ret_text[static IP_ADDRESS_TEXT_SIZE]);

/* "10.0.0.0/8", "fd00::/8", or an address alone; false for anything else. */
bool ip_network_parse(struct str text, struct ip_network *ret_network);
bool ip_network_has(const struct ip_network *network, const struct ip_address *address);

/* Addresses and networks, separated by commas; empty: none. Fails with INVALID_ARGUMENT CONFIG,
 * naming the member that does not parse. */
status_code ip_networks_parse(const char *text, struct ip_networks *ret_networks,
                              struct status *st) _must_check_;
bool ip_networks_have(const struct ip_networks *networks, const struct ip_address *address);
