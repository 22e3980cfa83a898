#pragma once

/*
 * Changes an ONNX model before it is loaded, so that the runtime computes it faster.
 *
 * Convolutions are computed in whole numbers of 8 bits where it is told how large their inputs get:
 * nodes are put before them that round, to 256 steps of one size, and to 255 steps for each output
 * channel of their weights. The runtime takes such nodes for what its own tools for quantization
 * make, and computes what lies between them by the processor's instructions for bytes.
 * Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient
 * Integer-Arithmetic-Only Inference" (2018), section 2; OpenVINO's documentation of FakeQuantize.
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/ocr/worker/engine/neural/classifier.h"
#include "services/ocr/worker/engine/neural/map_head.h"

/* A tensor that convolutions read. */
struct activation_limit {
    const char *tensor;
    float limit; /* magnitudes above it are taken for it; above 0 */
};

struct onnx_rewrite {
    /* Leaves out the softmax that the model ends with: its first output is what went into it. */
    bool drops_softmax;
    /* Not NULL: before the softmax, the layer that gives a value for each label is left out, too,
     * and put in here, initialised: the caller's. */
    struct classifier_layer *classifier;
    /* Not NULL: what detection ends with is left out, and put in here, initialised: the caller's.
     */
    struct map_head_layers *map_head;
    const struct activation_limit *limits; /* each is read by at least one convolution */
    size_t limit_count;                    /* 0: all is computed as the file says */
};

/*
 * @file: the whole file; borrowed. Any bytes.
 * @ret_file: initialised, with a maximum of its own; the changed file is put in.
 *
 * Fails with UNAVAILABLE MODEL_UNAVAILABLE when it is no ONNX file, or has not what is to be
 * changed, and RESOURCE_EXHAUSTED when memory runs out.
 */
status_code onnx_rewrite_apply(struct str file, const struct onnx_rewrite *rewrite,
                               struct buf *ret_file, struct status *st) _must_check_;
