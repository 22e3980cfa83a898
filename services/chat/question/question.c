#include "services/chat/question/question.h"

#include <string.h>

#include "lib/base/utf8.h"
#include "services/chat/question/part_reader.h"
#include "services/chat/question/question_split.h"
#include "services/chat/question/synonyms.h"
#include "services/chat/text/language_of.h"

enum {
    TURNS_BACK_MAX = 3,      /* a follow-up of a follow-up of ... */
    FOLLOW_UP_TERMS_MAX = 4, /* more words of its own say enough */
    ANSWER_NAMES_MAX = 6,    /* of the last answer that "they" may mean */
    ANSWER_LOOKED_AT_BYTES = 600,
    ANSWER_SHORT_BYTES = 60,
};

/* Weights of words of earlier turns, beside those of the question. Estimates. */
#define WEIGHT_EARLIER     0.5F
#define WEIGHT_ANSWER_NAME 0.25F

#define PAGE_MARK " (p. " /* behind what an answer quotes */

struct drafts {
    struct part_draft items[QUESTION_PARTS_MAX];
    size_t count;
    bool is_follow_up;
};

/* --- words that parts share --- */

/* "the date and place of birth": the first part says nothing of what. */
static status_code share_object(const struct part_reader *reader, struct drafts *drafts,
                                struct status *st)
{
    struct str list = question_phrases(reader->words, IS_OF);

    for (size_t i = drafts->count - 1; i-- > 0;) {
        struct part_draft *draft = &drafts->items[i];
        const struct part_draft *next = &drafts->items[i + 1];
        size_t begin;
        size_t end;
        struct str tail;
        char *text;
        if (!draft->is_only_kind || draft->kind == ANSWER_SUMMARY || next->is_only_kind ||
            !phrases_find(next->folded.folded, list, 0, &begin, &end))
            continue;
        tail = folded_text_origin(&next->folded, next->text, begin, next->folded.folded.n);
        text = arena_printf(reader->arena, "%.*s %.*s", (int)draft->text.n, draft->text.p,
                            (int)tail.n, tail.p);
        if (text == NULL)
            return FAIL_MEMORY(st);
        TRY(part_read(reader, str_of(text), draft, st));
    }
    return STATUS_OK;
}

static status_code read_drafts(const struct part_reader *reader, struct str text,
                               struct drafts *ret_drafts, struct status *st)
{
    struct str parts[QUESTION_PARTS_MAX];
    struct folded_text folded;
    size_t end;

    if (!folded_text_make(text, reader->arena, &folded))
        return FAIL_MEMORY(st);
    TRY(question_split(reader, text, parts, &ret_drafts->count, st));
    ret_drafts->is_follow_up = false;
    for (size_t i = 0; i < ret_drafts->count; i++)
        TRY(part_read(reader, parts[i], &ret_drafts->items[i], st));
    /* "And the tax?": the word for "and" is no part's. */
    if (phrases_begin(folded.folded, question_phrases(reader->words, IS_START), 0, &end))
        ret_drafts->items[0].has_start = true;
    return share_object(reader, ret_drafts, st);
}

/* --- follow-ups --- */

/* Whether a part leaves out what the turn before has said. */
static bool leaves_out(const struct part_draft *draft)
{
    if (draft->kind == ANSWER_SUMMARY && draft->page_number == 0)
        return false;
    if (draft->term_count == 0)
        return true;
    if (draft->goes_back && draft->term_count <= FOLLOW_UP_TERMS_MAX)
        return true;
    return draft->has_start && draft->term_count <= FOLLOW_UP_TERMS_MAX;
}

static bool has_kind(const struct part_draft *draft, word_kind kind)
{
    for (size_t i = 0; i < draft->term_count; i++)
        if (draft->terms[i].kind == kind)
            return true;
    return false;
}

/* "and in 2023?" after "... in 2022": the new word stands for the old one of its kind. */
static bool is_replaced(const struct part_draft *draft, const struct query_term *term)
{
    return draft->has_start && term->kind != WORD_PLAIN && has_kind(draft, term->kind);
}

