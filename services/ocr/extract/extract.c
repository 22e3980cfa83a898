#include "services/ocr/extract/extract.h"

#include <stdlib.h>
#include <string.h>

#include "services/ocr/extract/amount.h"
#include "services/ocr/extract/field_values.h"
#include "services/ocr/extract/fields.h"
#include "services/ocr/extract/items.h"

enum { CURRENCIES_MAX = 16 };

/* Sums may be off by what rounding each part loses. */
#define SUM_TOLERANCE (2 * AMOUNT_UNIT / 100)

/* --- currency and the order of dates --- */

struct vote {
    struct amount amount;
    const struct row *row;
    size_t count;
};

/* The currency that most amounts have; false when none has any. */
static bool find_currency(const struct rows *rows, struct vote *ret_vote)
{
    struct vote votes[CURRENCIES_MAX];
    size_t count = 0;
    size_t best = 0;

    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->rows[i];
        for (size_t word = 0; word < row->word_count; word++) {
            struct amount amount;
            size_t k = 0;
            if (!amount_read(row, word, 0, &amount) || amount.currency[0] == '\0')
                continue;
            while (k < count && strcmp(votes[k].amount.currency, amount.currency) != 0)
                k++;
            if (k == count && count < CURRENCIES_MAX)
                votes[count++] = (struct vote){amount, row, 0};
            if (k < count)
                votes[k].count++;
            word = amount.last;
        }
    }
    for (size_t k = 1; k < count; k++)
        if (votes[k].count > votes[best].count)
            best = k;
    if (count > 0)
        *ret_vote = votes[best];
    return count > 0;
}

/* Whether any date of the document can only be month first, or only day first; else the currency
 * tells: of those who put the month first nearly all pay in US dollars. */
static date_order find_order(const struct rows *rows, const char *currency)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->rows[i];
        for (size_t token = 0; token + 2 < row->token_count; token++) {
            struct date date;
            if (!date_read(row, token, DATE_DAY_FIRST, &date) || date.is_ambiguous)
                continue;
            const char *first = row->tokens[token].text;
            bool is_numeric = strspn(first, "0123456789") == strlen(first) &&
                              strspn(row->tokens[token + 1].text, "0123456789") > 0;
            if (is_numeric && strlen(first) <= 2 && date.month != date.day)
                return (int)strtol(first, NULL, 10) == date.month ? DATE_MONTH_FIRST
                                                                  : DATE_DAY_FIRST;
        }
    }
    return strcmp(currency, "USD") == 0 ? DATE_MONTH_FIRST : DATE_DAY_FIRST;
}

static status_code add_currency(const struct vote *vote, struct arena *arena,
                                struct extraction *extraction, struct status *st)
{
    struct extract_value value;

    if (extraction->pair_count == EXTRACT_PAIRS_MAX)
        return STATUS_OK;
    if (!field_value_of_words(vote->row, vote->amount.first, 0, vote->amount.last, arena, &value))
        return FAIL_MEMORY(st);
    value.value = arena_strdup(arena, vote->amount.currency);
    if (value.value == NULL)
        return FAIL_MEMORY(st);
    extraction->pairs[extraction->pair_count++] = (struct extract_pair){"currency", "", 0, value};
    return STATUS_OK;
}

/* --- sums --- */

static bool is_close(int64_t a, int64_t b)
{
    int64_t difference;

    return !__builtin_sub_overflow(a, b, &difference) && llabs(difference) <= SUM_TOLERANCE;
}

static status_code add_check(const char *name, int64_t computed, const struct extract_pair *stated,
                             struct arena *arena, struct extraction *extraction, struct status *st)
{
    char text[AMOUNT_TEXT_SIZE];
    struct extract_check check = {
        .name = name,
        .stated = stated->value.value,
        .holds = is_close(computed, stated->value.number),
    };

    const char *point = strchr(stated->value.value, '.');
    amount_format(computed, point == NULL ? 0 : (int)strlen(point + 1), text);
    check.computed = arena_strdup(arena, text);
    if (check.computed == NULL)
        return FAIL_MEMORY(st);
    extraction->checks[extraction->check_count++] = check;
    return STATUS_OK;
}

static status_code check_items(struct arena *arena, struct extraction *extraction,
                               struct status *st)
{
    const struct extract_pair *subtotal = fields_get(extraction, "subtotal");
    const struct extract_pair *total = fields_get(extraction, "total");
    int64_t sum = 0;

    for (size_t i = 0; i < extraction->item_count; i++)
        if (__builtin_add_overflow(sum, extraction->items[i].amount.number, &sum))
            return STATUS_OK;
    if (extraction->item_count == 0 || (subtotal == NULL && total == NULL))
        return STATUS_OK;
    /* Prices with tax in them add up to the total. */
    if (subtotal == NULL || (total != NULL && is_close(sum, total->value.number)))
        return add_check("line_items", sum, total, arena, extraction, st);
    return add_check("line_items", sum, subtotal, arena, extraction, st);
}

static status_code check_total(struct arena *arena, struct extraction *extraction,
                               struct status *st)
{
    static const struct {
        const char *name;
        int sign;
    } parts[] = {{"subtotal", 1}, {"shipping", 1}, {"tip", 1}, {"tax", 1}, {"discount", -1}};
    const struct extract_pair *total = fields_get(extraction, "total");
    int64_t sum = 0;

    if (total == NULL || fields_get(extraction, "subtotal") == NULL)
        return STATUS_OK;
    for (size_t i = 0; i < extraction->pair_count; i++)
        for (size_t k = 0; k < ARRAY_LENGTH(parts); k++) {
            const struct extract_pair *pair = &extraction->pairs[i];
            if (strcmp(pair->name, parts[k].name) != 0)
                continue;
            int64_t part = parts[k].sign > 0 ? pair->value.number : -llabs(pair->value.number);
            if (__builtin_add_overflow(sum, part, &sum))
                return STATUS_OK;
        }
    return add_check("total", sum, total, arena, extraction, st);
}

status_code extract_run(const struct rows *rows, struct arena *arena,
                        struct extraction *ret_extraction, struct status *st)
{
    struct extraction extraction = {
        .pairs = ARENA_NEW_ARRAY(arena, struct extract_pair, EXTRACT_PAIRS_MAX),
        .items = ARENA_NEW_ARRAY(arena, struct extract_item, EXTRACT_ITEMS_MAX),
    };
    struct vote currency;

    if (extraction.pairs == NULL || extraction.items == NULL)
        return FAIL_MEMORY(st);
    bool has_currency = find_currency(rows, &currency);
    date_order order = find_order(rows, has_currency ? currency.amount.currency : "");
    TRY(fields_find(rows, order, arena, &extraction, st));
    fields_choose(&extraction);
    if (has_currency)
        TRY(add_currency(&currency, arena, &extraction, st));
    TRY(items_find(rows, arena, &extraction, st));
    TRY(check_items(arena, &extraction, st));
    TRY(check_total(arena, &extraction, st));
    *ret_extraction = extraction;
    return STATUS_OK;
}
