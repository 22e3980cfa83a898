#include "services/chat/question/page_mention.h"

#include "services/chat/question/phrases.h"

enum { PAGE_NUMBER_DIGITS_MAX = 6 };

static size_t digits_at(struct str folded, size_t at)
{
    size_t digits = 0;

    while (at + digits < folded.n && folded.p[at + digits] >= '0' && folded.p[at + digits] <= '9')
        digits++;
    return digits;
}

static uint32_t number_at(struct str folded, size_t at, size_t digits)
{
    uint32_t number = 0;

    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (uint32_t)(folded.p[at + i] - '0');
    return number;
}

/* The number stands behind the word or before it. */
bool page_mention_find(struct str folded, struct str list, size_t *ret_begin, size_t *ret_end,
                       uint32_t *ret_number)
{
    struct str phrase;

    while (str_next_token(&list, '|', &phrase)) {
        size_t begin;
        size_t end = 0;
        while (phrase_find(folded, phrase, end, &begin, &end)) {
            size_t at = end < folded.n && folded.p[end] == ' ' ? end + 1 : end;
            size_t digits = digits_at(folded, at);
            size_t before = begin;
            if (digits > 0 && digits <= PAGE_NUMBER_DIGITS_MAX) {
                *ret_begin = begin;
                *ret_end = at + digits;
                *ret_number = number_at(folded, at, digits);
                return *ret_number > 0;
            }
            if (before > 0 && folded.p[before - 1] == ' ')
                before--;
            for (digits = 0; before > 0 && folded.p[before - 1] >= '0' &&
                             folded.p[before - 1] <= '9' && digits < PAGE_NUMBER_DIGITS_MAX;)
                before--, digits++;
            /* "2 pages" counts them. */
            if (digits > 0 && (unsigned char)phrase.p[0] >= 0x80) {
                *ret_begin = before;
                *ret_end = end;
                *ret_number = number_at(folded, before, digits);
                return *ret_number > 0;
            }
        }
    }
    return false;
}
