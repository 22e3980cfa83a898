/*
 * Fuzzes the Range field: whatever is taken resolves to bytes that the file has.
 */

#include <stdint.h>
#include <stdlib.h>

#include "bridge/http/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t sizes[] = {0, 1, 500, INT64_MAX};
    struct range range;
    int64_t first, length;

    if (!range_parse((struct str){(const char *)data, size}, &range))
        return 0;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        if (range_resolve(&range, sizes[i], &first, &length) &&
            (first < 0 || length < 1 || first > sizes[i] - length))
            abort();
    return 0;
}
