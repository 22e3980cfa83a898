#include "services/chat/retrieve/expansion.h"

#include "services/chat/retrieve/subterms.h"

/* Least likeness to count at all, and beside the term itself. On the questions that pair_weight of
 * nearness.c was measured on, hit@3 is 0.851 without terms that are alike, 0.881 with 0.55 and
 * 0.905 with 0.4, below which nothing is like anything. */
static const float least_alone = 0.4f, least_beside = 0.6f;
/* What a likely misreading or a compound counts beside the term itself. */
static const float beside_weight = 0.3f;
/* A pair of characters, or a part of a code, that the document does not have whole. */
static const float part_weight = 0.5f;

/* Keeps the heaviest. */
static void add(struct expansion *expansion, const struct index_term *term, float weight,
                bool is_exact)
{
    size_t at = 0;

    for (size_t i = 0; i < expansion->count; i++)
        if (expansion->items[i].term == term)
            return;
    while (at < expansion->count && expansion->items[at].weight >= weight)
        at++;
    if (at == EXPANSION_TERMS_MAX)
        return;
    if (expansion->count < EXPANSION_TERMS_MAX)
        expansion->count++;
    for (size_t i = expansion->count - 1; i > at; i--)
        expansion->items[i] = expansion->items[i - 1];
    expansion->items[at].term = term;
    expansion->items[at].weight = weight;
    expansion->items[at].is_exact = is_exact;
}

static void add_exact(const struct document_index *index, struct str text,
                      struct expansion *expansion)
{
    const struct index_term *found = text.n > 0 ? index_find_term(index, text) : NULL;

    if (found != NULL) {
        add(expansion, found, 1, true);
        expansion->likeness = 1;
    }
}

static void add_alike(const struct document_index *index, struct str text,
                      struct expansion *expansion)
{
    bool is_there = expansion->count > 0;
    float least = is_there ? least_beside : least_alone, best = expansion->likeness;
    struct likeness_key wanted, found;
    struct likeness_sketch sketch;

    likeness_key_init(&wanted, text);
    sketch = likeness_sketch_of(&wanted);
    for (size_t t = 0; t < index->term_count; t++) {
        if (!likeness_is_possible(&sketch, &index->sketches[t]))
            continue;
        const struct index_term *term = &index->terms[t];
        likeness_key_init(&found, term->text);
        float alike = likeness(&wanted, &found);
        if (alike < least)
            continue;
        add(expansion, term, is_there ? alike * beside_weight : alike * alike, false);
        if (alike > best)
            best = alike;
    }
    expansion->likeness = best;
}

struct part_search {
    const struct document_index *index;
    struct expansion *expansion;
};

static bool add_part(struct str part, void *arg)
{
    struct part_search *search = arg;
    const struct index_term *term = index_find_term(search->index, part);

    if (term != NULL)
        add(search->expansion, term, part_weight, false);
    return true;
}

void expansion_find(const struct document_index *index, const struct query_term *term,
                    struct expansion *ret_expansion)
{
    struct part_search search = {index, ret_expansion};

    ret_expansion->count = 0;
    ret_expansion->likeness = 0;
    add_exact(index, term->term, ret_expansion);
    add_exact(index, term->form, ret_expansion);
    if (subterms_is_east_asian(term->form)) {
        if (ret_expansion->count == 0) {
            subterms_of_run(term->form, add_part, &search);
            ret_expansion->likeness = ret_expansion->count > 0 ? part_weight : 0;
        }
        return;
    }
    add_alike(index, term->term, ret_expansion);
    if (term->kind == WORD_NUMBER && ret_expansion->count == 0) {
        subterms_of_number(term->term, add_part, &search);
        ret_expansion->likeness = ret_expansion->count > 0 ? part_weight : 0;
    }
}
