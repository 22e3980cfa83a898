#include "services/ocr/worker/engine/neural/classifier.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    GROUP = 4,     /* inputs that one instruction multiplies */
    LANES = 16,    /* labels that it multiplies them for */
    REGISTERS = 4, /* such instructions side by side */
    BLOCK = LANES * REGISTERS,
    TILE = 4,   /* steps that share what is loaded of the weights */
    CHUNK = 64, /* steps that stay in the cache while the weights pass */
    /* Features are taken as numbers from 1 to 255, around this. */
    MIDDLE = 128,
    STEPS_OF_BYTE = 127, /* on each side of 0 */
};

/* Of labels that fill up the last block. */
static const float bias_of_none = -1e30f;

struct classifier {
    size_t inputs; /* up to a multiple of GROUP */
    size_t given;  /* as the layer has them */
    size_t labels;
    size_t blocks;
    int8_t *weights;  /* by block, group of inputs, label and input */
    int32_t *starts;  /* of each label: what MIDDLE adds to its sum, negated */
    float *scales;    /* of each label: of one step of its weights */
    float *biases;    /* of each label */
    uint8_t *vectors; /* of a chunk: bytes of features */
};

/* What is known of a chunk's steps. */
struct chunk {
    const uint8_t *vectors;
    size_t count; /* up to a multiple of TILE */
    float scales[CHUNK];
    _Alignas(64) float largest[CHUNK][LANES];
    _Alignas(64) int32_t labels[CHUNK][LANES]; /* of the largest, less the lane */
    _Alignas(64) float sums[CHUNK][LANES];     /* of exp(value - top) */
    float tops[CHUNK];
};

void classifier_layer_deinit(struct classifier_layer *layer)
{
    free(layer->weights);
    free(layer->biases);
    *layer = (struct classifier_layer){0};
}

void classifier_free(struct classifier *classifier)
{
    if (classifier == NULL)
        return;
    free(classifier->weights);
    free(classifier->starts);
    free(classifier->scales);
    free(classifier->biases);
    free(classifier->vectors);
    free(classifier);
}

size_t classifier_inputs(const struct classifier *classifier)
{
    return classifier->given;
}

size_t classifier_labels(const struct classifier *classifier)
{
    return classifier->labels;
}

/* Zeros, aligned to what the widest instructions load. */
static void *new_aligned(size_t size)
{
    enum { ALIGNMENT = 64 };
    size_t whole = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    void *memory = aligned_alloc(ALIGNMENT, whole);

    return memory != NULL ? memset(memory, 0, whole) : NULL;
}

static void round_label(struct classifier *classifier, const struct classifier_layer *layer,
                        size_t label)
{
    size_t groups = classifier->inputs / GROUP;
    int8_t *block = classifier->weights + label / BLOCK * groups * BLOCK * GROUP;
    float largest = 0;
    int32_t sum = 0;

    for (size_t i = 0; i < layer->inputs; i++)
        largest = fmaxf(largest, fabsf(layer->weights[i * layer->labels + label]));
    float step = largest / STEPS_OF_BYTE;
    for (size_t i = 0; i < layer->inputs && step > 0; i++) {
        int32_t rounded = (int32_t)lroundf(layer->weights[i * layer->labels + label] / step);
        block[(i / GROUP * BLOCK + label % BLOCK) * GROUP + i % GROUP] = (int8_t)rounded;
        sum += rounded;
    }
    classifier->starts[label] = -MIDDLE * sum;
    classifier->scales[label] = step;
    classifier->biases[label] = layer->biases[label];
}

status_code classifier_new(const struct classifier_layer *layer, struct classifier **ret_classifier,
                           struct status *st)
{
    _cleanup_(classifier_freep) struct classifier *classifier = calloc(1, sizeof(*classifier));

    if (classifier == NULL)
        return FAIL_MEMORY(st);
    if (layer->inputs == 0 || layer->inputs > CLASSIFIER_INPUTS_MAX || layer->labels == 0 ||
        layer->labels > CLASSIFIER_LABELS_MAX)
        return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                    "a recognition model's last layer is of a size that is not expected");
    classifier->given = layer->inputs;
    classifier->inputs = (layer->inputs + GROUP - 1) / GROUP * GROUP;
    classifier->labels = layer->labels;
    classifier->blocks = (layer->labels + BLOCK - 1) / BLOCK;
    size_t room = classifier->blocks * BLOCK;
    classifier->weights = new_aligned(room * classifier->inputs);
    classifier->starts = new_aligned(room * sizeof(*classifier->starts));
    classifier->scales = new_aligned(room * sizeof(*classifier->scales));
    classifier->biases = new_aligned(room * sizeof(*classifier->biases));
    classifier->vectors = new_aligned(CHUNK * classifier->inputs);
    if (classifier->weights == NULL || classifier->starts == NULL || classifier->scales == NULL ||
        classifier->biases == NULL || classifier->vectors == NULL)
        return FAIL_MEMORY(st);
    for (size_t label = 0; label < layer->labels; label++)
        round_label(classifier, layer, label);
    for (size_t label = layer->labels; label < room; label++)
        classifier->biases[label] = bias_of_none;
    *ret_classifier = TAKE(classifier);
    return STATUS_OK;
}

