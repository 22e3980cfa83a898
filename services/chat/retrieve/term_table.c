#include "services/chat/retrieve/term_table.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "services/chat/text/text_hash.h"

void term_table_init(struct term_table *table, struct arena *arena)
{
    *table = (struct term_table){.arena = arena};
    random_bytes(&table->seed, sizeof(table->seed));
}

void term_table_deinit(struct term_table *table)
{
    free(table->terms);
    free(table->hashes);
    free(table->places);
    *table = (struct term_table){0};
}

/* Where the term is, or belongs. */
static uint32_t place_of(const struct term_table *table, struct str term, uint32_t hash)
{
    uint32_t place = hash & (table->place_count - 1);

    for (; table->places[place] != 0; place = (place + 1) & (table->place_count - 1)) {
        uint32_t number = table->places[place] - 1;
        if (table->hashes[number] == hash && str_equal(table->terms[number], term))
            break;
    }
    return place;
}

static bool grow(struct term_table *table)
{
    enum { FIRST_TERMS = 1024 };
    uint32_t capacity = table->capacity == 0 ? FIRST_TERMS : table->capacity * 2;
    struct str *terms = realloc(table->terms, capacity * sizeof(*terms));
    uint32_t *places = calloc((size_t)capacity * 2, sizeof(*places));

    if (terms != NULL)
        table->terms = terms;
    uint32_t *hashes = realloc(table->hashes, capacity * sizeof(*hashes));
    if (hashes != NULL)
        table->hashes = hashes;
    if (terms == NULL || hashes == NULL || places == NULL) {
        free(places);
        return false;
    }
    free(table->places);
    table->places = places;
    table->place_count = capacity * 2;
    table->capacity = capacity;
    for (uint32_t t = 0; t < table->count; t++)
        table->places[place_of(table, table->terms[t], table->hashes[t])] = t + 1;
    return true;
}

bool term_table_number(struct term_table *table, struct str term, uint32_t *ret_number)
{
    if (table->count == table->capacity && !grow(table))
        return false;
    uint32_t hash = (uint32_t)text_hash(term, table->seed);
    uint32_t place = place_of(table, term, hash);
    if (table->places[place] == 0) {
        struct str kept = {arena_strndup(table->arena, term.p, term.n), term.n};
        if (kept.p == NULL)
            return false;
        table->hashes[table->count] = hash;
        table->terms[table->count++] = kept;
        table->places[place] = table->count;
    }
    *ret_number = table->places[place] - 1;
    return true;
}
