#include "services/ocr/worker/margin_signs.h"

#include <string.h>
#include <strings.h>

#include "lib/base/utf8.h"
#include "services/ocr/worker/normalize.h"

enum {
    LONG_LINES_MIN = 5, /* of a page of running text; forms and receipts have other edges */
};

/* Small letters; single ones that were read as capitals do no harm. */
static bool is_roman(const char *text, size_t length)
{
    enum { ROMAN_MAX = 7 };

    return length > 0 && length <= ROMAN_MAX && strspn(text, "ivxlc") > 0 &&
           strspn(text, "ivxlcIVXLC") == length;
}

/* A number of up to four digits, or a small Roman one, between marks as in "- 12 -" and "(xx)". */
static bool is_number(const char *text)
{
    static const char marks[] = "-()[].,|~";
    enum { DIGITS_MAX = 4 };
    size_t start = strspn(text, marks);
    size_t digits = strspn(text + start, "0123456789");
    size_t letters = strspn(text + start, "ivxlcIVXLC");
    size_t length = digits > 0 ? digits : letters;

    if (text[start + length + strspn(text + start + length, marks)] != '\0')
        return false;
    return digits > 0 ? digits <= DIGITS_MAX : is_roman(text + start, letters);
}

static bool has_digit(const char *text)
{
    return strpbrk(text, "0123456789") != NULL;
}

