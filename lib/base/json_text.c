#include "lib/base/json_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"

/* Bytes that go out as they are. */
static size_t plain_length(struct str text)
{
    size_t length = 0;

    while (length < text.n) {
        const unsigned char c = (unsigned char)text.p[length];
        size_t more = 1;

        if (c >= 0x80)
            more = utf8_sequence(text.p + length, text.n - length);
        else if (c < 0x20 || c == '"' || c == '\\')
            more = 0;
        if (more == 0)
            break;
        length += more;
    }
    return length;
}

/* Quotation mark, reverse solidus and U+0000 to U+001F. */
static void write_escape(uint32_t character, char ret_escape[static JSON_TEXT_ESCAPE_SIZE])
{
    static const char shorts[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
    const char *found = character == 0 ? NULL : strchr(shorts, (int)character);

    if (found != NULL)
        (void)snprintf(ret_escape, JSON_TEXT_ESCAPE_SIZE, "\\%c", letters[found - shorts]);
    else
        (void)snprintf(ret_escape, JSON_TEXT_ESCAPE_SIZE, "\\u%04x", character & 0xFFFFU);
}

bool json_text_next(struct str *rest, struct json_text_piece *ret_piece)
{
    uint32_t character;
    bool is_valid;

    if (rest->n == 0)
        return false;
    *ret_piece = (struct json_text_piece){.plain = {rest->p, plain_length(*rest)}};
    rest->p += ret_piece->plain.n;
    rest->n -= ret_piece->plain.n;
    if (rest->n == 0)
        return true;
    const size_t used = utf8_decode(rest->p, rest->n, &character, &is_valid);
    if (is_valid)
        write_escape(character, ret_piece->escape);
    else
        (void)snprintf(ret_piece->escape, JSON_TEXT_ESCAPE_SIZE, UTF8_REPLACEMENT_TEXT);
    rest->p += used;
    rest->n -= used;
    return true;
}

struct str json_text_real(double value, char text[static JSON_TEXT_REAL_SIZE])
{
    int length = snprintf(text, JSON_TEXT_REAL_SIZE, "%.4f", isfinite(value) ? value : 0.0);

    while (text[length - 1] == '0' && text[length - 2] != '.')
        length--;
    const struct str written = {text, (size_t)length};
    return str_equal(written, STR("-0.0")) ? (struct str){text + 1, 3} : written;
}