#if defined(__x86_64__)

#include <immintrin.h>

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

bool classifier_is_supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vnni");
}

/* exp(x) for x of 0 or below, to seven digits: 2 to the power of the nearest integer, and Taylor's
 * series for what is left. */
VNNI static inline __m512 exp_of(__m512 x)
{
    const __m512 log2_e = _mm512_set1_ps(1.44269504f), ln_2 = _mm512_set1_ps(0.693147181f);
    const __m512 one = _mm512_set1_ps(1);
    __m512 power = _mm512_mul_ps(x, log2_e);
    __m512 nearest = _mm512_roundscale_ps(power, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_mul_ps(_mm512_sub_ps(power, nearest), ln_2);
    __m512 series = _mm512_set1_ps(1.0f / 120);

    series = _mm512_fmadd_ps(series, r, _mm512_set1_ps(1.0f / 24));
    series = _mm512_fmadd_ps(series, r, _mm512_set1_ps(1.0f / 6));
    series = _mm512_fmadd_ps(series, r, _mm512_set1_ps(1.0f / 2));
    series = _mm512_fmadd_ps(series, r, one);
    series = _mm512_fmadd_ps(series, r, one);
    return _mm512_scalef_ps(series, nearest);
}

/* Sets the values of a block's labels in the steps of a tile. */
VNNI __attribute__((always_inline)) static inline void multiply(const struct classifier *classifier,
                                                                size_t block,
                                                                const struct chunk *chunk,
                                                                size_t tile,
                                                                __m512 values[TILE][REGISTERS])
{
    const int8_t *weights = classifier->weights + block * classifier->inputs * BLOCK;
    const uint8_t *vectors = chunk->vectors + tile * classifier->inputs;
    __m512i sums[TILE][REGISTERS], weight[REGISTERS];

#pragma GCC unroll 4
    for (size_t r = 0; r < REGISTERS; r++)
#pragma GCC unroll 4
        for (size_t s = 0; s < TILE; s++)
            sums[s][r] = _mm512_load_si512(classifier->starts + block * BLOCK + r * LANES);
    for (size_t i = 0; i < classifier->inputs; i += GROUP) {
#pragma GCC unroll 4
        for (size_t r = 0; r < REGISTERS; r++, weights += sizeof(__m512i))
            weight[r] = _mm512_load_si512(weights);
#pragma GCC unroll 4
        for (size_t s = 0; s < TILE; s++) {
            int32_t group;
            memcpy(&group, vectors + s * classifier->inputs + i, sizeof(group));
            __m512i features = _mm512_set1_epi32(group);
#pragma GCC unroll 4
            for (size_t r = 0; r < REGISTERS; r++)
                sums[s][r] = _mm512_dpbusd_epi32(sums[s][r], features, weight[r]);
        }
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < REGISTERS; r++) {
        __m512 scale = _mm512_load_ps(classifier->scales + block * BLOCK + r * LANES);
        __m512 bias = _mm512_load_ps(classifier->biases + block * BLOCK + r * LANES);
#pragma GCC unroll 4
        for (size_t s = 0; s < TILE; s++)
            values[s][r] = _mm512_fmadd_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums[s][r]), scale),
                                           _mm512_set1_ps(chunk->scales[tile + s]), bias);
    }
}

/* Finds the largest value of each step, lane by lane. */
VNNI static void find_largest(const struct classifier *classifier, struct chunk *chunk)
{
    __m512 values[TILE][REGISTERS];

    for (size_t s = 0; s < chunk->count; s++) {
        _mm512_store_ps(chunk->largest[s], _mm512_set1_ps(2 * bias_of_none));
        _mm512_store_si512(chunk->labels[s], _mm512_setzero_si512());
    }
    for (size_t block = 0; block < classifier->blocks; block++)
        for (size_t tile = 0; tile < chunk->count; tile += TILE) {
            multiply(classifier, block, chunk, tile, values);
#pragma GCC unroll 4
            for (size_t s = 0; s < TILE; s++) {
                __m512 largest = _mm512_load_ps(chunk->largest[tile + s]);
                __m512i label = _mm512_load_si512(chunk->labels[tile + s]);
#pragma GCC unroll 4
                for (size_t r = 0; r < REGISTERS; r++) {
                    __mmask16 is_larger = _mm512_cmp_ps_mask(values[s][r], largest, _CMP_GT_OQ);
                    largest = _mm512_mask_mov_ps(largest, is_larger, values[s][r]);
                    label = _mm512_mask_mov_epi32(
                        label, is_larger, _mm512_set1_epi32((int32_t)(block * BLOCK + r * LANES)));
                }
                _mm512_store_ps(chunk->largest[tile + s], largest);
                _mm512_store_si512(chunk->labels[tile + s], label);
            }
        }
}

