/* The field Forwarded: whatever it says, the list has a member for each element, and no quotes get
 * out of one. */

#include <stdlib.h>
#include <string.h>

#include "bridge/http/forwarded.h"

enum { ARENA_BYTES = 64 * 1024, FIELD_MAX_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_BYTES);
    struct str list;

    if (size > FIELD_MAX_BYTES ||
        !forwarded_for((struct str){(const char *)data, size}, arena, &list))
        return 0;
    size_t members = 1, commas = 1;
    for (size_t i = 0; i < list.n; i++)
        members += list.p[i] == ',';
    for (size_t i = 0; i < size; i++)
        commas += data[i] == ',';
    if (members > commas)
        abort();
    return 0;
}
