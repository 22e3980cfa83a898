/*
 * Any bytes are a model with texts in UTF-8, or are refused with a reason.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/ocr/worker/engine/neural/onnx_metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(onnx_metadata_freep) struct onnx_metadata *metadata = NULL;
    struct status st;

    if (onnx_metadata_new((struct str){(const char *)data, size}, &metadata, &st) != STATUS_OK) {
        if (strcmp(st.reason, "MODEL_UNAVAILABLE") != 0)
            abort();
        return 0;
    }
    const char *text = onnx_metadata_get(metadata, "character");
    size_t length = text != NULL ? strlen(text) : 0;
    for (size_t i = 0; i < length;) {
        size_t used = utf8_sequence(text + i, length - i);
        if (used == 0)
            abort();
        i += used;
    }
    return 0;
}
