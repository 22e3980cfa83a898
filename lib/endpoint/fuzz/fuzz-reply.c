/*
 * Whatever a vision endpoint answers, in whatever pieces: valid text within its limits, or a reason
 * why not. The first two bytes choose the media type and the size of the pieces.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "lib/endpoint/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_utf8(struct str text)
{
    for (size_t at = 0; at < text.n;) {
        size_t length = utf8_sequence(text.p + at, text.n - at);
        if (length == 0)
            abort();
        at += length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const media_types[] = {"text/event-stream", "application/json", "text/html"};
    struct reply reply;
    struct str text;
    struct status st = {0};

    if (size < 2)
        return 0;
    const char *media_type = media_types[data[0] % ARRAY_LENGTH(media_types)];
    size_t piece = (size_t)data[1] + 1;
    reply_init(&reply);
    for (size_t at = 2; at < size; at += piece) {
        size_t length = size - at < piece ? size - at : piece;
        if (!reply_feed(&reply, media_type, (struct str){(const char *)data + at, length}))
            break;
    }
    if (reply_end(&reply, &text, &st) == STATUS_OK) {
        if (text.n > REPLY_TEXT_MAX_BYTES)
            abort();
        must_be_utf8(text);
    } else if (st.message[0] == '\0') {
        abort();
    }
    reply_deinit(&reply);
    return 0;
}
