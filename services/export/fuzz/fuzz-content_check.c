/*
 * Whatever a drawing of a page holds: what is let through is made of the allowed operators alone,
 * with nothing in it that a reader of PDF could take for text, strings, comments or other names.
 *
 *     CC=clang-19 meson setup build/fuzz -Db_sanitize=address,undefined -Db_lundef=false \
 *         -Dc_args=-fsanitize=fuzzer-no-link
 *     ninja -C build/fuzz services/export/fuzz-export-content_check
 *     build/fuzz/services/export/fuzz-export-content_check -max_total_time=60 \
 *         services/export/fuzz/corpus/content_check
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "services/export/pdf/content_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct content_names names = {3, 2};
    bool has_cmyk;

    if (!content_check((struct str){(const char *)data, size}, &names, &has_cmyk))
        return 0;
    for (size_t i = 0; i < size; i++) {
        if (strchr("()<>{}%#\"'", data[i]) != NULL || data[i] == '\0' || data[i] >= 0x7F)
            abort();
        if (data[i] == '/' && (i + 2 >= size || (data[i + 1] != 'G' && data[i + 1] != 'I')))
            abort();
        if (data[i] == 'T' || data[i] == 'X' || data[i] == 'E') /* of text, inline images, BX */
            abort();
    }
    return 0;
}
