#pragma once

/*
 * Which piece of one reading is which piece of the other.
 *
 * First the best alignment in order: the one whose pairs are most alike in sum, weighed by their
 * letters (Needleman and Wunsch, 1970, without a price for gaps, in linear space after Hirschberg,
 * 1975). What is left of both is aligned again, since blocks may stand in another order, until
 * nothing more is found. Cost is the product of both numbers of pieces a round.
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/ocr/worker/vision/unit.h"

enum {
    ALIGN_ROUNDS_MAX = 8,
    /* Pieces in a row that a later round must find together, lest single words be torn out of
     * another place. */
    ALIGN_RUN_MIN = 3,
};

/* The partner of a piece. */
struct match {
    int32_t other;  /* index in the other reading; -1: none */
    int similarity; /* 1 to 100; 0: none */
};

/* @ret_matches: one for each unit of `a`. False when memory runs out. */
bool align_units(const struct units *a, const struct units *b,
                 struct match *ret_matches) _must_check_;
