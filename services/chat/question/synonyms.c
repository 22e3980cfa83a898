#include "services/chat/question/synonyms.h"

#include "services/chat/question/concept.h"

#define WEIGHT_SYNONYM 0.5F /* beside the question's own words; an estimate */

static bool has_term(const struct query_term *terms, size_t count, struct str term)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(terms[i].term, term))
            return true;
    return false;
}

status_code synonyms_add(const struct document_index *index,
                         const struct question_concept *concepts, size_t concept_count,
                         struct words_cutter *cutter, struct arena *arena, struct query_term *terms,
                         size_t *count, struct status *st)
{
    struct str language = document_index_language(index);

    for (size_t i = 0; i < concept_count; i++) {
        const struct concept *concept = concepts[i].concept;
        struct concept_names names = concept_names_of(concept);
        struct str name;
        while (concept_names_next(&names, &name)) {
            const struct word *words;
            size_t word_count;
            TRY(words_cut(cutter, name, language, arena, &words, &word_count, st));
            for (size_t k = 0; k < word_count && *count < QUERY_TERMS_MAX; k++) {
                struct query_term term = {words[k].term, words[k].form, words[k].kind,
                                          WEIGHT_SYNONYM};
                if (!words[k].is_function && !has_term(terms, *count, term.term) &&
                    document_index_has(index, &term))
                    terms[(*count)++] = term;
            }
        }
    }
    return STATUS_OK;
}
