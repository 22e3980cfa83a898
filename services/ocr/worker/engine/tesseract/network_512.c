#include "services/ocr/worker/engine/tesseract/network_512.h"

#include <string.h>

#include "services/ocr/worker/engine/tesseract/network_curves.h"

#define FORWARD                                                                                    \
    "_ZN9tesseract14FullyConnected7ForwardEbRKNS_9NetworkIOEPKNS_15TransposedArrayEPNS_"           \
    "14NetworkScratchEPS1_"

void fully_connected_forward(struct layer *layer, bool debug, const struct network_io *input,
                             const void *transposed, void *scratch,
                             struct network_io *output) __asm__(FORWARD);

enum {
    STATES_MAX = 1024,
    SOURCE_MAX = MATRIX_INPUTS_MAX,
};

/* Of tesseract::LSTM::Forward(), kStateClip. */
static const float state_max = 100;

/* What goes from step to step, of up to MATRIX_VECTORS rows. */
struct rows {
    _Alignas(64) int32_t starts[GATES][STATES_MAX];
    _Alignas(64) int32_t sums[GATES][MATRIX_VECTORS][STATES_MAX];
    _Alignas(64) float cells[MATRIX_VECTORS][STATES_MAX];
    _Alignas(64) uint8_t sources[MATRIX_VECTORS][SOURCE_MAX]; /* inputs, then the last outputs */
};

/* --- LSTM --- */

bool network_512_can_lstm(const struct lstm_layer *lstm)
{
    for (int gate = 0; gate < GATES; gate++)
        if (!matrix_is_usable(&lstm->weights[gate]))
            return false;
    return lstm->states % MATRIX_LANES == 0 && lstm->layer.inputs % MATRIX_GROUP == 0 &&
           lstm->states <= STATES_MAX && lstm->source_size <= SOURCE_MAX;
}

static void flip(uint8_t *to, const int8_t *bytes, int count)
{
    for (int i = 0; i < count; i++)
        to[i] = (uint8_t)bytes[i] ^ MATRIX_FLIP;
}

static void begin_rows(const struct lstm_layer *lstm, struct rows *rows)
{
    for (int v = 0; v < MATRIX_VECTORS; v++) {
        memset(rows->cells[v], 0, (size_t)lstm->states * sizeof(rows->cells[v][0]));
        memset(rows->sources[v] + lstm->layer.inputs, MATRIX_FLIP, (size_t)lstm->states);
    }
}

/* @count: one, or MATRIX_VECTORS. */
static void multiply(const struct lstm_layer *lstm, struct rows *rows, int vector, int count,
                     int from, int to)
{
    for (int gate = 0; gate < GATES; gate++)
        matrix_add_products(&lstm->weights[gate], rows->sources[0], SOURCE_MAX, count, from, to,
                            rows->sums[gate][vector], STATES_MAX);
}

static void start_sums(const struct lstm_layer *lstm, struct rows *rows)
{
    for (int gate = 0; gate < GATES; gate++)
        for (int v = 0; v < MATRIX_VECTORS; v++)
            memcpy(rows->sums[gate][v], rows->starts[gate],
                   (size_t)lstm->states * sizeof(rows->starts[gate][0]));
}

NETWORK_512 static __m512 scaled(const struct lstm_layer *lstm, int gate, const int32_t *sums,
                                 int at)
{
    return _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_load_si512(sums + at)),
                         _mm512_loadu_ps(lstm->weights[gate].scales.begin + at));
}

/* From the products of the gates to cells and outputs, as network_lstm.c.
 * @vector: whose sums these are. @row: whose cells, and which gets the outputs. */
NETWORK_512 static void pass_gates(const struct lstm_layer *lstm, struct rows *rows, int vector,
                                   int row, int8_t *ret_outputs)
{
    const __m512 most = _mm512_set1_ps(state_max), least = _mm512_set1_ps(-state_max);
    uint8_t *next = rows->sources[row] + lstm->layer.inputs;

    for (int i = 0; i < lstm->states; i += MATRIX_LANES) {
        __m512 gates[GATES];
        for (int gate = 0; gate < GATES; gate++)
            gates[gate] = scaled(lstm, gate, rows->sums[gate][vector], i);
        __m512 cells =
            _mm512_mul_ps(_mm512_load_ps(&rows->cells[row][i]), curve_logistic(gates[FORGET_GATE]));
        __m512 input =
            _mm512_mul_ps(curve_tanh(gates[CELL_INPUT]), curve_logistic(gates[INPUT_GATE]));
        cells = _mm512_max_ps(least, _mm512_min_ps(most, _mm512_add_ps(cells, input)));
        _mm512_store_ps(&rows->cells[row][i], cells);
        __m128i outputs =
            curve_to_bytes(_mm512_mul_ps(curve_tanh(cells), curve_logistic(gates[OUTPUT_GATE])));
        _mm_storeu_si128((__m128i *)(ret_outputs + i), outputs);
        _mm_storeu_si128((__m128i *)(next + i), curve_flip(outputs));
    }
}

