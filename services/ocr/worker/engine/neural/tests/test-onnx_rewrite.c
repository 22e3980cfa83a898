#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/engine/neural/line_reader_limits.h"
#include "services/ocr/worker/engine/neural/onnx.pb-c.h"
#include "services/ocr/worker/engine/neural/onnx_rewrite.h"

enum { FILE_MAX_BYTES = 64 << 20, CHANNELS = 2, WEIGHTS = 3 };

typedef Ocrmesh__Onnx__Node onnx_node;

/* image -> Conv.a, Conv.b -> Softmax -> result; both convolutions have the same input. */
struct fixture {
    Ocrmesh__Onnx__Model model;
    Ocrmesh__Onnx__Graph graph;
    onnx_node nodes[3], *node_list[3];
    char *inputs[3][2], *outputs[3][1];
    Ocrmesh__Onnx__Tensor weights[2], *weight_list[2];
    int64_t dims[2];
    float values[CHANNELS * WEIGHTS];
    Ocrmesh__Onnx__Value output, *output_list[1];
};

static void make_node(struct fixture *fixture, size_t index, char *type, char *input, char *weights,
                      char *output)
{
    onnx_node *node = &fixture->nodes[index];

    ocrmesh__onnx__node__init(node);
    fixture->inputs[index][0] = input;
    fixture->inputs[index][1] = weights;
    fixture->outputs[index][0] = output;
    node->op_type = type;
    node->name = output;
    node->input = fixture->inputs[index];
    node->n_input = weights != NULL ? 2 : 1;
    node->output = fixture->outputs[index];
    node->n_output = 1;
    fixture->node_list[index] = node;
}

static void make_weights(struct fixture *fixture, size_t index, char *name)
{
    Ocrmesh__Onnx__Tensor *weights = &fixture->weights[index];

    ocrmesh__onnx__tensor__init(weights);
    weights->name = name;
    weights->data_type = 1;
    weights->dims = fixture->dims;
    weights->n_dims = 2;
    weights->raw_data.data = (uint8_t *)fixture->values;
    weights->raw_data.len = sizeof(fixture->values);
    fixture->weight_list[index] = weights;
}

static void make(struct fixture *fixture)
{
    static const float values[] = {0.5f, -2, 1, 0, 0, 0};

    memset(fixture, 0, sizeof(*fixture));
    memcpy(fixture->values, values, sizeof(values));
    fixture->dims[0] = CHANNELS;
    fixture->dims[1] = WEIGHTS;
    ocrmesh__onnx__model__init(&fixture->model);
    ocrmesh__onnx__graph__init(&fixture->graph);
    make_node(fixture, 0, "Conv", "image", "a.weights", "a");
    make_node(fixture, 1, "Conv", "image", "b.weights", "b");
    make_node(fixture, 2, "Softmax", "b", NULL, "result");
    make_weights(fixture, 0, "a.weights");
    make_weights(fixture, 1, "b.weights");
    ocrmesh__onnx__value__init(&fixture->output);
    fixture->output.name = "result";
    fixture->output_list[0] = &fixture->output;
    fixture->graph.node = fixture->node_list;
    fixture->graph.n_node = 3;
    fixture->graph.initializer = fixture->weight_list;
    fixture->graph.n_initializer = 2;
    fixture->graph.output = fixture->output_list;
    fixture->graph.n_output = 1;
    fixture->model.ir_version = 8;
    fixture->model.graph = &fixture->graph;
}

/* NULL: refused, as a model that is not the one that was meant. */
static Ocrmesh__Onnx__Model *rewrite_file(struct str file, const struct onnx_rewrite *rewrite)
{
    struct buf changed;
    struct status st;
    Ocrmesh__Onnx__Model *model = NULL;

    buf_init(&changed, FILE_MAX_BYTES);
    if (onnx_rewrite_apply(file, rewrite, &changed, &st) == STATUS_OK) {
        model = ocrmesh__onnx__model__unpack(NULL, changed.length, (const uint8_t *)changed.data);
        assert_non_null(model);
    } else {
        assert_string_equal(st.reason, "MODEL_UNAVAILABLE");
    }
    buf_deinit(&changed);
    return model;
}

static Ocrmesh__Onnx__Model *rewrite(struct fixture *fixture, const struct onnx_rewrite *how)
{
    size_t size = ocrmesh__onnx__model__get_packed_size(&fixture->model);
    uint8_t *file = malloc(size);

    assert_non_null(file);
    ocrmesh__onnx__model__pack(&fixture->model, file);
    Ocrmesh__Onnx__Model *model = rewrite_file((struct str){(char *)file, size}, how);
    free(file);
    return model;
}

static void assert_refused(struct fixture *fixture, const struct onnx_rewrite *how)
{
    assert_null(rewrite(fixture, how));
}

