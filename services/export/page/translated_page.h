#pragma once

/*
 * A page of a translated job, with the translations in place of its blocks' texts: what formats
 * show that are read, not compared. Only computes; one thread at a time.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "ocrmesh/document/v1/document.pb-c.h"

/*
 * The page itself when none of its blocks has a translation; else a copy in the arena, which shares
 * with the page what is not changed: translated blocks have the target's language and direction,
 * and no lines, for a translation has no boxes. A table whose translation does not have as many
 * cells as the table keeps its original.
 *
 * @target: BCP 47. Fails when the arena is full.
 */
status_code translated_page_make(const Ocrmesh__Document__V1__Page *page, const char *target,
                                 struct arena *arena, const Ocrmesh__Document__V1__Page **ret_page,
                                 struct status *st) _must_check_;
