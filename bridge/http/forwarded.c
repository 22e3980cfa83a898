#include "bridge/http/forwarded.h"

#include <string.h>

#include "bridge/http/header.h"

static const struct str unknown = STR("unknown");

/* Takes the next element off; a comma within quotes is none. */
static bool next_element(struct str *rest, struct str *ret_element)
{
    bool is_quoted = false;
    size_t i = 0;

    if (rest->p == NULL)
        return false;
    for (; i < rest->n && (is_quoted || rest->p[i] != ','); i++) {
        if (rest->p[i] == '"')
            is_quoted = !is_quoted;
        else if (is_quoted && rest->p[i] == '\\')
            i++;
    }
    if (i > rest->n)
        i = rest->n; /* it ends in a backslash */
    *ret_element = str_trim((struct str){rest->p, i});
    *rest = i < rest->n ? (struct str){rest->p + i + 1, rest->n - i - 1} : (struct str){0};
    return true;
}

/* Without its port: "192.0.2.43:47011", "[2001:db8::17]:4711" (RFC 7239 §6). */
static struct str address_of(struct str node)
{
    if (node.n > 0 && node.p[0] == '[') {
        const char *end = memchr(node.p, ']', node.n);

        return end != NULL ? (struct str){node.p + 1, (size_t)(end - node.p) - 1} : unknown;
    }
    const char *colon = node.n > 0 ? memchr(node.p, ':', node.n) : NULL;
    return colon != NULL ? (struct str){node.p, (size_t)(colon - node.p)} : node;
}

static struct str client_of(struct str element, struct arena *arena)
{
    struct header_parameter pair;
    bool is_malformed = false;

    while (header_next_parameter(&element, ';', arena, &pair, &is_malformed))
        if (str_equal_nocase(pair.name, STR("for")) && pair.has_value && pair.value.n > 0)
            return address_of(pair.value);
    return unknown;
}

bool forwarded_for(struct str forwarded, struct arena *arena, struct str *ret_list)
{
    /* Nothing grows by more than "unknown" and a comma for each comma. */
    size_t commas = 1;
    for (size_t i = 0; i < forwarded.n; i++)
        commas += forwarded.p[i] == ',';
    char *list = arena_alloc(arena, forwarded.n + commas * (unknown.n + 1) + 1);
    struct str element;
    size_t used = 0;

    if (list == NULL)
        return false;
    while (next_element(&forwarded, &element)) {
        struct str client = client_of(element, arena);

        /* What is no address must not become two members. */
        if (memchr(client.p, ',', client.n) != NULL)
            client = unknown;
        if (used > 0)
            list[used++] = ',';
        memcpy(list + used, client.p, client.n);
        used += client.n;
    }
    *ret_list = (struct str){list, used};
    return true;
}
