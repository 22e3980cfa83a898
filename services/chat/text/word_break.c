#include "services/chat/text/word_break.h"

#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>

#include "services/chat/text/word_units.h"

enum {
    SOFT_HYPHEN = 0x00AD,
    CODE_PART_MAX = 6, /* letters of "INV" in INV-2026-17 */
    ELISION_MAX = 6,   /* letters of "lorsqu" */
    GROUP_DIGITS = 3,
};

bool word_break_init(struct word_break *words)
{
    UErrorCode error = U_ZERO_ERROR;

    *words = (struct word_break){0};
    /* The root locale's rules: dictionaries are chosen by script, not by locale. */
    words->iterator = ubrk_open(UBRK_WORD, "", NULL, 0, &error);
    words->composer = unorm2_getNFCInstance(&error);
    return U_SUCCESS(error) && words->iterator != NULL;
}

void word_break_deinit(struct word_break *words)
{
    if (words->iterator != NULL)
        ubrk_close(words->iterator);
    free(words->units);
    free(words->offsets);
    free(words->tokens);
    *words = (struct word_break){0};
}

/* A byte of UTF-8 is never more than one unit. */
static bool reserve_units(struct word_break *words, size_t count)
{
    if (count <= words->unit_capacity)
        return true;
    UChar *units = realloc(words->units, count * sizeof(*units));
    if (units != NULL)
        words->units = units;
    uint32_t *offsets = realloc(words->offsets, count * sizeof(*offsets));
    if (offsets != NULL)
        words->offsets = offsets;
    if (units == NULL || offsets == NULL)
        return false;
    words->unit_capacity = count;
    return true;
}

/* --- what stands between and in words --- */

static bool is_space(UChar c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x00A0 || c == 0x2009 || c == 0x202F ||
           c == 0x3000;
}

static bool is_hyphen(UChar c)
{
    return c == '-' || c == 0x2010 || c == 0x2011 || c == SOFT_HYPHEN;
}

static bool is_apostrophe(UChar c)
{
    return c == '\'' || c == 0x2019 || c == 0x02BC;
}

static bool is_digit(UChar c)
{
    return (c >= '0' && c <= '9') || (c >= 0x80 && u_isdigit(c));
}

static size_t count_digits(const struct word_break *words, size_t start, size_t end)
{
    size_t count = 0;

    while (start + count < end && is_digit(words->units[start + count]))
        count++;
    return count;
}

/* Joined over the end of a line: "Rech-\nnung", where a small letter follows. */
static bool is_broken_by_line(const struct word_break *words, const struct word_token *last,
                              size_t start)
{
    size_t at = last->end;
    bool has_line_end = false;

    if (last->has_digit || !u_islower(words->units[start]))
        return false;
    if (is_hyphen(words->units[at]))
        at++;
    else if (words->units[at - 1] != SOFT_HYPHEN)
        return false;
    if (!u_isalpha(words->units[last->end - 1]) && words->units[last->end - 1] != SOFT_HYPHEN)
        return false;
    for (; at < start && is_space(words->units[at]); at++)
        has_line_end |= words->units[at] == '\n';
    return has_line_end && at == start;
}

/* Capitals, digits, or a letter or two: a part of a code. */
static bool is_code_part(const struct word_break *words, size_t start, size_t end, bool has_digit)
{
    if (has_digit)
        return true;
    if (end - start > CODE_PART_MAX)
        return false;
    if (end - start <= 2 && words->units[start] < 0x0250)
        return true;
    for (size_t i = start; i < end; i++)
        if (!u_isupper(words->units[i]))
            return false;
    return true;
}

static bool is_code(const struct word_break *words, const struct word_token *last, size_t start,
                    size_t end, bool has_digit)
{
    UChar sign = words->units[last->end];

    if (start != (size_t)last->end + 1 || (!last->has_digit && !has_digit))
        return false;
    if (is_hyphen(sign) || sign == '/' || sign == '_')
        return is_code_part(words, last->start, last->end, last->has_digit) &&
               is_code_part(words, start, end, has_digit);
    return (sign == '.' || sign == ',' || sign == ':') && is_digit(words->units[start]) &&
           is_digit(words->units[last->end - 1]);
}

/* "1 234,50": digits in groups of three by spaces. A plain space only where the language writes
 * so, for it parts numbers elsewhere. */
static bool is_grouped(const struct word_break *words, const struct word_token *last, size_t start,
                       size_t end, const struct text_language *language)
{
    UChar space = words->units[last->end];
    size_t digits = 0;

    if (start != (size_t)last->end + 1 || !is_space(space) || space == '\n' || space == '\t' ||
        space == 0x3000)
        return false;
    if (space == ' ' && (language == NULL || !(language->traits & GROUPS_BY_SPACE)))
        return false;
    if (count_digits(words, start, end) != GROUP_DIGITS)
        return false;
    for (size_t i = last->start; i < last->end; i++) {
        if (!is_digit(words->units[i]) && !is_space(words->units[i]))
            return false;
        digits = is_digit(words->units[i]) ? digits + 1 : 0;
        if (digits > GROUP_DIGITS)
            return false;
    }
    return true;
}

