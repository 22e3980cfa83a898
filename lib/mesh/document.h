#pragma once

/*
 * A job's document, read from the ocr service page by page.
 *
 * ocr sends the job first, then the pages in order; a very large page comes as several messages
 * (document.proto), which are put together here. One page is in memory at a time: each call of
 * document_next_page() gives the memory of the page before back. One thread at a time.
 */

#include "lib/base/arena.h"
#include "lib/rpc/client.h"
#include "ocrmesh/document/v1/document.pb-c.h"
#include "ocrmesh/ocr/v1/job.pb-c.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

enum {
    /* Encoded size of one page. The densest newspaper page seen to come out of an engine, 40,000
     * words with their boxes, is a tenth of it. */
    DOCUMENT_PAGE_MAX_BYTES = 16 << 20,
    /* The same page decoded: a word of some 20 encoded bytes takes about 150 in memory. */
    DOCUMENT_PAGE_MEMORY_MAX_BYTES = 160 << 20,
};

struct document;

/* Which pages of a document are read, and how much of each. Zero: all. */
struct document_part {
    Ocrmesh__Ocr__V1__PageView view;
    uint32_t first_page_index;
    uint32_t page_limit;
};

/* Calls GetDocument and reads the job.
 * @options: identity, deadline and parent of the call; lives as long as the document.
 * Fails as the call does, with ocr's own code, reason and message: JOB_NOT_FOUND, JOB_EXPIRED,
 * JOB_NOT_DONE, INVALID_TOKEN; UNAVAILABLE when ocr cannot be reached; INTERNAL when it answers out
 * of order. */
status_code document_open(struct rpc_channel *ocr, const struct rpc_call_options *options,
                          const char *job_id, const struct document_part *part,
                          struct document **ret_document, struct status *st) _must_check_;
void document_free(struct document *document);
DEFINE_CLEANUP(struct document *, document)

/* Lives as long as the document. */
const Ocrmesh__Ocr__V1__Job *document_job(const struct document *document);

/* *ret_page is NULL after the last page, else lives until the next call. Fails as the call does,
 * with RESOURCE_EXHAUSTED PAGE_TOO_LARGE beyond the limits above. */
status_code document_next_page(struct document *document,
                               const Ocrmesh__Document__V1__Page **ret_page,
                               struct status *st) _must_check_;
