#pragma once

/*
 * The words by which a document may name a concept, as terms to look for. Private to question/.
 * Thread rule: one thread at a time.
 */

#include "services/chat/question/question.h"
#include "services/chat/text/words.h"

/*
 * Adds the words of the concepts' names that the document has, with less weight than the
 * question's own.
 *
 * @terms: room for QUERY_TERMS_MAX; @count: of those that it holds, which are not added again.
 */
status_code synonyms_add(const struct document_index *index,
                         const struct question_concept *concepts, size_t concept_count,
                         struct words_cutter *cutter, struct arena *arena, struct query_term *terms,
                         size_t *count, struct status *st) _must_check_;
