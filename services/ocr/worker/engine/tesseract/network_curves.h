#pragma once

/*
 * The curves of the library's networks (functions.h), sixteen numbers at once, from its own tables
 * and to the last bit: where there is AVX-512. Thread rule: any thread.
 */

#include "services/ocr/worker/engine/tesseract/network_matrix.h"

enum {
    CURVE_TABLE_SIZE = 4096,
    CURVE_STEPS_PER_UNIT = 256,
};

/* For arguments from 0; beyond their end they are 1. */
extern const float curve_tanh_table[CURVE_TABLE_SIZE] __asm__("_ZN9tesseract9TanhTableE");
extern const float curve_logistic_table[CURVE_TABLE_SIZE] __asm__("_ZN9tesseract13LogisticTableE");

/* The curve of the table at |x|, straight between its points: each is got with the next one. */
NETWORK_512 static inline __m512 curve_look_up(const float *table, __m512 x)
{
    const __m512i of_first =
        _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    __m512 place = _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(CURVE_STEPS_PER_UNIT));
    __m512i index = _mm512_cvttps_epi32(place);
    __m512i inside = _mm512_min_epu32(index, _mm512_set1_epi32(CURVE_TABLE_SIZE - 2));
    __m512 low =
        _mm512_castpd_ps(_mm512_i32gather_pd(_mm512_castsi512_si256(inside), table, sizeof(float)));
    __m512 high = _mm512_castpd_ps(
        _mm512_i32gather_pd(_mm512_extracti64x4_epi64(inside, 1), table, sizeof(float)));
    __m512 a = _mm512_permutex2var_ps(low, of_first, high);
    __m512 b = _mm512_permutex2var_ps(low, _mm512_or_epi32(of_first, _mm512_set1_epi32(1)), high);
    __m512 part = _mm512_sub_ps(place, _mm512_cvtepi32_ps(index));
    __m512 value = _mm512_add_ps(a, _mm512_mul_ps(_mm512_sub_ps(b, a), part));
    return _mm512_mask_blend_ps(_mm512_cmpeq_epi32_mask(inside, index), _mm512_set1_ps(1), value);
}

NETWORK_512 static inline __mmask16 curve_is_negative(__m512 x)
{
    return _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
}

NETWORK_512 static inline __m512 curve_tanh(__m512 x)
{
    __m512 value = curve_look_up(curve_tanh_table, x);

    return _mm512_mask_xor_ps(value, curve_is_negative(x), value, _mm512_set1_ps(-0.0f));
}

NETWORK_512 static inline __m512 curve_logistic(__m512 x)
{
    __m512 value = curve_look_up(curve_logistic_table, x);

    return _mm512_mask_sub_ps(value, curve_is_negative(x), _mm512_set1_ps(1), value);
}

/* As network_to_bytes(). */
NETWORK_512 static inline __m128i curve_to_bytes(__m512 values)
{
    __m512 scaled = _mm512_mul_ps(values, _mm512_set1_ps(INT8_MAX));
    __m512 half = _mm512_or_ps(_mm512_and_ps(scaled, _mm512_set1_ps(-0.0f)), _mm512_set1_ps(0.5f));
    __m512i rounded = _mm512_cvttps_epi32(_mm512_add_ps(scaled, half));
    const __m512i most = _mm512_set1_epi32(INT8_MAX), least = _mm512_set1_epi32(-INT8_MAX);

    return _mm512_cvtepi32_epi8(_mm512_max_epi32(least, _mm512_min_epi32(most, rounded)));
}

NETWORK_512 static inline __m128i curve_flip(__m128i bytes)
{
    return _mm_xor_si128(bytes, _mm_set1_epi8((char)MATRIX_FLIP));
}
