#pragma once

/*
 * Columns of rows that stand beneath each other, and whether they make a table. Private to
 * table_align.c. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/table_draft.h"
#include "services/ocr/worker/table_rules.h"

enum { TABLE_LONG_PIECE = 16 }; /* times the height of text: what is longer is hardly a cell */

struct table_row {
    struct table_piece **pieces; /* from the left */
    size_t count;
    struct bbox bbox;
    bool is_after_text; /* running text parts it from the row before */
};

struct table_measure {
    int32_t text_height; /* of the page's usual line, in pixels */
    const struct table_rules *rules;
    bool is_told; /* the engine says that it is a table */
};

struct table_columns {
    struct table_row *rows; /* borrowed; without lone lines before and after */
    size_t row_count;
    int32_t edges[TABLE_COLUMNS_MAX]; /* between columns, from the left */
    size_t edge_count;
    size_t gap_count; /* places where a row has pieces on both sides of an edge */
};

/* Finds what white space most rows have in common. @count: at most TABLE_ROWS_MAX are looked at.
 * False when the arena is full. */
bool table_columns_find(struct table_row *rows, size_t count, const struct table_measure *measure,
                        struct arena *arena, struct table_columns *ret_columns) _must_check_;

/* The columns that a piece lies in, from the first to the last, save for `slack` pixels at its
 * ends. */
void table_columns_of(const struct table_columns *columns, const struct table_piece *piece,
                      int32_t slack, size_t *ret_first, size_t *ret_last);
/* How far a piece may reach into the next column. */
int32_t table_columns_slack(const struct table_measure *measure);

/* True when rows and columns are those of a table, and not of running text, a list, or chance. */
bool table_columns_make_table(const struct table_columns *columns,
                              const struct table_measure *measure);

/* Makes a draft and gives the pieces their cells: lines of one cell become one row, what lies over
 * several columns spans them. @number: of the draft. False when the arena is full. */
bool table_columns_draft(const struct table_columns *columns, const struct table_measure *measure,
                         struct arena *arena, struct table_draft *ret_draft,
                         int32_t number) _must_check_;
