#include "services/ocr/worker/engine/neural/ctc.h"

#include <string.h>

/* Most of the time here passes in two loops over all labels, which wider vectors make faster. What
 * sanitizers add to a function cannot run yet when the choice among its clones is made. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VECTOR_CLONES
#endif

/* The bits of a float as an integer: among these the order is that of the floats, and a maximum of
 * integers is what compilers make vectors of. */
static inline int32_t to_ordered(int32_t bits)
{
    return bits ^ (int32_t)((uint32_t)(bits >> 31) >> 1);
}

VECTOR_CLONES static uint32_t find_largest(const float *values, size_t count)
{
    const int32_t *bits = (const int32_t *)values;
    int32_t largest = INT32_MIN;
    uint32_t index = 0;

    for (size_t i = 0; i < count; i++)
        largest = to_ordered(bits[i]) > largest ? to_ordered(bits[i]) : largest;
    while (index + 1 < count && to_ordered(bits[index]) != largest)
        index++;
    return index;
}

/* exp(-x) for x of 0 or above, right to six digits, and in a form that compilers make vectors of: 2
 * to the power of the nearest integer, and Taylor's series for what is left. */
static inline float exp_of_minus(float x)
{
    const float log2_e = 1.44269504f, ln_2 = 0.693147181f;
    const int32_t bits_of_80 = 0x42a00000; /* where it ends: 2e-35 */
    int32_t bits;
    float scale;

    memcpy(&bits, &x, sizeof(bits));
    bits = bits < bits_of_80 ? bits : bits_of_80;
    memcpy(&x, &bits, sizeof(x));
    float power = -x * log2_e;
    int32_t nearest = (int32_t)(power - 0.5f);
    float r = (power - (float)nearest) * ln_2;
    float series =
        1 + r * (1 + r * (1.0f / 2 + r * (1.0f / 6 + r * (1.0f / 24 + r * (1.0f / 120)))));
    bits = (nearest + 127) << 23;
    memcpy(&scale, &bits, sizeof(scale));
    return series * scale;
}

/* The probability of the label with the largest value. */
VECTOR_CLONES static float probability_of(const float *values, size_t count, float largest)
{
    enum { CHUNK = 64 }; /* summed by halves: one after the other would be no vectors */
    float chunk[CHUNK], sum = 0;
    size_t i = 0;

    for (; i + CHUNK <= count; i += CHUNK) {
        for (size_t j = 0; j < CHUNK; j++)
            chunk[j] = exp_of_minus(largest - values[i + j]);
        for (size_t half = CHUNK / 2; half > 0; half /= 2)
            for (size_t j = 0; j < half; j++)
                chunk[j] += chunk[j + half];
        sum += chunk[0];
    }
    for (; i < count; i++)
        sum += exp_of_minus(largest - values[i]);
    return 1 / sum;
}

void ctc_choose(const float *logits, size_t count, size_t labels, struct ctc_step *ret_steps)
{
    for (size_t step = 0; step < count; step++) {
        const float *values = logits + step * labels;
        uint32_t label = find_largest(values, labels);
        float probability = label != CTC_BLANK ? probability_of(values, labels, values[label]) : 0;
        ret_steps[step] = (struct ctc_step){label, probability};
    }
}

size_t ctc_decode(const struct ctc_step *steps, size_t count, struct ctc_symbol *ret_symbols)
{
    uint32_t previous = CTC_BLANK;
    size_t symbol_count = 0, first = 0;

    for (size_t step = 0; step < count; step++) {
        uint32_t label = steps[step].label;
        float probability = steps[step].probability;
        if (label != CTC_BLANK && label != previous) {
            first = step;
            ret_symbols[symbol_count++] =
                (struct ctc_symbol){label, probability, (float)step + 0.5f};
        } else if (label != CTC_BLANK) {
            struct ctc_symbol *symbol = &ret_symbols[symbol_count - 1];
            symbol->position = (float)(first + step + 1) / 2;
            if (probability > symbol->probability)
                symbol->probability = probability;
        }
        previous = label;
    }
    return symbol_count;
}
