#include "services/chat/retrieve/fusion.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "services/chat/retrieve/index_parts.h"

/* What softens the difference between the first ranks. The paper's 60 is for lists of thousands;
 * on the questions of tests/chat 3 is best, and 1 to 10 hardly worse. */
static const float softness = 3.0F;

/* Adds to `fused` what each hit's rank is worth. */
static void add_ranks(const struct index_hit *hits, size_t count, float *fused)
{
    for (size_t rank = 0; rank < count; rank++)
        fused[hits[rank].passage] += softness / (2 * (softness + (float)rank));
}

/* Those that are known, best first. */
static size_t rank_by_affinity(const float *affinity, size_t passage_count, struct index_hit *hits)
{
    size_t count = 0;

    for (size_t i = 0; i < passage_count; i++)
        if (!isnan(affinity[i]))
            hits[count++] = (struct index_hit){(uint32_t)i, affinity[i]};
    qsort(hits, count, sizeof(*hits), index_compare_hits);
    return count;
}

status_code fusion_apply(struct index_hit *hits, size_t *count, size_t count_max,
                         const float *affinity, size_t passage_count, struct arena *arena,
                         struct status *st)
{
    struct index_hit *all = ARENA_NEW_ARRAY(arena, struct index_hit, passage_count);
    float *fused = ARENA_NEW_ARRAY(arena, float, passage_count);
    size_t all_count = 0;

    if (passage_count == 0)
        return STATUS_OK;
    if (all == NULL || fused == NULL)
        return FAIL_MEMORY(st);
    add_ranks(hits, *count, fused);
    add_ranks(all, rank_by_affinity(affinity, passage_count, all), fused);
    for (size_t i = 0; i < passage_count; i++)
        if (fused[i] > 0)
            all[all_count++] = (struct index_hit){(uint32_t)i, fused[i]};
    qsort(all, all_count, sizeof(*all), index_compare_hits);
    *count = all_count < count_max ? all_count : count_max;
    memcpy(hits, all, *count * sizeof(*hits));
    return STATUS_OK;
}