/* Rows that do not depend on each other, at once. */
static void pass_rows(const struct lstm_layer *lstm, struct rows *rows,
                      const struct network_io *input, struct network_io *output, int first,
                      int count)
{
    int width = network_side(input, WIDTH), inputs = lstm->layer.inputs;
    bool is_summary = lstm->layer.type == LAYER_LSTM_SUMMARY;
    int8_t unused[STATES_MAX];

    begin_rows(lstm, rows);
    for (int x = 0; x < width; x++) {
        start_sums(lstm, rows);
        for (int v = 0; v < count; v++)
            flip(rows->sources[v],
                 network_bytes(input, (first + v) * input->map.increments[HEIGHT] + x), inputs);
        multiply(lstm, rows, 0, MATRIX_VECTORS, 0, lstm->source_size);
        for (int v = 0; v < count; v++) {
            int step = is_summary ? first + v : (first + v) * input->map.increments[HEIGHT] + x;
            bool is_wanted = !is_summary || x == width - 1;
            pass_gates(lstm, rows, v, v, is_wanted ? network_bytes(output, step) : unused);
        }
    }
}

/* One row: what its inputs add is multiplied for several steps at once. */
static void pass_row(const struct lstm_layer *lstm, struct rows *rows,
                     const struct network_io *input, struct network_io *output)
{
    int width = network_side(input, WIDTH), inputs = lstm->layer.inputs;
    bool is_summary = lstm->layer.type == LAYER_LSTM_SUMMARY;

    begin_rows(lstm, rows);
    for (int x = 0; x < width; x += MATRIX_VECTORS) {
        start_sums(lstm, rows);
        for (int v = 0; v < MATRIX_VECTORS && x + v < width; v++)
            flip(rows->sources[v], network_bytes(input, x + v), inputs);
        multiply(lstm, rows, 0, MATRIX_VECTORS, 0, inputs);
        for (int v = 0; v < MATRIX_VECTORS && x + v < width; v++) {
            multiply(lstm, rows, v, 1, inputs, lstm->source_size);
            pass_gates(lstm, rows, v, 0, network_bytes(output, is_summary ? 0 : x + v));
        }
    }
}

void network_512_lstm(const struct lstm_layer *lstm, const struct network_io *input,
                      struct network_io *output)
{
    int height = network_side(input, HEIGHT);
    struct rows rows;

    for (int gate = 0; gate < GATES; gate++)
        matrix_starts(&lstm->weights[gate], rows.starts[gate]);
    if (height == 1) {
        pass_row(lstm, &rows, input, output);
        return;
    }
    for (int y = 0; y < height; y += MATRIX_VECTORS)
        pass_rows(lstm, &rows, input, output, y,
                  height - y < MATRIX_VECTORS ? height - y : MATRIX_VECTORS);
}

/* --- Fully connected, with the curve of tanh: what follows the windows of convolve.c --- */

NETWORK_512 static void connect(const struct fully_connected_layer *connected,
                                const struct network_io *input, struct network_io *output)
{
    const struct weight_matrix *weights = &connected->weights;
    const __m512i flipped = _mm512_set1_epi8((char)MATRIX_FLIP);
    _Alignas(64) int32_t starts[MATRIX_LANES];
    int inputs = connected->layer.inputs;

    matrix_starts(weights, starts);
    const __m512i start = _mm512_load_si512(starts);
    const __m512 scales = _mm512_loadu_ps(weights->scales.begin);
    for (int t = 0; t < input->bytes.rows; t++) {
        const int8_t *from = network_bytes(input, t), *weight = weights->shaped.begin;
        __m512i sums = start;
        for (int i = 0; i < inputs; i += MATRIX_GROUP, weight += sizeof(sums)) {
            int32_t four;
            memcpy(&four, from + i, sizeof(four));
            sums = _mm512_dpbusd_epi32(sums, _mm512_xor_si512(_mm512_set1_epi32(four), flipped),
                                       _mm512_loadu_si512(weight));
        }
        __m512 values = curve_tanh(_mm512_mul_ps(_mm512_cvtepi32_ps(sums), scales));
        _mm_storeu_si128((__m128i *)network_bytes(output, t), curve_to_bytes(values));
    }
}

/* No place of the array is outside the image. */
static bool is_full(const struct network_io *input)
{
    return network_side(input, HEIGHT) == input->map.shape[HEIGHT] &&
           network_side(input, WIDTH) == input->map.shape[WIDTH];
}

void fully_connected_forward(struct layer *layer, bool debug, const struct network_io *input,
                             const void *transposed, void *scratch, struct network_io *output)
{
    const struct fully_connected_layer *connected = (const struct fully_connected_layer *)layer;

    if (layer->type != LAYER_TANH || layer->training == TRAINING_ENABLED ||
        layer->outputs != MATRIX_LANES || !input->is_of_bytes || input->map.shape[BATCH] != 1 ||
        !is_full(input) || !matrix_is_usable(&connected->weights)) {
        network_original(FORWARD)(layer, debug, input, transposed, scratch, output);
        return;
    }
    network_resize(output, true, &input->map, layer->outputs);
    connect(connected, input, output);
}
