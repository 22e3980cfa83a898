#include "services/export/html/base64.h"

#include <string.h>

static void encode(const uint8_t bytes[static 3], char to[static 4])
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    to[0] = alphabet[bytes[0] >> 2];
    to[1] = alphabet[(bytes[0] & 3) << 4 | bytes[1] >> 4];
    to[2] = alphabet[(bytes[1] & 15) << 2 | bytes[2] >> 6];
    to[3] = alphabet[bytes[2] & 63];
}

bool base64_next(struct base64 *encoder, struct str *chunk, char ret_text[static BASE64_TEXT_SIZE])
{
    size_t used = 0;

    while (chunk->n > 0 && used + 4 < BASE64_TEXT_SIZE) {
        encoder->held[encoder->held_count++] = (uint8_t)*chunk->p;
        chunk->p++;
        chunk->n--;
        if (encoder->held_count == sizeof(encoder->held)) {
            encode(encoder->held, ret_text + used);
            encoder->held_count = 0;
            used += 4;
        }
    }
    ret_text[used] = '\0';
    return used > 0;
}

void base64_end(struct base64 *encoder, char ret_text[static BASE64_TEXT_SIZE])
{
    size_t count = encoder->held_count;

    ret_text[0] = '\0';
    if (count == 0)
        return;
    memset(encoder->held + count, 0, sizeof(encoder->held) - count);
    encode(encoder->held, ret_text);
    memset(ret_text + count + 1, '=', sizeof(encoder->held) - count);
    ret_text[4] = '\0';
    encoder->held_count = 0;
}
