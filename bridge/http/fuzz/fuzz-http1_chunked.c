/*
 * A chunked body reads the same at once and byte by byte.
 */

#include <stdlib.h>

#include "bridge/http/http1_chunked.h"

enum { OUTPUT_MAX_BYTES = 1 << 22 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

/* Feeds at most `step` bytes at a time; *ret_used counts those of the body. */
static status_code decode(struct str bytes, size_t step, struct buf *out, bool *ret_is_end,
                          size_t *ret_used)
{
    struct http1_chunked decoder;
    struct status st = {0};

    http1_chunked_init(&decoder);
    *ret_is_end = false;
    *ret_used = 0;
    while (*ret_used < bytes.n && !*ret_is_end) {
        size_t left = bytes.n - *ret_used, length = left < step ? left : step;
        struct str piece = {bytes.p + *ret_used, length}, content;

        TRY(http1_chunked_next(&decoder, &piece, &content, ret_is_end, &st));
        must(content.n == 0 || buf_append(out, content.p, content.n));
        *ret_used += length - piece.n;
    }
    return STATUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = {(const char *)data, size};
    struct buf whole, pieces;
    bool whole_is_end, pieces_is_end;
    size_t whole_used, pieces_used;

    buf_init(&whole, OUTPUT_MAX_BYTES);
    buf_init(&pieces, OUTPUT_MAX_BYTES);
    status_code code = decode(bytes, SIZE_MAX, &whole, &whole_is_end, &whole_used);
    must(decode(bytes, 1, &pieces, &pieces_is_end, &pieces_used) == code);
    must(str_equal(buf_str(&whole), buf_str(&pieces)));
    if (code == STATUS_OK)
        must(whole_is_end == pieces_is_end && whole_used == pieces_used);
    buf_deinit(&whole);
    buf_deinit(&pieces);
    return 0;
}
