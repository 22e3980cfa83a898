#include "services/export/page/flow_text.h"

#include "lib/base/utf8.h"

static bool is_within(uint32_t character, uint32_t first, uint32_t last)
{
    return character >= first && character <= last;
}

/* Blocks of Unicode 15 whose scripts are written without spaces between words, and the punctuation
 * that goes with them. */
static bool has_no_spaces(uint32_t character)
{
    return is_within(character, 0x0E00, 0x0EFF) || /* Thai, Lao */
           is_within(character, 0x1000, 0x109F) || /* Myanmar */
           is_within(character, 0x1780, 0x17FF) || /* Khmer */
           is_within(character, 0x2E80, 0x30FF) || /* radicals, CJK punctuation, kana */
           is_within(character, 0x31F0, 0x9FFF) || /* kana extensions to unified ideographs */
           is_within(character, 0xF900, 0xFAFF) || /* compatibility ideographs */
           is_within(character, 0xFF01, 0xFF9F) || /* full-width forms */
           is_within(character, 0x20000, 0x3FFFF); /* supplementary ideographs */
}

static uint32_t last_character(const struct buf *out)
{
    size_t start = out->length;
    uint32_t character;
    bool is_valid;

    if (start == 0)
        return 0;
    do
        start--;
    while (start > 0 && ((unsigned char)out->data[start] & 0xC0) == 0x80);
    (void)utf8_decode(out->data + start, out->length - start, &character, &is_valid);
    return character;
}

/* A hyphen that follows something: the word goes on in the next line. */
static bool ends_in_hyphen(const struct buf *out)
{
    uint32_t last = last_character(out);

    return (last == '-' || last == 0x2010) && out->length >= 2 &&
           out->data[out->length - 2] != ' ' && out->data[out->length - 2] != '-';
}

static bool needs_space(const struct buf *out, struct str line)
{
    uint32_t first;
    bool is_valid;

    if (out->length == 0)
        return false;
    (void)utf8_decode(line.p, line.n, &first, &is_valid);
    if (has_no_spaces(last_character(out)) && has_no_spaces(first))
        return false;
    return !ends_in_hyphen(out);
}

bool flow_text_join(const char *text, struct buf *out)
{
    struct str rest = str_of(text), line;

    buf_clear(out);
    if (!buf_append(out, "", 0))
        return false;
    while (str_next_token(&rest, '\n', &line)) {
        line = str_trim(line);
        if (line.n == 0)
            continue;
        if ((needs_space(out, line) && !buf_append_char(out, ' ')) ||
            !buf_append(out, line.p, line.n))
            return false;
    }
    return true;
}
