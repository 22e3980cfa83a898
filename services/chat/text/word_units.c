#include "services/chat/text/word_units.h"

#include <stdbool.h>

#include <unicode/utf16.h>

#include "lib/base/utf8.h"

/* The mark that combines, of one that takes a place of its own; 0: none. */
static UChar combining_mark(UChar spacing)
{
    switch (spacing) {
    case 0x00A8:
        return 0x0308;
    case 0x00B4:
        return 0x0301;
    case '`':
        return 0x0300;
    case 0x02C6:
        return 0x0302;
    case 0x02DC:
        return 0x0303;
    case 0x02C7:
        return 0x030C;
    case 0x02DA:
        return 0x030A;
    default:
        return 0;
    }
}

/* What is copied out of PDFs that TeX made into a question has marks as characters before their
 * letters: "f¨ur". Documents have them where services/ocr/worker/text_layer_marks.c could not tell
 * by where they are drawn. Where the two are a letter, they become it and the mark behind it. Not
 * where the sign may be an apostrophe. */
static void combine_marks(UChar *units, size_t count, const struct text_language *language,
                          const UNormalizer2 *composer)
{
    bool elides = language != NULL && (language->traits & ELIDES);

    for (size_t i = 0; i + 1 < count; i++) {
        UChar spacing = units[i], mark = combining_mark(spacing);
        UChar letter = units[i + 1] == 0x0131 ? 'i' : units[i + 1];
        if (mark == 0 || (elides && (spacing == '`' || spacing == 0x00B4)) ||
            unorm2_composePair(composer, letter, mark) < 0)
            continue;
        units[i] = letter;
        units[i + 1] = mark;
    }
}

static bool is_unspaced(UChar c)
{
    return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF);
}

/* In scripts without spaces a line ends anywhere, inside of words too. Returns the units left. */
static size_t join_lines(UChar *units, uint32_t *offsets, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        bool is_torn = units[i] == '\n' && kept > 0 && i + 1 < count &&
                       is_unspaced(units[kept - 1]) && is_unspaced(units[i + 1]);
        if (is_torn)
            continue;
        units[kept] = units[i];
        offsets[kept++] = offsets[i];
    }
    offsets[kept] = offsets[count];
    return kept;
}

size_t word_units_read(struct str text, const struct text_language *language,
                       const UNormalizer2 *composer, UChar *units, uint32_t *offsets)
{
    size_t count = 0, step;

    for (size_t at = 0; at < text.n; at += step) {
        uint32_t character = (unsigned char)text.p[at];
        bool is_valid;
        step = 1;
        if (character >= 0x80)
            step = utf8_decode(text.p + at, text.n - at, &character, &is_valid);
        offsets[count] = (uint32_t)at;
        if (character > 0xFFFF) {
            units[count++] = U16_LEAD((UChar32)character);
            offsets[count] = (uint32_t)at;
            units[count++] = U16_TRAIL((UChar32)character);
        } else {
            units[count++] = (UChar)character;
        }
    }
    offsets[count] = (uint32_t)text.n;
    combine_marks(units, count, language, composer);
    return join_lines(units, offsets, count);
}
