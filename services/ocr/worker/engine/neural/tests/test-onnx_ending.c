#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/engine/neural/onnx_ending.h"
#include "services/ocr/worker/engine/neural/onnx_rewrite.h"

enum { NODES = 6, CONSTANTS = 4, INPUTS = 3, MIDDLE = 2, PARTS = 4, VALUES = 24, RANK = 4 };

typedef Ocrmesh__Onnx__Node onnx_node;

/* features -> two transposed convolutions, each with what is added -> Sigmoid -> map. */
struct fixture {
    Ocrmesh__Onnx__Graph graph;
    onnx_node nodes[NODES], *node_list[NODES];
    char *inputs[NODES][2], *outputs[NODES][1];
    Ocrmesh__Onnx__Tensor constants[CONSTANTS], *constant_list[CONSTANTS];
    int64_t dims[CONSTANTS][RANK];
    float values[VALUES];
    Ocrmesh__Onnx__Value output, *output_list[1];
};

static void make_node(struct fixture *fixture, size_t index, char *type, char *input,
                      char *constant, char *output)
{
    onnx_node *node = &fixture->nodes[index];

    ocrmesh__onnx__node__init(node);
    fixture->inputs[index][0] = input;
    fixture->inputs[index][1] = constant;
    fixture->outputs[index][0] = output;
    node->op_type = type;
    node->input = fixture->inputs[index];
    node->n_input = constant != NULL ? 2 : 1;
    node->output = fixture->outputs[index];
    node->n_output = 1;
    fixture->node_list[index] = node;
}

static void make_constant(struct fixture *fixture, size_t index, char *name, int64_t inputs,
                          int64_t outputs, int64_t side)
{
    Ocrmesh__Onnx__Tensor *constant = &fixture->constants[index];
    const int64_t dims[RANK] = {inputs, outputs, side, side};

    ocrmesh__onnx__tensor__init(constant);
    memcpy(fixture->dims[index], dims, sizeof(dims));
    constant->name = name;
    constant->data_type = 1;
    constant->dims = fixture->dims[index];
    constant->n_dims = RANK;
    constant->raw_data.data = (uint8_t *)fixture->values;
    constant->raw_data.len = (size_t)(inputs * outputs * side * side) * sizeof(float);
    fixture->constant_list[index] = constant;
}

static int make(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    for (size_t i = 0; i < VALUES; i++)
        fixture->values[i] = (float)i;
    make_node(fixture, 0, "ConvTranspose", "features", "first", "a");
    make_node(fixture, 1, "Add", "a", "first.biases", "b");
    make_node(fixture, 2, "Relu", "b", NULL, "c");
    make_node(fixture, 3, "ConvTranspose", "c", "second", "d");
    make_node(fixture, 4, "Add", "d", "second.bias", "e");
    make_node(fixture, 5, "Sigmoid", "e", NULL, "map");
    make_constant(fixture, 0, "first", INPUTS, MIDDLE, 2);
    make_constant(fixture, 1, "first.biases", 1, MIDDLE, 1);
    make_constant(fixture, 2, "second", MIDDLE, 1, 2);
    make_constant(fixture, 3, "second.bias", 1, 1, 1);
    ocrmesh__onnx__value__init(&fixture->output);
    fixture->output.name = strdup("map");
    fixture->output_list[0] = &fixture->output;
    ocrmesh__onnx__graph__init(&fixture->graph);
    fixture->graph.node = fixture->node_list;
    fixture->graph.n_node = NODES;
    fixture->graph.initializer = fixture->constant_list;
    fixture->graph.n_initializer = CONSTANTS;
    fixture->graph.output = fixture->output_list;
    fixture->graph.n_output = 1;
    *state = fixture;
    return 0;
}

static int unmake(void **state)
{
    struct fixture *fixture = *state;

    free(fixture->output.name);
    free(fixture);
    return 0;
}

static void assert_refused(struct fixture *fixture)
{
    _cleanup_(map_head_layers_deinit) struct map_head_layers layers = {0};
    struct status st;

    assert_int_equal(onnx_drop_map_head(&fixture->graph, &layers, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "MODEL_UNAVAILABLE");
    assert_string_equal(fixture->output.name, "map");
}

static void test_what_detection_ends_with_is_handed_out(void **state)
{
    _cleanup_(map_head_layers_deinit) struct map_head_layers layers = {0};
    struct fixture *fixture = *state;
    struct status st;

    assert_int_equal(onnx_drop_map_head(&fixture->graph, &layers, &st), STATUS_OK);
    assert_string_equal(fixture->output.name, "features");
    assert_int_equal(layers.inputs, INPUTS);
    assert_int_equal(layers.middle, MIDDLE);
    assert_memory_equal(layers.first, fixture->values,
                        (size_t)INPUTS * MIDDLE * PARTS * sizeof(float));
    assert_memory_equal(layers.first_biases, fixture->values, MIDDLE * sizeof(float));
    assert_memory_equal(layers.second, fixture->values, (size_t)MIDDLE * PARTS * sizeof(float));
    assert_memory_equal(layers.second_bias, fixture->values, sizeof(float));
}

static void test_other_nodes_are_refused(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < NODES; i++) {
        char *type = fixture->nodes[i].op_type;
        fixture->nodes[i].op_type = "Softmax";
        assert_refused(fixture);
        fixture->nodes[i].op_type = type;
    }
    fixture->graph.n_output = 0;
    assert_refused(fixture);
}

static void test_constants_of_another_shape_are_refused(void **state)
{
    struct fixture *fixture = *state;

    fixture->dims[0][3] = 3; /* a convolution of 2 x 3 */
    assert_refused(fixture);
    fixture->dims[0][3] = 2;
    fixture->dims[1][1] = MIDDLE + 1; /* sums of other channels */
    assert_refused(fixture);
    fixture->dims[1][1] = MIDDLE;
    fixture->constants[2].raw_data.len -= sizeof(float);
    assert_refused(fixture);
    fixture->constants[2].raw_data.len += sizeof(float);
    fixture->dims[2][1] = fixture->dims[3][1] = 2; /* two maps */
    assert_refused(fixture);
}

static void test_the_detection_model_has_such_an_end(void **state)
{
    enum { FILE_MAX_BYTES = 64 << 20, CHANNELS = 24 };
    _cleanup_(map_head_layers_deinit) struct map_head_layers layers = {0};
    _cleanup_(freep) char *file = malloc(FILE_MAX_BYTES);
    _cleanup_(buf_deinit) struct buf changed;
    const struct onnx_rewrite how = {.map_head = &layers};
    struct status st;
    char path[4096];

    (void)state;
    buf_init(&changed, FILE_MAX_BYTES);
    (void)snprintf(path, sizeof(path), "%s/models/PP-OCRv6_det_small.onnx", getenv("NEURAL_PATH"));
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    assert_non_null(file);
    const struct str bytes = {file, fread(file, 1, FILE_MAX_BYTES, in)};
    (void)fclose(in);
    assert_int_equal(onnx_rewrite_apply(bytes, &how, &changed, &st), STATUS_OK);
    assert_int_equal(layers.inputs, CHANNELS);
    assert_int_equal(layers.middle, CHANNELS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_detection_ends_with_is_handed_out, make, unmake),
        cmocka_unit_test_setup_teardown(test_other_nodes_are_refused, make, unmake),
        cmocka_unit_test_setup_teardown(test_constants_of_another_shape_are_refused, make, unmake),
        cmocka_unit_test(test_the_detection_model_has_such_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
