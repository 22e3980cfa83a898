#pragma once

/*
 * The document model as the engines fill it: page, block, line, word; and the text and Markdown
 * that derive from it.
 *
 * An engine (or the text layer) adds blocks, lines and words in reading order with text, boxes and
 * confidences of words; page_finish() derives everything else. All memory is the arena's that the
 * page was begun with. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"

/* Pixels of the upright page image, origin top left, half-open. */
struct bbox {
    int32_t x0;
    int32_t y0;
    int32_t x1;
    int32_t y1;
};

/* Numbers as in ocrmesh.document.v1.BlockKind. */
typedef enum {
    BLOCK_HEADING = 1,
    BLOCK_PARAGRAPH = 2,
    BLOCK_LIST_ITEM = 3,
    BLOCK_TABLE = 4,
    BLOCK_FIGURE = 5,
    BLOCK_CAPTION = 6,
    BLOCK_FORMULA = 7,
    BLOCK_HEADER = 8,
    BLOCK_FOOTER = 9,
} block_kind;

/* Numbers as in ocrmesh.document.v1.TextDirection. */
typedef enum {
    DIRECTION_UNKNOWN = 0,
    DIRECTION_LEFT_TO_RIGHT = 1,
    DIRECTION_RIGHT_TO_LEFT = 2,
    DIRECTION_TOP_TO_BOTTOM = 3,
} text_direction;

/* Numbers as in ocrmesh.document.v1.TextSource. */
typedef enum {
    TEXT_RECOGNIZED = 1,
    TEXT_FROM_LAYER = 2,
} text_source;

/* What the confidence of a word means; calibration.h makes it a probability. */
typedef enum {
    CONFIDENCE_CALIBRATED, /* the probability that the word is right */
    CONFIDENCE_TESSERACT,  /* tesseract's own */
    CONFIDENCE_NETWORKS,   /* mean probability of the symbols that the networks read */
} confidence_kind;

struct word {
    const char *text; /* UTF-8 in logical order, NFC, without control characters */
    struct bbox bbox;
    float confidence; /* 0 to 1 */
    confidence_kind confidence_kind;
    bool no_space_after;
};

struct line {
    struct word *words;
    size_t word_count;
    size_t word_capacity;
    struct bbox bbox;
    float confidence; /* mean over words, weighted by characters */
    text_direction direction;
    float baseline[4]; /* x0 y0 x1 y1, left to right; all 0 when unknown */
    float size;        /* of the font, in pixels, ascenders to descenders; 0: unknown */
    bool is_bold;      /* most of it; false when unknown */
};

/* A place of a table, or several that are one. Of words it has some of its block's lines. */
struct table_cell {
    uint32_t row;
    uint32_t column;
    uint32_t row_span;    /* at least 1 */
    uint32_t column_span; /* at least 1 */
    bool is_header;
    size_t first_line; /* of the block's */
    size_t line_count;
    const char *text; /* lines joined by "\n" */
    struct bbox bbox; /* of its words; all 0 without any */
    float confidence;
};

struct table {
    uint32_t row_count;
    uint32_t column_count;
    struct table_cell *cells; /* by row, then column; none covers another */
    size_t cell_count;
};

struct block {
    block_kind kind;
    const char *text; /* lines joined by "\n"; of a table rows by "\n", cells by "\t" */
    struct bbox bbox;
    float confidence;
    uint32_t level; /* headings: 1 to 6; list items: depth from 1 */
    text_direction direction;
    struct line *lines;
    size_t line_count;
    size_t line_capacity;
    const char *list_marker; /* list items: as printed, "1." or "-"; else NULL */
    struct table *table;     /* tables: the lines' order is that of the cells; else NULL */
    const char *latex;       /* formulas, where the engine gives it, fit for Markdown; else NULL */
};

/* Where an engine sees something of a kind, before blocks are made of it. */
struct page_region {
    struct bbox bbox;
    block_kind kind;
    float score; /* 0 to 1 */
};

enum {
    PAGE_WARNINGS_MAX = 8,
    /* Larger grids are no tables that a person reads; a spreadsheet's page has fewer. */
    TABLE_ROWS_MAX = 500,
    TABLE_COLUMNS_MAX = 64,
    /* Tables with more words stay text: a block has to go into one message of 1 MiB. */
    TABLE_WORDS_MAX = 5000,
};

struct page {
    struct arena *arena; /* borrowed for the page's life */
    uint32_t index;
    uint32_t width;
    uint32_t height;
    float dpi;
    uint32_t rotation;
    float skew_degrees;
    const char *language; /* BCP 47, or "und" */
    const char *script;   /* ISO 15924, or "" */
    const char *models;   /* that were chosen for its language, joined by "+"; "": none were */
    struct block *blocks;
    size_t block_count;
    size_t block_capacity;
    float mean_confidence;
    text_source source;
    const char *text;
    const char *markdown;
    const char *warnings[PAGE_WARNINGS_MAX];
    size_t warning_count;
    bool hides_text;                   /* its file has text that it does not show */
    const struct page_region *regions; /* hints for layout.h */
    size_t region_count;
    /* Formulas as they stand in texts, "$x^2$", which Markdown gets as they are. They hold nothing
     * that Markdown takes for a link, HTML or code. */
    const char *const *formulas;
    size_t formula_count;
};

enum {
    /* Largest text or Markdown of a page. */
    PAGE_TEXT_MAX_BYTES = 16 << 20,
};

/* An empty page. @arena: borrowed, must outlive the page. */
void page_begin(struct page *page, struct arena *arena);

/* Each adds one element at the end and returns it, zeroed (a block as paragraph), or NULL when the
 * arena is full. The pointer lives until the next call for the same parent. */
struct block *page_add_block(struct page *page);
struct line *block_add_line(struct page *page, struct block *block);
struct word *line_add_word(struct page *page, struct line *line);

/* Adds a copy, which shares lines and words with it; false when the arena is full. */
bool page_copy_block(struct page *page, const struct block *block) _must_check_;

/* Takes all blocks off the page, to make it anew of them; they live as long as its arena. */
const struct block *page_take_blocks(struct page *page, size_t *ret_count);

/* Adds a sentence for a person; beyond PAGE_WARNINGS_MAX it is dropped. */
void page_warn(struct page *page, const char *format, ...) _printf_(2, 3);

/*
 * Derives what follows from the words: drops words without text, lines without words and text
 * blocks without lines; then boxes, confidences and texts of lines, blocks and page, and Markdown.
 * May be done again when words have changed.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE when the page's text is over its limits.
 */
status_code page_finish(struct page *page, struct status *st) _must_check_;

/* The smallest box around both; an empty box (x0 == x1) adds nothing. */
struct bbox bbox_union(struct bbox a, struct bbox b);
int64_t bbox_area(struct bbox box);
/* Where both overlap; empty (all 0) when they do not. */
struct bbox bbox_intersection(struct bbox a, struct bbox b);
