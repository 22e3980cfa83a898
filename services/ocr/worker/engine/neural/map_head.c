#include "services/ocr/worker/engine/neural/map_head.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* As in ctc.c. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VECTOR_CLONES
#endif
#define INLINED __attribute__((always_inline)) static inline

enum {
    LANES = 16, /* cells side by side */
    GROUP = 8,  /* channels in between that are summed up together */
    STEP = 2,   /* sides of a convolution */
    PARTS = STEP * STEP,
};

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t integers __attribute__((vector_size(LANES * sizeof(int32_t))));

struct map_head {
    size_t inputs;
    size_t middle; /* channels in between, up to a multiple of GROUP */
    float *first;  /* by part, group, channel of features and channel of the group */
    float first_biases[MAP_HEAD_CHANNELS_MAX];
    float second[MAP_HEAD_CHANNELS_MAX][PARTS];
    float second_bias;
};

void map_head_layers_deinit(struct map_head_layers *layers)
{
    free(layers->first);
    free(layers->first_biases);
    free(layers->second);
    free(layers->second_bias);
    *layers = (struct map_head_layers){0};
}

void map_head_free(struct map_head *head)
{
    if (head == NULL)
        return;
    free(head->first);
    free(head);
}

size_t map_head_inputs(const struct map_head *head)
{
    return head->inputs;
}

/* Where the first convolution's weights of a channel in between are; the next ones of the features
 * follow at steps of GROUP. */
static size_t place_of(const struct map_head *head, size_t part, size_t channel)
{
    return (part * head->middle + channel / GROUP * GROUP) * head->inputs + channel % GROUP;
}

status_code map_head_new(const struct map_head_layers *layers, struct map_head **ret_head,
                         struct status *st)
{
    _cleanup_(map_head_freep) struct map_head *head = calloc(1, sizeof(*head));

    if (head == NULL)
        return FAIL_MEMORY(st);
    if (layers->inputs == 0 || layers->inputs > MAP_HEAD_CHANNELS_MAX || layers->middle == 0 ||
        layers->middle > MAP_HEAD_CHANNELS_MAX)
        return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                    "the detection model ends with layers of a size that is not expected");
    head->inputs = layers->inputs;
    head->middle = (layers->middle + GROUP - 1) / GROUP * GROUP;
    head->second_bias = layers->second_bias[0];
    head->first = calloc(PARTS * head->middle * head->inputs, sizeof(*head->first));
    if (head->first == NULL)
        return FAIL_MEMORY(st);
    for (size_t m = 0; m < layers->middle; m++) {
        head->first_biases[m] = layers->first_biases[m];
        memcpy(head->second[m], layers->second + m * PARTS, sizeof(head->second[m]));
        for (size_t part = 0; part < PARTS; part++)
            for (size_t i = 0; i < layers->inputs; i++)
                head->first[place_of(head, part, m) + i * GROUP] =
                    layers->first[(i * layers->middle + m) * PARTS + part];
    }
    *ret_head = TAKE(head);
    return STATUS_OK;
}

/* --- Cells side by side --- */

/* 1 / (1 + exp(-x)), right to six digits. */
INLINED void to_probability(lanes *x)
{
    const float log2_e = 1.44269504f, ln_2 = 0.693147181f;
    const int32_t bits_of_80 = 0x42a00000; /* where it ends: 2e-35 */
    integers bits = (integers)*x & INT32_MAX;
    integers is_beyond = bits > bits_of_80, is_negative = *x < 0;

    bits = (bits & ~is_beyond) | (bits_of_80 & is_beyond);
    lanes power = (lanes)bits * -log2_e;
    integers nearest = __builtin_convertvector(power - 0.5f, integers);
    lanes r = (power - __builtin_convertvector(nearest, lanes)) * ln_2;
    lanes series =
        1 + r * (1 + r * (1.0f / 2 + r * (1.0f / 6 + r * (1.0f / 24 + r * (1.0f / 120)))));
    lanes small = series * (lanes)((nearest + 127) << 23); /* exp(-|x|) */
    lanes one = (lanes){0} + 1;
    lanes above = (lanes)(((integers)small & is_negative) | ((integers)one & ~is_negative));
    *x = above / (1 + small);
}

/* One part of the first convolution, and what the second one makes of it. */
INLINED void run_part(const struct map_head *head, const lanes *features, size_t part,
                      lanes ret_values[PARTS])
{
    for (size_t p = 0; p < PARTS; p++)
        ret_values[p] = (lanes){0} + head->second_bias;
    for (size_t m = 0; m < head->middle; m += GROUP) {
        const float *weights = head->first + place_of(head, part, m);
        lanes sums[GROUP];
#pragma GCC unroll 8
        for (size_t g = 0; g < GROUP; g++)
            sums[g] = (lanes){0} + head->first_biases[m + g];
        for (size_t i = 0; i < head->inputs; i++, weights += GROUP)
#pragma GCC unroll 8
            for (size_t g = 0; g < GROUP; g++)
                sums[g] += features[i] * weights[g];
#pragma GCC unroll 8
        for (size_t g = 0; g < GROUP; g++) {
            lanes positive = (lanes)((integers)sums[g] & (sums[g] > 0));
#pragma GCC unroll 4
            for (size_t p = 0; p < PARTS; p++)
                ret_values[p] += positive * head->second[m + g][p];
        }
    }
}

/* Writes a row of pixels: those of each cell beside each other. */
INLINED void write_row(const lanes *const values[MAP_HEAD_CELL], size_t count, float *ret_row)
{
    for (size_t i = 0; i < count; i++)
        for (size_t x = 0; x < MAP_HEAD_CELL; x++)
            ret_row[i * MAP_HEAD_CELL + x] = (*values[x])[i];
}

/* `count` cells, LANES at most; their features are all there. */
VECTOR_CLONES static void run_cells(const struct map_head *head, const lanes *features,
                                    size_t count, size_t row_length, float *ret_map)
{
    lanes values[PARTS][PARTS];

    for (size_t part = 0; part < PARTS; part++) {
        run_part(head, features, part, values[part]);
        for (size_t p = 0; p < PARTS; p++)
            to_probability(&values[part][p]);
    }
    for (size_t y = 0; y < MAP_HEAD_CELL; y++) {
        size_t part = y / STEP * STEP, p = y % STEP * STEP;
        const lanes *const row[] = {&values[part][p], &values[part][p + 1], &values[part + 1][p],
                                    &values[part + 1][p + 1]};
        write_row(row, count, ret_map + y * row_length);
    }
}

void map_head_run(const struct map_head *head, const struct map_head_cells *cells, float *ret_map)
{
    lanes features[MAP_HEAD_CHANNELS_MAX] = {{0}};
    size_t row_length = cells->width * MAP_HEAD_CELL;

    for (size_t y = 0; y < cells->height; y++)
        for (size_t x = 0; x < cells->width; x += LANES) {
            size_t count = cells->width - x < LANES ? cells->width - x : LANES;
            for (size_t i = 0; i < head->inputs; i++)
                memcpy(&features[i], cells->features + i * cells->plane + y * cells->width + x,
                       count * sizeof(float));
            run_cells(head, features, count, row_length,
                      ret_map + (y * row_length + x) * MAP_HEAD_CELL);
        }
}