static void take_from(struct part_draft *draft, const struct part_draft *earlier)
{
    /* Without words of its own it asks the same again, of another page or more exactly. */
    float weight = draft->term_count == 0 ? 1.0F : WEIGHT_EARLIER;
    bool stands_alone = draft->concept_count > 0 && !draft->goes_back;
    uint64_t bits[PART_ASKED_TERMS_MAX] = {0};

    if (!draft->names_kind && draft->concept_count == 0)
        draft->kind = earlier->kind;
    if (stands_alone)
        return;
    for (size_t i = 0; i < earlier->term_count; i++) {
        struct query_term term = earlier->terms[i];
        if (is_replaced(draft, &term))
            continue;
        term.weight *= weight;
        bits[i] = part_add_term(draft, &term);
    }
    for (size_t i = 0; i < earlier->concept_count; i++) {
        struct question_concept concept = {earlier->concepts[i].concept, 0};
        for (size_t k = 0; k < earlier->term_count; k++)
            if ((earlier->concepts[i].terms >> k & 1) != 0)
                concept.terms |= bits[k];
        if (concept.terms != 0 && draft->concept_count < PART_CONCEPTS_MAX)
            draft->concepts[draft->concept_count++] = concept;
    }
}

/* What an answer says behind its label, without the page. */
static struct str value_of(struct str answer)
{
    const char *page = memmem(answer.p, answer.n, PAGE_MARK, strlen(PAGE_MARK));
    const char *colon;

    if (page != NULL)
        answer.n = (size_t)(page - answer.p);
    colon = memmem(answer.p, answer.n, ": ", 2);
    if (colon != NULL) {
        answer.n -= (size_t)(colon + 2 - answer.p);
        answer.p = colon + 2;
    }
    return answer;
}

/* "they" may be whom the last answer named: a short answer is a name, a long one holds some. */
static status_code take_names(const struct part_reader *reader, struct str answer,
                              struct part_draft *draft, struct status *st)
{
    struct str value = value_of(answer);
    bool is_short = value.n <= ANSWER_SHORT_BYTES;
    const struct word *words;
    size_t count;
    size_t taken = 0;

    /* A refusal names nobody, and no page. */
    if (memmem(answer.p, answer.n, PAGE_MARK, strlen(PAGE_MARK)) == NULL)
        return STATUS_OK;
    if (value.n > ANSWER_LOOKED_AT_BYTES)
        value.n = utf8_cut(value.p, ANSWER_LOOKED_AT_BYTES);
    TRY(words_cut(reader->cutter, value, str_of(reader->language), reader->arena, &words, &count,
                  st));
    for (size_t i = 0; i < count && taken < ANSWER_NAMES_MAX; i++) {
        struct query_term term = {words[i].term, words[i].form, words[i].kind, WEIGHT_ANSWER_NAME};
        if (words[i].is_function || (words[i].kind != WORD_NAME && !is_short))
            continue;
        (void)part_add_term(draft, &term);
        taken++;
    }
    return STATUS_OK;
}

/* Reads the last turn's question and adds of it what this one leaves out. */
static status_code resolve(const struct part_reader *reader, const struct turn *turns,
                           size_t turn_count, size_t depth, struct drafts *drafts,
                           struct status *st)
{
    struct part_reader earlier_reader = *reader;
    struct drafts *earlier;
    bool is_needed = false;

    for (size_t i = 0; i < drafts->count; i++)
        is_needed = is_needed || leaves_out(&drafts->items[i]);
    if (!is_needed || turn_count == 0 || depth == TURNS_BACK_MAX)
        return STATUS_OK;
    earlier = ARENA_NEW(reader->arena, struct drafts);
    if (earlier == NULL)
        return FAIL_MEMORY(st);
    earlier_reader.language = language_of(turns[turn_count - 1].question, str_of(reader->language));
    earlier_reader.words = question_words_of(earlier_reader.language);
    TRY(read_drafts(&earlier_reader, turns[turn_count - 1].question, earlier, st));
    TRY(resolve(&earlier_reader, turns, turn_count - 1, depth + 1, earlier, st));
    for (size_t i = 0; i < drafts->count; i++) {
        struct part_draft *draft = &drafts->items[i];
        if (!leaves_out(draft))
            continue;
        bool goes_back = draft->goes_back;
        take_from(draft, &earlier->items[earlier->count - 1]);
        if (goes_back && depth == 0)
            TRY(take_names(reader, turns[turn_count - 1].answer, draft, st));
        drafts->is_follow_up = true;
    }
    return STATUS_OK;
}

/* --- the question --- */

