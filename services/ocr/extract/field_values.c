#include "services/ocr/extract/field_values.h"

#include <string.h>

#include "lib/base/str.h"
#include "lib/base/utf8.h"
#include "services/ocr/extract/amount.h"

enum {
    ROWS_BENEATH_MAX = 2,
    /* How far beneath its label a value may stand, in heights of the label. */
    GAP_BENEATH_MAX = 3,
    IDENTIFIER_MAX_BYTES = 40,
    IDENTIFIER_WORDS_MAX = 3, /* behind the label, until one has a digit */
    PARTY_WORDS_MAX = 12,
};

/* What is less sure than its words: a value that stands beneath its label, a date whose day and
 * month could be exchanged. Estimates, multiplied. */
#define SURE_BENEATH   0.9F
#define SURE_AMBIGUOUS 0.7F

static const struct row *row_of(const struct field_search *search, const struct field_place *place)
{
    return &search->rows->rows[place->row];
}

bool field_value_of_words(const struct row *row, size_t first, size_t offset, size_t last,
                          struct arena *arena, struct extract_value *ret_value)
{
    struct extract_value value = {
        .text = row_text(row, first, offset, last, arena),
        .page_index = row->page_index,
        .box = row_box(row, first, last),
        .confidence = row_confidence(row, first, last),
    };

    if (value.text != NULL && strlen(value.text) > EXTRACT_TEXT_MAX_BYTES)
        value.text = arena_strndup(arena, value.text, utf8_cut(value.text, EXTRACT_TEXT_MAX_BYTES));
    value.value = value.text;
    *ret_value = value;
    return value.text != NULL;
}

void field_add_pair(struct field_search *search, const char *name, const char *label, int rank,
                    const struct extract_value *value)
{
    struct extraction *extraction = search->extraction;

    if (value->value == NULL || label == NULL)
        search->is_out_of_memory = true;
    else if (extraction->pair_count < EXTRACT_PAIRS_MAX)
        extraction->pairs[extraction->pair_count++] =
            (struct extract_pair){name, label, rank, *value};
}

/* With the label as printed, its colon aside. */
static void add(struct field_search *search, const struct field_place *place,
                const struct extract_value *value)
{
    const struct row *row = row_of(search, place);
    const struct row_token *last = &row->tokens[place->label.last_token];
    const char *text = row_text(row, place->first_word, 0, place->last_word, search->arena);

    if (text == NULL) {
        search->is_out_of_memory = true;
        return;
    }
    size_t behind = strlen(row->words[place->last_word].text) - last->end;
    field_add_pair(search, place->label.field->name,
                   arena_strndup(search->arena, text, strlen(text) - behind),
                   place->label.field->rank, value);
}

/* --- where values stand --- */

/* Whether words of a row beneath stand under the label. */
static bool is_under(const struct extract_box *label, const struct extract_box *box)
{
    int32_t height = label->y1 - label->y0;

    return box->x0 < label->x1 + 2 * height && box->x1 > label->x0 - height;
}

/* Calls `read` for each word under the label, row by row, until it finds a value. */
static bool search_beneath(struct field_search *search, const struct field_place *place,
                           bool (*read)(struct field_search *search,
                                        const struct field_place *place, const struct row *row,
                                        size_t word, struct extract_value *ret_value),
                           struct extract_value *ret_value)
{
    const struct row *own = row_of(search, place);
    struct extract_box label = row_box(own, place->first_word, place->last_word);
    int32_t bottom = label.y1;

    for (size_t i = place->row + 1; i < search->rows->count && i <= place->row + ROWS_BENEATH_MAX;
         i++) {
        const struct row *row = &search->rows->rows[i];
        if (row->page_index != own->page_index ||
            row->box.y0 - bottom > GAP_BENEATH_MAX * (label.y1 - label.y0))
            return false;
        for (size_t word = 0; word < row->word_count; word++)
            if (is_under(&label, &row->words[word].box) &&
                read(search, place, row, word, ret_value)) {
                ret_value->confidence *= SURE_BENEATH;
                return true;
            }
    }
    return false;
}

