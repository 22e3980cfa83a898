#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "services/chat/retrieve/expansion.h"
#include "services/chat/retrieve/fusion.h"
#include "services/chat/retrieve/index_parts.h"
#include "services/chat/retrieve/nearness.h"
#include "services/chat/retrieve/postings.h"

/* BM25's constants, as its authors' paper suggests (§3.4: k1 between 1.2 and 2, b between 0.5 and
 * 0.8); passages are of about one length. */
static const float saturation = 1.2f, length_share = 0.5f; /* k1, b */
/* What a word in a heading above counts beside one in the text. */
static const float apart_weight = 0.4f;

enum { CANDIDATES_MIN = 64 }; /* that are looked at more closely */

/* What is added up while a query is worked on; one number for each passage. */
struct scores {
    float *total;
    float *times;      /* of the term that is worked on */
    uint32_t *touched; /* passages with times */
    size_t touched_count;
};

static bool scores_init(struct scores *scores, size_t passage_count, struct arena *arena)
{
    *scores = (struct scores){
        .total = ARENA_NEW_ARRAY(arena, float, passage_count),
        .times = ARENA_NEW_ARRAY(arena, float, passage_count),
        .touched = ARENA_NEW_ARRAY(arena, uint32_t, passage_count),
    };
    return scores->total != NULL && scores->times != NULL && scores->touched != NULL;
}

/* Adds the term's times. Returns the passages that have it in their text. */
static uint32_t add_times(const struct index_term *term, float weight, struct scores *scores)
{
    struct postings postings = postings_of(term);
    struct posting posting;
    uint32_t in_text_count = 0;

    while (postings_next(&postings, &posting)) {
        float *times = &scores->times[posting.passage];
        postings_skip_places(&postings, posting.in_text);
        if (*times == 0)
            scores->touched[scores->touched_count++] = posting.passage;
        *times += weight * ((float)posting.in_text + apart_weight * (float)posting.apart);
        in_text_count += posting.in_text > 0;
    }
    return in_text_count;
}

/* BM25's idf in the form that is never negative (Lucene's). */
static float idf_of(size_t passage_count, size_t with_term)
{
    return logf(1.0f +
                ((float)passage_count - (float)with_term + 0.5f) / ((float)with_term + 0.5f));
}

static void add_term(const struct document_index *index, const struct query_term *term,
                     const struct expansion *expansion, struct scores *scores,
                     struct term_match *ret_match)
{
    uint32_t in_text = 0, in_text_exactly = 0;

    scores->touched_count = 0;
    for (size_t i = 0; i < expansion->count; i++) {
        uint32_t count = add_times(expansion->items[i].term, expansion->items[i].weight, scores);
        in_text += count;
        if (expansion->items[i].is_exact)
            in_text_exactly += count;
    }
    if (in_text_exactly > 0)
        in_text = in_text_exactly;
    if (in_text == 0 || in_text > scores->touched_count)
        in_text = (uint32_t)scores->touched_count;
    ret_match->passage_count = (uint32_t)scores->touched_count;
    ret_match->likeness = expansion->likeness;
    ret_match->idf = idf_of(index->passages.count, in_text);
    for (size_t i = 0; i < scores->touched_count; i++) {
        uint32_t passage = scores->touched[i];
        float times = scores->times[passage];
        float length = (float)(index->word_counts[passage] / index->mean_words);
        scores->times[passage] = 0;
        scores->total[passage] += term->weight * ret_match->idf * times * (saturation + 1) /
                                  (times + saturation * (1 - length_share + length_share * length));
    }
}

/* Keeps the best, best first; a later passage never goes before an equal one. */
static size_t keep_best(const struct document_index *index, const struct scores *scores,
                        struct index_hit *hits, size_t hits_max)
{
    size_t count = 0;

    for (size_t p = 0; p < index->passages.count && hits_max > 0; p++) {
        float score = scores->total[p] * index->weights[p];
        if (score <= 0 || (count == hits_max && score <= hits[count - 1].score))
            continue;
        if (count < hits_max)
            count++;
        size_t at = count - 1;
        for (; at > 0 && hits[at - 1].score < score; at--)
            hits[at] = hits[at - 1];
        hits[at] = (struct index_hit){(uint32_t)p, score};
    }
    return count;
}

static bool has_hit(const struct index_hit *hits, size_t count, uint32_t passage)
{
    for (size_t i = 0; i < count; i++)
        if (hits[i].passage == passage)
            return true;
    return false;
}

/* Fills up with the beginning of the text. Returns how many there are then. */
static size_t add_first_passages(const struct document_index *index, struct index_hit *hits,
                                 size_t count, size_t hits_max)
{
    size_t max = hits_max < INDEX_HITS_MIN ? hits_max : INDEX_HITS_MIN;

    for (uint32_t p = 0; p < index->passages.count && count < max; p++)
        if (index->weights[p] == 1 && !has_hit(hits, count, p))
            hits[count++] = (struct index_hit){p, 0};
    return count;
}

int index_compare_hits(const void *a, const void *b)
{
    const struct index_hit *left = a, *right = b;

    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    return (left->passage > right->passage) - (left->passage < right->passage);
}

status_code document_index_search(const struct document_index *index,
                                  const struct query_term *terms, size_t term_count,
                                  const float *affinity, struct arena *arena,
                                  struct index_hit *ret_hits, size_t hits_max,
                                  size_t *ret_hit_count, struct term_match *ret_matches,
                                  struct status *st)
{
    struct searched_term *searched = ARENA_NEW_ARRAY(arena, struct searched_term, term_count);
    size_t candidates_max = hits_max > CANDIDATES_MIN ? hits_max : CANDIDATES_MIN;
    struct index_hit *hits = ARENA_NEW_ARRAY(arena, struct index_hit, candidates_max);
    struct scores scores;

    if (term_count > QUERY_TERMS_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "%zu words are looked for, more than %d",
                    term_count, QUERY_TERMS_MAX);
    if (searched == NULL || hits == NULL || !scores_init(&scores, index->passages.count, arena))
        return FAIL_MEMORY(st);
    for (size_t t = 0; t < term_count; t++) {
        expansion_find(index, &terms[t], &searched[t].expansion);
        add_term(index, &terms[t], &searched[t].expansion, &scores, &ret_matches[t]);
        searched[t].worth = terms[t].weight * ret_matches[t].idf;
    }
    size_t count = keep_best(index, &scores, hits, candidates_max);
    if (!nearness_add(index, searched, term_count, hits, count, arena))
        return FAIL_MEMORY(st);
    qsort(hits, count, sizeof(*hits), index_compare_hits);
    if (affinity != NULL)
        TRY(fusion_apply(hits, &count, candidates_max, affinity, index->passages.count, arena, st));
    if (count > hits_max)
        count = hits_max;
    memcpy(ret_hits, hits, count * sizeof(*hits));
    *ret_hit_count = add_first_passages(index, ret_hits, count, hits_max);
    return STATUS_OK;
}
