#include "services/ocr/worker/engine/neural/runtime.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <openvino/c/ov_compiled_model.h>
#include <openvino/c/ov_core.h>
#include <openvino/c/ov_infer_request.h>
#include <openvino/c/ov_tensor.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/engine/neural/onnx_metadata.h"

/* The library's name carries its version: the headers that this is compiled with must be its. */
#define LIBRARY_NAME "openvino/libs/libopenvino_c.so." OPENVINO_SONAME

/* --- What is used of the library --- */

#define FUNCTIONS(X)                                                                               \
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

struct library {
    void *handle;
#define X(name) __typeof__(name) *name;
    FUNCTIONS(X)
#undef X
};

struct runtime {
    struct library library;
    ov_core_t *core;
    char *folder;
    char threads[8]; /* decimal */
};

struct network {
    struct runtime *runtime; /* borrowed */
    struct onnx_metadata *metadata;
    ov_compiled_model_t *compiled;
    ov_infer_request_t *request;
    ov_tensor_t *outputs[NETWORK_OUTPUTS_MAX]; /* of the last run; NULL until asked for */
    size_t output_count;
};

static status_code fail_library(struct status *st)
{
    return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE", "the neural runtime cannot be loaded");
}

/* The runtime's threads library loads parts of itself in a way (RTLD_DEEPBIND) that sanitizers end
 * the process for, unless it is told of them. */
static void tell_of_sanitizers(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)setenv("TBB_ENABLE_SANITIZERS", "1", 1);
#endif
}

static status_code library_open(const char *folder, struct library *library, struct status *st)
{
    _cleanup_(freep) char *path = NULL;

    tell_of_sanitizers();
    if (asprintf(&path, "%s/" LIBRARY_NAME, folder) < 0)
        return FAIL_MEMORY(st);
    library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library->handle == NULL)
        return fail_library(st);
    /* All that the parts which are loaded later need from outside of the folder. */
    if (dlopen("librt.so.1", RTLD_NOW | RTLD_LOCAL) == NULL)
        return fail_library(st);
#define X(name)                                                                                    \
    library->name = (__typeof__(library->name))dlsym(library->handle, #name);                      \
    if (library->name == NULL)                                                                     \
        return fail_library(st);
    FUNCTIONS(X)
#undef X
    return STATUS_OK;
}

/* The networks' buffers change with the size of what they look at. Kept in the heap, as blocks up
 * to 32 MiB come to be, they leave holes behind that the next ones do not fit into: 700 MiB after
 * six pages of six sizes, 350 MiB with the buffers in mappings of their own. */
static void keep_buffers_out_of_heap(void)
{
    enum { BUFFER_MIN_BYTES = 1 << 20 };

    (void)mallopt(M_MMAP_THRESHOLD, BUFFER_MIN_BYTES);
}

status_code runtime_open(const char *folder, uint32_t threads, struct runtime **ret_runtime,
                         struct status *st)
{
    _cleanup_(runtime_closep) struct runtime *runtime = calloc(1, sizeof(*runtime));

    if (runtime == NULL)
        return FAIL_MEMORY(st);
    runtime->folder = strdup(folder);
    if (runtime->folder == NULL)
        return FAIL_MEMORY(st);
    keep_buffers_out_of_heap();
    (void)snprintf(runtime->threads, sizeof(runtime->threads), "%u", threads);
    TRY(library_open(folder, &runtime->library, st));
    if (runtime->library.ov_core_create(&runtime->core) != OK)
        return fail_library(st);
    *ret_runtime = TAKE(runtime);
    return STATUS_OK;
}

void runtime_close(struct runtime *runtime)
{
    if (runtime == NULL)
        return;
    if (runtime->core != NULL)
        runtime->library.ov_core_free(runtime->core);
    /* The library stays loaded: its threads may not have ended. */
    free(runtime->folder);
    free(runtime);
}

/* --- Networks --- */

static status_code fail_model(const char *name, struct status *st)
{
    return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                "the recognition model %s cannot be loaded", name);
}

/* A file in memory. */
struct mapping {
    void *data;
    size_t length;
};

static void mapping_deinit(struct mapping *mapping)
{
    if (mapping->data != NULL)
        (void)munmap(mapping->data, mapping->length);
}

static status_code map_file(const struct runtime *runtime, const char *name,
                            struct mapping *ret_mapping, struct status *st)
{
    _cleanup_(freep) char *path = NULL;
    _cleanup_(closep) int fd = -1;
    struct stat about;

    if (asprintf(&path, "%s/models/%s", runtime->folder, name) < 0)
        return FAIL_MEMORY(st);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) < 0 || about.st_size <= 0 ||
        about.st_size > NETWORK_FILE_MAX_BYTES)
        return fail_model(name, st);
    void *data = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return fail_model(name, st);
    *ret_mapping = (struct mapping){data, (size_t)about.st_size};
    return STATUS_OK;
}

bool runtime_has_fast_bytes(void)
{
    return __builtin_cpu_supports("avx512vnni") || __builtin_cpu_supports("avxvnni");
}

static status_code compile(struct network *network, struct str file, const char *name,
                           struct status *st)
{
    struct runtime *runtime = network->runtime;
    struct library *library = &runtime->library;
    const ov_property_t properties[] = {
        {"INFERENCE_NUM_THREADS", runtime->threads},
        {"NUM_STREAMS", "1"},
        /* Pinned threads of several workers would all choose the first processor. */
        {"ENABLE_CPU_PINNING", "NO"},
        /* What was prepared for sizes that came before is not kept: it grows with every size, and
         * saves little. Without it, and with bands (detect.c), 16 pages of all sizes took 854 MiB
         * at the most instead of 1357, in the same time. */
        {"CPU_RUNTIME_CACHE_CAPACITY", "0"},
    };
    ov_model_t *model = NULL;

