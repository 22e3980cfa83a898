#include "services/chat/passage/headings.h"

#include <string.h>

#include "services/chat/text/folded_find.h"

static size_t index_of(uint32_t level)
{
    return level >= 1 && level <= HEADINGS_LEVELS ? level - 1 : HEADINGS_LEVELS - 1;
}

void headings_leave(struct headings *headings, uint32_t level)
{
    for (size_t i = index_of(level); i < HEADINGS_LEVELS; i++)
        headings->levels[i].length = 0;
}

void headings_enter(struct headings *headings, struct str text, uint32_t level)
{
    size_t at = index_of(level);
    size_t length = text.n;
    if (length > HEADING_BYTES_MAX) {
        length = HEADING_BYTES_MAX;
        while (length > 0 && ((unsigned char)text.p[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(headings->levels[at].text, text.p, length);
    headings->levels[at].length = length;
    headings->levels[at].is_in_text = true;
}

void headings_begin_passage(struct headings *headings)
{
    for (size_t i = 0; i < HEADINGS_LEVELS; i++)
        headings->levels[i].is_in_text = false;
}

void headings_mark(struct headings *headings, struct str text)
{
    for (size_t i = 0; i < HEADINGS_LEVELS; i++)
        if (headings->levels[i].length > 0 &&
            str_starts_with(text,
                            (struct str){headings->levels[i].text, headings->levels[i].length}))
            headings->levels[i].is_in_text = true;
}

bool headings_append(const struct headings *headings, struct buf *out)
{
    for (size_t i = 0; i < HEADINGS_LEVELS; i++) {
        struct str text = {headings->levels[i].text, headings->levels[i].length};
        if (text.n == 0 || headings->levels[i].is_in_text)
            continue;
        if ((out->length > 0 && !buf_append_char(out, '\n')) || !folded_append(out, text))
            return false;
    }
    return true;
}
