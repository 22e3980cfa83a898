#include "services/chat/answer/answer.h"

#include <string.h>

#include "services/chat/answer/candidate.h"
#include "services/chat/answer/compose.h"
#include "services/chat/answer/summary.h"

/* With less confidence in the best candidate the document does not answer. Chosen on the questions
 * of tests/chat that are there to tune by, so that nine of ten unanswerable ones are refused. */
#define CONFIDENCE_MIN 1.7F
/* A second sentence is quoted with the best one when it scores as much of it. */
#define SECOND_SHARE 0.9F

enum {
    PAGE_HITS_MAX = 4096, /* that are looked through for those of one page */
    /* Words and candidates of one part; wide tables have many. */
    PART_ARENA_MAX_BYTES = 64 << 20,
};

struct answerer {
    const struct document_index *index;
    const struct passages *passages;
    const struct question *question;
    const struct answer_watch *watch; /* NULL: none */
    struct words_cutter *cutter;
    struct arena *arena; /* of the part that is at hand */
};

/* --- passages --- */

static bool is_wanted(const struct answerer *answerer, uint32_t passage)
{
    uint32_t page_number = answerer->question->page_number;

    return page_number == 0 || answerer->passages->items[passage].page_index + 1 == page_number;
}

static bool has_hit(const struct index_hit *hits, size_t count, uint32_t passage)
{
    for (size_t i = 0; i < count; i++)
        if (hits[i].passage == passage)
            return true;
    return false;
}

/* The best passages for the part, on the page that the question names. What is short is looked at
 * whole: what nobody asks for by a word may stand anywhere. */
static status_code find_passages(const struct answerer *answerer, const struct question_part *part,
                                 struct index_hit ret_hits[static ANSWER_PASSAGES_MAX],
                                 size_t *ret_count, struct term_match *ret_matches,
                                 struct status *st)
{
    size_t hits_max = answerer->question->page_number > 0 ? PAGE_HITS_MAX : ANSWER_PASSAGES_MAX;
    struct index_hit *hits = ARENA_NEW_ARRAY(answerer->arena, struct index_hit, hits_max);
    size_t found;
    size_t count = 0;

    if (hits == NULL)
        return FAIL_MEMORY(st);
    TRY(document_index_search(answerer->index, part->terms, part->term_count,
                              answerer->question->affinity, answerer->arena, hits, hits_max, &found,
                              ret_matches, st));
    for (size_t i = 0; i < found && count < ANSWER_PASSAGES_MAX; i++)
        if (is_wanted(answerer, hits[i].passage))
            ret_hits[count++] = hits[i];
    for (uint32_t i = 0; i < answerer->passages->count && count < ANSWER_PASSAGES_MAX; i++)
        if (is_wanted(answerer, i) && !has_hit(ret_hits, count, i))
            ret_hits[count++] = (struct index_hit){i, 0};
    *ret_count = count;
    return STATUS_OK;
}

/* --- parts --- */

static const struct candidate *best_of(const struct candidates *candidates)
{
    const struct candidate *best = NULL;

    for (size_t i = 0; i < candidates->count; i++)
        if (best == NULL || candidates->items[i].score > best->score)
            best = &candidates->items[i];
    return best;
}

static bool overlap(struct str a, struct str b)
{
    return a.p < b.p + b.n && b.p < a.p + a.n;
}

/* Another sentence that answers as well, where the best one is a sentence and its kind does not
 * tell it from others. */
static const struct candidate *second_of(const struct candidates *candidates,
                                         const struct candidate *best)
{
    const struct candidate *second = NULL;

    if (best->form != CANDIDATE_SENTENCE)
        return NULL;
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->items[i];
        if (candidate == best || candidate->form != CANDIDATE_SENTENCE ||
            candidate->score < best->score * SECOND_SHARE ||
            candidate->confidence < CONFIDENCE_MIN * SECOND_SHARE ||
            overlap(candidate->value, best->value))
            continue;
        if (second == NULL || candidate->score > second->score)
            second = candidate;
    }
    return second;
}

