#pragma once

/*
 * Pictures of a job's pages from the ocr service (GetPageImage): a source for page_image.h.
 *
 * Each picture is a call of its own with the identity, deadline and cancellation of the export. One
 * message is in memory at a time. One thread at a time.
 */

#include "lib/rpc/client.h"
#include "services/export/page_image.h"

/* In the caller's memory; outlives the pictures that are read from it. */
struct ocr_page_image_source {
    struct page_image_source source;
    struct rpc_channel *ocr;                /* borrowed, and so is what follows */
    const struct rpc_call_options *options; /* of the calls to ocr */
    const char *job_id;
};

/* Pictures fail as the call does, with ocr's own code, reason and message; only that none is kept
 * (PAGE_IMAGE_NOT_FOUND) is no failure. */
void ocr_page_image_source_init(struct ocr_page_image_source *source, struct rpc_channel *ocr,
                                const struct rpc_call_options *options, const char *job_id);
