#include "services/ocr/worker/engine/neural/onnx_rewrite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "services/ocr/worker/engine/neural/onnx.pb-c.h"
#include "services/ocr/worker/engine/neural/onnx_ending.h"

typedef Ocrmesh__Onnx__Model onnx_model;
typedef Ocrmesh__Onnx__Graph onnx_graph;
typedef Ocrmesh__Onnx__Node onnx_node;
typedef Ocrmesh__Onnx__Tensor onnx_tensor;

/* Of onnx.proto: DataType, AttributeType. */
enum { TYPE_FLOAT = 1, TYPE_INT = 2 };

enum {
    ACTIVATION_LEVELS = 256,
    /* As many below 0 as above. */
    WEIGHT_LEVELS = 255,
};

/* Where ONNX's own operators are not enough. */
static const char *const runtime_domain = "org.openvinotoolkit";

static void model_free(onnx_model *freed)
{
    ocrmesh__onnx__model__free_unpacked(freed, NULL);
}

DEFINE_CLEANUP(onnx_model *, model)

/* --- Building --- */

/* What is built belongs to the model at once, which frees it with malloc's own functions. */

/* Makes room for one more among `count` pointers. */
static bool grow(void *pointers, size_t count)
{
    void **items;

    memcpy(&items, pointers, sizeof(items));
    items = reallocarray(items, count + 1, sizeof(*items));
    if (items != NULL)
        memcpy(pointers, &items, sizeof(items));
    return items != NULL;
}

/* Adds a name to a list of names. */
static bool add_name(char ***names, size_t *count, const char *name)
{
    char *copy = strdup(name);

    if (copy == NULL || !grow(names, *count)) {
        free(copy);
        return false;
    }
    (*names)[(*count)++] = copy;
    return true;
}

/* A constant of floats: a single one, or one for each output channel of a convolution. */
static bool add_constant(onnx_graph *graph, const char *name, const float *values, size_t count)
{
    enum { WEIGHT_RANK = 4 };
    onnx_tensor *added = calloc(1, sizeof(*added));

    if (added == NULL || !grow(&graph->initializer, graph->n_initializer)) {
        free(added);
        return false;
    }
    ocrmesh__onnx__tensor__init(added);
    graph->initializer[graph->n_initializer++] = added;
    added->data_type = TYPE_FLOAT;
    added->name = strdup(name);
    added->dims = calloc(WEIGHT_RANK, sizeof(*added->dims));
    added->raw_data.data = calloc(count, sizeof(*values));
    if (added->name == NULL || added->dims == NULL || added->raw_data.data == NULL)
        return false;
    added->n_dims = WEIGHT_RANK;
    for (size_t i = 0; i < WEIGHT_RANK; i++)
        added->dims[i] = i == 0 ? (int64_t)count : 1;
    added->raw_data.len = count * sizeof(*values);
    memcpy(added->raw_data.data, values, added->raw_data.len);
    return true;
}

/* Puts an empty node before the one at `at`; NULL when out of memory. */
static onnx_node *insert_node(onnx_graph *graph, size_t at)
{
    onnx_node *added = calloc(1, sizeof(*added));

    if (added == NULL || !grow(&graph->node, graph->n_node)) {
        free(added);
        return NULL;
    }
    ocrmesh__onnx__node__init(added);
    memmove(graph->node + at + 1, graph->node + at, (graph->n_node - at) * sizeof(*graph->node));
    graph->node[at] = added;
    graph->n_node++;
    return added;
}

static bool add_levels(onnx_node *node, int64_t levels)
{
    Ocrmesh__Onnx__Attribute *added = calloc(1, sizeof(*added));

    if (added == NULL || !grow(&node->attribute, node->n_attribute)) {
        free(added);
        return false;
    }
    ocrmesh__onnx__attribute__init(added);
    node->attribute[node->n_attribute++] = added;
    added->name = strdup("levels");
    added->i = levels;
    added->type = TYPE_INT;
    return added->name != NULL;
}

/* The names that belong to a rounded tensor. */
enum { NAME_MAX_BYTES = 256 };

struct rounded_names {
    char result[NAME_MAX_BYTES];
    char low[NAME_MAX_BYTES];
    char high[NAME_MAX_BYTES];
};

static bool name_rounded(const char *tensor, struct rounded_names *ret_names)
{
    (void)snprintf(ret_names->result, NAME_MAX_BYTES, "%s.rounded", tensor);
    (void)snprintf(ret_names->high, NAME_MAX_BYTES, "%s.high", tensor);
    return snprintf(ret_names->low, NAME_MAX_BYTES, "%s.low", tensor) + 8 < NAME_MAX_BYTES;
}

/* Puts a node before the one at `at` that rounds a tensor to `levels` steps from low to high. */
static bool insert_rounding(onnx_graph *graph, size_t at, const char *tensor,
                            const struct rounded_names *names, int64_t levels)
{
    /* The range that is taken in, and the one that is given out. */
    const char *const inputs[] = {tensor, names->low, names->high, names->low, names->high};
    onnx_node *added = insert_node(graph, at);

    if (added == NULL)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(inputs); i++)
        if (!add_name(&added->input, &added->n_input, inputs[i]))
            return false;
    added->name = strdup(names->result);
    added->op_type = strdup("FakeQuantize");
    added->domain = strdup(runtime_domain);
    return added->name != NULL && added->op_type != NULL && added->domain != NULL &&
           add_name(&added->output, &added->n_output, names->result) && add_levels(added, levels);
}

