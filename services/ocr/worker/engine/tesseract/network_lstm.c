#include <immintrin.h>
#include <string.h>

#include "services/ocr/worker/engine/tesseract/network_512.h"

/*
 * As network_layers.c, for the LSTM layer in its usual kind: bytes in, one direction, no softmax of
 * its own. The library looks its curves up number by number, which takes longer than all its matrix
 * products; here eight are looked up at once. The curves are the library's tables, and what comes
 * out is the same to the last bit.
 */

#define FORWARD                                                                                    \
    "_ZN9tesseract4LSTM7ForwardEbRKNS_9NetworkIOEPKNS_15TransposedArrayEPNS_14NetworkScratchEPS1_"

void lstm_forward(struct layer *layer, bool debug, const struct network_io *input,
                  const void *transposed, void *scratch,
                  struct network_io *output) __asm__(FORWARD);

enum {
    LANES = 8, /* numbers at once */
    STATES_MAX = 1024,
    SOURCE_MAX = 4096,
    SOURCE_PADDING = 64, /* that the matrix product may read beyond */
    TABLE_SIZE = 4096,
    TABLE_STEPS_PER_UNIT = 256,
};

/* Of tesseract::LSTM::Forward(), kStateClip. */
static const float state_max = 100;

/* Of functions.h, for arguments from 0; beyond their end they are 1. */
extern const float tanh_table[TABLE_SIZE] __asm__("_ZN9tesseract9TanhTableE");
extern const float logistic_table[TABLE_SIZE] __asm__("_ZN9tesseract13LogisticTableE");

/* tesseract::WeightMatrix::MatrixDotVector(); writes up to a multiple of LANES. */
void matrix_dot_vector(
    const struct weight_matrix *matrix, const int8_t *vector,
    float *ret_products) __asm__("_ZNK9tesseract12WeightMatrix15MatrixDotVectorEPKaPf");

/* What goes from step to step. */
struct lstm_state {
    _Alignas(32) float gates[GATES][STATES_MAX];
    _Alignas(32) float cells[STATES_MAX];
    _Alignas(32) float outputs[STATES_MAX];
    _Alignas(32) int8_t source[SOURCE_MAX + SOURCE_PADDING]; /* inputs, then the last outputs */
};

/* The curve of the table at |x|, straight between its points. */
__attribute__((target("avx2"))) static inline __m256 looked_up(const float *table, __m256 x)
{
    const __m256 one = _mm256_set1_ps(1);
    __m256 absolute = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
    __m256 place = _mm256_mul_ps(absolute, _mm256_set1_ps(TABLE_STEPS_PER_UNIT));
    __m256i index = _mm256_cvttps_epi32(place);
    __m256i last = _mm256_set1_epi32(TABLE_SIZE - 2);
    __m256i inside = _mm256_min_epu32(index, last);
    __m256 a = _mm256_i32gather_ps(table, inside, sizeof(float));
    __m256 b = _mm256_i32gather_ps(table + 1, inside, sizeof(float));
    __m256 part = _mm256_sub_ps(place, _mm256_cvtepi32_ps(index));
    __m256 value = _mm256_add_ps(a, _mm256_mul_ps(_mm256_sub_ps(b, a), part));
    __m256 is_inside = _mm256_castsi256_ps(_mm256_cmpeq_epi32(inside, index));
    return _mm256_blendv_ps(one, value, is_inside);
}

__attribute__((target("avx2"))) static inline __m256 is_negative(__m256 x)
{
    return _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_LT_OQ);
}

__attribute__((target("avx2"))) static inline __m256 tanh_of(__m256 x)
{
    __m256 value = looked_up(tanh_table, x);

    return _mm256_blendv_ps(value, _mm256_xor_ps(value, _mm256_set1_ps(-0.0f)), is_negative(x));
}

__attribute__((target("avx2"))) static inline __m256 logistic_of(__m256 x)
{
    __m256 value = looked_up(logistic_table, x);

    return _mm256_blendv_ps(value, _mm256_sub_ps(_mm256_set1_ps(1), value), is_negative(x));
}

