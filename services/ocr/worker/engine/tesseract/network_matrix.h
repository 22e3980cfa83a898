#pragma once

/*
 * Products of the library's weights with several vectors at once, on processors with AVX-512 VNNI:
 * four products of bytes are added up by one instruction, and weights that are loaded serve all
 * vectors. Sums of whole numbers come out the same in whatever order they are added up.
 *
 * Thread rule: any thread.
 */

#include <immintrin.h>

#include "services/ocr/worker/engine/tesseract/network_layout.h"

/* What a function needs to be inlined into one that uses these instructions. */
#define NETWORK_512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))

enum {
    MATRIX_VECTORS = 4, /* that are multiplied at once */
    MATRIX_LANES = 16,  /* numbers at once; outputs come in such groups */
    MATRIX_GROUP = 4,   /* inputs at once */
    MATRIX_INPUTS_MAX = 4096,
    MATRIX_FLIP = 0x80, /* makes a number from 0 to 255 of a byte from -128 to 127: xor */
};

/* Whether the processor can, and the library has laid out the weights as is expected here. */
bool matrix_is_usable(const struct weight_matrix *matrix);

/* What products of flipped vectors start from: the bias, less what flipping adds. @ret_starts: of
 * each output; aligned to 64 bytes. */
void matrix_starts(const struct weight_matrix *matrix, int32_t *ret_starts);

/*
 * Adds products to sums.
 *
 * @vectors: flipped; readable up to a multiple of MATRIX_GROUP. @count: one, or MATRIX_VECTORS.
 * @from, @to: the inputs that are multiplied: multiples of MATRIX_GROUP, or all.
 * @sums: of each vector, for each output; aligned to 64 bytes.
 */
void matrix_add_products(const struct weight_matrix *matrix, const uint8_t *vectors,
                         ptrdiff_t vector_stride, int count, int from, int to, int32_t *sums,
                         ptrdiff_t sums_stride);
