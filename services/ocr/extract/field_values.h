#pragma once

/*
 * The value of one label: beside it, or beneath it. Thread rule: one thread at a time.
 */

#include "services/ocr/extract/date.h"
#include "services/ocr/extract/extract.h"
#include "services/ocr/extract/label.h"

/* A run through a document. All borrowed. */
struct field_search {
    const struct rows *rows;
    date_order order;
    bool has_cents; /* amount_has_cents() */
    struct arena *arena;
    struct extraction *extraction;
    bool is_out_of_memory;
};

/* A label, and where its value may begin in its row. */
struct field_place {
    size_t row;
    struct label label;
    size_t first_word; /* of the label */
    size_t last_word;
    size_t value_word; /* may be one past the row's last */
    size_t value_offset;
    bool has_colon; /* behind the label */
    size_t end;     /* one past the last word before the next label */
};

/* Adds the pair of a label when its value is found. */
void field_find_value(struct field_search *search, const struct field_place *place);

/* Adds a pair, as long as there is room. @label: NULL is want of memory. */
void field_add_pair(struct field_search *search, const char *name, const char *label, int rank,
                    const struct extract_value *value);

/* A value of the words `first` to `last` of a row, the first from byte `offset` on. False without
 * memory. */
bool field_value_of_words(const struct row *row, size_t first, size_t offset, size_t last,
                          struct arena *arena, struct extract_value *ret_value);

/* The same, noting want of memory in the search. */
bool field_value_make(struct field_search *search, const struct row *row, size_t first,
                      size_t offset, size_t last, struct extract_value *ret_value);
bool field_value_make_date(struct field_search *search, const struct row *row,
                           const struct date *date, struct extract_value *ret_value);

/* Whether a text has letters enough to be a name. */
bool field_has_letters(const char *text);
