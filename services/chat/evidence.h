#pragma once

/*
 * Whether what an answer quotes stands on the page that it names, word for word, and where.
 *
 * This looks at the page alone, not at what retrieval made of it: whatever goes wrong there, no
 * snippet reaches a user that is not on its page. Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "ocrmesh/document/v1/document.pb-c.h"
#include "services/chat/conversation.h"

enum {
    SNIPPET_MAX_BYTES = 2000, /* a longer one is cut between characters */
    /* One a line or cell; of a snippet that has more, the block's box stands for all. */
    CITATION_BOXES_MAX = 64,
};

/*
 * Looks for `text`, any run of white space being as good as any other, in block `block_index` of
 * the page and in the page's own text.
 *
 * @page: with lines and cells (PAGE_VIEW_FULL).
 * @ret_holds: whether it stands in both.
 * @ret_citation: set when it does; in the arena. Its boxes are, line by line, those around the
 *     words that the snippet covers, or the cells of a table; the block's own where its words
 *     cannot be told apart.
 */
status_code evidence_find(const Ocrmesh__Document__V1__Page *page, uint32_t block_index,
                          struct str text, struct arena *arena, bool *ret_holds,
                          struct citation *ret_citation, struct status *st) _must_check_;
