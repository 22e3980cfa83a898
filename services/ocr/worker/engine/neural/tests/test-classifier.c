#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/engine/neural/classifier.h"

/* No multiples of what is computed at once. */
enum { INPUTS = 37, LABELS = 1003, STEPS = 71 };

struct fixture {
    float weights[INPUTS * LABELS];
    float biases[LABELS];
    float features[STEPS * INPUTS];
    struct classifier_layer layer;
    struct classifier *classifier;
};

/* From -1 to 1, the same in each run. */
static float next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223; /* Numerical Recipes, 7.1 */
    return (float)(*state >> 8) / (1 << 23) - 1;
}

static struct fixture *make(void)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    uint32_t state = 1;
    struct status st;

    assert_non_null(fixture);
    for (size_t i = 0; i < ARRAY_LENGTH(fixture->weights); i++)
        fixture->weights[i] = next_random(&state);
    for (size_t i = 0; i < ARRAY_LENGTH(fixture->biases); i++)
        fixture->biases[i] = next_random(&state);
    for (size_t i = 0; i < ARRAY_LENGTH(fixture->features); i++)
        fixture->features[i] = 3 * next_random(&state);
    fixture->layer = (struct classifier_layer){fixture->weights, fixture->biases, INPUTS, LABELS};
    assert_int_equal(classifier_new(&fixture->layer, &fixture->classifier, &st), STATUS_OK);
    return fixture;
}

static void drop(struct fixture *fixture)
{
    classifier_free(fixture->classifier);
    free(fixture);
}

/* What a step says, in floats. */
static void compute(const struct fixture *fixture, size_t step, float *ret_values)
{
    for (size_t label = 0; label < LABELS; label++) {
        double sum = (double)fixture->biases[label];
        for (size_t i = 0; i < INPUTS; i++)
            sum += (double)fixture->features[step * INPUTS + i] *
                   (double)fixture->weights[i * LABELS + label];
        ret_values[label] = (float)sum;
    }
}

static void skip_if_not_supported(void)
{
    if (!classifier_is_supported())
        skip();
}

static void test_the_likeliest_label_is_that_of_floats(void **state)
{
    /* What rounding to bytes may take from a value. */
    const float tolerance = 0.2f;
    float values[LABELS];
    struct ctc_step steps[STEPS], expected;

    (void)state;
    skip_if_not_supported();
    struct fixture *fixture = make();
    classifier_run(fixture->classifier, fixture->features, STEPS, steps);
    for (size_t s = 0; s < STEPS; s++) {
        compute(fixture, s, values);
        ctc_choose(values, 1, LABELS, &expected);
        assert_true(steps[s].label < LABELS);
        assert_true(values[steps[s].label] > values[expected.label] - tolerance);
        if (steps[s].label == expected.label && expected.label != CTC_BLANK)
            assert_float_equal(steps[s].probability, expected.probability, 0.05f);
    }
    drop(fixture);
}

static void test_a_step_says_the_same_alone_and_among_others(void **state)
{
    struct ctc_step steps[STEPS], alone;

    (void)state;
    skip_if_not_supported();
    struct fixture *fixture = make();
    classifier_run(fixture->classifier, fixture->features, STEPS, steps);
    for (size_t s = 0; s < STEPS; s++) {
        classifier_run(fixture->classifier, fixture->features + s * INPUTS, 1, &alone);
        assert_int_equal(alone.label, steps[s].label);
        assert_float_equal(alone.probability, steps[s].probability, 0);
    }
    drop(fixture);
}

/* Without features only the biases count: here blanks, the first label. */
static void test_the_first_of_equal_labels_is_taken(void **state)
{
    const float features[INPUTS] = {0};
    struct ctc_step step;
    struct status st;

    (void)state;
    skip_if_not_supported();
    struct fixture *fixture = make();
    classifier_free(TAKE(fixture->classifier));
    memset(fixture->biases, 0, sizeof(fixture->biases));
    assert_int_equal(classifier_new(&fixture->layer, &fixture->classifier, &st), STATUS_OK);
    classifier_run(fixture->classifier, features, 1, &step);
    assert_int_equal(step.label, CTC_BLANK);
    fixture->biases[LABELS - 1] = 1;
    classifier_free(TAKE(fixture->classifier));
    assert_int_equal(classifier_new(&fixture->layer, &fixture->classifier, &st), STATUS_OK);
    classifier_run(fixture->classifier, features, 1, &step);
    assert_int_equal(step.label, LABELS - 1);
    /* e / (e + 1002) */
    assert_float_equal(step.probability, 0.0027055f, 0.000001f);
    drop(fixture);
}

static void test_layers_of_other_sizes_are_refused(void **state)
{
    struct classifier *classifier;
    struct status st;

    (void)state;
    const struct classifier_layer large = {.inputs = CLASSIFIER_INPUTS_MAX + 1, .labels = 1};
    assert_int_equal(classifier_new(&large, &classifier, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "MODEL_UNAVAILABLE");
    const struct classifier_layer empty = {.inputs = 1, .labels = 0};
    assert_int_equal(classifier_new(&empty, &classifier, &st), STATUS_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_likeliest_label_is_that_of_floats),
        cmocka_unit_test(test_a_step_says_the_same_alone_and_among_others),
        cmocka_unit_test(test_the_first_of_equal_labels_is_taken),
        cmocka_unit_test(test_layers_of_other_sizes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