/* Sums up exp(value - top) over all labels, lane by lane. */
VNNI static void sum_up(const struct classifier *classifier, struct chunk *chunk)
{
    __m512 values[TILE][REGISTERS];

    memset(chunk->sums, 0, sizeof(chunk->sums));
    for (size_t block = 0; block < classifier->blocks; block++)
        for (size_t tile = 0; tile < chunk->count; tile += TILE) {
            multiply(classifier, block, chunk, tile, values);
#pragma GCC unroll 4
            for (size_t s = 0; s < TILE; s++) {
                __m512 sum = _mm512_load_ps(chunk->sums[tile + s]);
                __m512 top = _mm512_set1_ps(chunk->tops[tile + s]);
#pragma GCC unroll 4
                for (size_t r = 0; r < REGISTERS; r++)
                    sum = _mm512_add_ps(sum, exp_of(_mm512_sub_ps(values[s][r], top)));
                _mm512_store_ps(chunk->sums[tile + s], sum);
            }
        }
}

#else

bool classifier_is_supported(void)
{
    return false;
}

static void find_largest(const struct classifier *classifier, struct chunk *chunk)
{
    (void)classifier;
    (void)chunk;
}

static void sum_up(const struct classifier *classifier, struct chunk *chunk)
{
    (void)classifier;
    (void)chunk;
}

#endif

/* --- Steps --- */

/* Rounds a step's features; returns what one step of the bytes stands for. */
static float round_features(const float *features, size_t count, uint8_t *ret_vector)
{
    float largest = 0;

    for (size_t i = 0; i < count; i++)
        largest = fmaxf(largest, fabsf(features[i]));
    if (!(largest > 0)) {
        memset(ret_vector, MIDDLE, count);
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        ret_vector[i] = (uint8_t)(MIDDLE + (int32_t)lroundf(features[i] / largest * STEPS_OF_BYTE));
    return largest / STEPS_OF_BYTE;
}

/* The lane with the largest value, and of equal ones that with the first label. */
static struct ctc_step choose_lane(const struct chunk *chunk, size_t step, float *ret_top)
{
    struct ctc_step best = {.label = UINT32_MAX};
    float top = 2 * bias_of_none;

    for (size_t lane = 0; lane < LANES; lane++) {
        uint32_t label = (uint32_t)chunk->labels[step][lane] + (uint32_t)lane;
        float value = chunk->largest[step][lane];
        if (value > top || (value == top && label < best.label)) {
            top = value;
            best.label = label;
        }
    }
    *ret_top = top;
    return best;
}

static size_t whole_tiles(size_t count)
{
    return (count + TILE - 1) / TILE * TILE;
}

/* The probabilities of the steps that are no blanks, which move to the chunk's front. */
static void find_probabilities(struct classifier *classifier, struct chunk *chunk, size_t count,
                               struct ctc_step *steps)
{
    size_t inputs = classifier->inputs, places[CHUNK], kept = 0;

    for (size_t s = 0; s < count; s++) {
        if (steps[s].label == CTC_BLANK)
            continue;
        memmove(classifier->vectors + kept * inputs, classifier->vectors + s * inputs, inputs);
        chunk->scales[kept] = chunk->scales[s];
        chunk->tops[kept] = chunk->tops[s];
        places[kept++] = s;
    }
    chunk->count = whole_tiles(kept);
    sum_up(classifier, chunk);
    for (size_t k = 0; k < kept; k++) {
        float sum = 0;
        for (size_t lane = 0; lane < LANES; lane++)
            sum += chunk->sums[k][lane];
        steps[places[k]].probability = 1 / sum;
    }
}

void classifier_run(struct classifier *classifier, const float *features, size_t count,
                    struct ctc_step *ret_steps)
{
    struct chunk chunk = {.vectors = classifier->vectors};

    for (size_t done = 0; done < count; done += CHUNK, ret_steps += CHUNK) {
        size_t steps = count - done < CHUNK ? count - done : CHUNK;
        for (size_t s = 0; s < steps; s++)
            chunk.scales[s] =
                round_features(features + (done + s) * classifier->given, classifier->given,
                               classifier->vectors + s * classifier->inputs);
        chunk.count = whole_tiles(steps);
        find_largest(classifier, &chunk);
        for (size_t s = 0; s < steps; s++)
            ret_steps[s] = choose_lane(&chunk, s, &chunk.tops[s]);
        find_probabilities(classifier, &chunk, steps, ret_steps);
    }
}
