#include "bridge/http/trusted_proxy.h"

status_code trusted_proxies_parse(const char *text, struct trusted_proxies *ret_proxies,
                                  struct status *st)
{
    struct status failure = {0};

    if (ip_networks_parse(text, &ret_proxies->networks, &failure) == STATUS_OK)
        return STATUS_OK;
    return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG", "BRIDGE_TRUSTED_PROXIES: %.200s",
                failure.message);
}

bool trusted_proxies_have(const struct trusted_proxies *proxies, const char *text)
{
    struct ip_address address;

    return ip_address_parse(str_of(text), &address) &&
           ip_networks_have(&proxies->networks, &address);
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

const char *trusted_proxies_client(const struct trusted_proxies *proxies, const char *peer,
                                   struct str forwarded, struct arena *arena)
{
    char printed[IP_ADDRESS_TEXT_SIZE];
    struct ip_address address, next;
    struct str member;
    bool is_peer = true;

    if (proxies->networks.count == 0 || !ip_address_parse(str_of(peer), &address))
        return peer;
    while (ip_networks_have(&proxies->networks, &address) && take_last(&forwarded, &member)) {
        /* What a trusted proxy wrote but we cannot read ends the chain at that proxy. */
        if (!ip_address_parse(member, &next))
            break;
        address = next;
        is_peer = false;
    }
    if (is_peer)
        return peer;
    ip_address_print(&address, printed);
    const char *text = arena_strdup(arena, printed);
    return text != NULL ? text : peer;
}
