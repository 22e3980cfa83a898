#pragma once

/*
 * A document as questions are answered from it: passages of about PASSAGE_WORDS words in reading
 * order.
 *
 * A passage lies on one page and is made of whole pieces: a block, a row of a table, or, of what
 * is longer, some of its sentences. A row of a table is never cut. Running headers and footers are
 * passages of their own. What a piece holds is word for word what the page's text holds; headings
 * above it and a table's header row stand apart, as context, which retrieval reads and nobody
 * quotes.
 *
 * Thread rule: any thread once it is made.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "ocrmesh/document/v1/document.pb-c.h"

enum {
    PASSAGE_WORDS = 120,
    PASSAGE_NO_ROW = -1,
};

/* A stretch of a passage that comes from one block. */
struct passage_piece {
    uint32_t offset; /* bytes of the passage's text */
    uint32_t length;
    uint32_t block_index; /* on the page, from 0 */
    int32_t row;          /* of the block's table, from 0; else PASSAGE_NO_ROW */
    Ocrmesh__Document__V1__BlockKind kind;
};

struct passage {
    uint32_t page_index; /* from 0 */
    struct str text;     /* pieces joined by "\n"; cells of a row by "\t" */
    struct str context;  /* lines of headings above, then the table's header row; may be empty */
    struct str language; /* BCP 47, "und" */
    const struct passage_piece *pieces;
    size_t piece_count;
};

struct passages {
    const struct passage *items;
    size_t count;
    uint32_t page_count;
};

/*
 * Makes passages of pages as they come; nothing of a page is kept but its passages. In the arena,
 * which must outlive them. RESOURCE_EXHAUSTED at the arena's limit.
 */
struct passage_maker;
struct passage_maker *passage_maker_new(struct arena *arena); /* NULL when out of memory */
void passage_maker_free(struct passage_maker *maker);
DEFINE_CLEANUP(struct passage_maker *, passage_maker)

/* @page: with its blocks (PAGE_VIEW_BLOCKS is enough). In order. */
status_code passage_maker_add(struct passage_maker *maker, const Ocrmesh__Document__V1__Page *page,
                              struct status *st) _must_check_;
/* Views into the arena. */
status_code passage_maker_end(struct passage_maker *maker, struct passages *ret_passages,
                              struct status *st) _must_check_;
