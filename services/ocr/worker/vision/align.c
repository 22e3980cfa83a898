#include "services/ocr/worker/vision/align.h"

#include <stdlib.h>
#include <string.h>

/* Two lists of indices into the readings: all, then those that are left. */
struct side {
    const struct unit *units;
    int32_t *indices;
    size_t count;
};

struct alignment {
    struct side a, b;
    struct match *matches; /* by unit of a */
    int32_t *forward;      /* rows of scores, one longer than b */
    int32_t *backward;
};

static const struct unit *unit_at(const struct side *side, size_t position)
{
    return &side->units[side->indices[position]];
}

/* What a pair is worth; 0 when it is none. */
static int32_t worth(const struct alignment *alignment, size_t i, size_t j)
{
    const struct unit *a = unit_at(&alignment->a, i);
    int similarity = unit_similarity(a, unit_at(&alignment->b, j));

    return similarity * (a->key_length + 1);
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* The last row of scores of a[first, end) against all of b[start, stop). */
static void score_forward(const struct alignment *alignment, size_t first, size_t end, size_t start,
                          size_t stop)
{
    int32_t *row = alignment->forward;

    memset(row, 0, (stop - start + 1) * sizeof(*row));
    for (size_t i = first; i < end; i++) {
        int32_t diagonal = 0;
        for (size_t j = start; j < stop; j++) {
            int32_t above = row[j - start + 1];
            int32_t paired = diagonal + worth(alignment, i, j);
            row[j - start + 1] = larger(paired, larger(above, row[j - start]));
            diagonal = above;
        }
    }
}

/* The same from behind: row[j] is the score of b[start + j, stop). */
static void score_backward(const struct alignment *alignment, size_t first, size_t end,
                           size_t start, size_t stop)
{
    int32_t *row = alignment->backward;

    memset(row, 0, (stop - start + 1) * sizeof(*row));
    for (size_t i = end; i-- > first;) {
        int32_t diagonal = 0;
        for (size_t j = stop; j-- > start;) {
            int32_t beneath = row[j - start];
            int32_t paired = diagonal + worth(alignment, i, j);
            row[j - start] = larger(paired, larger(beneath, row[j - start + 1]));
            diagonal = beneath;
        }
    }
}

static void pair_one(struct alignment *alignment, size_t i, size_t start, size_t stop)
{
    size_t best = start;

    for (size_t j = start; j < stop; j++)
        if (worth(alignment, i, j) > worth(alignment, i, best))
            best = j;
    int similarity = unit_similarity(unit_at(&alignment->a, i), unit_at(&alignment->b, best));
    if (similarity > 0)
        alignment->matches[alignment->a.indices[i]] =
            (struct match){alignment->b.indices[best], similarity};
}

/* Hirschberg's halving; depth is the logarithm of a's length. */
static void align_range(struct alignment *alignment, size_t first, size_t end, size_t start,
                        size_t stop)
{
    size_t middle = first + (end - first) / 2;
    size_t cut = start;

    if (first == end || start == stop)
        return;
    if (end - first == 1) {
        pair_one(alignment, first, start, stop);
        return;
    }
    score_forward(alignment, first, middle, start, stop);
    score_backward(alignment, middle, end, start, stop);
    for (size_t j = start; j <= stop; j++)
        if (alignment->forward[j - start] + alignment->backward[j - start] >
            alignment->forward[cut - start] + alignment->backward[cut - start])
            cut = j;
    align_range(alignment, first, middle, start, cut);
    align_range(alignment, middle, end, cut, stop);
}

/* Takes back pairs of this round that do not stand in a run; returns how many stay. */
static size_t drop_lone_pairs(struct alignment *alignment)
{
    size_t kept = 0;

    for (size_t i = 0; i < alignment->a.count;) {
        size_t end = i;
        int32_t last = -1;
        while (end < alignment->a.count) {
            int32_t other = alignment->matches[alignment->a.indices[end]].other;
            /* With one piece between, for a word may be split in one reading alone. */
            if (other < 0 || (last >= 0 && other > last + 2))
                break;
            last = other;
            end++;
        }
        if (end - i >= ALIGN_RUN_MIN)
            kept += end - i;
        else
            for (size_t k = i; k < end; k++)
                alignment->matches[alignment->a.indices[k]] = (struct match){-1, 0};
        i = end > i ? end : i + 1;
    }
    return kept;
}

/* Keeps what has no partner. */
static void leave_rest(struct alignment *alignment, bool *is_taken)
{
    size_t kept = 0;

    for (size_t i = 0; i < alignment->a.count; i++) {
        int32_t index = alignment->a.indices[i];
        if (alignment->matches[index].other >= 0)
            is_taken[alignment->matches[index].other] = true;
        else
            alignment->a.indices[kept++] = index;
    }
    alignment->a.count = kept;
    kept = 0;
    for (size_t j = 0; j < alignment->b.count; j++)
        if (!is_taken[alignment->b.indices[j]])
            alignment->b.indices[kept++] = alignment->b.indices[j];
    alignment->b.count = kept;
}

static int32_t *count_up(size_t count)
{
    int32_t *indices = calloc(count + 1, sizeof(*indices));

    for (size_t i = 0; indices != NULL && i < count; i++)
        indices[i] = (int32_t)i;
    return indices;
}

bool align_units(const struct units *a, const struct units *b, struct match *ret_matches)
{
    _cleanup_(freep) int32_t *a_indices = count_up(a->count);
    _cleanup_(freep) int32_t *b_indices = count_up(b->count);
    _cleanup_(freep) int32_t *forward = calloc(b->count + 1, sizeof(*forward));
    _cleanup_(freep) int32_t *backward = calloc(b->count + 1, sizeof(*backward));
    _cleanup_(freep) bool *is_taken = calloc(b->count + 1, sizeof(*is_taken));
    struct alignment alignment = {
        .a = {a->items, a_indices, a->count},
        .b = {b->items, b_indices, b->count},
        .matches = ret_matches,
        .forward = forward,
        .backward = backward,
    };

    if (a_indices == NULL || b_indices == NULL || forward == NULL || backward == NULL ||
        is_taken == NULL)
        return false;
    for (size_t i = 0; i < a->count; i++)
        ret_matches[i] = (struct match){-1, 0};
    for (int round = 0; round < ALIGN_ROUNDS_MAX; round++) {
        align_range(&alignment, 0, alignment.a.count, 0, alignment.b.count);
        if (round > 0 && drop_lone_pairs(&alignment) == 0)
            break;
        leave_rest(&alignment, is_taken);
        if (alignment.a.count < ALIGN_RUN_MIN || alignment.b.count < ALIGN_RUN_MIN)
            break;
    }
    return true;
}
