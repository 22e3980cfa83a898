#pragma once

/*
 * Reads a page of a PDF: its text layer where text_layer.h believes it, else its picture.
 * Thread rule: one thread at a time.
 */

#include "lib/base/status.h"
#include "services/ocr/worker/attempt.h"
#include "services/ocr/worker/pdfdoc.h"

/* Makes attempt->page, with its language named, and a warning of what the page hides. Fails as
 * engine.h and pdfdoc.h say. */
status_code read_layer(struct attempt *attempt, struct pdfdoc *pdf, struct status *st) _must_check_;
