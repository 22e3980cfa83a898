#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/worker/engine/neural/map_head.h"

enum { INPUTS = 5, MIDDLE = 11, WIDTH = 19, HEIGHT = 3, PARTS = 4 };

struct fixture {
    float first[INPUTS * MIDDLE * PARTS];
    float first_biases[MIDDLE];
    float second[MIDDLE * PARTS];
    float second_bias[1];
    float features[INPUTS * HEIGHT * WIDTH];
    float map[HEIGHT * WIDTH * MAP_HEAD_CELL * MAP_HEAD_CELL];
};

/* Values from -1 to 1, the same ones each time. */
static void fill(float *values, size_t count, uint32_t *seed)
{
    for (size_t i = 0; i < count; i++) {
        *seed = *seed * 1664525 + 1013904223;
        values[i] = (float)(*seed >> 8) / (float)(1 << 23) - 1;
    }
}

static void make(struct fixture *fixture)
{
    uint32_t seed = 7;

    fill(fixture->first, INPUTS * MIDDLE * PARTS, &seed);
    fill(fixture->first_biases, MIDDLE, &seed);
    fill(fixture->second, MIDDLE * PARTS, &seed);
    fill(fixture->second_bias, 1, &seed);
    fill(fixture->features, INPUTS * HEIGHT * WIDTH, &seed);
}

static struct map_head_layers layers_of(struct fixture *fixture)
{
    return (struct map_head_layers){fixture->first,  fixture->first_biases,
                                    fixture->second, fixture->second_bias,
                                    INPUTS,          MIDDLE};
}

/* `height` rows of cells from `row` on. */
static void run(struct fixture *fixture, size_t row, size_t height)
{
    const struct map_head_layers layers = layers_of(fixture);
    const struct map_head_cells cells = {fixture->features + row * WIDTH, HEIGHT * WIDTH, WIDTH,
                                         height};
    struct map_head *head;
    struct status st;

    assert_int_equal(map_head_new(&layers, &head, &st), STATUS_OK);
    map_head_run(head, &cells, fixture->map);
    map_head_free(head);
}

/* By the definition: the pixel of the first convolution, and that of the second in it. */
static double expected(const struct fixture *fixture, size_t x, size_t y)
{
    size_t cell = y / 4 * WIDTH + x / 4, part = y / 2 % 2 * 2 + x / 2 % 2, p = y % 2 * 2 + x % 2;
    double value = fixture->second_bias[0];

    for (size_t m = 0; m < MIDDLE; m++) {
        double sum = fixture->first_biases[m];
        for (size_t i = 0; i < INPUTS; i++)
            sum += (double)fixture->features[i * HEIGHT * WIDTH + cell] *
                   fixture->first[(i * MIDDLE + m) * PARTS + part];
        value += fmax(sum, 0) * fixture->second[m * PARTS + p];
    }
    return 1 / (1 + exp(-value));
}

static void assert_rows(const struct fixture *fixture, size_t first, size_t count)
{
    for (size_t y = 0; y < count; y++)
        for (size_t x = 0; x < (size_t)WIDTH * 4; x++)
            assert_true(fabs(fixture->map[y * WIDTH * 4 + x] - expected(fixture, x, first + y)) <
                        2e-6);
}

static void test_map_is_that_of_two_transposed_convolutions(void **state)
{
    struct fixture fixture;

    (void)state;
    make(&fixture);
    run(&fixture, 0, HEIGHT);
    assert_rows(&fixture, 0, (size_t)HEIGHT * 4);
}

static void test_rows_of_a_band_are_those_of_the_whole(void **state)
{
    struct fixture fixture;

    (void)state;
    make(&fixture);
    run(&fixture, 1, 1);
    assert_rows(&fixture, 4, 4);
}

static void test_large_values_are_sure(void **state)
{
    struct fixture fixture;

    (void)state;
    make(&fixture);
    fixture.second_bias[0] = 1000;
    run(&fixture, 0, HEIGHT);
    assert_rows(&fixture, 0, (size_t)HEIGHT * 4);
    fixture.second_bias[0] = -1000;
    run(&fixture, 0, HEIGHT);
    assert_rows(&fixture, 0, (size_t)HEIGHT * 4);
}

static void test_too_many_channels_are_refused(void **state)
{
    struct fixture fixture;
    struct map_head *head;
    struct status st;

    (void)state;
    make(&fixture);
    struct map_head_layers layers = layers_of(&fixture);
    layers.inputs = MAP_HEAD_CHANNELS_MAX + 1;
    assert_int_equal(map_head_new(&layers, &head, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "MODEL_UNAVAILABLE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map_is_that_of_two_transposed_convolutions),
        cmocka_unit_test(test_rows_of_a_band_are_those_of_the_whole),
        cmocka_unit_test(test_large_values_are_sure),
        cmocka_unit_test(test_too_many_channels_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
