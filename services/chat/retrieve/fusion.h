#pragma once

/*
 * One order out of two: by words and by meaning (reciprocal rank fusion: G. Cormack, C. Clarke,
 * S. Büttcher, "Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning Methods",
 * 2009). Thread rule: any thread.
 */

#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/chat/retrieve/document_index.h"

/*
 * @hits: by words, best first; the fused ones take their place, with scores of 0 to 1.
 * @affinity: of each of `passage_count` passages by meaning; NAN where it is not known.
 * @count_max: hits that there is room for.
 */
status_code fusion_apply(struct index_hit *hits, size_t *count, size_t count_max,
                         const float *affinity, size_t passage_count, struct arena *arena,
                         struct status *st) _must_check_;
