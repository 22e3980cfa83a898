/*
 * Parameters of a header value end, and each lies within the value or the arena.
 */

#include <stdlib.h>

#include "bridge/http/header.h"
#include "bridge/http/text.h"
#include "lib/base/file_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);
    struct str value = {(const char *)data, size}, rest, text;
    struct header_parameter parameter;
    bool is_malformed = false;
    size_t count = 0;

    (void)header_main_value(value, &rest);
    while (header_next_parameter(&rest, ';', arena, &parameter, &is_malformed)) {
        if (++count > size || !header_is_token(parameter.name) || parameter.value.n > size)
            abort();
        if (header_decode_extended(parameter.value, arena, &text) && text.n > size)
            abort();
        const char *name = file_name_clean(parameter.value, arena);
        if (name != NULL && !text_is_clean(str_of(name)))
            abort();
    }
    return 0;
}
