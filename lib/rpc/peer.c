#include "lib/rpc/peer.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/status.h"
#include "lib/rpc/certificates.h"

enum { ADDRESS_SIZE = 80 };

static int port_of(const struct sockaddr_storage *address)
{
    return ntohs(address->ss_family == AF_INET ? ((const struct sockaddr_in *)address)->sin_port
                                               : ((const struct sockaddr_in6 *)address)->sin6_port);
}

/* The address as grpc core has it: in a URI the brackets are percent-encoded. A Unix socket's peer
 * is this machine. False where the client has gone: what it sent before can still be read, and
 * nobody has sent it. */
static bool read_address(int fd, char ret_ip[static IP_ADDRESS_TEXT_SIZE],
                         char ret_address[static ADDRESS_SIZE])
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    struct ip_address ip;

    if (getpeername(fd, (struct sockaddr *)&address, &length) != 0)
        return false;
    if (!ip_address_from((const struct sockaddr *)&address, &ip)) {
        (void)snprintf(ret_ip, IP_ADDRESS_TEXT_SIZE, "127.0.0.1");
        (void)snprintf(ret_address, ADDRESS_SIZE, "unix:");
        return true;
    }
    ip_address_print(&ip, ret_ip);
    (void)snprintf(ret_address, ADDRESS_SIZE,
                   ip_address_is_ipv4(&ip) ? "ipv4:%s:%d" : "ipv6:%%5B%s%%5D:%d", ret_ip,
                   port_of(&address));
    return true;
}

/* "" for a certificate that does not name exactly one; the caller frees it. */
static char *read_id(const SSL *ssl)
{
    X509 *certificate = ssl != NULL ? SSL_get1_peer_certificate(ssl) : NULL;
    struct status st;
    char *id;

    if (certificate == NULL ||
        rpc_certificate_spiffe_id(certificate, "the client", &id, &st) != STATUS_OK)
        id = strdup("");
    X509_free(certificate);
    return id;
}

struct rpc_peer *rpc_peer_new(int fd, const SSL *ssl)
{
    _cleanup_(freep) char *id = read_id(ssl);
    char ip[IP_ADDRESS_TEXT_SIZE], address[ADDRESS_SIZE];

    if (id == NULL || !read_address(fd, ip, address))
        return NULL;
    const size_t address_size = strlen(address) + 1, id_size = strlen(id) + 1;
    struct rpc_peer *peer = malloc(sizeof(*peer) + address_size + id_size);
    if (peer == NULL)
        return NULL;
    atomic_init(&peer->holders, 1);
    memcpy(peer->ip, ip, sizeof(ip));
    memcpy(peer->address, address, address_size);
    memcpy(peer->address + address_size, id, id_size);
    peer->id = peer->address + address_size;
    return peer;
}

struct rpc_peer *rpc_peer_ref(struct rpc_peer *peer)
{
    atomic_fetch_add_explicit(&peer->holders, 1, memory_order_relaxed);
    return peer;
}

void rpc_peer_unref(struct rpc_peer *peer)
{
    if (peer != NULL && atomic_fetch_sub_explicit(&peer->holders, 1, memory_order_acq_rel) == 1)
        free(peer);
}
