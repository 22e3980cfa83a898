#pragma once

/*
 * The words of a page as a reader of forms sees them: rows across the whole width, whatever blocks
 * they belong to, cut into segments where the gaps are wide, with tokens to match labels against.
 *
 * Plain values in an arena; no store, no network, no protobuf. Thread rule: one thread at a time.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"

enum {
    ROWS_WORDS_MAX = 20000, /* of a page; what is more is left out */
    ROW_TOKEN_SIZE = 24,    /* longer tokens are cut, for no label is as long */
};

/* Pixels of the upright page image, half-open. */
struct extract_box {
    int32_t x0;
    int32_t y0;
    int32_t x1;
    int32_t y1;
};

struct extract_word {
    const char *text; /* UTF-8 */
    struct extract_box box;
    float confidence; /* 0 to 1 */
};

/* Letters or digits in a row, folded: lower case without accents. "#" is "no". */
struct row_token {
    char text[ROW_TOKEN_SIZE];
    uint32_t word;  /* of the row */
    uint32_t begin; /* of the word's text, in bytes */
    uint32_t end;
};

struct row {
    uint32_t page_index;
    struct extract_box box;
    const struct extract_word *words; /* from left to right */
    size_t word_count;
    const uint32_t *segments; /* of each word, from 0 */
    const struct row_token *tokens;
    size_t token_count;
};

struct rows {
    struct row *rows; /* from the top down, page after page */
    size_t count;
};

/* Adds a page's rows. @words: put in order in place; must outlive the rows. */
status_code rows_add_page(struct rows *rows, uint32_t page_index, struct extract_word *words,
                          size_t word_count, struct arena *arena, struct status *st) _must_check_;

/* The smallest box around both. */
struct extract_box extract_box_union(struct extract_box a, struct extract_box b);

/* The smallest box around words `first` to `last` of a row. */
struct extract_box row_box(const struct row *row, size_t first, size_t last);

/* Mean over the words, weighted by bytes. */
float row_confidence(const struct row *row, size_t first, size_t last);

/* The words with single spaces between; the first one from byte `offset` on. */
const char *row_text(const struct row *row, size_t first, size_t offset, size_t last,
                     struct arena *arena);

/* One past the last word of the segment of `word`. */
size_t row_segment_end(const struct row *row, size_t word);
