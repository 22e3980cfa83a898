#include "services/export/page/plain_text.h"

#include <string.h>

#include "lib/base/utf8.h"

enum { LAST_C0_CONTROL = 0x1F, DELETE = 0x7F, FIRST_C1_CONTROL = 0x80, LAST_C1_CONTROL = 0x9F };

static bool is_control(uint32_t character)
{
    return character <= LAST_C0_CONTROL || character == DELETE ||
           (character >= FIRST_C1_CONTROL && character <= LAST_C1_CONTROL);
}

/* Unicode 15 §23.7. */
static bool is_noncharacter(uint32_t character)
{
    return (character & 0xFFFE) == 0xFFFE || (character >= 0xFDD0 && character <= 0xFDEF);
}

size_t plain_text_next(struct str text, struct str *ret_piece)
{
    uint32_t character;
    bool is_valid;
    size_t used = utf8_decode(text.p, text.n, &character, &is_valid);

    *ret_piece = (struct str){text.p, used};
    if (!is_valid || is_noncharacter(character))
        *ret_piece = STR(UTF8_REPLACEMENT_TEXT);
    else if (character == '\f' || character == '\v' ||
             (character == '\r' && (text.n == 1 || text.p[1] != '\n')))
        *ret_piece = STR("\n");
    else if (character != '\n' && character != '\t' && is_control(character))
        *ret_piece = STR("");
    return used;
}

const char *plain_text_clean(const char *text, struct buf *scratch)
{
    struct str rest = str_of(text);
    struct str piece;
    bool is_clean = true;

    buf_clear(scratch);
    while (rest.n > 0) {
        size_t used = plain_text_next(rest, &piece);

        if (is_clean && piece.p != rest.p) {
            is_clean = false;
            if (!buf_append(scratch, text, (size_t)(rest.p - text)))
                return NULL;
        }
        if (!is_clean && !buf_append(scratch, piece.p, piece.n))
            return NULL;
        rest.p += used;
        rest.n -= used;
    }
    if (is_clean)
        return text;
    return scratch->data != NULL ? scratch->data : "";
}

void plain_text_write_page(struct sink *sink, const char *text)
{
    struct str rest = str_of(text), piece;
    size_t line_ends = 0; /* held back: they may be the last ones */
    bool has_text = false;

    while (rest.n > 0) {
        size_t used = plain_text_next(rest, &piece);

        rest.p += used;
        rest.n -= used;
        if (str_equal(piece, STR("\n"))) {
            line_ends++;
            continue;
        }
        if (piece.n == 0)
            continue;
        for (; line_ends > 0; line_ends--)
            sink_append(sink, "\n", 1);
        sink_append(sink, piece.p, piece.n);
        has_text = true;
    }
    if (has_text)
        sink_append(sink, "\n", 1);
}
