#pragma once

/*
 * What a tool found in a document, as JSON members of its job: key_values, line_items and checks
 * (docs/tools.md). Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/str.h"
#include "ocrmesh/ocr/v1/job.pb-c.h"

/* @extraction: NULL writes nothing. False when the buffer is full. */
bool extraction_json_members(struct buf *out,
                             const Ocrmesh__Ocr__V1__Extraction *extraction) _must_check_;