static bool token_of_word(const struct row *row, size_t word, size_t *ret_token)
{
    for (size_t i = 0; i < row->token_count; i++)
        if (row->tokens[i].word == word) {
            *ret_token = i;
            return true;
        }
    return false;
}

/* --- identifiers --- */

static bool has_digit(const char *text)
{
    return strpbrk(text, "0123456789") != NULL;
}

bool field_value_make(struct field_search *search, const struct row *row, size_t first,
                      size_t offset, size_t last, struct extract_value *ret_value)
{
    bool is_made = field_value_of_words(row, first, offset, last, search->arena, ret_value);

    search->is_out_of_memory = search->is_out_of_memory || !is_made;
    return is_made;
}

static bool read_identifier_at(struct field_search *search, const struct row *row, size_t word,
                               size_t offset, struct extract_value *ret_value)
{
    const char *text = row->words[word].text + offset;
    struct date date;
    size_t token;

    if (!has_digit(text) || strlen(text) > IDENTIFIER_MAX_BYTES)
        return false;
    if (token_of_word(row, word, &token) && date_read(row, token, search->order, &date))
        return false;
    return field_value_make(search, row, word, offset, word, ret_value);
}

static bool read_identifier(struct field_search *search, const struct field_place *place,
                            const struct row *row, size_t word, struct extract_value *ret_value)
{
    return read_identifier_at(search, row, word, 0, ret_value);
}

/* "GB 123 4567 89": words without lower-case letters that go on behind the first. */
static size_t identifier_end(const struct row *row, size_t word)
{
    size_t segment_end = row_segment_end(row, word);
    size_t end = word + 1;

    while (end < segment_end && end < word + 5 &&
           strspn(row->words[end].text, "0123456789") == strlen(row->words[end].text))
        end++;
    return end;
}

static void find_identifier(struct field_search *search, const struct field_place *place)
{
    const struct row *row = row_of(search, place);
    const char *label = row->tokens[place->label.first_token].text;
    /* The document's own name, which says only beside a number that it is one. */
    bool is_weak = place->label.first_token == place->label.last_token &&
                   (strcmp(label, "invoice") == 0 || strcmp(label, "facture") == 0);
    struct extract_value value;
    size_t offset = place->value_offset;

    for (size_t word = place->value_word;
         word < place->end && word < place->value_word + IDENTIFIER_WORDS_MAX; word++) {
        if (is_weak && row->segments[word] != row->segments[place->last_word])
            break;
        if (read_identifier_at(search, row, word, offset, &value)) {
            size_t end = strcmp(place->label.field->name, "tax_id") == 0 ? identifier_end(row, word)
                                                                         : word + 1;
            if (end == word + 1 || field_value_make(search, row, word, offset, end - 1, &value))
                add(search, place, &value);
            return;
        }
        offset = 0;
    }
    if (!is_weak && search_beneath(search, place, read_identifier, &value))
        add(search, place, &value);
}

/* --- dates --- */

bool field_value_make_date(struct field_search *search, const struct row *row,
                           const struct date *date, struct extract_value *ret_value)
{
    char text[DATE_TEXT_SIZE];

    if (!field_value_make(search, row, date->first, 0, date->last, ret_value))
        return false;
    date_format(date, text);
    ret_value->value = arena_strdup(search->arena, text);
    if (date->is_ambiguous)
        ret_value->confidence *= SURE_AMBIGUOUS;
    return true;
}

static bool read_date(struct field_search *search, const struct field_place *place,
                      const struct row *row, size_t word, struct extract_value *ret_value)
{
    struct date date;
    size_t token;

    return token_of_word(row, word, &token) && date_read(row, token, search->order, &date) &&
           field_value_make_date(search, row, &date, ret_value);
}

static void find_date(struct field_search *search, const struct field_place *place)
{
    const struct row *row = row_of(search, place);
    struct extract_value value;
    struct date date;

    for (size_t i = place->label.last_token + 1; i < row->token_count; i++) {
        if (row->tokens[i].word >= place->end)
            break;
        if (date_read(row, i, search->order, &date)) {
            if (field_value_make_date(search, row, &date, &value))
                add(search, place, &value);
            return;
        }
    }
    if (search_beneath(search, place, read_date, &value))
        add(search, place, &value);
}

