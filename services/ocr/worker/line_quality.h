#pragma once

/*
 * How sure an engine is of the letters of a line. Thread rule: any thread.
 */

#include <stddef.h>

#include "services/ocr/worker/document.h"

/*
 * Mean confidence of words, each counted by its letters and digits: rules and leaders are read
 * badly and mean nothing. 0 for a line without letters.
 *
 * @ret_letters: how many letters and digits there are.
 */
float line_quality(const struct line *line, size_t *ret_letters);

/* The quality of a page that tells text from noise. Measured with the eng model on 300 dpi pages:
 * Latin text of eight languages scored 0.82 to 0.96, other scripts, and text turned by a quarter or
 * upside down, 0.21 to 0.48. */
static const float line_quality_good = 0.68f;

/* The same of all lines of a page. */
float line_quality_of_page(const struct page *page);

/*
 * Empties the blocks of a good page that are noise: grain and folds of what lies beneath or behind
 * the paper are read as letters of which nothing is sure. A bad line among good ones stays, and of
 * a page that is not good all lines do: there real text is read as badly. What has no letters
 * stays, too.
 *
 * @page: not finished.
 */
void line_quality_drop_noise(struct page *page);
