#pragma once

/*
 * Text from what a recognizer says step by step: connectionist temporal classification, decoded by
 * taking the likeliest label of each step (Graves et al., 2006, section 3.2: "best path").
 *
 * Thread rule: any thread.
 */

#include <stddef.h>
#include <stdint.h>

/* The label between symbols. */
enum { CTC_BLANK = 0 };

/* What a recognizer says of a step. */
struct ctc_step {
    uint32_t label;    /* the likeliest */
    float probability; /* its; of blanks it means nothing */
};

/* A label that was kept, and where. */
struct ctc_symbol {
    uint32_t label;
    float probability; /* of its surest step */
    float position;    /* middle of its steps, in steps from the left edge */
};

/*
 * @ret_symbols: room for `count` of them.
 *
 * Returns how many there are. Steps that follow each other with the same label are one symbol.
 */
size_t ctc_decode(const struct ctc_step *steps, size_t count, struct ctc_symbol *ret_symbols);

/*
 * The likeliest label of each step.
 *
 * @logits: `labels` values for each of `count` steps: the logarithms of the labels' probabilities,
 *     with something added that is the same for all labels of a step. None is NaN.
 */
void ctc_choose(const float *logits, size_t count, size_t labels, struct ctc_step *ret_steps);