/* --- amounts --- */

static bool make_amount(struct field_search *search, const struct row *row,
                        const struct amount *amount, size_t offset, struct extract_value *ret_value)
{
    char text[AMOUNT_TEXT_SIZE];

    if (!field_value_make(search, row, amount->first, offset, amount->last, ret_value))
        return false;
    amount_format(amount->value, amount->decimals, text);
    ret_value->value = arena_strdup(search->arena, text);
    ret_value->number = amount->value;
    return true;
}

static bool is_money(const struct field_search *search, const struct amount *amount)
{
    return !search->has_cents || amount->decimals == 2 || amount->currency[0] != '\0';
}

/* Whether every segment of a row begins with a label: what is beneath it are their values. */
static bool is_row_of_labels(const struct row *row)
{
    struct label label;
    size_t token;

    for (size_t word = 0; word < row->word_count; word = row_segment_end(row, word))
        if (!token_of_word(row, word, &token) || !label_read(row, token, &label))
            return false;
    return true;
}

static bool read_amount(struct field_search *search, const struct field_place *place,
                        const struct row *row, size_t word, struct extract_value *ret_value)
{
    struct amount amount;

    return amount_read(row, word, 0, &amount) && is_money(search, &amount) &&
           make_amount(search, row, &amount, 0, ret_value);
}

static void find_amount(struct field_search *search, const struct field_place *place)
{
    const struct row *row = row_of(search, place);
    struct extract_value value;
    struct amount amount;

    if (place->value_word < place->end) {
        size_t offset = place->value_offset;
        bool is_found =
            amount_find_last(row, place->value_word + (offset > 0), place->end - 1, &amount);
        if (is_found)
            offset = 0;
        else
            is_found = amount_read(row, place->value_word, offset, &amount);
        if (is_found && is_money(search, &amount) &&
            make_amount(search, row, &amount, offset, &value))
            add(search, place, &value);
    } else if (is_row_of_labels(row) && search_beneath(search, place, read_amount, &value)) {
        add(search, place, &value);
    }
}

/* --- parties --- */

bool field_has_letters(const char *text)
{
    size_t letters = 0;

    for (; *text != '\0'; text++)
        letters +=
            (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || (*text & 0x80) != 0;
    return letters >= 2;
}

static bool read_party(struct field_search *search, const struct field_place *place,
                       const struct row *row, size_t word, struct extract_value *ret_value)
{
    size_t end = row_segment_end(row, word);
    struct label label;
    size_t token;

    /* The segment as a whole: its first word stands under the label's begin. */
    if (word > 0 && row->segments[word - 1] == row->segments[word])
        return false;
    if (token_of_word(row, word, &token) && label_read(row, token, &label))
        return false;
    return field_value_make(search, row, word, 0, end - 1, ret_value) &&
           field_has_letters(ret_value->text);
}

static void find_party(struct field_search *search, const struct field_place *place)
{
    const struct row *row = row_of(search, place);
    struct extract_value value;
    bool begins = place->first_word == 0 ||
                  row->segments[place->first_word - 1] != row->segments[place->first_word];
    bool is_beside = place->value_word < place->end &&
                     row->segments[place->value_word] == row->segments[place->last_word];

    if (!begins || (is_beside && !place->has_colon))
        return;
    if (place->value_word < place->end && place->has_colon) {
        size_t end = row_segment_end(row, place->value_word);
        end = end < place->end ? end : place->end;
        if (end - place->value_word <= PARTY_WORDS_MAX &&
            field_value_make(search, row, place->value_word, place->value_offset, end - 1,
                             &value) &&
            field_has_letters(value.text)) {
            add(search, place, &value);
            return;
        }
    }
    if (search_beneath(search, place, read_party, &value))
        add(search, place, &value);
}

void field_find_value(struct field_search *search, const struct field_place *place)
{
    switch (place->label.field->kind) {
    case LABEL_IDENTIFIER:
        find_identifier(search, place);
        break;
    case LABEL_DATE:
        find_date(search, place);
        break;
    case LABEL_AMOUNT:
        find_amount(search, place);
        break;
    case LABEL_PARTY:
        find_party(search, place);
        break;
    default:
        break;
    }
}