/* From the products of the gates to cells and outputs (S. Hochreiter and J. Schmidhuber, Long
 * short-term memory, 1997; with the forget gate of F. Gers and others, 2000). */
__attribute__((target("avx2"))) static void pass_gates(struct lstm_state *state, int states)
{
    const __m256 most = _mm256_set1_ps(state_max), least = _mm256_set1_ps(-state_max);

    for (int i = 0; i < states; i += LANES) {
        __m256 input = tanh_of(_mm256_load_ps(&state->gates[CELL_INPUT][i]));
        __m256 input_gate = logistic_of(_mm256_load_ps(&state->gates[INPUT_GATE][i]));
        __m256 forget_gate = logistic_of(_mm256_load_ps(&state->gates[FORGET_GATE][i]));
        __m256 output_gate = logistic_of(_mm256_load_ps(&state->gates[OUTPUT_GATE][i]));
        __m256 cells = _mm256_mul_ps(_mm256_load_ps(&state->cells[i]), forget_gate);
        cells = _mm256_add_ps(cells, _mm256_mul_ps(input, input_gate));
        cells = _mm256_max_ps(least, _mm256_min_ps(most, cells));
        _mm256_store_ps(&state->cells[i], cells);
        _mm256_store_ps(&state->outputs[i], _mm256_mul_ps(tanh_of(cells), output_gate));
    }
}

static void forget(struct lstm_state *state, const struct lstm_layer *lstm)
{
    memset(state->cells, 0, sizeof(state->cells));
    memset(state->source + lstm->layer.inputs, 0, (size_t)lstm->states);
}

static void step_forward(const struct lstm_layer *lstm, struct lstm_state *state,
                         const int8_t *inputs)
{
    memcpy(state->source, inputs, (size_t)lstm->layer.inputs);
    for (int gate = 0; gate < GATES; gate++)
        matrix_dot_vector(&lstm->weights[gate], state->source, state->gates[gate]);
    pass_gates(state, lstm->states);
    network_to_bytes(state->outputs, lstm->states, state->source + lstm->layer.inputs);
}

static bool is_usual(const struct lstm_layer *lstm, const struct network_io *input)
{
    return __builtin_cpu_supports("avx2") && input->is_of_bytes && input->map.shape[BATCH] == 1 &&
           lstm->layer.training != TRAINING_ENABLED && !lstm->is_2d && lstm->softmax == NULL &&
           (lstm->layer.type == LAYER_LSTM || lstm->layer.type == LAYER_LSTM_SUMMARY) &&
           lstm->states <= STATES_MAX && lstm->source_size <= SOURCE_MAX &&
           lstm->layer.inputs + lstm->states == lstm->source_size &&
           lstm->layer.outputs == lstm->states;
}

/* Along each row of the image. A summary has the outputs after the last step of each row alone. */
void lstm_forward(struct layer *layer, bool debug, const struct network_io *input,
                  const void *transposed, void *scratch, struct network_io *output)
{
    const struct lstm_layer *lstm = (const struct lstm_layer *)layer;
    bool is_summary = layer->type == LAYER_LSTM_SUMMARY;
    int width = network_side(input, WIDTH), height = network_side(input, HEIGHT);
    struct lstm_state state = {0};

    if (!is_usual(lstm, input)) {
        network_original(FORWARD)(layer, debug, input, transposed, scratch, output);
        return;
    }
    if (is_summary)
        network_resize_to_column(output, input, layer->outputs);
    else
        network_resize(output, true, &input->map, layer->outputs);
    if (network_512_can_lstm(lstm)) {
        network_512_lstm(lstm, input, output);
        return;
    }
    for (int y = 0; y < height; y++) {
        forget(&state, lstm);
        for (int x = 0; x < width; x++) {
            int step = y * input->map.increments[HEIGHT] + x;
            step_forward(lstm, &state, network_bytes(input, step));
            if (!is_summary || x == width - 1)
                memcpy(network_bytes(output, is_summary ? y : step), state.source + layer->inputs,
                       (size_t)lstm->states);
        }
    }
}
