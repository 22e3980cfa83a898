#include "services/chat/model/claim_mark.h"

#include <string.h>

#define WIDE_OPEN  "\u3010"
#define WIDE_CLOSE "\u3011"

struct cursor {
    struct str rest;
    bool is_at_end; /* it ended where more was wanted */
};

static bool skip(struct cursor *cursor, struct str wanted)
{
    if (cursor->rest.n < wanted.n && memcmp(cursor->rest.p, wanted.p, cursor->rest.n) == 0)
        cursor->is_at_end = true;
    if (!str_starts_with(cursor->rest, wanted))
        return false;
    cursor->rest.p += wanted.n;
    cursor->rest.n -= wanted.n;
    return true;
}

static void skip_spaces(struct cursor *cursor)
{
    while (skip(cursor, STR(" ")))
        ;
}

static bool skip_any(struct cursor *cursor, const struct str *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (skip(cursor, wanted[i]))
            return true;
    return false;
}

static bool skip_end(struct cursor *cursor)
{
    return skip(cursor, STR("]")) || skip(cursor, STR(WIDE_CLOSE));
}

static bool skip_comma(struct cursor *cursor)
{
    return skip(cursor, STR(",")) || skip(cursor, STR(";"));
}

/* "P12", "passage 12", or "12" where that is one. */
static bool read_number(struct cursor *cursor, bool takes_bare, uint32_t *ret_number)
{
    static const struct str names[] = {{"passage", 7}, {"Passage", 7}, {"P", 1},
                                       {"p", 1},       {"#P", 2},      {"#", 1}};
    bool is_named = skip_any(cursor, names, ARRAY_LENGTH(names));
    size_t digits = 0;
    uint32_t number = 0;

    skip_spaces(cursor);
    while (digits < cursor->rest.n && cursor->rest.p[digits] >= '0' &&
           cursor->rest.p[digits] <= '9') {
        number = number * 10 + (uint32_t)(cursor->rest.p[digits] - '0');
        if (number > CLAIM_NUMBER_MAX)
            return false;
        digits++;
    }
    cursor->is_at_end = cursor->is_at_end || digits == cursor->rest.n;
    cursor->rest.p += digits;
    cursor->rest.n -= digits;
    *ret_number = number;
    return digits > 0 && (is_named || takes_bare);
}

/* Whether a mark can go on, or end, after what is taken for the end of a quote. */
static bool ends_quote(struct cursor cursor, bool takes_bare, bool *is_at_end)
{
    uint32_t number;

    cursor.is_at_end = false;
    skip_spaces(&cursor);
    bool is_end = skip_end(&cursor);
    if (!is_end && skip_comma(&cursor)) {
        skip_spaces(&cursor);
        is_end = read_number(&cursor, takes_bare, &number);
    }
    *is_at_end = *is_at_end || (!is_end && (cursor.is_at_end || cursor.rest.n == 0));
    return is_end;
}

static const struct {
    struct str open, close, other_close;
} quotes[] = {
    {{"\"", 1}, {"\"", 1}, {"\"", 1}},
    {{"\u201c", 3}, {"\u201d", 3}, {"\"", 1}},
    {{"\u201e", 3}, {"\u201c", 3}, {"\u201d", 3}},
    {{"\u00ab", 2}, {"\u00bb", 2}, {"\u00bb", 2}},
    {{"\u300c", 3}, {"\u300d", 3}, {"\u300d", 3}},
};

/* From behind the opening sign to the closing one after which the mark goes on or ends. */
static bool read_quoted(struct cursor *cursor, struct str close, struct str other_close,
                        bool takes_bare, struct str *ret_quote)
{
    struct str quote = {cursor->rest.p, 0};

    while (cursor->rest.n > 0) {
        struct cursor after = *cursor;
        if ((skip(&after, close) || skip(&after, other_close)) &&
            ends_quote(after, takes_bare, &cursor->is_at_end)) {
            *cursor = after;
            *ret_quote = quote;
            return true;
        }
        cursor->rest.p++;
        cursor->rest.n--;
        quote.n++;
    }
    cursor->is_at_end = true;
    return false;
}

/* A quote without signs: up to the bracket. */
static bool read_unquoted(struct cursor *cursor, struct str *ret_quote)
{
    struct str quote = {cursor->rest.p, 0};

    while (cursor->rest.n > 0) {
        struct cursor after = *cursor;
        if (skip_end(&after)) {
            *ret_quote = str_trim(quote);
            return true;
        }
        cursor->rest.p++;
        cursor->rest.n--;
        quote.n++;
    }
    cursor->is_at_end = true;
    return false;
}

static bool read_quote(struct cursor *cursor, bool takes_bare, struct str *ret_quote)
{
    bool has_colon = skip(cursor, STR(":")) || skip(cursor, STR("\uff1a"));

    skip_spaces(cursor);
    for (size_t i = 0; i < ARRAY_LENGTH(quotes); i++)
        if (skip(cursor, quotes[i].open))
            return read_quoted(cursor, quotes[i].close, quotes[i].other_close, takes_bare,
                               ret_quote);
    *ret_quote = (struct str){0};
    return !has_colon || read_unquoted(cursor, ret_quote);
}

static bool read_items(struct cursor *cursor, bool takes_bare,
                       struct claim_mark marks[static CLAIM_MARKS_MAX], size_t *count)
{
    do {
        struct claim_mark mark = {0};
        skip_spaces(cursor);
        if (!read_number(cursor, takes_bare, &mark.number))
            return false;
        skip_spaces(cursor);
        if (!read_quote(cursor, takes_bare, &mark.quote))
            return false;
        skip_spaces(cursor);
        if (*count < CLAIM_MARKS_MAX)
            marks[(*count)++] = mark;
    } while (skip_comma(cursor));
    return skip_end(cursor);
}

mark_state claim_mark_read(struct str text, bool takes_bare_numbers,
                           struct claim_mark marks[static CLAIM_MARKS_MAX], size_t *count,
                           size_t *ret_length)
{
    bool is_long = text.n > CLAIM_MARK_MAX_BYTES;
    struct cursor cursor = {.rest = {text.p, is_long ? CLAIM_MARK_MAX_BYTES : text.n}};
    size_t found = *count;

    if ((skip(&cursor, STR("[")) || skip(&cursor, STR(WIDE_OPEN))) &&
        read_items(&cursor, takes_bare_numbers, marks, &found)) {
        *count = found;
        *ret_length = (size_t)(cursor.rest.p - text.p);
        return MARK_WHOLE;
    }
    return (cursor.is_at_end || cursor.rest.n == 0) && !is_long ? MARK_OPEN : MARK_NONE;
}
