#include "services/ocr/worker/engine/tesseract/network_matrix.h"

#include <string.h>

/* The kernel that the library has chosen, and the one whose order of weights is known here:
 * blocks of up to 64 outputs, in each of which four inputs of all outputs follow each other, then
 * the bias. tesseract::IntSimdMatrix. */
extern const void *const chosen_kernel __asm__("_ZN9tesseract13IntSimdMatrix13intSimdMatrixE");
extern const char known_kernel[] __asm__("_ZN9tesseract13IntSimdMatrix17intSimdMatrixAVX2E");

enum { BLOCK_REGISTERS = 4 };

static int inputs_of(const struct weight_matrix *matrix)
{
    return matrix->bytes.columns - 1;
}

/* Up to a multiple of MATRIX_GROUP. */
static int whole_groups(int inputs)
{
    return (inputs + MATRIX_GROUP - 1) / MATRIX_GROUP * MATRIX_GROUP;
}

bool matrix_is_usable(const struct weight_matrix *matrix)
{
    int outputs = matrix->bytes.rows;
    ptrdiff_t size = matrix->shaped.end - matrix->shaped.begin;

    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vnni") && chosen_kernel == (const void *)known_kernel &&
           matrix->is_of_bytes && inputs_of(matrix) <= MATRIX_INPUTS_MAX &&
           outputs % MATRIX_LANES == 0 &&
           size == (ptrdiff_t)(whole_groups(inputs_of(matrix)) + 1) * outputs &&
           matrix->scales.end - matrix->scales.begin >= outputs;
}

/* One block of outputs. Both counts are constants where it is inlined. */
NETWORK_512 __attribute__((always_inline)) static inline void add_block(
    const int8_t *weights, int registers, const uint8_t *vectors, ptrdiff_t vector_stride,
    int count, int from, int to, int32_t *sums, ptrdiff_t sums_stride)
{
    __m512i sum[MATRIX_VECTORS][BLOCK_REGISTERS], weight[BLOCK_REGISTERS];

#pragma GCC unroll 4
    for (int v = 0; v < count; v++)
#pragma GCC unroll 4
        for (int r = 0; r < registers; r++)
            sum[v][r] = _mm512_load_si512(sums + v * sums_stride + r * MATRIX_LANES);
    weights += from * registers * MATRIX_LANES;
    for (int i = from; i < to; i += MATRIX_GROUP) {
#pragma GCC unroll 4
        for (int r = 0; r < registers; r++, weights += sizeof(__m512i))
            weight[r] = _mm512_loadu_si512(weights);
#pragma GCC unroll 4
        for (int v = 0; v < count; v++) {
            int32_t four;
            memcpy(&four, vectors + v * vector_stride + i, sizeof(four));
            __m512i inputs = _mm512_set1_epi32(four);
#pragma GCC unroll 4
            for (int r = 0; r < registers; r++)
                sum[v][r] = _mm512_dpbusd_epi32(sum[v][r], inputs, weight[r]);
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < count; v++)
#pragma GCC unroll 4
        for (int r = 0; r < registers; r++)
            _mm512_store_si512(sums + v * sums_stride + r * MATRIX_LANES, sum[v][r]);
}

NETWORK_512 __attribute__((always_inline)) static inline void add_blocks(
    const struct weight_matrix *matrix, const uint8_t *vectors, ptrdiff_t vector_stride, int count,
    int from, int to, int32_t *sums, ptrdiff_t sums_stride)
{
    const int8_t *weights = matrix->shaped.begin;
    int outputs = matrix->bytes.rows, rows = whole_groups(inputs_of(matrix)) + 1;
    int size = BLOCK_REGISTERS * MATRIX_LANES;

    for (; outputs >= size; outputs -= size, sums += size, weights += rows * size)
        add_block(weights, 4, vectors, vector_stride, count, from, to, sums, sums_stride);
    size /= 2;
    if (outputs >= size) {
        add_block(weights, 2, vectors, vector_stride, count, from, to, sums, sums_stride);
        outputs -= size;
        sums += size;
        weights += rows * size;
    }
    if (outputs >= size / 2)
        add_block(weights, 1, vectors, vector_stride, count, from, to, sums, sums_stride);
}

NETWORK_512 void matrix_add_products(const struct weight_matrix *matrix, const uint8_t *vectors,
                                     ptrdiff_t vector_stride, int count, int from, int to,
                                     int32_t *sums, ptrdiff_t sums_stride)
{
    if (count == 1)
        add_blocks(matrix, vectors, vector_stride, 1, from, to, sums, sums_stride);
    else
        add_blocks(matrix, vectors, vector_stride, MATRIX_VECTORS, from, to, sums, sums_stride);
}

void matrix_starts(const struct weight_matrix *matrix, int32_t *ret_starts)
{
    int inputs = inputs_of(matrix), outputs = matrix->bytes.rows;
    uint8_t ones[MATRIX_INPUTS_MAX];

    memset(ones, 1, (size_t)whole_groups(inputs));
    memset(ret_starts, 0, (size_t)outputs * sizeof(ret_starts[0]));
    matrix_add_products(matrix, ones, 0, 1, 0, inputs, ret_starts, 0);
    for (int o = 0; o < outputs; o++) {
        const int8_t *row = matrix->bytes.values + (ptrdiff_t)o * matrix->bytes.columns;
        ret_starts[o] = row[inputs] * INT8_MAX - ret_starts[o] * MATRIX_FLIP;
    }
}