static void model_free(Ocrmesh__Onnx__Model *model)
{
    ocrmesh__onnx__model__free_unpacked(model, NULL);
}

static const struct activation_limit image_limit = {"image", 12.7f};
static const struct onnx_rewrite rounded = {.limits = &image_limit, .limit_count = 1};

/* The floats of a constant. */
static const float *constant(const Ocrmesh__Onnx__Model *model, const char *name, size_t count)
{
    for (size_t i = 0; i < model->graph->n_initializer; i++) {
        const Ocrmesh__Onnx__Tensor *tensor = model->graph->initializer[i];
        if (strcmp(tensor->name, name) != 0)
            continue;
        assert_int_equal(tensor->data_type, 1);
        assert_int_equal(tensor->raw_data.len, count * sizeof(float));
        assert_int_equal(tensor->dims[0], count);
        return (const float *)tensor->raw_data.data;
    }
    fail_msg("no constant %s", name);
    return NULL;
}

static void assert_rounding(const onnx_node *node, const char *input, const char *output,
                            int64_t levels)
{
    assert_string_equal(node->op_type, "FakeQuantize");
    assert_string_equal(node->domain, "org.openvinotoolkit");
    assert_int_equal(node->n_input, 5);
    assert_string_equal(node->input[0], input);
    assert_string_equal(node->input[1], node->input[3]);
    assert_string_equal(node->input[2], node->input[4]);
    assert_string_equal(node->output[0], output);
    assert_int_equal(node->n_attribute, 1);
    assert_string_equal(node->attribute[0]->name, "levels");
    assert_int_equal(node->attribute[0]->i, levels);
}

static void test_what_convolutions_read_is_rounded_before_them(void **state)
{
    struct fixture fixture;

    (void)state;
    make(&fixture);
    Ocrmesh__Onnx__Model *model = rewrite(&fixture, &rounded);
    assert_non_null(model);
    assert_int_equal(model->graph->n_node, 6);
    onnx_node **nodes = model->graph->node;
    assert_rounding(nodes[0], "image", "image.rounded", 256);
    assert_rounding(nodes[1], "a.weights", "a.weights.rounded", 255);
    assert_string_equal(nodes[2]->input[0], "image.rounded");
    assert_string_equal(nodes[2]->input[1], "a.weights.rounded");
    assert_rounding(nodes[3], "b.weights", "b.weights.rounded", 255);
    assert_string_equal(nodes[4]->input[0], "image.rounded");
    assert_string_equal(nodes[5]->op_type, "Softmax");
    assert_string_equal(model->opset_import[0]->domain, "org.openvinotoolkit");
    assert_int_equal(model->ir_version, 8);
    model_free(model);
}

static void test_steps_are_alike_on_both_sides_of_nought(void **state)
{
    struct fixture fixture;

    (void)state;
    make(&fixture);
    Ocrmesh__Onnx__Model *model = rewrite(&fixture, &rounded);
    assert_non_null(model);
    assert_float_equal(*constant(model, "image.high", 1), 12.7f, 0.00001f); /* 127 steps of 0.1 */
    assert_float_equal(*constant(model, "image.low", 1), -12.8f, 0.00001f);
    const float *high = constant(model, "a.weights.high", CHANNELS);
    const float *low = constant(model, "a.weights.low", CHANNELS);
    assert_float_equal(high[0], 2, 0); /* the largest magnitude of the channel */
    assert_float_equal(low[0], -2, 0);
    assert_true(high[1] > 0 && high[1] < 0.001f && low[1] == -high[1]); /* it has none */
    model_free(model);
}

static void test_the_softmax_at_the_end_is_left_out(void **state)
{
    const struct onnx_rewrite how = {.drops_softmax = true};
    struct fixture fixture;

    (void)state;
    make(&fixture);
    Ocrmesh__Onnx__Model *model = rewrite(&fixture, &how);
    assert_non_null(model);
    assert_int_equal(model->graph->n_node, 2);
    assert_string_equal(model->graph->output[0]->name, "b");
    assert_int_equal(model->n_opset_import, 0);
    model_free(model);
}

static void test_other_models_are_refused(void **state)
{
    const struct activation_limit other = {"other", 1};
    const struct onnx_rewrite of_other = {.limits = &other, .limit_count = 1};
    const struct onnx_rewrite no_softmax = {.drops_softmax = true};
    struct fixture fixture;

    (void)state;
    make(&fixture);
    assert_refused(&fixture, &of_other);
    fixture.output.name = "a";
    assert_refused(&fixture, &no_softmax);
    make(&fixture);
    fixture.graph.n_node = 2;
    assert_refused(&fixture, &no_softmax);
    fixture.graph.n_node = 0;
    assert_refused(&fixture, &no_softmax);
    fixture.model.graph = NULL;
    assert_refused(&fixture, &no_softmax);
    assert_null(rewrite_file(STR("PK\003\004 this is an archive"), &no_softmax));
}

