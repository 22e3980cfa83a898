#include "services/chat/question/part_reader.h"

#include <string.h>

#include "services/chat/question/concept.h"
#include "services/chat/question/kind_words.h"
#include "services/chat/question/page_mention.h"

/* Weights of words beside those that say what is looked for. Estimates. */
#define WEIGHT_PLAIN    1.0F
#define WEIGHT_NAME     1.25F
#define WEIGHT_KIND     0.35F /* "date" in "the date of the election": the answer shows its kind */
#define WEIGHT_DOCUMENT 0.15F /* "contract": contracts need not say what they are */

/* Other words beside a concept's that leave it what is asked for. */
enum { CONCEPT_OTHERS_MAX = 2 };

bool part_asks_anywhere(const struct part_reader *reader)
{
    static const char *const languages[] = {"zh", "ja", "hi"};

    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++)
        if (strcmp(languages[i], reader->language) == 0)
            return true;
    return false;
}

/* --- words --- */

enum { ROLE_MARKS_MAX = 64 };

/* Stretches of the part's text that words of a role take, for words to be looked up in. */
struct marks {
    struct str spans[ROLE_MARKS_MAX];
    size_t count;
};

static void mark_stretch(const struct part_draft *draft, size_t begin, size_t end,
                         struct marks *marks)
{
    if (marks->count < ROLE_MARKS_MAX)
        marks->spans[marks->count++] = folded_text_origin(&draft->folded, draft->text, begin, end);
}

static void mark_list(const struct part_draft *draft, struct str list, struct marks *marks)
{
    struct str phrase;

    while (str_next_token(&list, '|', &phrase)) {
        size_t begin;
        size_t end = 0;
        while (phrase_find(draft->folded.folded, phrase, end, &begin, &end))
            mark_stretch(draft, begin, end, marks);
    }
}

static void mark_role(const struct part_reader *reader, const struct part_draft *draft,
                      question_role role, struct marks *marks)
{
    mark_list(draft, question_phrases(reader->words, role), marks);
}

static bool is_marked(const struct marks *marks, const struct part_draft *draft,
                      const struct word *word)
{
    const char *begin = draft->text.p + word->offset;

    for (size_t i = 0; i < marks->count; i++)
        if (begin >= marks->spans[i].p &&
            begin + word->length <= marks->spans[i].p + marks->spans[i].n)
            return true;
    return false;
}

struct part_marks {
    struct marks dropped; /* asking words, fillers, the page */
    struct marks kinds;
    struct marks documents;
};

static void find_marks(const struct part_reader *reader, struct part_draft *draft,
                       struct part_marks *marks)
{
    size_t begin;
    size_t end;

    if (page_mention_find(draft->folded.folded, question_phrases(reader->words, IS_PAGE), &begin,
                          &end, &draft->page_number))
        mark_stretch(draft, begin, end, &marks->dropped);
    for (size_t i = 0; i < KINDS_ASKED; i++)
        mark_role(reader, draft, kinds_asked[i].role, &marks->dropped);
    mark_role(reader, draft, ASKS_SUMMARY, &marks->dropped);
    mark_role(reader, draft, IS_FILLER, &marks->dropped);
    mark_role(reader, draft, IS_BACK, &marks->dropped);
    for (size_t i = 0; i < KINDS_MEANT; i++)
        mark_role(reader, draft, kinds_meant[i].role, &marks->kinds);
    mark_role(reader, draft, IS_DOCUMENT, &marks->documents);
}

uint64_t part_add_term(struct part_draft *draft, const struct query_term *term)
{
    for (size_t i = 0; i < draft->term_count; i++)
        if (str_equal(draft->terms[i].term, term->term)) {
            if (draft->terms[i].weight < term->weight)
                draft->terms[i].weight = term->weight;
            return UINT64_C(1) << i;
        }
    if (draft->term_count == PART_ASKED_TERMS_MAX)
        return 0;
    draft->terms[draft->term_count] = *term;
    return UINT64_C(1) << draft->term_count++;
}

/* Notes of each concept which terms lie in its mention. */
static void add_concepts(struct part_draft *draft, const struct word *words,
                         const uint64_t *word_bits, size_t word_count)
{
    struct concept_mention mentions[PART_CONCEPTS_MAX];
    size_t count = concepts_mentioned(draft->folded.folded, mentions, PART_CONCEPTS_MAX);

    for (size_t i = 0; i < count; i++) {
        struct str span =
            folded_text_origin(&draft->folded, draft->text, mentions[i].begin, mentions[i].end);
        struct question_concept *concept = &draft->concepts[draft->concept_count];
        *concept = (struct question_concept){mentions[i].concept, 0};
        for (size_t k = 0; k < word_count; k++)
            if (draft->text.p + words[k].offset < span.p + span.n &&
                draft->text.p + words[k].offset + words[k].length > span.p)
                concept->terms |= word_bits[k];
        if (concept->terms != 0)
            draft->concept_count++;
    }
}

