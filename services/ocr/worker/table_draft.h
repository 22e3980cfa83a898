#pragma once

/*
 * Tables while they are found: the pieces of lines that may be cells, and the grids that they are
 * put into. Shared by the modules that find tables and by tables.c, which makes blocks of them.
 * Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"

enum {
    /* More tables on a page are left as text. */
    TABLES_MAX = 64,
};

/* Words of one line that follow each other without a gap such as parts cells. */
struct table_piece {
    const struct line *line; /* of the page's blocks */
    size_t first_word;
    size_t word_count;
    struct bbox bbox;
    bool is_running;   /* running text: no cell, unless rules make it one */
    bool is_in_figure; /* no cell, unless rules or the engine make it one */
    bool is_bar;       /* a ruling line that was read as a character */
    int32_t table;     /* index of its table_draft; -1: none */
    size_t cell;       /* of the draft's */
};

struct table_draft {
    struct bbox bbox;
    uint32_t row_count;
    uint32_t column_count;
    struct table_cell *cells; /* texts, lines and boxes are not set yet */
    size_t cell_count;
};

struct table_drafts {
    struct table_draft drafts[TABLES_MAX];
    size_t count;
    /* Where ruling lines make a table, but part only some of its rows and columns. */
    struct bbox loose[TABLES_MAX];
    size_t loose_count;
};

/* True when the piece is digits and hardly anything else. */
bool table_piece_is_numeric(const struct table_piece *piece);

/* Text that goes on from the line above: it begins with a small letter. */
bool table_piece_goes_on(const struct table_piece *piece);

/* For qsort() of pointers to pieces: by rows from the top, from the left in each. */
int table_piece_compare_middle(const void *a, const void *b);
