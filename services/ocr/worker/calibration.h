#pragma once

/*
 * From an engine's own confidence to the probability that a word is right, by a table for each kind
 * of confidence that was measured on the pages of `./ocrmesh bench calibration`; docs/accuracy.md
 * says how. Decisions about a page (recognize.c, the engines) go by the engine's own, so that this
 * comes last. Thread rule: any thread.
 */

#include "services/ocr/worker/document.h"

/* Of 0 to 1, to 0 to 1; never falls where `confidence` rises. */
float calibration_of(confidence_kind kind, float confidence);

/* Makes every word's confidence a probability. True when one has changed, whereupon the page is to
 * be finished again; a page that was calibrated is left as it is. */
bool calibration_apply(struct page *page);
