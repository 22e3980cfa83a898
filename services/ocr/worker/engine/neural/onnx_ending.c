#include "services/ocr/worker/engine/neural/onnx_ending.h"

#include <stdlib.h>
#include <string.h>

typedef Ocrmesh__Onnx__Graph onnx_graph;
typedef Ocrmesh__Onnx__Node onnx_node;
typedef Ocrmesh__Onnx__Tensor onnx_tensor;

/* Of onnx.proto: DataType. */
enum { TYPE_FLOAT = 1 };

status_code onnx_fail_other(struct status *st)
{
    return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                "a model file is not the one that this program was made for");
}

const onnx_tensor *onnx_find_constant(const onnx_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_initializer; i++)
        if (strcmp(graph->initializer[i]->name, name) == 0)
            return graph->initializer[i];
    return NULL;
}

bool onnx_replace_name(char **name, const char *other)
{
    char *copy = strdup(other);

    if (copy == NULL)
        return false;
    free(*name);
    *name = copy;
    return true;
}

status_code onnx_drop_softmax(onnx_graph *graph, struct status *st)
{
    onnx_node *last = graph->n_node > 0 ? graph->node[graph->n_node - 1] : NULL;

    if (last == NULL || strcmp(last->op_type, "Softmax") != 0 || last->n_input != 1 ||
        last->n_output != 1 || graph->n_output == 0 ||
        strcmp(last->output[0], graph->output[0]->name) != 0)
        return onnx_fail_other(st);
    if (!onnx_replace_name(&graph->output[0]->name, last->input[0]))
        return FAIL_MEMORY(st);
    graph->n_node--;
    ocrmesh__onnx__node__free_unpacked(last, NULL);
    return STATUS_OK;
}

/* What computes a tensor, identities left aside; NULL: nothing does. */
static const onnx_node *find_origin(const onnx_graph *graph, const char *tensor)
{
    for (size_t i = graph->n_node; i-- > 0;) {
        const onnx_node *node = graph->node[i];
        if (node->n_output == 0 || node->n_input == 0 || strcmp(node->output[0], tensor) != 0)
            continue;
        if (strcmp(node->op_type, "Identity") != 0)
            return node;
        tensor = node->input[0];
    }
    return NULL;
}

/* The values of a constant of floats: as many as the sides say. */
static status_code copy_values(const onnx_tensor *tensor, float **ret_values, struct status *st)
{
    size_t bytes = sizeof(float);

    if (tensor == NULL || tensor->data_type != TYPE_FLOAT || tensor->n_dims == 0)
        return onnx_fail_other(st);
    for (size_t i = 0; i < tensor->n_dims; i++)
        if (tensor->dims[i] <= 0 || __builtin_mul_overflow(bytes, (size_t)tensor->dims[i], &bytes))
            return onnx_fail_other(st);
    if (bytes != tensor->raw_data.len)
        return onnx_fail_other(st);
    float *values = malloc(bytes);
    if (values == NULL)
        return FAIL_MEMORY(st);
    memcpy(values, tensor->raw_data.data, bytes);
    *ret_values = values;
    return STATUS_OK;
}

status_code onnx_drop_classifier(onnx_graph *graph, struct classifier_layer *layer,
                                 struct status *st)
{
    const onnx_node *sum = graph->n_output > 0 ? find_origin(graph, graph->output[0]->name) : NULL;

    if (sum == NULL || strcmp(sum->op_type, "Add") != 0 || sum->n_input != 2)
        return onnx_fail_other(st);
    const onnx_node *product = find_origin(graph, sum->input[0]);
    if (product == NULL || strcmp(product->op_type, "MatMul") != 0 || product->n_input != 2)
        return onnx_fail_other(st);
    const onnx_tensor *weights = onnx_find_constant(graph, product->input[1]);
    const onnx_tensor *biases = onnx_find_constant(graph, sum->input[1]);
    if (weights == NULL || weights->n_dims != 2 || biases == NULL || biases->n_dims != 1 ||
        biases->dims[0] != weights->dims[1])
        return onnx_fail_other(st);
    TRY(copy_values(weights, &layer->weights, st));
    TRY(copy_values(biases, &layer->biases, st));
    layer->inputs = (size_t)weights->dims[0];
    layer->labels = (size_t)weights->dims[1];
    return onnx_replace_name(&graph->output[0]->name, product->input[0]) ? STATUS_OK
                                                                         : FAIL_MEMORY(st);
}

/* What computes a tensor; NULL where that is another kind of node, or has other inputs. */
static const onnx_node *find_origin_of_kind(const onnx_graph *graph, const char *tensor,
                                            const char *kind, size_t inputs)
{
    const onnx_node *node = find_origin(graph, tensor);

    return node != NULL && strcmp(node->op_type, kind) == 0 && node->n_input == inputs ? node
                                                                                       : NULL;
}

/* A transposed convolution of 2 x 2, as the model has it, and what is added to it. */
struct enlargement {
    const char *input;
    const onnx_tensor *weights; /* by input, output, row and column */
    const onnx_tensor *biases;
    size_t inputs;
    size_t outputs;
};

static status_code find_enlargement(const onnx_graph *graph, const char *tensor,
                                    struct enlargement *ret, struct status *st)
{
    enum { RANK = 4, SIDE = 2 };
    const onnx_node *sum = find_origin_of_kind(graph, tensor, "Add", 2);
    const onnx_node *product =
        sum != NULL ? find_origin_of_kind(graph, sum->input[0], "ConvTranspose", 2) : NULL;

    if (product == NULL)
        return onnx_fail_other(st);
    const onnx_tensor *weights = onnx_find_constant(graph, product->input[1]);
    const onnx_tensor *biases = onnx_find_constant(graph, sum->input[1]);
    if (weights == NULL || weights->n_dims != RANK || weights->dims[2] != SIDE ||
        weights->dims[3] != SIDE || biases == NULL || biases->n_dims != RANK ||
        biases->dims[0] != 1 || biases->dims[1] != weights->dims[1] || biases->dims[2] != 1 ||
        biases->dims[3] != 1)
        return onnx_fail_other(st);
    *ret = (struct enlargement){product->input[0], weights, biases, (size_t)weights->dims[0],
                                (size_t)weights->dims[1]};
    return STATUS_OK;
}

status_code onnx_drop_map_head(onnx_graph *graph, struct map_head_layers *layers, struct status *st)
{
    struct enlargement first, second;
    const onnx_node *last = graph->n_output > 0
                                ? find_origin_of_kind(graph, graph->output[0]->name, "Sigmoid", 1)
                                : NULL;

    if (last == NULL)
        return onnx_fail_other(st);
    TRY(find_enlargement(graph, last->input[0], &second, st));
    const onnx_node *positive = find_origin_of_kind(graph, second.input, "Relu", 1);
    if (positive == NULL)
        return onnx_fail_other(st);
    TRY(find_enlargement(graph, positive->input[0], &first, st));
    if (second.inputs != first.outputs || second.outputs != 1)
        return onnx_fail_other(st);
    TRY(copy_values(first.weights, &layers->first, st));
    TRY(copy_values(first.biases, &layers->first_biases, st));
    TRY(copy_values(second.weights, &layers->second, st));
    TRY(copy_values(second.biases, &layers->second_bias, st));
    layers->inputs = first.inputs;
    layers->middle = first.outputs;
    return onnx_replace_name(&graph->output[0]->name, first.input) ? STATUS_OK : FAIL_MEMORY(st);
}
