#include "services/ocr/extract/fields.h"

#include <string.h>

#include "services/ocr/extract/amount.h"
#include "services/ocr/extract/field_values.h"

/* How sure a value is that no label names, beside its words. An estimate. */
#define SURE_UNLABELED 0.6F

/* --- all labels --- */

/* A word of a sentence is no label: one that is begins a segment, ends in a colon, or has more
 * words than one. */
static bool is_label_here(const struct row *row, const struct label *label)
{
    size_t word = row->tokens[label->first_token].word;
    size_t last = row->tokens[label->last_token].word;
    bool begins_word = label->first_token == 0 || row->tokens[label->first_token - 1].word != word;
    bool begins_segment = word == 0 || row->segments[word - 1] != row->segments[word];

    return begins_word && (begins_segment || label->first_token != label->last_token ||
                           strchr(row->words[last].text, ':') != NULL);
}

/* What stands between a label and its value: a colon, the ring of "n°". */
static size_t skip_marks(const char *text)
{
    static const char *const marks[] = {":", ".", "#", ")", "=", "°", "º"};
    size_t skipped = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(marks); i++)
        while (strncmp(text + skipped, marks[i], strlen(marks[i])) == 0) {
            skipped += strlen(marks[i]);
            i = 0;
        }
    return skipped;
}

static struct field_place make_place(const struct row *row, size_t index, const struct label *label)
{
    const struct row_token *last = &row->tokens[label->last_token];
    const char *text = row->words[last->word].text;
    size_t skipped = skip_marks(text + last->end);
    bool is_inside = skipped > 0 && text[last->end + skipped] != '\0';
    struct field_place place = {
        .row = index,
        .label = *label,
        .first_word = row->tokens[label->first_token].word,
        .last_word = last->word,
        .value_word = is_inside ? last->word : last->word + 1,
        .value_offset = is_inside ? last->end + skipped : 0,
        .has_colon = strchr(text + last->end, ':') != NULL,
        .end = row->word_count,
    };

    if (!is_inside && place.value_word < row->word_count &&
        strcmp(row->words[place.value_word].text, ":") == 0) {
        place.value_word++;
        place.has_colon = true;
    }
    return place;
}

static void find_in_row(struct field_search *search, size_t index)
{
    const struct row *row = &search->rows->rows[index];
    struct field_place place;
    bool is_open = false;
    struct label label;

    for (size_t i = 0; i < row->token_count; i++) {
        if (!label_read(row, i, &label) || !is_label_here(row, &label))
            continue;
        i = label.last_token;
        if (is_open) {
            place.end = row->tokens[label.first_token].word;
            field_find_value(search, &place);
        }
        place = make_place(row, index, &label);
        is_open = true;
    }
    if (is_open)
        field_find_value(search, &place);
}

/* --- what no label names --- */

/* Who sells stands at the top, in the largest letters: among the first rows, the first one that is
 * about as high as the highest. */
static void find_unlabeled_seller(struct field_search *search)
{
    enum { TOP_ROWS = 6 };
    const struct rows *rows = search->rows;
    int32_t highest = 0;

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < rows->count && i < TOP_ROWS; i++) {
            const struct row *row = &rows->rows[i];
            struct extract_value value;
            struct label label;
            if (row->page_index != rows->rows[0].page_index || row->token_count == 0 ||
                label_read(row, 0, &label) || strstr(row->tokens[0].text, "receipt") != NULL ||
                strstr(row->tokens[0].text, "welcome") != NULL)
                continue;
            if (!field_value_make(search, row, 0, 0, row_segment_end(row, 0) - 1, &value) ||
                !field_has_letters(value.text))
                continue;
            int32_t height = value.box.y1 - value.box.y0;
            if (pass == 0) {
                highest = height > highest ? height : highest;
            } else if (height * 4 >= highest * 3) {
                value.confidence *= SURE_UNLABELED;
                field_add_pair(search, "seller", "", 0, &value);
                return;
            }
        }
}

static void find_unlabeled_date(struct field_search *search)
{
    for (size_t i = 0; i < search->rows->count; i++) {
        const struct row *row = &search->rows->rows[i];
        for (size_t token = 0; token < row->token_count; token++) {
            struct extract_value value;
            struct date date;
            if (!date_read(row, token, search->order, &date))
                continue;
            if (field_value_make_date(search, row, &date, &value)) {
                value.confidence *= SURE_UNLABELED;
                field_add_pair(search, "invoice_date", "", 0, &value);
            }
            return;
        }
    }
}

status_code fields_find(const struct rows *rows, date_order order, struct arena *arena,
                        struct extraction *extraction, struct status *st)
{
    struct field_search search = {
        .rows = rows,
        .order = order,
        .has_cents = amount_has_cents(rows),
        .arena = arena,
        .extraction = extraction,
    };

    for (size_t i = 0; i < rows->count; i++)
        find_in_row(&search, i);
    if (fields_get(extraction, "seller") == NULL)
        find_unlabeled_seller(&search);
    if (fields_get(extraction, "invoice_date") == NULL)
        find_unlabeled_date(&search);
    return search.is_out_of_memory ? FAIL_MEMORY(st) : STATUS_OK;
}

/* --- the best of each name --- */

/* Of totals of one rank the largest: the others are parts of it, or counts. */
static bool is_better(const struct extract_pair *pair, const struct extract_pair *than)
{
    if (pair->rank != than->rank)
        return pair->rank > than->rank;
    return strcmp(pair->name, "total") == 0 && pair->value.number > than->value.number;
}

static bool is_same_amount_of_tax(const struct extraction *extraction, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(extraction->pairs[i].name, "tax") == 0 &&
            strcmp(extraction->pairs[i].label, extraction->pairs[index].label) == 0 &&
            extraction->pairs[i].value.number == extraction->pairs[index].value.number)
            return true;
    return false;
}

void fields_choose(struct extraction *extraction)
{
    size_t kept = 0;

    for (size_t i = 0; i < extraction->pair_count; i++) {
        const struct extract_pair *pair = &extraction->pairs[i];
        bool is_best = true;
        if (strcmp(pair->name, "tax") == 0)
            is_best = !is_same_amount_of_tax(extraction, i);
        else
            for (size_t k = 0; k < extraction->pair_count && is_best; k++) {
                const struct extract_pair *other = &extraction->pairs[k];
                if (k == i || other->name[0] == '\0' || strcmp(other->name, pair->name) != 0)
                    continue;
                is_best = is_better(pair, other) || (k > i && !is_better(other, pair));
            }
        if (!is_best)
            extraction->pairs[i].name = ""; /* goes below */
    }
    for (size_t i = 0; i < extraction->pair_count; i++)
        if (extraction->pairs[i].name[0] != '\0')
            extraction->pairs[kept++] = extraction->pairs[i];
    extraction->pair_count = kept;
}

const struct extract_pair *fields_get(const struct extraction *extraction, const char *name)
{
    for (size_t i = 0; i < extraction->pair_count; i++)
        if (strcmp(extraction->pairs[i].name, name) == 0)
            return &extraction->pairs[i];
    return NULL;
}
