#include "services/chat/answer/candidate.h"
#include "services/chat/question/concept.h"
#include "services/chat/text/sentences.h"

enum {
    SENTENCE_VALUE_MAX_BYTES = 420, /* of a sentence that is quoted whole */
    CLAUSE_BEFORE_BYTES = 160,      /* of a longer one, before what it says of the question */
};

#define DEFINED_COVERAGE_MIN                                                                       \
    0.7F /* of the question, by the words that a definition begins with                            \
          */

/* How surely a sentence that holds a label of the form says the concept: less than a label that
 * stands beside a value. */
static struct term_set concept_terms(const struct candidate_search *search, struct str sentence)
{
    const struct question_part *part = search->terms->part;
    struct term_set set = {0, 0};
    struct folded_text folded;
    size_t begin;
    size_t end;

    if (part->concept_count == 0 || !folded_text_make(sentence, search->viewer.arena, &folded))
        return set;
    for (size_t i = 0; i < part->concept_count; i++)
        if (concept_is_in(part->concepts[i].concept, folded.folded, &begin, &end))
            set.near |= part->concepts[i].terms;
    return set;
}

static bool ends_clause(struct str text, size_t at)
{
    return text.p[at] == ',' || text.p[at] == ';' || text.p[at] == ':' || text.p[at] == '\n';
}

/* The clauses of a long sentence around the words that the question says. */
static struct str shorten(const struct passage_view *view, struct str sentence)
{
    size_t offset = candidate_offset(view, sentence);
    size_t first = 0;
    size_t begin = 0;
    size_t end;

    if (sentence.n <= SENTENCE_VALUE_MAX_BYTES)
        return sentence;
    for (size_t i = 0; i < view->word_count; i++) {
        const struct view_word *word = &view->words[i];
        if (word->offset < offset || word->offset >= offset + sentence.n)
            continue;
        if ((word->terms.exact | word->terms.near) != 0) {
            first = word->offset - offset;
            break;
        }
    }
    if (first > CLAUSE_BEFORE_BYTES) {
        begin = first;
        while (begin > first - CLAUSE_BEFORE_BYTES && !ends_clause(sentence, begin - 1))
            begin--;
        /* Without a clause in reach it begins with the word. */
        if (begin == first - CLAUSE_BEFORE_BYTES)
            begin = first;
    }
    end = sentence.n - begin > SENTENCE_VALUE_MAX_BYTES ? begin + SENTENCE_VALUE_MAX_BYTES
                                                        : sentence.n;
    while (end < sentence.n && end > begin + SENTENCE_VALUE_MAX_BYTES / 2 &&
           sentence.p[end] != ' ' && sentence.p[end] != '\n')
        end--;
    while (end < sentence.n && end > begin && ((unsigned char)sentence.p[end] & 0xC0) == 0x80)
        end--;
    while (begin < end && ((unsigned char)sentence.p[begin] & 0xC0) == 0x80)
        begin++;
    return str_trim((struct str){sentence.p + begin, end - begin});
}

/* Words and signs behind a term that say what it is, folded save for the signs. */
static const char *const copulas =
    "is|are|was|were|means|refers|denotes|ist|sind|war|bedeutet|bezeichnet|est|sont|etait|designe|"
    "signifie|es|son|era|significa|e|sono|sao|is een|betekent|zijn|это|является|называется|是|指|"
    "とは|は|هو|هي|है|हैं";

enum { COPULA_WITHIN_BYTES = 24 };

/* Whether the sentence begins with what is asked about and goes on to say what it is. */
static bool is_definition(const struct candidate_search *search, const struct passage_view *view,
                          size_t begin, struct str sentence)
{
    struct term_set seen = {0, 0};
    struct folded_text folded;
    struct str behind;
    size_t end = begin;
    size_t copula_begin;
    size_t copula_end;

    if (search->terms->part->kind != ANSWER_ANY)
        return false;
    /* The asked words at the beginning, with nothing but function words between. */
    for (size_t i = 0; i < view->word_count; i++) {
        const struct view_word *word = &view->words[i];
        if (word->offset < begin)
            continue;
        if (word->offset >= begin + sentence.n ||
            (!word->is_function && (word->terms.exact | word->terms.near) == 0))
            break;
        if (!word->is_function)
            end = word->offset + word->length;
        seen = term_set_union(seen, word->terms);
    }
    if (candidate_coverage(search->terms, seen, (struct term_set){0, 0}) < DEFINED_COVERAGE_MIN)
        return false;
    behind = (struct str){view->passage->text.p + end, begin + sentence.n - end};
    if (behind.n > COPULA_WITHIN_BYTES)
        behind.n = COPULA_WITHIN_BYTES;
    if (str_starts_with(behind, STR(" (")) || str_starts_with(behind, STR(" \xE2\x80\x94")) ||
        str_starts_with(behind, STR(" \xE2\x80\x93")))
        return true;
    return folded_text_make(behind, search->viewer.arena, &folded) &&
           phrases_find(folded.folded, str_of(copulas), 0, &copula_begin, &copula_end);
}

static status_code add_of_piece(const struct candidate_search *search,
                                const struct passage_view *view, const struct passage_piece *piece,
                                struct status *st)
{
    size_t bytes = piece->offset + piece->length <= view->text_bytes
                       ? piece->length
                       : view->text_bytes - piece->offset;
    struct str text = {view->passage->text.p + piece->offset, bytes};
    const struct sentence *sentences;
    struct term_set before = {0, 0};
    size_t count;

    TRY(sentences_cut(text, view->passage->language, search->viewer.arena, &sentences, &count, st));
    for (size_t i = 0; i < count; i++) {
        size_t begin = piece->offset + sentences[i].offset;
        struct str sentence = {text.p + sentences[i].offset, sentences[i].length};
        struct term_set core = passage_view_terms(view, begin, begin + sentence.n);
        struct candidate candidate = {
            .form = CANDIDATE_SENTENCE,
            .passage = view->index,
            .value = shorten(view, sentence),
            .core = term_set_union(core, concept_terms(search, sentence)),
            .near = term_set_union(before, view->context),
            .type_fit = candidate_type_fit(search, view, sentence),
            .novelty = candidate_novelty(view, sentence),
            .label_fit = is_definition(search, view, begin, sentence) ? 1 : 0,
            .around = view->whole,
            .relevance = view->relevance,
        };
        before = core;
        /* A heading says what follows, not something. */
        if (piece->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING)
            candidate.type_fit *= 0.6F;
        /* Nor does what leads in a list. */
        if (sentence.n > 0 && sentence.p[sentence.n - 1] == ':')
            candidate.type_fit *= 0.4F;
        if ((candidate.core.exact | candidate.core.near) != 0)
            candidate_add(search, &candidate);
    }
    return STATUS_OK;
}

status_code candidate_add_sentences(const struct candidate_search *search,
                                    const struct passage_view *view, struct status *st)
{
    for (size_t i = 0; i < view->passage->piece_count; i++) {
        const struct passage_piece *piece = &view->passage->pieces[i];
        if (piece->row != PASSAGE_NO_ROW || piece->offset >= view->text_bytes)
            continue;
        TRY(add_of_piece(search, view, piece, st));
    }
    return STATUS_OK;
}
