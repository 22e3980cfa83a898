#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/engine/neural/ctc.h"

enum { LABELS = 4 };

/* What is added to all logarithms of a step; any will do. */
static const float offsets[] = {0, -3, 40, 7, -100};

/* Writes one step: `probability` for the label, the rest shared by the others. */
static void step(float *values, uint32_t label, float probability, float offset)
{
    for (uint32_t i = 0; i < LABELS; i++)
        values[i] = logf(i == label ? probability : (1 - probability) / (LABELS - 1)) + offset;
}

/* Labels of steps, 0 for blank. */
static size_t decode(const char *labels, const float *probabilities, size_t count,
                     struct ctc_symbol *symbols)
{
    float values[32 * LABELS];
    struct ctc_step steps[32];

    for (size_t i = 0; i < count; i++)
        step(values + i * LABELS, (uint32_t)(labels[i] - '0'),
             probabilities != NULL ? probabilities[i] : 0.9f, offsets[i % ARRAY_LENGTH(offsets)]);
    ctc_choose(values, count, LABELS, steps);
    return ctc_decode(steps, count, symbols);
}

static void test_blanks_alone_say_nothing(void **state)
{
    struct ctc_symbol symbols[32];

    (void)state;
    assert_int_equal(decode("0000", NULL, 4, symbols), 0);
    assert_int_equal(decode("", NULL, 0, symbols), 0);
}

static void test_steps_of_one_label_are_one_symbol(void **state)
{
    struct ctc_symbol symbols[32];

    (void)state;
    assert_int_equal(decode("01112230", NULL, 8, symbols), 3);
    assert_int_equal(symbols[0].label, 1);
    assert_int_equal(symbols[1].label, 2);
    assert_int_equal(symbols[2].label, 3);
}

static void test_a_blank_parts_two_of_the_same(void **state)
{
    struct ctc_symbol symbols[32];

    (void)state;
    assert_int_equal(decode("11011", NULL, 5, symbols), 2);
    assert_int_equal(symbols[0].label, 1);
    assert_int_equal(symbols[1].label, 1);
}

static void test_a_symbol_stands_in_the_middle_of_its_steps(void **state)
{
    struct ctc_symbol symbols[32];

    (void)state;
    assert_int_equal(decode("0111020", NULL, 7, symbols), 2);
    assert_float_equal(symbols[0].position, 2.5f, 0); /* steps 1, 2, 3: from 1 to 4 */
    assert_float_equal(symbols[1].position, 5.5f, 0); /* step 5: from 5 to 6 */
}

static void test_a_symbol_is_as_sure_as_its_surest_step(void **state)
{
    const float probabilities[] = {0.9f, 0.5f, 0.8f, 0.6f};
    struct ctc_symbol symbols[32];

    (void)state;
    assert_int_equal(decode("0111", probabilities, 4, symbols), 1);
    assert_float_equal(symbols[0].probability, 0.8f, 0.0001f);
}

static void test_the_last_label_counts_too(void **state)
{
    struct ctc_symbol symbols[32];

    (void)state;
    assert_int_equal(decode("3", NULL, 1, symbols), 1);
    assert_int_equal(symbols[0].label, 3);
}

/* Many labels, most of which hardly count, and a few that do: 1 / (1 + e^-1 + e^-2). */
static void test_all_labels_count_for_how_sure_one_is(void **state)
{
    enum { MANY = 1003 };
    float values[MANY];
    struct ctc_step step;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        values[i] = -150.0f + (float)i / MANY;
    values[1000] = 5;
    values[17] = 4;
    values[1001] = 3;
    ctc_choose(values, 1, MANY, &step);
    assert_int_equal(step.label, 1000);
    assert_float_equal(step.probability, 0.66524096f, 0.00001f);
}

/* Of a thousand labels alike, each is one in a thousand. */
static void test_labels_alike_are_sure_alike(void **state)
{
    enum { MANY = 1000 };
    float values[MANY];
    struct ctc_step step;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        values[i] = -12.5f;
    values[3] = -12.4999f;
    ctc_choose(values, 1, MANY, &step);
    assert_int_equal(step.label, 3);
    assert_float_equal(step.probability, 0.001f, 0.000001f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blanks_alone_say_nothing),
        cmocka_unit_test(test_steps_of_one_label_are_one_symbol),
        cmocka_unit_test(test_a_blank_parts_two_of_the_same),
        cmocka_unit_test(test_a_symbol_stands_in_the_middle_of_its_steps),
        cmocka_unit_test(test_a_symbol_is_as_sure_as_its_surest_step),
        cmocka_unit_test(test_the_last_label_counts_too),
        cmocka_unit_test(test_all_labels_count_for_how_sure_one_is),
        cmocka_unit_test(test_labels_alike_are_sure_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
