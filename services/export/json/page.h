#pragma once

/*
 * A page of the document as JSON, with everything that the document model holds: blocks, lines,
 * words, tables. Members have the names of the REST API; those that would be empty or unknown are
 * left out, save those of the public contract.
 *
 * Boxes are [x0, y0, x1, y1] in pixels of the upright page image, confidence is 0 to 1. Any thread.
 */

#include "ocrmesh/document/v1/document.pb-c.h"
#include "services/export/json/writer.h"

void json_page_write(struct json_writer *writer, const Ocrmesh__Document__V1__Page *page);