/* What stands beside the number of a page. */
static bool is_page_word(const char *text)
{
    static const char *const words[] = {"page",  "p.",     "pg.", "pag.", "pagina", "página",
                                        "seite", "strona", "s.",  "стр.", "of",     "de",
                                        "von",   "sur",    "di",  "из",   "z"};

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

/* "12", "Page 3 of 7", "1/9", "035406-1": numbers, and words for pages. */
static bool is_page_number(const struct line *line)
{
    enum { PAGE_NUMBER_WORDS_MAX = 4, CHARACTERS_MAX = 16 };
    size_t words = 0, numbers = 0, characters = 0;

    if (line->word_count > 2 * PAGE_NUMBER_WORDS_MAX)
        return false;
    for (size_t w = 0; w < line->word_count; w++) {
        const char *text = line->words[w].text;
        bool is_counted = is_number(text) || has_digit(text);
        numbers += is_counted;
        words += normalize_count_letters(text) > 0;
        characters += utf8_length(text);
        if (!is_counted && !is_page_word(text) && normalize_count_letters(text) > 0)
            return false;
    }
    return numbers > 0 && words <= PAGE_NUMBER_WORDS_MAX && characters <= CHARACTERS_MAX;
}

/* The first or the last word of the row is a number. */
static bool ends_in_number(const struct margin_row *row)
{
    const struct line *first = row->items[0].line, *last = row->items[row->count - 1].line;

    return is_number(first->words[0].text) || is_number(last->words[last->word_count - 1].text);
}

/* Most letters are capitals. */
static bool is_capitals(const struct margin_row *row)
{
    size_t capitals = 0, small = 0;

    for (size_t i = 0; i < row->count; i++)
        for (size_t w = 0; w < row->items[i].line->word_count; w++)
            for (const char *c = row->items[i].line->words[w].text; *c != '\0'; c++) {
                capitals += *c >= 'A' && *c <= 'Z';
                small += *c >= 'a' && *c <= 'z';
            }
    return capitals > 3 * small;
}

static bool has_word_of_imprint(const struct margin_row *row)
{
    static const char *const marks[] = {"©", "http://", "https://", "www.", "Copyright"};

    for (size_t i = 0; i < row->count; i++)
        for (size_t w = 0; w < row->items[i].line->word_count; w++)
            for (size_t m = 0; m < ARRAY_LENGTH(marks); m++)
                if (strstr(row->items[i].line->words[w].text, marks[m]) != NULL)
                    return true;
    return false;
}

size_t margin_signs_count_words(const struct margin_row *row)
{
    size_t words = 0;

    for (size_t i = 0; i < row->count; i++)
        words += row->items[i].line->word_count;
    return words;
}

float margin_signs_size(const struct margin_row *row)
{
    float size = 0;
    size_t most = 0;

    for (size_t i = 0; i < row->count; i++)
        if (row->items[i].line->word_count > most) {
            most = row->items[i].line->word_count;
            size = row->items[i].line->size;
        }
    return size;
}

bool margin_signs_are_bold(const struct margin_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (!row->items[i].line->is_bold)
            return false;
    return true;
}

/* The widest room between its words. */
static int32_t widest_gap(const struct margin_row *row)
{
    int32_t widest = 0, end = row->bbox.x0;

    for (size_t i = 0; i < row->count; i++)
        for (size_t w = 0; w < row->items[i].line->word_count; w++) {
            struct bbox box = row->items[i].line->words[w].bbox;
            if (box.x0 - end > widest)
                widest = box.x0 - end;
            end = box.x1 > end ? box.x1 : end;
        }
    return widest;
}

/* Text at the left edge and at the right edge, and nothing between. */
static bool stands_at_both_ends(const struct margin_row *row, const struct margins *margins)
{
    enum { GAP = 6 /* times the height of text */ };
    struct bbox text = margins->measure->text;
    int32_t width = text.x1 - text.x0;

    return widest_gap(row) > GAP * margins->measure->text_height &&
           (row->bbox.x0 - text.x0) * 10 < width && (text.x1 - row->bbox.x1) * 10 < width;
}

bool margin_signs_are_ruled_off(const struct margins *margins, int32_t from, int32_t to)
{
    struct bbox text = margins->measure->text;
    int64_t covered = 0;

    for (size_t i = 0; i < margins->rules->across_count; i++)
        if (margins->rules->across[i].at >= from && margins->rules->across[i].at <= to)
            covered += margins->rules->across[i].to - margins->rules->across[i].from;
    return covered * 2 > text.x1 - text.x0;
}

bool margin_signs_are_before_going_on(const struct margin_row *row,
                                      const struct margin_row *beneath,
                                      const struct margins *margins)
{
    enum { WORDS_MAX = 10 };
    const struct line *line = beneath->items[0].line;

    return margins->measure->long_lines >= LONG_LINES_MIN && !beneath->has_table &&
           margin_signs_count_words(row) <= WORDS_MAX &&
           line->bbox.x1 - line->bbox.x0 >= PAGE_LONG_LINE * margins->measure->text_height &&
           normalize_is_small(utf8_first(line->words[0].text));
}

bool margin_signs_is_margin(block_kind kind)
{
    return kind == BLOCK_HEADER || kind == BLOCK_FOOTER;
}

bool margin_signs_are_told(const struct margin_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (!margin_signs_is_margin(row->items[i].kind))
            return false;
    return true;
}

bool margin_signs_are_page_number(const struct margin_row *row, const struct margins *margins)
{
    return margins->measure->long_lines >= LONG_LINES_MIN && row->count == 1 &&
           is_page_number(row->items[0].line);
}

int margin_signs_score(const struct margin_row *row, const struct margins *margins)
{
    bool is_running_page = margins->measure->long_lines >= LONG_LINES_MIN;
    bool is_at_both_ends = is_running_page && stands_at_both_ends(row, margins);
    int score = 0;

    if (margin_signs_are_told(row))
        score += 3;
    for (size_t i = 0; i < row->count; i++)
        if (is_page_number(row->items[i].line) && (is_running_page || row->count == 1))
            score += 2;
    if (is_running_page && (row->count == 1 || is_at_both_ends) && ends_in_number(row))
        score += is_capitals(row) ? 2 : 1;
    if (is_at_both_ends)
        score += 2;
    if (has_word_of_imprint(row))
        score += 1;
    return score;
}
