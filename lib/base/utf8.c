#include "lib/base/utf8.h"

#include <string.h>

/* Unicode 15, table 3-7: the second byte decides about overlong forms, surrogates and the end of
 * the code space; the bytes after it are any of 80..BF. */
static size_t sequence_length(unsigned char lead, unsigned char *ret_low, unsigned char *ret_high)
{
    *ret_low = 0x80;
    *ret_high = 0xBF;
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2)
        return 0;
    if (lead < 0xE0)
        return 2;
    if (lead < 0xF0) {
        if (lead == 0xE0)
            *ret_low = 0xA0;
        else if (lead == 0xED)
            *ret_high = 0x9F;
        return 3;
    }
    if (lead < 0xF5) {
        if (lead == 0xF0)
            *ret_low = 0x90;
        else if (lead == 0xF4)
            *ret_high = 0x8F;
        return 4;
    }
    return 0;
}

size_t utf8_decode(const char *text, size_t length, uint32_t *ret_character, bool *ret_is_valid)
{
    static const unsigned char lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned char low;
    unsigned char high;
    size_t needed = sequence_length(bytes[0], &low, &high);
    uint32_t character;

    *ret_character = UTF8_REPLACEMENT;
    *ret_is_valid = false;
    if (needed == 0)
        return 1;
    character = bytes[0] & lead_bits[needed];
    for (size_t i = 1; i < needed; i++) {
        if (i == length || bytes[i] < low || bytes[i] > high)
            return i;
        character = character << 6 | (bytes[i] & 0x3F);
        low = 0x80;
        high = 0xBF;
    }
    *ret_character = character;
    *ret_is_valid = true;
    return needed;
}

size_t utf8_sequence(const char *text, size_t length)
{
    uint32_t character;
    bool is_valid;

    if (length == 0)
        return 0;
    size_t used = utf8_decode(text, length, &character, &is_valid);
    return is_valid ? used : 0;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

size_t utf8_length(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += !is_continuation(*text);
    return count;
}

uint32_t utf8_first(const char *text)
{
    uint32_t character;
    bool is_valid;

    if (text[0] == '\0')
        return 0;
    (void)utf8_decode(text, strlen(text), &character, &is_valid);
    return character;
}

uint32_t utf8_last(const char *text)
{
    size_t start = strlen(text);

    if (start == 0)
        return 0;
    do
        start--;
    while (start > 0 && is_continuation(text[start]));
    return utf8_first(text + start);
}

size_t utf8_cut(const char *text, size_t max)
{
    size_t length = strnlen(text, max);

    while (length > 0 && text[length] != '\0' && is_continuation(text[length]))
        length--;
    return length;
}
