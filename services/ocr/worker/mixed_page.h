#pragma once

/*
 * Pages in two scripts that were read in Latin letters alone: manuals with commands, forms in two
 * languages. The few lines that are looked at first may be in the one script, and half of the page
 * in the other; what was made of that is poor. Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "lib/base/status.h"
#include "services/ocr/worker/attempt.h"

/*
 * In auto, where a good part of a reading is poor: finds the script of that part by reading some of
 * it with a model of each, reads the page with the models of both, and keeps the better reading.
 *
 * @ret_is_better: whether that is the new one.
 *
 * Costs nothing on other pages. Fails as engine.h says.
 */
status_code mixed_page_read(struct attempt *attempt, bool *ret_is_better,
                            struct status *st) _must_check_;
