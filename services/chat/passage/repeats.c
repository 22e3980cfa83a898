#include "services/chat/passage/repeats.h"

#include "lib/base/ascii.h"
#include "services/chat/text/text_hash.h"

enum { PAGE_NUMBER_DIGITS_MAX = 4 };

/* Digits that may be a page's number: few, and no part of an amount or a date. */
static size_t page_number_at(struct str text, size_t at)
{
    size_t count = 0;

    while (at + count < text.n && ascii_is_digit(text.p[at + count]))
        count++;
    if (count == 0 || count > PAGE_NUMBER_DIGITS_MAX)
        return 0;
    bool is_joined_before = at >= 2 && ascii_is_digit(text.p[at - 2]) && text.p[at - 1] != ' ';
    bool is_joined_after = at + count + 1 < text.n && ascii_is_digit(text.p[at + count + 1]) &&
                           text.p[at + count] != ' ';
    return is_joined_before || is_joined_after ? 0 : count;
}

/* Of the text without page numbers. */
static uint64_t hash(struct str text)
{
    char bare[REPEATS_TEXT_MAX_BYTES];
    size_t length = 0;

    for (size_t at = 0; at < text.n; at++) {
        size_t digits = page_number_at(text, at);
        bare[length++] = digits > 0 ? '#' : text.p[at];
        at += digits > 0 ? digits - 1 : 0;
    }
    return text_hash((struct str){bare, length}, 0) | 1;
}

bool repeats_have(struct repeats *repeats, struct str text)
{
    if (text.n > REPEATS_TEXT_MAX_BYTES)
        return false;
    uint64_t wanted = hash(text);
    size_t place = (size_t)(wanted >> 1) % ARRAY_LENGTH(repeats->hashes);

    while (repeats->hashes[place] != 0) {
        if (repeats->hashes[place] == wanted)
            return true;
        place = (place + 1) % ARRAY_LENGTH(repeats->hashes);
    }
    if (repeats->count < REPEATS_MAX) {
        repeats->hashes[place] = wanted;
        repeats->count++;
    }
    return false;
}
