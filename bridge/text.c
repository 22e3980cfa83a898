#include "bridge/text.h"

#include <string.h>

#include "lib/base/utf8.h"

int text_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void text_lower(char *ret_text, size_t size, const char *text)
{
    size_t i = 0;

    for (; text[i] != '\0' && i < size - 1; i++)
        ret_text[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
    ret_text[i] = '\0';
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

bool text_is_clean(struct str text)
{
    while (text.n > 0) {
        size_t length = utf8_sequence(text.p, text.n);
        char c = text.p[0];

        if (length == 0 || (is_control(c) && c != '\t' && c != '\n' && c != '\r'))
            return false;
        text.p += length;
        text.n -= length;
    }
    return true;
}

const char *text_file_name(struct str name, struct arena *arena)
{
    for (size_t i = name.n; i > 0; i--) {
        if (name.p[i - 1] == '/' || name.p[i - 1] == '\\') {
            name.p += i;
            name.n -= i;
            break;
        }
    }
    char *out = arena_alloc(arena, TEXT_FILE_NAME_MAX + 1);
    if (out == NULL)
        return NULL;

    size_t used = 0;
    while (name.n > 0) {
        size_t length = utf8_sequence(name.p, name.n);
        const char *piece = length > 0 ? name.p : UTF8_REPLACEMENT_TEXT;
        size_t piece_length = length > 0 ? length : sizeof(UTF8_REPLACEMENT_TEXT) - 1;
        size_t step = length > 0 ? length : 1;

        if (!is_control(name.p[0])) {
            if (used + piece_length > TEXT_FILE_NAME_MAX)
                break;
            memcpy(out + used, piece, piece_length);
            used += piece_length;
        }
        name.p += step;
        name.n -= step;
    }
    out[used] = '\0';
    if (strcmp(out, ".") == 0 || strcmp(out, "..") == 0)
        out[0] = '\0';
    return out;
}
