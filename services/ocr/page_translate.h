#pragma once

/*
 * The translation of a page that was read: block by block, beside the original.
 *
 * A page that cannot be translated (its language was not recognised, or nobody translates from it;
 * whoever does is away) is delivered as it was read, with a warning, and is charged as every page
 * that was read: a translation has no price of its own. Thread rule: one thread at a time.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/store_page.h"
#include "services/ocr/store_queue.h"

struct http_client;
struct translator;

/*
 * Translates the page of `result`, of a task that says into what.
 *
 * @client: of the caller's thread; translator_interrupt() ends the translation.
 * @arena: of the result.
 *
 * Fails with CANCELLED when it was interrupted, else not: then there is a warning.
 */
status_code page_translate(struct translator *translator, struct http_client *client,
                           const struct page_task *task, struct arena *arena,
                           struct page_result *result, struct status *st) _must_check_;