static status_code fill_part(const struct part_reader *reader, const struct part_draft *draft,
                             const struct document_index *index, struct question_part *ret_part,
                             struct status *st)
{
    struct question_concept *concepts =
        ARENA_NEW_ARRAY(reader->arena, struct question_concept, draft->concept_count + 1);
    struct query_term *terms = ARENA_NEW_ARRAY(reader->arena, struct query_term, QUERY_TERMS_MAX);
    char *text = arena_strndup(reader->arena, draft->text.p, draft->text.n);
    size_t count = draft->term_count;

    if (concepts == NULL || terms == NULL || text == NULL)
        return FAIL_MEMORY(st);
    memcpy(concepts, draft->concepts, draft->concept_count * sizeof(*concepts));
    memcpy(terms, draft->terms, count * sizeof(*terms));
    if (index != NULL)
        TRY(synonyms_add(index, concepts, draft->concept_count, reader->cutter, reader->arena,
                         terms, &count, st));
    *ret_part = (struct question_part){
        .text = {text, draft->text.n},
        .kind = draft->kind,
        .terms = terms,
        .term_count = count,
        .asked_count = draft->term_count,
        .concepts = concepts,
        .concept_count = draft->concept_count,
    };
    return STATUS_OK;
}

status_code question_read(struct str text, const struct turn *turns, size_t turn_count,
                          const struct document_index *index, struct arena *arena,
                          struct question *ret_question, struct status *st)
{
    _cleanup_(words_cutter_freep) struct words_cutter *cutter = words_cutter_new();
    struct drafts *drafts = ARENA_NEW(arena, struct drafts);
    struct str likely = index != NULL ? document_index_language(index) : STR("");
    const char *language = language_of(text, likely);
    struct part_reader reader = {cutter, question_words_of(language), language, arena};
    struct question_part *parts;
    uint32_t page_number = 0;

    if (cutter == NULL || drafts == NULL)
        return FAIL_MEMORY(st);
    if (turn_count > QUESTION_TURNS_MAX) {
        turns += turn_count - QUESTION_TURNS_MAX;
        turn_count = QUESTION_TURNS_MAX;
    }
    TRY(read_drafts(&reader, text, drafts, st));
    TRY(resolve(&reader, turns, turn_count, 0, drafts, st));
    parts = ARENA_NEW_ARRAY(arena, struct question_part, drafts->count);
    if (parts == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < drafts->count; i++) {
        TRY(fill_part(&reader, &drafts->items[i], index, &parts[i], st));
        if (page_number == 0)
            page_number = drafts->items[i].page_number;
    }
    *ret_question = (struct question){
        .text = text,
        .language = language,
        .is_follow_up = drafts->is_follow_up,
        .page_number = page_number,
        .parts = parts,
        .part_count = drafts->count,
    };
    return STATUS_OK;
}

struct str question_whole(const struct question *question, const struct turn *turns,
                          size_t turn_count, struct arena *arena)
{
    char *both = NULL;

    if (question->is_follow_up && turn_count > 0) {
        const struct str last = turns[turn_count - 1].question;

        both = arena_printf(arena, "%.*s %.*s", (int)last.n, last.p, (int)question->text.n,
                            question->text.p);
    }
    return both != NULL ? str_of(both) : question->text;
}

static bool has_term(const struct query_term *terms, size_t count, struct str term)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(terms[i].term, term))
            return true;
    return false;
}

status_code question_terms(const struct question *question, struct arena *arena,
                           const struct query_term **ret_terms, size_t *ret_count,
                           struct status *st)
{
    struct query_term *terms = ARENA_NEW_ARRAY(arena, struct query_term, QUERY_TERMS_MAX);
    size_t count = 0;

    if (terms == NULL)
        return FAIL_MEMORY(st);
    /* Words that are asked for, of all parts, before synonyms. */
    for (int asked = 1; asked >= 0; asked--)
        for (size_t i = 0; i < question->part_count; i++) {
            const struct question_part *part = &question->parts[i];
            size_t first = asked != 0 ? 0 : part->asked_count;
            size_t end = asked != 0 ? part->asked_count : part->term_count;
            for (size_t k = first; k < end && count < QUERY_TERMS_MAX; k++)
                if (!has_term(terms, count, part->terms[k].term))
                    terms[count++] = part->terms[k];
        }
    *ret_terms = terms;
    *ret_count = count;
    return STATUS_OK;
}
