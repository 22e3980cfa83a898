#include "services/ocr/extract/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "lib/forms/month.h"

enum {
    PARTS = 3,
    TOKENS_MAX = 6,     /* a date goes through: "31 de marzo de 2026" is five */
    CENTURY_TURNS = 70, /* two digits below are of this century */
    YEAR_MIN = 1900,
    YEAR_MAX = 2199,
};

/* Digits, and an ending of an ordinal or of a CJK date; -1 for what is no such number. */
static int number_of(const char *token, size_t *ret_digits)
{
    static const char *const endings[] = {"", "st", "nd", "rd", "th", "er", "年", "月", "日"};
    size_t digits = strspn(token, "0123456789");

    if (digits == 0 || digits > 4)
        return -1;
    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++)
        if (strcmp(token + digits, endings[i]) == 0) {
            *ret_digits = digits;
            return (int)strtol(token, NULL, 10);
        }
    return -1;
}

static bool is_between(const char *token)
{
    return strcmp(token, "de") == 0 || strcmp(token, "of") == 0 || strcmp(token, "del") == 0;
}

struct part {
    int number;
    size_t digits;
    bool is_name;
};

static bool is_time(const struct row *row, const struct row_token *token)
{
    return row->words[token->word].text[token->end] == ':';
}

/* "20260331" and "2026年3月31日" are one token. */
static size_t split_one_token(const char *text, struct part parts[PARTS])
{
    static const char *const marks[PARTS] = {"年", "月", "日"};
    const char *at = text;

    for (size_t i = 0; i < PARTS; i++) {
        size_t digits = strspn(at, "0123456789");
        if (digits == 0 || digits > 4 || strncmp(at + digits, marks[i], strlen(marks[i])) != 0)
            return 0;
        parts[i] = (struct part){(int)strtol(at, NULL, 10), digits, false};
        at += digits + strlen(marks[i]);
    }
    return *at == '\0' ? PARTS : 0;
}

static size_t take_parts(const struct row *row, size_t token, struct part parts[PARTS],
                         size_t *ret_last)
{
    size_t count = split_one_token(row->tokens[token].text, parts);

    *ret_last = token;
    if (count == PARTS)
        return count;
    for (size_t i = token; i < row->token_count && i < token + TOKENS_MAX && count < PARTS; i++) {
        const char *text = row->tokens[i].text;
        size_t digits = 0;
        int number = number_of(text, &digits);
        int month = month_of_name(text);
        if (i > token && is_between(text))
            continue;
        if (is_time(row, &row->tokens[i]))
            return 0;
        if (number >= 0)
            parts[count++] = (struct part){number, digits, false};
        else if (month > 0)
            parts[count++] = (struct part){month, 0, true};
        else
            return 0;
        *ret_last = i;
    }
    return count;
}

static int full_year(const struct part *part)
{
    if (part->digits == 4)
        return part->number;
    if (part->digits != 2)
        return 0;
    return part->number + (part->number < CENTURY_TURNS ? 2000 : 1900);
}

static bool is_date(const struct date *date)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return date->year >= YEAR_MIN && date->year <= YEAR_MAX && date->month >= 1 &&
           date->month <= 12 && date->day >= 1 && date->day <= days[date->month - 1];
}

static bool assign(const struct part parts[PARTS], date_order order, struct date *date)
{
    if (parts[0].digits == 4) { /* year first */
        *date = (struct date){parts[0].number, parts[1].number, parts[2].number, false, 0, 0};
        return !parts[0].is_name && !parts[2].is_name;
    }
    date->year = full_year(&parts[2]);
    date->is_ambiguous = false;
    if (parts[0].is_name || parts[1].is_name) {
        date->month = parts[parts[0].is_name ? 0 : 1].number;
        date->day = parts[parts[0].is_name ? 1 : 0].number;
        return parts[0].is_name != parts[1].is_name;
    }
    bool is_month_first = order == DATE_MONTH_FIRST;
    date->is_ambiguous =
        parts[0].number <= 12 && parts[1].number <= 12 && parts[0].number != parts[1].number;
    if (!date->is_ambiguous)
        is_month_first = parts[1].number > 12;
    date->month = parts[is_month_first ? 0 : 1].number;
    date->day = parts[is_month_first ? 1 : 0].number;
    return true;
}

bool date_read(const struct row *row, size_t token, date_order order, struct date *ret_date)
{
    struct part parts[PARTS] = {0};
    struct date date = {0};
    size_t last;

    if (take_parts(row, token, parts, &last) < PARTS || !assign(parts, order, &date) ||
        !is_date(&date))
        return false;
    date.first = row->tokens[token].word;
    date.last = row->tokens[last].word;
    *ret_date = date;
    return true;
}

void date_format(const struct date *date, char ret_text[static DATE_TEXT_SIZE])
{
    (void)snprintf(ret_text, DATE_TEXT_SIZE, "%04u-%02u-%02u", (unsigned)date->year % 10000,
                   (unsigned)date->month % 100, (unsigned)date->day % 100);
}
