/*
 * Feeds lists of weighted values to their parser: its members lie within the list, in order, and
 * their weights within 0 and ACCEPT_QUALITY_MAX.
 */

#include <stdlib.h>

#include "bridge/http/accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str list = {(const char *)data, size}, rest = list, value;
    const char *last_end = list.p;
    int quality;

    while (accept_next(&rest, &value, &quality)) {
        if (value.n == 0 || value.p < last_end || value.p + value.n > list.p + list.n)
            abort();
        if (quality < 0 || quality > ACCEPT_QUALITY_MAX)
            abort();
        last_end = value.p + value.n;
    }
    return 0;
}
