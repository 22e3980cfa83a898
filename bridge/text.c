#include "bridge/text.h"

#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

size_t text_utf8_sequence(struct str text)
{
    const unsigned char *p = (const unsigned char *)text.p;
    unsigned char low = 0x80, high = 0xBF; /* range of the second byte */
    size_t length;

    if (text.n == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF) {
        length = 2;
    } else if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        length = 3;
        if (p[0] == 0xE0)
            low = 0xA0;
        if (p[0] == 0xED)
            high = 0x9F;
    } else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        length = 4;
        if (p[0] == 0xF0)
            low = 0x90;
        if (p[0] == 0xF4)
            high = 0x8F;
    } else {
        return 0;
    }
    if (text.n < length || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return length;
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

bool text_is_clean(struct str text)
{
    while (text.n > 0) {
        size_t length = text_utf8_sequence(text);
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
        size_t length = text_utf8_sequence(name);
        const char *piece = length > 0 ? name.p : replacement;
        size_t piece_length = length > 0 ? length : sizeof(replacement) - 1;
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
