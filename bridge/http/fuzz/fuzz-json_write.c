/*
 * Whatever bytes are written as a string, another program reads them as JSON.
 */

#include <stdlib.h>

#include <jansson.h>

#include "bridge/http/json_write.h"

enum { OUTPUT_MAX_BYTES = 1 << 23 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf out;
    json_error_t error;

    buf_init(&out, OUTPUT_MAX_BYTES);
    if (!json_write_begin_array(&out) ||
        !json_write_string(&out, (struct str){(const char *)data, size}) ||
        !json_write_end_array(&out))
        abort();
    json_t *json = json_loadb(out.data, out.length, JSON_ALLOW_NUL, &error);
    if (json == NULL)
        abort();
    json_decref(json);
    buf_deinit(&out);
    return 0;
}
