#include "services/chat/text/folded_find.h"

#include <string.h>

#include "lib/base/utf8.h"

/* White space at the start of the text (Unicode's White_Space), in bytes; 0: none. */
static size_t space_at(const char *text, size_t length)
{
    unsigned char c = (unsigned char)text[0];

    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r') ? 1 : 0;
    uint32_t character;
    bool is_valid;
    size_t step = utf8_decode(text, length, &character, &is_valid);
    return character == 0x85 || character == 0xA0 || character == 0x1680 ||
                   (character >= 0x2000 && character <= 0x200A) || character == 0x2028 ||
                   character == 0x2029 || character == 0x202F || character == 0x205F ||
                   character == 0x3000
               ? step
               : 0;
}

static size_t skip_space(struct str text, size_t at)
{
    size_t step;

    while (at < text.n && (step = space_at(text.p + at, text.n - at)) > 0)
        at += step;
    return at;
}

/* The next byte of the text with its white space folded; *at moves on in the text itself. False at
 * its end. */
static bool next_folded(struct str text, size_t *at, char *ret_byte)
{
    if (*at >= text.n)
        return false;
    if (space_at(text.p + *at, text.n - *at) == 0) {
        *ret_byte = text.p[(*at)++];
        return true;
    }
    *at = skip_space(text, *at);
    *ret_byte = ' ';
    return *at < text.n;
}

bool folded_append(struct buf *out, struct str text)
{
    size_t at = skip_space(text, 0);
    char byte;

    if (!buf_reserve(out, text.n)) /* then no append fails */
        return false;
    while (next_folded(text, &at, &byte))
        if (!buf_append_char(out, byte))
            return false;
    return true;
}

/* Where the folded text's byte `index` stands in the text. */
static size_t place_of(struct str text, size_t index)
{
    size_t at = skip_space(text, 0);
    char byte;

    for (size_t i = 0; i < index && next_folded(text, &at, &byte); i++)
        ;
    return at;
}

bool folded_find(struct str text, struct str wanted, size_t *ret_offset, size_t *ret_length)
{
    _cleanup_(buf_deinit) struct buf folded_text, folded_wanted;

    buf_init(&folded_text, text.n);
    buf_init(&folded_wanted, wanted.n);
    if (!folded_append(&folded_text, text) || !folded_append(&folded_wanted, wanted) ||
        folded_wanted.length == 0 || folded_text.length == 0)
        return false;
    const char *found =
        memmem(folded_text.data, folded_text.length, folded_wanted.data, folded_wanted.length);
    if (found == NULL)
        return false;
    size_t index = (size_t)(found - folded_text.data);
    /* Neither end of what is wanted is white space. */
    size_t start = place_of(text, index);
    *ret_offset = start;
    *ret_length = place_of(text, index + folded_wanted.length - 1) + 1 - start;
    return true;
}
