#include "lib/base/host_port.h"

#include <string.h>

#include "lib/base/str.h"

enum { PORT_MAX = 65535 };

bool host_port_parse(const char *text, char ret_host[static HOST_PORT_HOST_SIZE], int *ret_port)
{
    const char *colon = strrchr(text, ':');
    int64_t port;

    if (colon == NULL || !str_to_int64(str_of(colon + 1), &port) || port < 0 || port > PORT_MAX)
        return false;
    struct str host = {text, (size_t)(colon - text)};
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = (struct str){host.p + 1, host.n - 2};
    if (host.n >= HOST_PORT_HOST_SIZE)
        return false;
    memcpy(ret_host, host.p, host.n);
    ret_host[host.n] = '\0';
    *ret_port = (int)port;
    return true;
}
