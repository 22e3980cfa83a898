#pragma once

/*
 * Reads a page from its picture: as it lies first, and where that is poor, straightened, turned and
 * in other languages. Thread rule: one thread at a time.
 */

#include "lib/base/status.h"
#include "services/ocr/worker/attempt.h"

/* Makes attempt->page, with its language named. Fails as engine.h says. */
status_code read_picture(struct attempt *attempt, struct status *st) _must_check_;
