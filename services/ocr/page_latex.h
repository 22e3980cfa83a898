#pragma once

/*
 * The tool math-to-latex: a page on which the engine gave no LaTeX says so. Thread rule: any
 * thread, one arena each.
 */

#include "lib/base/arena.h"
#include "services/ocr/store_page.h"

/* Adds the warning to a page with text and without LaTeX. @arena: of the result; without memory the
 * page stays as it is. */
void page_latex_warn(struct arena *arena, struct page_result *result);