/* A mention of a concept keeps its words even where they would say nothing alone. */
static bool is_in_concept(const struct part_draft *draft, const struct concept_mention *mentions,
                          size_t count, const struct word *word)
{
    for (size_t i = 0; i < count; i++) {
        struct str span =
            folded_text_origin(&draft->folded, draft->text, mentions[i].begin, mentions[i].end);
        if (draft->text.p + word->offset < span.p + span.n &&
            draft->text.p + word->offset + word->length > span.p)
            return true;
    }
    return false;
}

static status_code add_terms(const struct part_reader *reader, struct part_draft *draft,
                             const struct part_marks *marks, struct status *st)
{
    struct concept_mention mentions[PART_CONCEPTS_MAX];
    size_t mention_count = concepts_mentioned(draft->folded.folded, mentions, PART_CONCEPTS_MAX);
    const struct word *words;
    size_t count;
    uint64_t *bits;
    size_t telling = 0;

    TRY(words_cut(reader->cutter, draft->text, str_of(reader->language), reader->arena, &words,
                  &count, st));
    bits = ARENA_NEW_ARRAY(reader->arena, uint64_t, count + 1);
    if (bits == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        const struct word *word = &words[i];
        bool is_kind = is_marked(&marks->kinds, draft, word);
        bool is_document = is_marked(&marks->documents, draft, word);
        bool is_concept = is_in_concept(draft, mentions, mention_count, word);
        struct query_term term = {word->term, word->form, word->kind, WEIGHT_PLAIN};
        if (word->is_function ||
            (is_marked(&marks->dropped, draft, word) && !(is_concept && !is_document)))
            continue;
        if (is_document)
            term.weight = WEIGHT_DOCUMENT;
        else if (is_kind)
            term.weight = WEIGHT_KIND;
        else if (word->kind != WORD_PLAIN)
            term.weight = WEIGHT_NAME;
        telling += !is_document && !is_kind;
        draft->others += !is_document && !is_kind && !is_concept;
        bits[i] = part_add_term(draft, &term);
    }
    draft->is_only_kind = telling == 0;
    add_concepts(draft, words, bits, count);
    return STATUS_OK;
}

/* --- the part --- */

/* A question for a summary says nothing of what in the document it is for. */
static bool is_summary(const struct part_reader *reader, const struct part_draft *draft)
{
    size_t begin;
    size_t end;

    return draft->is_only_kind &&
           phrases_find(draft->folded.folded, question_phrases(reader->words, ASKS_SUMMARY), 0,
                        &begin, &end);
}

/* Whether a concept is what is asked for, rather than what something is asked about: "what happens
 * when the tenant leaves" is not answered by a name. */
static bool says_kind(const struct part_draft *draft, const struct concept *concept)
{
    size_t others_max = concept->kind == ANSWER_PERSON ? 0 : CONCEPT_OTHERS_MAX;

    return concept->kind != ANSWER_ANY && draft->others <= others_max;
}

static void settle_kind(const struct part_reader *reader, struct part_draft *draft)
{
    struct str folded = draft->folded.folded;
    answer_kind kind = ANSWER_ANY;
    answer_kind meant;

    draft->names_kind = kind_asked(reader->words, part_asks_anywhere(reader), folded, &kind);
    if (is_summary(reader, draft)) {
        kind = ANSWER_SUMMARY;
    } else if (kind == ANSWER_ANY || kind == ANSWER_LIST) {
        if (draft->concept_count > 0 && says_kind(draft, draft->concepts[0].concept))
            kind = draft->concepts[0].concept->kind;
        else if (draft->concept_count == 0 && kind_meant(reader->words, folded, &meant))
            kind = meant;
    }
    draft->kind = kind;
    draft->names_kind = draft->names_kind || kind != ANSWER_ANY;
}

status_code part_read(const struct part_reader *reader, struct str text,
                      struct part_draft *ret_draft, struct status *st)
{
    struct part_marks marks = {0};
    size_t begin;
    size_t end;

    *ret_draft = (struct part_draft){.text = text};
    if (!folded_text_make(text, reader->arena, &ret_draft->folded))
        return FAIL_MEMORY(st);
    find_marks(reader, ret_draft, &marks);
    TRY(add_terms(reader, ret_draft, &marks, st));
    settle_kind(reader, ret_draft);
    ret_draft->goes_back = phrases_find(ret_draft->folded.folded,
                                        question_phrases(reader->words, IS_BACK), 0, &begin, &end);
    ret_draft->has_start =
        phrases_begin(ret_draft->folded.folded, question_phrases(reader->words, IS_START), 0, &end);
    return STATUS_OK;
}