static void test_weights_of_another_kind_are_refused(void **state)
{
    struct fixture fixture;

    (void)state;
    make(&fixture);
    fixture.weights[1].data_type = 10; /* half floats */
    assert_refused(&fixture, &rounded);
    make(&fixture);
    fixture.weights[0].raw_data.len--;
    assert_refused(&fixture, &rounded);
    make(&fixture);
    fixture.dims[0] = 4; /* of six values */
    assert_refused(&fixture, &rounded);
    fixture.dims[0] = -1;
    assert_refused(&fixture, &rounded);
    make(&fixture);
    fixture.weights[0].name = "other";
    assert_refused(&fixture, &rounded);
    make(&fixture);
    fixture.nodes[0].n_input = 1;
    assert_refused(&fixture, &rounded);
}

/* What the models' file has, beside 28 convolutions with weights of their own that read 27 tensors.
 */
static void test_the_recognition_model_is_rewritten(void **state)
{
    enum { NODES = 480, CONVOLUTIONS = 28 };
    const struct onnx_rewrite how = {
        .drops_softmax = true,
        .limits = line_reader_limits,
        .limit_count = line_reader_limit_count,
    };
    _cleanup_(freep) char *file = malloc(FILE_MAX_BYTES);
    char path[4096];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/models/PP-OCRv6_rec_small.onnx", getenv("NEURAL_PATH"));
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    assert_non_null(file);
    size_t length = fread(file, 1, FILE_MAX_BYTES, in);
    (void)fclose(in);
    Ocrmesh__Onnx__Model *model = rewrite_file((struct str){file, length}, &how);
    assert_non_null(model);
    assert_int_equal(model->graph->n_node, NODES - 1 + CONVOLUTIONS + (int)line_reader_limit_count);
    model_free(model);
}

/* image -> MatMul -> Add -> Softmax -> result. */
static void make_classifier(struct fixture *fixture)
{
    make(fixture);
    make_node(fixture, 0, "MatMul", "image", "a.weights", "product");
    make_node(fixture, 1, "Add", "product", "b.weights", "sum");
    make_node(fixture, 2, "Softmax", "sum", NULL, "result");
    fixture->weights[1].n_dims = 1;
    fixture->weights[1].dims = fixture->dims + 1;
    fixture->weights[1].raw_data.len = WEIGHTS * sizeof(float);
}

static void test_the_layer_before_the_softmax_is_handed_out(void **state)
{
    _cleanup_(classifier_layer_deinit) struct classifier_layer layer = {0};
    const struct onnx_rewrite how = {.drops_softmax = true, .classifier = &layer};
    struct fixture fixture;

    (void)state;
    make_classifier(&fixture);
    Ocrmesh__Onnx__Model *model = rewrite(&fixture, &how);
    assert_non_null(model);
    assert_string_equal(model->graph->output[0]->name, "image");
    assert_int_equal(layer.inputs, CHANNELS);
    assert_int_equal(layer.labels, WEIGHTS);
    assert_memory_equal(layer.weights, fixture.values, sizeof(fixture.values));
    assert_memory_equal(layer.biases, fixture.values, WEIGHTS * sizeof(float));
    model_free(model);
}

static void test_layers_of_another_shape_are_refused(void **state)
{
    _cleanup_(classifier_layer_deinit) struct classifier_layer layer = {0};
    const struct onnx_rewrite how = {.drops_softmax = true, .classifier = &layer};
    struct fixture fixture;

    (void)state;
    make(&fixture);
    assert_refused(&fixture, &how); /* a convolution instead */
    make_classifier(&fixture);
    fixture.weights[0].raw_data.len -= sizeof(float);
    assert_refused(&fixture, &how);
    make_classifier(&fixture);
    fixture.dims[1]--; /* sides and values disagree */
    assert_refused(&fixture, &how);
    make_classifier(&fixture);
    fixture.inputs[1][1] = "none";
    assert_refused(&fixture, &how);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_convolutions_read_is_rounded_before_them),
        cmocka_unit_test(test_steps_are_alike_on_both_sides_of_nought),
        cmocka_unit_test(test_the_softmax_at_the_end_is_left_out),
        cmocka_unit_test(test_other_models_are_refused),
        cmocka_unit_test(test_weights_of_another_kind_are_refused),
        cmocka_unit_test(test_the_recognition_model_is_rewritten),
        cmocka_unit_test(test_the_layer_before_the_softmax_is_handed_out),
        cmocka_unit_test(test_layers_of_another_shape_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
