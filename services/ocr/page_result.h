#pragma once

/*
 * What is kept of a page that ended, made out of the worker's answer or of a failure.
 *
 * Job, page index and lease are the caller's to fill in. Thread rule: any thread,
 * one arena each.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "ocrmesh/ocr/worker/v1/worker.pb-c.h"
#include "services/ocr/store_page.h"

/* What a page may take at most, in bytes of its encoding. */
enum { PAGE_CONTENT_MAX_BYTES = 64 << 20 };

/* Everything is copied into the arena. Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE for a page
 * that could not be sent to a caller, INTERNAL for an answer without a page. */
status_code page_result_read(const Ocrmesh__Ocr__Worker__V1__PageRead *answer, uint32_t page_index,
                             struct arena *arena, struct page_result *ret_result,
                             struct status *st) _must_check_;

/* @reason, @message: borrowed for as long as the result is used. */
status_code page_result_failed(uint32_t page_index, const char *reason, const char *message,
                               struct arena *arena, struct page_result *ret_result,
                               struct status *st) _must_check_;
