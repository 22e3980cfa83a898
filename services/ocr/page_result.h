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
 * that could not be sent to a caller, INTERNAL for an answer without a page. Pictures are left
 * out. */
status_code page_result_read(const Ocrmesh__Ocr__Worker__V1__PageRead *answer, uint32_t page_index,
                             struct arena *arena, struct page_result *ret_result,
                             struct status *st) _must_check_;

/* The bytes of a page that is kept, in the arena. Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE. */
status_code page_result_pack(const Ocrmesh__Document__V1__Page *page, struct arena *arena,
                             struct str *ret_content, struct status *st) _must_check_;

/* Adds a warning to a page and to what is kept beside it. @sentence: NULL is want of memory, which
 * is false. */
bool page_result_warn(Ocrmesh__Document__V1__Page *page, char *sentence, struct arena *arena,
                      struct page_result *result);

/* @reason, @message: borrowed for as long as the result is used. */
status_code page_result_failed(uint32_t page_index, const char *reason, const char *message,
                               struct arena *arena, struct page_result *ret_result,
                               struct status *st) _must_check_;
