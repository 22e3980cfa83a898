#pragma once

/*
 * Networks on this machine's processor, by OpenVINO's C library.
 *
 * Opening the runtime loads the library (lib/neural/openvino.h) and runs in no sandbox; networks
 * are loaded afterwards, from the folder alone, and start threads, which sandbox.h allows where it
 * is told to. One inference is computed by at most as many threads as the runtime was opened for.
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "services/ocr/worker/engine/neural/onnx_rewrite.h"

enum {
    RUNTIME_THREADS_MAX = 256,
    NETWORK_FILE_MAX_BYTES = 256 << 20,
    NETWORK_RANK_MAX = 4,
    NETWORK_OUTPUTS_MAX = 16,
};

struct runtime;
struct network;

/* What a network computed; lives until it is run again. */
struct tensor {
    const float *values;
    size_t sides[NETWORK_RANK_MAX]; /* from the outermost; 1 beyond `rank` */
    size_t rank;
};

/*
 * @folder: with openvino/libs and models, as tools/deps.sh unpacks them.
 * @threads: 1 to RUNTIME_THREADS_MAX.
 *
 * Fails with UNAVAILABLE MODEL_UNAVAILABLE when the library cannot be loaded.
 */
status_code runtime_open(const char *folder, uint32_t threads, struct runtime **ret_runtime,
                         struct status *st) _must_check_;
/* After the networks. */
void runtime_close(struct runtime *runtime);
DEFINE_CLEANUP_NAMED(struct runtime *, runtime_closep, runtime_close)

/*
 * Loads folder/models/`name`, an ONNX file.
 *
 * @rewrite: what is changed in it; NULL: nothing.
 * @keeps_prepared: what is prepared for inputs of a size is kept for the next of that size: 4 MB
 *     each, for networks whose inputs have few sizes.
 *
 * Fails with UNAVAILABLE MODEL_UNAVAILABLE when it is not there, too large, not understood or not
 * to be changed so.
 */
status_code network_load(struct runtime *runtime, const char *name,
                         const struct onnx_rewrite *rewrite, bool keeps_prepared,
                         struct network **ret_network, struct status *st) _must_check_;
void network_free(struct network *network);
DEFINE_CLEANUP(struct network *, network)

/* What the file says of itself, as onnx_metadata_get() has it. */
const char *network_metadata(const struct network *network, const char *key);

/*
 * Computes. @values: product of the sides; borrowed. The outputs are those of the file, in its
 * order.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE: the library does not tell that there is no memory
 * from other failures.
 */
status_code network_run(struct network *network, const float *values,
                        const size_t sides[static NETWORK_RANK_MAX],
                        struct status *st) _must_check_;

size_t network_output_count(const struct network *network);
/* Fails with INTERNAL when the output is not of floats or has more sides than a tensor. */
status_code network_output(struct network *network, size_t index, struct tensor *ret_tensor,
                           struct status *st) _must_check_;
