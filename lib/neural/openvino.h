#pragma once

/*
 * OpenVINO's C library, loaded by name from a folder of its own, so that a process that runs no
 * network pays nothing for it. It stays loaded for the life of the process: its threads may not
 * have ended. Thread rule: any thread once it is loaded.
 */

#include <stdbool.h>

#include <openvino/c/ov_compiled_model.h>
#include <openvino/c/ov_core.h>
#include <openvino/c/ov_infer_request.h>
#include <openvino/c/ov_tensor.h>

#include "lib/base/status.h"

/* What is used of it. */
#define OPENVINO_FUNCTIONS(X)                                                                      \
    X(ov_core_create)                                                                              \
    X(ov_core_free)                                                                                \
    X(ov_core_read_model_from_memory_buffer)                                                       \
    X(ov_model_free)                                                                               \
    X(ov_core_compile_model_props)                                                                 \
    X(ov_compiled_model_outputs_size)                                                              \
    X(ov_compiled_model_create_infer_request)                                                      \
    X(ov_compiled_model_free)                                                                      \
    X(ov_infer_request_set_input_tensor)                                                           \
    X(ov_infer_request_get_output_tensor_by_index)                                                 \
    X(ov_infer_request_infer)                                                                      \
    X(ov_infer_request_free)                                                                       \
    X(ov_tensor_create_from_host_ptr)                                                              \
    X(ov_tensor_get_element_type)                                                                  \
    X(ov_tensor_get_shape)                                                                         \
    X(ov_tensor_data)                                                                              \
    X(ov_tensor_free)                                                                              \
    X(ov_shape_free)

struct openvino {
#define X(name) __typeof__(name) *name;
    OPENVINO_FUNCTIONS(X)
#undef X
};

/*
 * @folder: with openvino/libs, as tools/deps.sh unpacks it.
 *
 * Reads files all over the system, so it goes before any sandbox. Fails with UNAVAILABLE
 * MODEL_UNAVAILABLE when the library is not there or another one than it was built for.
 */
status_code openvino_load(const char *folder, struct openvino *ret_library,
                          struct status *st) _must_check_;

/* True when the processor multiplies bytes faster than floats, as with VNNI. */
bool openvino_has_fast_bytes(void);
