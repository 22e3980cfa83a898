#include "services/chat/question/synonyms.h"

#include "services/chat/question/concept.h"

#define WEIGHT_SYNONYM 0.5F /* beside the question's own words; an estimate */

enum { NAMES_MAX = 400 }; /* of one concept; the table's longest has fewer */

static bool has_term(const struct query_term *terms, size_t count, struct str term)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(terms[i].term, term))
            return true;
    return false;
}

/* Keeps of the words behind the first `kept` those that the document has as they are. */
static status_code keep_found(const struct document_index *index, struct arena *arena,
                              const struct query_term *candidates, size_t candidate_count,
                              struct query_term *terms, size_t *count, struct status *st)
{
    for (size_t first = 0; first < candidate_count; first += QUERY_TERMS_MAX) {
        struct term_match matches[QUERY_TERMS_MAX];
        struct index_hit hit;
        size_t hit_count;
        size_t n =
            candidate_count - first < QUERY_TERMS_MAX ? candidate_count - first : QUERY_TERMS_MAX;
        TRY(document_index_search(index, candidates + first, n, NULL, arena, &hit, 1, &hit_count,
                                  matches, st));
        for (size_t i = 0; i < n && *count < QUERY_TERMS_MAX; i++)
            if (matches[i].passage_count > 0 && matches[i].likeness >= 1)
                terms[(*count)++] = candidates[first + i];
    }
    return STATUS_OK;
}

status_code synonyms_add(const struct document_index *index,
                         const struct question_concept *concepts, size_t concept_count,
                         struct words_cutter *cutter, struct arena *arena, struct query_term *terms,
                         size_t *count, struct status *st)
{
    struct query_term *candidates = ARENA_NEW_ARRAY(arena, struct query_term, NAMES_MAX);
    struct str language = document_index_language(index);
    size_t candidate_count = 0;

    if (candidates == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < concept_count; i++) {
        const struct concept *concept = concepts[i].concept;
        struct concept_names names = concept_names_of(concept);
        struct str name;
        while (concept_names_next(&names, &name)) {
            const struct word *words;
            size_t word_count;
            TRY(words_cut(cutter, name, language, arena, &words, &word_count, st));
            for (size_t k = 0; k < word_count && candidate_count < NAMES_MAX; k++) {
                struct query_term term = {words[k].term, words[k].form, words[k].kind,
                                          WEIGHT_SYNONYM};
                if (words[k].is_function || has_term(terms, *count, term.term) ||
                    has_term(candidates, candidate_count, term.term))
                    continue;
                candidates[candidate_count++] = term;
            }
        }
    }
    return keep_found(index, arena, candidates, candidate_count, terms, count, st);
}
