#include "services/ocr/worker/engine/neural/ctc.h"

#include <string.h>

/* Index of the largest value. Values of 0 and above are in the order of their bits, and a maximum
 * of integers is what compilers make vectors of. */
static uint32_t find_largest(const float *values, size_t count)
{
    const int32_t *bits = (const int32_t *)values;
    int32_t largest = 0;
    uint32_t index = 0;

    for (size_t i = 0; i < count; i++)
        largest = bits[i] > largest ? bits[i] : largest;
    while (index + 1 < count && bits[index] != largest)
        index++;
    return bits[index] == largest ? index : 0;
}

size_t ctc_decode(const float *probabilities, size_t steps, size_t labels,
                  struct ctc_symbol *ret_symbols)
{
    uint32_t previous = CTC_BLANK;
    size_t count = 0, first = 0;

    for (size_t step = 0; step < steps; step++) {
        const float *values = probabilities + step * labels;
        uint32_t label = find_largest(values, labels);
        if (label != CTC_BLANK && label != previous) {
            first = step;
            ret_symbols[count++] = (struct ctc_symbol){label, values[label], (float)step + 0.5f};
        } else if (label != CTC_BLANK) {
            struct ctc_symbol *symbol = &ret_symbols[count - 1];
            symbol->position = (float)(first + step + 1) / 2;
            if (values[label] > symbol->probability)
                symbol->probability = values[label];
        }
        previous = label;
    }
    return count;
}
