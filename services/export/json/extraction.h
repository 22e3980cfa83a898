#pragma once

/*
 * What a tool found in a document, as JSON members of its job: key_values, line_items and checks
 * (docs/tools.md). Thread rule: any thread, one writer each.
 */

#include "ocrmesh/ocr/v1/job.pb-c.h"
#include "services/export/json/writer.h"

/* @extraction: NULL writes nothing. */
void json_extraction_write(struct json_writer *writer,
                           const Ocrmesh__Ocr__V1__Extraction *extraction);
