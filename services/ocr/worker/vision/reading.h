#pragma once

/*
 * What a vision model says a page is: blocks of pieces of text, out of its Markdown.
 *
 * The Markdown is hostile: whatever it says, nothing but text, structure and cleaned LaTeX comes
 * out of it. Links and emphasis leave their words, pictures and rules nothing, HTML its text (of
 * scripts and styles nothing) and its tables. Parsed as GitHub Flavored Markdown by cmark-gfm, HTML
 * by gumbo. Thread rule: one thread an arena.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/vision/unit.h"

enum {
    READING_MAX_BYTES = 1 << 20,
    READING_BLOCKS_MAX = 4096,
    /* Of a table: of larger ones the rest is left out. */
    READING_CELLS_MAX = 8192,
    READING_SPAN_MAX = 1000,
};

struct reading_cell {
    uint32_t row;
    uint32_t column;
    uint32_t row_span;
    uint32_t column_span;
    bool is_header;
    size_t first_unit;
    size_t unit_count;
};

struct reading_block {
    block_kind kind; /* heading, paragraph, list item, table or formula */
    uint32_t level;
    const char *list_marker; /* "1." or "•", also the first piece of the item; "": a tick box */
    const char *latex;       /* formulas */
    size_t first_unit;
    size_t unit_count;
    struct reading_cell *cells; /* tables: by row, then column */
    size_t cell_count;
};

struct reading {
    struct arena *arena;
    struct units units; /* of all blocks, in their order */
    struct reading_block *blocks;
    size_t block_count;
    bool is_full; /* some limit was reached: the reading is of no use */
};

/* False when the Markdown is over the limits above, or the arena is full. */
bool reading_parse(struct str markdown, struct arena *arena,
                   struct reading *ret_reading) _must_check_;
