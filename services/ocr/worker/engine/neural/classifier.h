#pragma once

/*
 * The last layer of a recognizer, computed without the values of all labels: which label a step is
 * most likely of, and how likely that is.
 *
 * A runtime writes 18,710 values a step for the caller to look through. Here they pass through
 * registers: features and weights are rounded to bytes, multiplied by AVX-512 VNNI, and only the
 * largest is kept; what all of them sum up to is computed for steps that are no blanks alone.
 * Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient
 * Integer-Arithmetic-Only Inference" (2018), section 2; a scale for each label and each step.
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "services/ocr/worker/engine/neural/ctc.h"

enum {
    CLASSIFIER_INPUTS_MAX = 256,
    CLASSIFIER_LABELS_MAX = 1 << 20,
};

/* A layer as its file has it. */
struct classifier_layer {
    float *weights; /* inputs x labels */
    float *biases;  /* labels */
    size_t inputs;
    size_t labels;
};

void classifier_layer_deinit(struct classifier_layer *layer);

struct classifier;

/* Whether this processor can. */
bool classifier_is_supported(void);

/*
 * @layer: 1 to the maxima above of each; borrowed. None is NaN.
 *
 * Fails with UNAVAILABLE MODEL_UNAVAILABLE when the layer has other sizes, and RESOURCE_EXHAUSTED
 * when memory runs out.
 */
status_code classifier_new(const struct classifier_layer *layer, struct classifier **ret_classifier,
                           struct status *st) _must_check_;
void classifier_free(struct classifier *classifier);
DEFINE_CLEANUP(struct classifier *, classifier)

size_t classifier_inputs(const struct classifier *classifier);
size_t classifier_labels(const struct classifier *classifier);

/* @features: the inputs of each of `count` steps, none NaN. @ret_steps: room for as many. */
void classifier_run(struct classifier *classifier, const float *features, size_t count,
                    struct ctc_step *ret_steps);
