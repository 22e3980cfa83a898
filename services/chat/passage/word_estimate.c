#include "services/chat/passage/word_estimate.h"

#include <stdbool.h>

#include "lib/base/utf8.h"

/* Thai, Lao, Burmese, Khmer: about five characters a word, marks counted. */
static bool is_southeast_asian(uint32_t c)
{
    return (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) ||
           (c >= 0x1780 && c <= 0x17FF);
}

/* Kana and Han: about two. */
static bool is_east_asian(uint32_t c)
{
    return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

/* Dots that lead to a page number are no words. */
static bool is_word_character(uint32_t c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

size_t word_estimate(struct str text)
{
    enum { TENTHS_SPACED = 10, TENTHS_SOUTHEAST_ASIAN = 2, TENTHS_EAST_ASIAN = 5 };
    size_t tenths = 0, step;
    bool is_in_word = false, is_valid;
    uint32_t c;

    for (size_t at = 0; at < text.n; at += step) {
        c = (unsigned char)text.p[at];
        step = 1;
        if (c <= ' ') {
            is_in_word = false;
            continue;
        }
        if (c >= 0x80)
            step = utf8_decode(text.p + at, text.n - at, &c, &is_valid);
        if (is_east_asian(c) || is_southeast_asian(c)) {
            tenths += is_east_asian(c) ? TENTHS_EAST_ASIAN : TENTHS_SOUTHEAST_ASIAN;
            is_in_word = false;
        } else if (!is_in_word && is_word_character(c)) {
            tenths += TENTHS_SPACED;
            is_in_word = true;
        }
    }
    return (tenths + 9) / 10;
}
