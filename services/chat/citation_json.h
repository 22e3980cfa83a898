#pragma once

/*
 * Citations as they stand in the database: [{"page", "block", "snippet", "boxes": [[x0, y0, x1,
 * y1]]}], page and block from 0. Thread rule: any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/chat/conversation.h"

/* In the arena. */
status_code citation_json_write(const struct citation *citations, size_t count, struct arena *arena,
                                const char **ret_json, struct status *st) _must_check_;

/* INTERNAL for text that this module did not write. */
status_code citation_json_read(struct str json, struct arena *arena,
                               const struct citation **ret_citations, size_t *ret_count,
                               struct status *st) _must_check_;