    if (library->ov_core_read_model_from_memory_buffer(runtime->core, file.p, file.n, NULL,
                                                       &model) != OK)
        return fail_model(name, st);
    ov_status_e failed = library->ov_core_compile_model_props(
        runtime->core, model, "CPU", ARRAY_LENGTH(properties), properties, &network->compiled);
    library->ov_model_free(model);
    if (failed != OK ||
        library->ov_compiled_model_outputs_size(network->compiled, &network->output_count) != OK ||
        network->output_count > NETWORK_OUTPUTS_MAX ||
        library->ov_compiled_model_create_infer_request(network->compiled, &network->request) != OK)
        return fail_model(name, st);
    return STATUS_OK;
}

status_code network_load(struct runtime *runtime, const char *name,
                         const struct onnx_rewrite *rewrite, struct network **ret_network,
                         struct status *st)
{
    _cleanup_(network_freep) struct network *network = calloc(1, sizeof(*network));
    _cleanup_(mapping_deinit) struct mapping file = {0};
    _cleanup_(buf_deinit) struct buf changed;

    buf_init(&changed, NETWORK_FILE_MAX_BYTES);
    if (network == NULL)
        return FAIL_MEMORY(st);
    network->runtime = runtime;
    TRY(map_file(runtime, name, &file, st));
    struct str text = {file.data, file.length};
    TRY(onnx_metadata_new(text, &network->metadata, st));
    if (rewrite != NULL) {
        TRY(onnx_rewrite_apply(text, rewrite, &changed, st));
        text = buf_str(&changed);
    }
    TRY(compile(network, text, name, st));
    *ret_network = TAKE(network);
    return STATUS_OK;
}

static void forget_outputs(struct network *network)
{
    for (size_t i = 0; i < ARRAY_LENGTH(network->outputs); i++) {
        if (network->outputs[i] != NULL)
            network->runtime->library.ov_tensor_free(network->outputs[i]);
        network->outputs[i] = NULL;
    }
}

void network_free(struct network *network)
{
    if (network == NULL)
        return;
    forget_outputs(network);
    if (network->request != NULL)
        network->runtime->library.ov_infer_request_free(network->request);
    if (network->compiled != NULL)
        network->runtime->library.ov_compiled_model_free(network->compiled);
    onnx_metadata_free(network->metadata);
    free(network);
}

const char *network_metadata(const struct network *network, const char *key)
{
    return onnx_metadata_get(network->metadata, key);
}

size_t network_output_count(const struct network *network)
{
    return network->output_count;
}

status_code network_run(struct network *network, const float *values,
                        const size_t sides[static NETWORK_RANK_MAX], struct status *st)
{
    struct library *library = &network->runtime->library;
    int64_t dimensions[NETWORK_RANK_MAX];
    const ov_shape_t shape = {.rank = NETWORK_RANK_MAX, .dims = dimensions};
    ov_tensor_t *input = NULL;

    for (size_t i = 0; i < NETWORK_RANK_MAX; i++)
        dimensions[i] = (int64_t)sides[i];
    forget_outputs(network);
    ov_status_e failed =
        library->ov_tensor_create_from_host_ptr(F32, shape, (void *)values, &input);
    if (failed == OK)
        failed = library->ov_infer_request_set_input_tensor(network->request, input);
    if (failed == OK)
        failed = library->ov_infer_request_infer(network->request);
    if (input != NULL)
        library->ov_tensor_free(input);
    if (failed == OK)
        return STATUS_OK;
    /* Out of memory comes as an unknown exception or a general error like any other. */
    return FAIL_PAGE_MEMORY(st);
}

status_code network_output(struct network *network, size_t index, struct tensor *ret_tensor,
                           struct status *st)
{
    struct library *library = &network->runtime->library;
    struct tensor tensor = {.sides = {1, 1, 1, 1}};
    ov_element_type_e type;
    ov_shape_t shape;
    void *data;

    if (network->outputs[index] == NULL &&
        library->ov_infer_request_get_output_tensor_by_index(network->request, index,
                                                             &network->outputs[index]) != OK)
        return FAIL(st, STATUS_INTERNAL, NULL, "a recognition model has no output %zu", index);
    ov_tensor_t *output = network->outputs[index];
    if (library->ov_tensor_get_element_type(output, &type) != OK || type != F32 ||
        library->ov_tensor_data(output, &data) != OK ||
        library->ov_tensor_get_shape(output, &shape) != OK)
        return FAIL(st, STATUS_INTERNAL, NULL, "a recognition model's output is of no known kind");
    tensor.values = data;
    tensor.rank = (size_t)shape.rank;
    for (size_t i = 0; i < tensor.rank && i < NETWORK_RANK_MAX; i++)
        tensor.sides[i] = (size_t)shape.dims[i];
    (void)library->ov_shape_free(&shape);
    if (tensor.rank > NETWORK_RANK_MAX)
        return FAIL(st, STATUS_INTERNAL, NULL, "a recognition model's output has %zu sides",
                    tensor.rank);
    *ret_tensor = tensor;
    return STATUS_OK;
}
