#pragma once

/*
 * How lines are looked for on a page in a script. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/ocr/worker/engine/engine.h"

/*
 * The layout to read a page of unknown layout with: LAYOUT_PAGE; but LAYOUT_COLUMN for scripts
 * whose letters are made of loose parts, or have marks above and below in several storeys, unless
 * there are columns or lines that run down the page.
 *
 * Tesseract's search for columns takes such parts for lines and edges of their own, and loses text.
 * Characters wrong on one page each, then and when read as one column: Khmer 0.137, 0.019; Lao
 * 0.181, 0.094; Burmese 0.781, 0.427; Thai 0.043, 0.019; Korean 0.070, 0.010; Chinese 0.010, 0.004;
 * Japanese 0.009, 0.007.
 *
 * @job: as for read; its layout is not looked at.
 * @script: ISO 15924, of the job's models.
 *
 * Fails as engine.h says.
 */
status_code page_layout_choose(const struct engine_class *engine_class, struct engine *engine,
                               const struct engine_job *job, const char *script,
                               engine_layout *ret_layout, struct status *st) _must_check_;

/* True where many lines stand beside others. @width: of the page, in pixels. */
bool page_layout_has_columns(const struct bbox *lines, size_t count, uint32_t width);
