#include "services/billing/accounts/address.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

enum { NETWORK_BYTES = 8, LOOPBACK_NETWORK = 127 }; /* of a /64; first byte of 127.0.0.0/8 */

status_code address_key(const char *text, char ret_key[static ADDRESS_KEY_SIZE], struct status *st)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;
    char buffer[INET6_ADDRSTRLEN];

    if (inet_pton(AF_INET, text, &ipv4) == 1) {
        (void)inet_ntop(AF_INET, &ipv4, ret_key, ADDRESS_KEY_SIZE);
        return STATUS_OK;
    }
    if (inet_pton(AF_INET6, text, &ipv6) != 1)
        return FAIL_FIELD(st, "client_address", "INVALID_FIELD",
                          "client_address must be a textual IP address");
    if (IN6_IS_ADDR_V4MAPPED(&ipv6)) {
        memcpy(&ipv4, &ipv6.s6_addr[12], sizeof(ipv4));
        (void)inet_ntop(AF_INET, &ipv4, ret_key, ADDRESS_KEY_SIZE);
        return STATUS_OK;
    }
    memset(&ipv6.s6_addr[NETWORK_BYTES], 0, sizeof(ipv6) - NETWORK_BYTES);
    (void)inet_ntop(AF_INET6, &ipv6, buffer, sizeof(buffer));
    (void)snprintf(ret_key, ADDRESS_KEY_SIZE, "%s/64", buffer);
    return STATUS_OK;
}

bool address_is_loopback(const char *text)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;

    if (inet_pton(AF_INET, text, &ipv4) == 1)
        return ntohl(ipv4.s_addr) >> 24 == LOOPBACK_NETWORK;
    if (inet_pton(AF_INET6, text, &ipv6) != 1)
        return false;
    return IN6_IS_ADDR_LOOPBACK(&ipv6) ||
           (IN6_IS_ADDR_V4MAPPED(&ipv6) && ipv6.s6_addr[12] == LOOPBACK_NETWORK);
}
