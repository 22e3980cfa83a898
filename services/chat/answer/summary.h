#pragma once

/*
 * What a document, or a page of it, is about: its title and the sentences that lead in. Private to
 * answer/. Thread rule: one thread at a time.
 */

#include "services/chat/answer/compose.h"

/* @page_number: from 1; 0: the whole document. False when there is nothing to quote. */
status_code summary_compose(const struct passages *passages, uint32_t page_number,
                            struct arena *arena, struct composition *composition,
                            bool *ret_is_found, struct status *st) _must_check_;
