#pragma once

/*
 * What a tool promises and a page does not have, as a warning on the page: tables, LaTeX. Thread
 * rule: any thread, one arena each.
 */

#include <stdbool.h>

#include "lib/base/arena.h"
#include "services/ocr/store_page.h"
#include "services/ocr/tools.h"

/*
 * Adds the warning, if one is due.
 *
 * @is_vision_reading: a vision model read the page: that it has no LaTeX is then no fault.
 * @arena: of the result; without memory the page stays as it is.
 */
void page_tool_warn(const struct tool *tool, bool is_vision_reading, struct arena *arena,
                    struct page_result *result);
