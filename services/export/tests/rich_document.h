#pragma once

/*
 * A document that has one of everything, for tests of formats: what a format meets in one page of
 * each kind. Made of the caller's arena; boxes lie inside their lines, lines inside their blocks.
 *
 * page 0: English: header, headings, wrapped and hyphenated lines, a nested list, a table with
 *         spans and a caption, a figure, a footer
 * page 1: Arabic and Hebrew, right to left, with Latin words and numbers among them; a table
 * page 2: Chinese, vertical Japanese, Thai and Hindi; a formula; skewed lines
 * page 3: could not be read
 * page 4: empty
 * page 5: what breaks careless writers: markup, quotes, control characters, noncharacters, bytes
 * that are no UTF-8, cells that a spreadsheet runs, a table without cells, a block without lines,
 *         a word without a box, and translations
 */

#include "lib/base/arena.h"
#include "services/export/format.h"

struct rich_document {
    Ocrmesh__Ocr__V1__Job *job;
    Ocrmesh__Document__V1__Page **pages;
    size_t page_count;
};

enum { RICH_DOCUMENT_ARENA_BYTES = 4 << 20 };

/* Aborts when out of memory. */
struct rich_document rich_document_new(struct arena *arena);
