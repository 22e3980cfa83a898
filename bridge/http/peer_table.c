#include "bridge/http/peer_table.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"

enum {
    BUCKETS = 4096, /* a power of two */
    KEY_BYTES = 8,  /* the /64 of an IPv6 address; an IPv4 address behind a prefix of none */
};

struct peer {
    struct peer *next;
    unsigned char key[KEY_BYTES];
    int64_t count;
};

struct peer_table {
    int64_t limit;
    uint64_t seed; /* so that nobody chooses addresses of one bucket */
    struct peer *buckets[BUCKETS];
};

struct peer_table *peer_table_new(int64_t limit)
{
    struct peer_table *table = calloc(1, sizeof(*table));

    if (table == NULL)
        return NULL;
    table->limit = limit;
    random_bytes(&table->seed, sizeof(table->seed));
    return table;
}

void peer_table_free(struct peer_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (table->buckets[i] != NULL) {
            struct peer *peer = table->buckets[i];

            table->buckets[i] = peer->next;
            free(peer);
        }
    }
    free(table);
}

static bool make_key(const char *address, unsigned char ret_key[static KEY_BYTES])
{
    unsigned char ip6[sizeof(struct in6_addr)];

    memset(ret_key, 0, KEY_BYTES);
    if (inet_pton(AF_INET, address, ret_key + KEY_BYTES - sizeof(struct in_addr)) == 1)
        return true;
    if (inet_pton(AF_INET6, address, ip6) != 1)
        return false;
    memcpy(ret_key, ip6, KEY_BYTES);
    return true;
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
 * 2014) over address and seed. */
static size_t bucket_of(const struct peer_table *table, const unsigned char key[static KEY_BYTES])
{
    uint64_t value;

    memcpy(&value, key, sizeof(value));
    value ^= table->seed;
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return (size_t)(value ^ value >> 31) & (BUCKETS - 1);
}

/* Where the peer is, or would be. */
static struct peer **find(struct peer_table *table, const unsigned char key[static KEY_BYTES])
{
    struct peer **at = &table->buckets[bucket_of(table, key)];

    while (*at != NULL && memcmp((*at)->key, key, KEY_BYTES) != 0)
        at = &(*at)->next;
    return at;
}

bool peer_table_add(struct peer_table *table, const char *address)
{
    unsigned char key[KEY_BYTES];

    if (!make_key(address, key))
        return false;
    struct peer **at = find(table, key);
    if (*at == NULL) {
        *at = calloc(1, sizeof(**at));
        if (*at == NULL)
            return false;
        memcpy((*at)->key, key, KEY_BYTES);
    }
    if ((*at)->count >= table->limit)
        return false;
    (*at)->count++;
    return true;
}

void peer_table_remove(struct peer_table *table, const char *address)
{
    unsigned char key[KEY_BYTES];

    if (!make_key(address, key))
        return;
    struct peer **at = find(table, key);
    if (*at == NULL || --(*at)->count > 0)
        return;
    struct peer *gone = *at;
    *at = gone->next;
    free(gone);
}
