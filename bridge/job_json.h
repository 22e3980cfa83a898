#pragma once

/*
 * A job and its pages as the REST API shows them (API: POST /api/v1/ocr/, B10), in the order of the
 * published sample.
 *
 * A job's object is left open after its own members, so that "text", "markdown" and "pages" can
 * follow piece by piece; so is a page's after "blocks":[, since a very large page comes in several
 * messages. Every function returns false when `out` is full. Thread rule: any thread.
 */

#include "lib/base/str.h"
#include "ocrmesh/document/v1/document.pb-c.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

/* Nothing changes any more, and its pages can be read. */
bool job_json_has_ended(const Ocrmesh__Ocr__V1__Job *job);

/* Charged for it so far. */
int64_t job_json_credits(const Ocrmesh__Ocr__V1__Job *job);

/* {"uuid": ... up to the members that come before "text". */
bool job_json_begin(struct buf *out, const Ocrmesh__Ocr__V1__Job *job) _must_check_;
/* The whole object of a job without its pages; `has_text`: with empty text, markdown and pages. */
bool job_json_write(struct buf *out, const Ocrmesh__Ocr__V1__Job *job, bool has_text) _must_check_;

/* What the events of a job carry (API: B14): how far it is, and that a page has ended. */
bool job_json_progress(struct buf *out, const Ocrmesh__Ocr__V1__Job *job) _must_check_;
bool job_json_ended_page(struct buf *out, const Ocrmesh__Ocr__V1__Job *job,
                         const Ocrmesh__Ocr__V1__EndedPage *page) _must_check_;

/* {"index": ... ,"blocks":[ with the blocks of the page's first message. */
bool job_json_page_begin(struct buf *out, const Ocrmesh__Document__V1__Page *page) _must_check_;
/* Blocks of a later message. @has_blocks: the page has some already. */
bool job_json_page_more(struct buf *out, const Ocrmesh__Document__V1__Page *page,
                        bool has_blocks) _must_check_;
/* ]} */
bool job_json_page_end(struct buf *out) _must_check_;