static status_code look_at_passage(const struct candidate_search *search,
                                   const struct answerer *answerer, const struct index_hit *hit,
                                   float best_score, struct status *st)
{
    struct passage_view view;

    if (answerer->watch != NULL)
        TRY(answerer->watch->check(answerer->watch->arg, st));
    TRY(passage_view_make(&search->viewer, &answerer->passages->items[hit->passage], hit->passage,
                          best_score > 0 ? hit->score / best_score : 0, &view, st));
    TRY(candidate_add_sentences(search, &view, st));
    TRY(candidate_add_pairs(search, &view, st));
    TRY(candidate_add_cells(search, &view, st));
    return candidate_add_lists(search, &view, st);
}

static status_code answer_part(const struct answerer *answerer, const struct question_part *part,
                               struct composition *composition, bool *ret_is_found,
                               struct status *st)
{
    struct candidates found = {ARENA_NEW_ARRAY(answerer->arena, struct candidate, CANDIDATES_MAX),
                               0};
    struct index_hit hits[ANSWER_PASSAGES_MAX];
    struct term_match matches[QUERY_TERMS_MAX];
    struct part_terms terms;
    const struct candidate *best;
    const struct candidate *second;
    size_t hit_count = 0;

    *ret_is_found = false;
    if (part->kind == ANSWER_SUMMARY)
        return summary_compose(answerer->passages, answerer->question->page_number, answerer->arena,
                               composition, ret_is_found, st);
    if (found.items == NULL)
        return FAIL_MEMORY(st);
    if (part->asked_count == 0)
        return STATUS_OK;
    TRY(find_passages(answerer, part, hits, &hit_count, matches, st));
    terms = part_terms_weigh(part, matches);
    struct candidate_search search = {
        .viewer = {answerer->cutter, &terms, answerer->arena},
        .question = answerer->question,
        .terms = &terms,
        .found = &found,
    };
    for (size_t i = 0; i < hit_count; i++)
        TRY(look_at_passage(&search, answerer, &hits[i], hits[0].score, st));
    best = best_of(&found);
    if (best == NULL || best->confidence < CONFIDENCE_MIN)
        return STATUS_OK;
    second = second_of(&found, best);
    if (!compose_candidate(composition, best) ||
        (second != NULL && !compose_candidate(composition, second)))
        return FAIL_MEMORY(st);
    *ret_is_found = true;
    return STATUS_OK;
}

/* --- the answer --- */

DEFINE_CLEANUP_NAMED(struct composition *, composition_deinitp, composition_deinit)

status_code answer_extract(const struct document_index *index, const struct question *question,
                           const struct answer_watch *watch, struct arena *arena,
                           struct answer *ret_answer, struct status *st)
{
    _cleanup_(words_cutter_freep) struct words_cutter *cutter = words_cutter_new();
    _cleanup_(arena_freep) struct arena *scratch = arena_new(PART_ARENA_MAX_BYTES);
    struct composition composition;
    _cleanup_(composition_deinitp) struct composition *made = &composition;
    struct answerer answerer = {index,  document_index_passages(index), question, watch, cutter,
                                scratch};
    bool is_missing[QUESTION_PARTS_MAX] = {false};
    bool is_any_found = false;

    composition_init(made, answerer.passages);
    if (cutter == NULL || scratch == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < question->part_count; i++) {
        bool is_found;
        arena_reset(scratch);
        TRY(answer_part(&answerer, &question->parts[i], made, &is_found, st));
        is_any_found = is_any_found || is_found;
        is_missing[i] = !is_found;
    }
    for (size_t i = 0; i < question->part_count && is_any_found; i++)
        if (is_missing[i] &&
            !compose_missing(made, question->parts[i].text, answer_refusal(question->language)))
            return FAIL_MEMORY(st);
    if (is_any_found)
        return compose_end(made, arena, ret_answer, st);
    *ret_answer = (struct answer){.content = str_of(answer_refusal(question->language))};
    return STATUS_OK;
}
