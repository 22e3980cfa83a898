#pragma once

/*
 * What of a row of lines at a page's edge speaks for a running header or footer. Private to
 * page_margins.c. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/page_measure.h"
#include "services/ocr/worker/table_rules.h"

/* A line, or a table (without a line), as far as its place is concerned. */
struct margin_item {
    const struct line *line;
    struct bbox bbox;
    block_kind kind; /* of its block */
    bool is_taken;
};

/* Items side by side. */
struct margin_row {
    struct margin_item *items;
    size_t count;
    struct bbox bbox;
    bool has_table; /* then it is no margin, and the items' lines may be NULL */
};

struct margins {
    const struct page *page;
    const struct page_measure *measure;
    const struct table_rules *rules;
};

bool margin_signs_is_margin(block_kind kind);

/* True when the engine takes all of it for a header or footer. */
bool margin_signs_are_told(const struct margin_row *row);

/* A page number and nothing else, on a page of running text. */
bool margin_signs_are_page_number(const struct margin_row *row, const struct margins *margins);

/* How much what the row shows speaks for a margin: page numbers, text at both ends, imprints; 0:
 * nothing does. */
int margin_signs_score(const struct margin_row *row, const struct margins *margins);

/* A ruling line along half of the text between both heights. */
bool margin_signs_are_ruled_off(const struct margins *margins, int32_t from, int32_t to);

/* Few words above a line of running text that goes on from the page before: text that begins with
 * a small letter is under no heading. */
bool margin_signs_are_before_going_on(const struct margin_row *row,
                                      const struct margin_row *beneath,
                                      const struct margins *margins);

size_t margin_signs_count_words(const struct margin_row *row);
/* Of the font of most of its words; 0: unknown. */
float margin_signs_size(const struct margin_row *row);
bool margin_signs_are_bold(const struct margin_row *row);
