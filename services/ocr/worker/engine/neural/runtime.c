#include "services/ocr/worker/engine/neural/runtime.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/neural/openvino.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/engine/neural/onnx_metadata.h"

struct runtime {
    struct openvino library;
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

/* The networks' buffers change with the size of what they look at. Kept in the heap, as blocks up
 * to 32 MiB come to be, they leave holes behind that the next ones do not fit into: 700 MiB after
 * six pages of six sizes, 350 MiB with the buffers in mappings of their own. */
static void keep_buffers_out_of_heap(void)
{
    enum { BUFFER_MIN_BYTES = 1 << 20 };

    (void)mallopt(M_MMAP_THRESHOLD, BUFFER_MIN_BYTES);
}

/* The library's threads do next to nothing, and a heap of its own for each takes 64 MiB of the
 * address space, which is limited: half a gigabyte for nine. */
static void share_heap(void)
{
    (void)mallopt(M_ARENA_MAX, 1);
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
    share_heap();
    (void)snprintf(runtime->threads, sizeof(runtime->threads), "%u", threads);
    TRY(openvino_load(folder, &runtime->library, st));
    if (runtime->library.ov_core_create(&runtime->core) != OK)
        return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                    "the neural runtime cannot be started");
    *ret_runtime = TAKE(runtime);
    return STATUS_OK;
}

void runtime_close(struct runtime *runtime)
{
    if (runtime == NULL)
        return;
    if (runtime->core != NULL)
        runtime->library.ov_core_free(runtime->core);
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

static status_code compile(struct network *network, struct str file, const char *name,
                           bool keeps_prepared, struct status *st)
{
    struct runtime *runtime = network->runtime;
    struct openvino *library = &runtime->library;
    const ov_property_t properties[] = {
        {"INFERENCE_NUM_THREADS", runtime->threads},
        {"NUM_STREAMS", "1"},
        /* Pinned threads of several workers would all choose the first processor. */
        {"ENABLE_CPU_PINNING", "NO"},
        /* Kernels that were prepared, for each layer and size. Kept of networks that see inputs of
         * any size they grow without end, and save little: without them, and with bands
         * (detect.c), 16 pages of all sizes took 854 MiB at the most instead of 1357. */
        {"CPU_RUNTIME_CACHE_CAPACITY", keeps_prepared ? "5000" : "0"},
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
                         const struct onnx_rewrite *rewrite, bool keeps_prepared,
                         struct network **ret_network, struct status *st)
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
    TRY(compile(network, text, name, keeps_prepared, st));
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
    struct openvino *library = &network->runtime->library;
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
    struct openvino *library = &network->runtime->library;
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
