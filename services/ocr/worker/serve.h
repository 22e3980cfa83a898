#pragma once

/*
 * What a worker does once it is in its sandbox: opens documents, reads pages, answers the service.
 *
 * A page that goes to a vision model is read in two steps. The first answers with the page's
 * picture and keeps the draft, which is what the engine here has read; the second gets what the
 * model said, or why it said nothing, and makes the page of both (vision/vision_page.h).
 * Thread rule: one thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/worker/decode.h"
#include "services/ocr/worker/recognize.h"

struct worker {
    struct recognizer *recognizer;
    struct decoder *decoder; /* NULL until a document is open */
    struct arena *arena;     /* of the page that is being read */

    bool has_draft; /* of a page that the vision model is being asked about */
    struct page draft;
    const struct engine_class *draft_engine;
    struct image *image; /* of the page that pictures are wanted of; NULL: none are */
};

void worker_deinit(struct worker *worker);

/* Forgets the document before. @fd: taken. @pages_max: of a file with so many pages at most, the
 * first is looked into. */
status_code worker_open_document(struct worker *worker, int fd, uint32_t pages_max,
                                 struct status *st) _must_check_;

/* Reads a page of the open document into the worker's arena. */
status_code worker_read_page(struct worker *worker, const struct recognize_request *request,
                             struct page *ret_page, const struct engine_class **ret_engine,
                             struct status *st) _must_check_;

/* Answers WorkerRequests on that socket until the service closes its end. */
status_code worker_serve(struct worker *worker, int channel_fd, struct status *st) _must_check_;
