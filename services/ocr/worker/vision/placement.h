#pragma once

/*
 * Where on the page the pieces of a vision model's reading stand, and how far it agrees with what
 * the embedded engine read there.
 *
 * A piece that has a partner in the draft gets its box. One without gets its share of what the
 * draft has between the partners of its neighbours, or else a place beside them.
 * Thread rule: one thread an arena.
 */

#include "services/ocr/worker/vision/draft.h"
#include "services/ocr/worker/vision/reading.h"

struct placed {
    struct bbox bbox;
    float confidence;
    int32_t line;   /* of the draft; -1: none is known */
    int32_t word;   /* of the draft, of which the piece is a part; -1: none */
    int32_t other;  /* the partner; -1: none */
    int similarity; /* with it, in percent */
};

/* By letters; a share of nothing is 1. */
struct agreement {
    double found;     /* share of what the draft is sure of that the reading has */
    double supported; /* share of the reading that the draft has; formulas do not count */
    double quality;   /* mean confidence of the draft */
    size_t sure_letters;
    size_t draft_letters;
    size_t reading_letters;
    size_t missing_letters; /* of the draft, without a partner */
};

struct placement {
    struct placed *places; /* one a unit of the reading */
    bool *is_taken;        /* one a unit of the draft: it has a partner */
    struct agreement agreement;
};

/* False when memory runs out. */
bool placement_make(const struct reading *reading, const struct draft *draft,
                    struct placement *ret_placement) _must_check_;
