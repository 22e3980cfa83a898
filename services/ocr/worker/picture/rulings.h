#pragma once

/*
 * Ruling lines: of tables and forms, under words, around boxes. To a reader of lines they are
 * letters ("|", "_") or bind what does not belong together.
 *
 * Thread rule: one thread at a time.
 */

#include "lib/base/status.h"

struct Pix;

/*
 * Finds them among the ink.
 *
 * @ink: depth 1.
 * @letter_height: as ink_letter_height() says; lines are many times as long as that, and thin.
 * @ret_mask: a new picture, the caller's: 1 where a line is, with its soft edges; NULL when there
 * is none.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE without memory.
 * Method: openings with long bricks; what is thick beside its length is a picture and no line.
 */
status_code rulings_find(struct Pix *ink, float letter_height, struct Pix **ret_mask,
                         struct status *st) _must_check_;