/* --- tokens --- */

static bool add_token(struct word_break *words, size_t start, size_t end,
                      const struct text_language *language)
{
    enum { FIRST_TOKENS = 256 };
    bool has_digit = false;

    if (start >= end)
        return true;
    for (size_t i = start; i < end && !has_digit; i++)
        has_digit = is_digit(words->units[i]);
    if (words->token_count > 0) {
        struct word_token *last = &words->tokens[words->token_count - 1];
        if (last->gap_start == last->gap_end && is_broken_by_line(words, last, start)) {
            last->gap_start = last->end;
            last->gap_end = (uint32_t)start;
            last->end = (uint32_t)end;
            return true;
        }
        if (last->end < start && (is_code(words, last, start, end, has_digit) ||
                                  is_grouped(words, last, start, end, language))) {
            last->end = (uint32_t)end;
            last->has_digit = true;
            return true;
        }
    }
    if (words->token_count == words->token_capacity) {
        size_t capacity = words->token_capacity == 0 ? FIRST_TOKENS : words->token_capacity * 2;
        struct word_token *tokens = realloc(words->tokens, capacity * sizeof(*tokens));
        if (tokens == NULL)
            return false;
        words->tokens = tokens;
        words->token_capacity = capacity;
    }
    words->tokens[words->token_count++] =
        (struct word_token){.start = (uint32_t)start, .end = (uint32_t)end, .has_digit = has_digit};
    return true;
}

/* A sign that UAX #29 holds words together by, and we do not: "end.Next", "Name:John", "___",
 * l'adresse. */
static bool parts_words(const struct word_break *words, size_t start, size_t at, size_t end,
                        const struct text_language *language)
{
    UChar c = words->units[at];

    if (c == '_')
        return true;
    if (at == start || at + 1 == end)
        return false;
    if (c == ':')
        return !is_digit(words->units[at - 1]) || !is_digit(words->units[at + 1]);
    if (c == '.')
        return at - start >= 2 && end - at > 2 && u_isupper(words->units[at + 1]) &&
               u_islower(words->units[at + 2]);
    return is_apostrophe(c) && language != NULL && (language->traits & ELIDES) &&
           at - start <= ELISION_MAX;
}

/* "dellAssicurato": an apostrophe that was lost. */
static bool lost_apostrophe(const struct word_break *words, size_t start, size_t at,
                            const struct text_language *language)
{
    return language != NULL && (language->traits & ELIDES) && at > start &&
           at - start <= ELISION_MAX && u_isupper(words->units[at]) &&
           u_islower(words->units[at - 1]);
}

static bool add_segment(struct word_break *words, size_t start, size_t end,
                        const struct text_language *language)
{
    size_t part = start;

    for (size_t at = start; at < end; at++) {
        bool is_sign = parts_words(words, start, at, end, language);
        if (!is_sign && !lost_apostrophe(words, part, at, language))
            continue;
        if (!add_token(words, part, at, language))
            return false;
        part = is_sign ? at + 1 : at;
    }
    return add_token(words, part, end, language);
}

/* "12 %" is one word with "12%". */
static void take_percent(struct word_break *words)
{
    for (size_t t = 0; t < words->token_count; t++) {
        struct word_token *token = &words->tokens[t];
        size_t at = token->end;
        if (!token->has_digit || !is_digit(words->units[at - 1]))
            continue;
        if (at + 1 < words->unit_count && is_space(words->units[at]) && words->units[at] != '\n' &&
            words->units[at] != '\t')
            at++;
        if (at < words->unit_count && (words->units[at] == '%' || words->units[at] == 0x2030))
            token->end = (uint32_t)at + 1;
    }
}

status_code word_break_text(struct word_break *words, struct str text,
                            const struct text_language *language, struct status *st)
{
    UErrorCode error = U_ZERO_ERROR;

    words->token_count = 0;
    words->unit_count = 0;
    if (text.n > WORD_BREAK_TEXT_MAX_BYTES)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL,
                    "a text of %zu bytes is over the limit of %d", text.n,
                    WORD_BREAK_TEXT_MAX_BYTES);
    if (!reserve_units(words, text.n + 1))
        return FAIL_MEMORY(st);
    words->unit_count =
        word_units_read(text, language, words->composer, words->units, words->offsets);
    ubrk_setText(words->iterator, words->units, (int32_t)words->unit_count, &error);
    if (U_FAILURE(error))
        return FAIL_MEMORY(st);
    int32_t start = ubrk_first(words->iterator);
    for (int32_t end = ubrk_next(words->iterator); end != UBRK_DONE;
         start = end, end = ubrk_next(words->iterator))
        if (ubrk_getRuleStatus(words->iterator) >= UBRK_WORD_NUMBER &&
            !add_segment(words, (size_t)start, (size_t)end, language))
            return FAIL_MEMORY(st);
    take_percent(words);
    return STATUS_OK;
}
