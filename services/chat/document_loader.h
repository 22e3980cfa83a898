#pragma once

/*
 * The index of a job's document, wherever it is: in this process, in the database, or still to be
 * made of the document itself, which ocr sends page by page.
 *
 * What is made is stored, so that it is made once for all replicas and restarts; one that cannot be
 * stored is used all the same. Few are made at a time, since a large document takes memory: the
 * others wait. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/status.h"
#include "lib/rpc/client.h"
#include "services/chat/document_cache.h"

struct db;
struct document_loader;
struct metrics;

enum {
    DOCUMENT_BUILDS_MAX = 2, /* at once */
    /* Of passages while an index is made of them: some ten times the text of a book of 2,000
     * pages. */
    DOCUMENT_PASSAGES_MAX_BYTES = 256 << 20,
};

/* All borrowed; they outlive the loader. */
struct document_loader_options {
    struct db *db;
    struct rpc_channel *ocr;
    struct document_cache *cache;
    struct metrics *metrics;
};

/* NULL when out of memory. */
struct document_loader *document_loader_new(const struct document_loader_options *options);
void document_loader_free(struct document_loader *loader);
DEFINE_CLEANUP(struct document_loader *, document_loader)

/* A job whose caller may see it. Borrowed. */
struct document_request {
    const char *job_id;
    const char *account_id; /* of the caller */
    int64_t expire_time;    /* the job's; wall nanoseconds */
    /* As which ocr is asked for the document. `deadline` must be set. */
    const struct rpc_call_options *options;
};

/* Fails as ocr does for the document, with DOCUMENT_TOO_LARGE for one whose index would be over a
 * limit, and with DEADLINE_EXCEEDED. */
status_code document_loader_get(struct document_loader *loader,
                                const struct document_request *request,
                                struct cached_document **ret_document,
                                struct status *st) _must_check_;
