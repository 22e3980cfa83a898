/*
 * What uri_parse() takes has a path and clean, NUL-terminated parameters.
 */

#include <stdlib.h>

#include "bridge/http/text.h"
#include "bridge/http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);
    struct uri uri;
    struct status st = {0};

    if (uri_parse((struct str){(const char *)data, size}, arena, &uri, &st) != STATUS_OK)
        return 0;
    if (uri.path.n == 0 || uri.parameter_count > URI_PARAMETERS_MAX)
        abort();
    for (size_t i = 0; i < uri.parameter_count; i++) {
        struct str value = uri.parameters[i].value;

        if (!text_is_clean(uri.parameters[i].name) || !text_is_clean(value) ||
            value.p[value.n] != '\0')
            abort();
    }
    return 0;
}
