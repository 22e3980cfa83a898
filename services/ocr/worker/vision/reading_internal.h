#pragma once

/*
 * How the parsers of Markdown and of HTML put a reading together. Thread rule: as reading.h.
 */

#include "services/ocr/worker/vision/formula.h"
#include "services/ocr/worker/vision/reading.h"

/* What a parser writes into. */
struct reading_writer {
    struct reading *reading;
    const struct formulas *formulas;
    struct buf text; /* of the block or cell that is being written */
};

/* Begins a block; what was written before belongs to the one before. NULL at the limit. */
struct reading_block *reading_begin_block(struct reading_writer *writer, block_kind kind);
/* Ends it: its text becomes pieces; an empty block goes. A paragraph of formulas that stand on
 * their own alone becomes formula blocks. */
void reading_end_block(struct reading_writer *writer);

/* A block of its own, begun and ended. */
void reading_add_formula(struct reading_writer *writer, const char *latex);

/* Appends text; "\n" is a line break that is meant. */
void reading_write(struct reading_writer *writer, const char *text, size_t length);

/* Takes what was written as the text of a cell of the table that was begun. */
void reading_end_cell(struct reading_writer *writer, struct reading_cell cell);

/* A piece of HTML as blocks: its text, and its tables. */
void reading_add_html(struct reading_writer *writer, struct str html);