static bool add_runtime_domain(onnx_model *model)
{
    Ocrmesh__Onnx__OperatorSet *added = calloc(1, sizeof(*added));

    if (added == NULL || !grow(&model->opset_import, model->n_opset_import)) {
        free(added);
        return false;
    }
    ocrmesh__onnx__operator_set__init(added);
    model->opset_import[model->n_opset_import++] = added;
    added->domain = strdup(runtime_domain);
    added->version = 1;
    return added->domain != NULL;
}

/* --- Rounding --- */

/* The largest magnitude of the weights of each output channel; the outermost side counts them. */
static status_code measure_weights(const onnx_tensor *weights, float **ret_limits,
                                   size_t *ret_count, struct status *st)
{
    size_t bytes = weights->raw_data.len;
    size_t count = weights->n_dims > 0 && weights->dims[0] > 0 ? (size_t)weights->dims[0] : 0;

    if (weights->data_type != TYPE_FLOAT || count == 0 || bytes == 0 ||
        bytes % sizeof(float) != 0 || bytes / sizeof(float) % count != 0)
        return onnx_fail_other(st);
    size_t each = bytes / sizeof(float) / count;
    float *limits = calloc(count, sizeof(*limits));
    if (limits == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count * each; i++) {
        float weight;
        memcpy(&weight, weights->raw_data.data + i * sizeof(weight), sizeof(weight));
        limits[i / each] = fmaxf(limits[i / each], fabsf(weight));
    }
    *ret_limits = limits;
    *ret_count = count;
    return STATUS_OK;
}

/* Rounds the weights of the convolution at `at`, which one more node comes before. */
static status_code round_weights(onnx_graph *graph, size_t at, struct status *st)
{
    /* Of a channel without weights: any range that is none of 0. */
    const float limit_min = 1e-8f;
    onnx_node *convolution = graph->node[at];
    _cleanup_(freep) float *limits = NULL;
    struct rounded_names names;
    size_t count = 0;

    if (convolution->n_input < 2 || !name_rounded(convolution->input[1], &names))
        return onnx_fail_other(st);
    const onnx_tensor *weights = onnx_find_constant(graph, convolution->input[1]);
    if (weights == NULL)
        return onnx_fail_other(st);
    TRY(measure_weights(weights, &limits, &count, st));
    for (size_t i = 0; i < count; i++)
        limits[i] = fmaxf(limits[i], limit_min);
    if (!add_constant(graph, names.high, limits, count))
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++)
        limits[i] = -limits[i];
    if (!add_constant(graph, names.low, limits, count) ||
        !insert_rounding(graph, at, convolution->input[1], &names, WEIGHT_LEVELS) ||
        !onnx_replace_name(&convolution->input[1], names.result))
        return FAIL_MEMORY(st);
    return STATUS_OK;
}

static bool is_convolution_of(const onnx_node *node, const char *tensor)
{
    return strcmp(node->op_type, "Conv") == 0 && node->n_input > 0 &&
           strcmp(node->input[0], tensor) == 0;
}

/* Rounds what the convolutions read that read this tensor. */
static status_code round_readers(onnx_graph *graph, const struct activation_limit *limit,
                                 struct status *st)
{
    const float low = -limit->limit * (ACTIVATION_LEVELS / 2.0f) / (ACTIVATION_LEVELS / 2.0f - 1);
    struct rounded_names names;
    bool is_rounded = false;

    if (!name_rounded(limit->tensor, &names))
        return onnx_fail_other(st);
    for (size_t i = 0; i < graph->n_node; i++) {
        if (!is_convolution_of(graph->node[i], limit->tensor))
            continue;
        if (!is_rounded && (!add_constant(graph, names.low, &low, 1) ||
                            !add_constant(graph, names.high, &limit->limit, 1) ||
                            !insert_rounding(graph, i++, limit->tensor, &names, ACTIVATION_LEVELS)))
            return FAIL_MEMORY(st);
        is_rounded = true;
        if (!onnx_replace_name(&graph->node[i]->input[0], names.result))
            return FAIL_MEMORY(st);
        TRY(round_weights(graph, i++, st));
    }
    return is_rounded ? STATUS_OK : onnx_fail_other(st);
}

/* --- The whole --- */

status_code onnx_rewrite_apply(struct str file, const struct onnx_rewrite *rewrite,
                               struct buf *ret_file, struct status *st)
{
    _cleanup_(model_freep) onnx_model *model =
        ocrmesh__onnx__model__unpack(NULL, file.n, (const uint8_t *)file.p);

    if (model == NULL || model->graph == NULL)
        return onnx_fail_other(st);
    if (rewrite->drops_softmax)
        TRY(onnx_drop_softmax(model->graph, st));
    if (rewrite->classifier != NULL)
        TRY(onnx_drop_classifier(model->graph, rewrite->classifier, st));
    if (rewrite->map_head != NULL)
        TRY(onnx_drop_map_head(model->graph, rewrite->map_head, st));
    for (size_t i = 0; i < rewrite->limit_count; i++)
        TRY(round_readers(model->graph, &rewrite->limits[i], st));
    if (rewrite->limit_count > 0 && !add_runtime_domain(model))
        return FAIL_MEMORY(st);
    size_t size = ocrmesh__onnx__model__get_packed_size(model);
    if (!buf_reserve(ret_file, size))
        return FAIL_MEMORY(st);
    ret_file->length +=
        ocrmesh__onnx__model__pack(model, (uint8_t *)ret_file->data + ret_file->length);
    ret_file->data[ret_file->length] = '\0';
    return STATUS_OK;
}
