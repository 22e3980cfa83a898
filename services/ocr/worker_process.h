#pragma once

/*
 * One worker: a child process that opens documents and reads pages, and the channel to it.
 *
 * The program is `ocrmesh-ocr-worker`. It is started without a shell, with the channel as its only
 * descriptor beside the standard three, and with none of the service's environment but what
 * libraries need: no database address and no key reaches it.
 *
 * A failure is the worker's own answer as long as worker_process_is_usable(): the document or the
 * page is at fault, and the worker goes on. Once it is not, the process has died, hangs or talks
 * nonsense (reasons of worker_channel.h), and only worker_process_stop() is left.
 *
 * The kernel ends a worker together with the thread that started it, so that none outlives a killed
 * service. Thread rule: one thread at a time, which is the one that started it; but for
 * worker_process_interrupt().
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "services/ocr/store_page.h"
#include "services/ocr/store_queue.h"

struct worker_process;
struct worker_watch_limits;

enum { WORKER_MEDIA_TYPE_MAX = 100 };

/* What a file turned out to be. */
struct worker_document {
    char media_type[WORKER_MEDIA_TYPE_MAX + 1]; /* by content, for example "application/pdf" */
    uint32_t page_count;                        /* at least 1 */
};

/* How long a worker may take until it answers for the first time. */
enum { WORKER_START_TIMEOUT_MS = 30000 };

/* @path: the worker's program. Returns once the worker has answered, so that one that cannot work
 * here is not taken for one that died of a document. Fails with UNAVAILABLE WORKER_NOT_STARTED. */
status_code worker_process_start(const char *path, struct worker_process **ret_worker,
                                 struct status *st) _must_check_;
/* Hangs up, gives the process a moment to leave, ends it by force, and reaps it. */
void worker_process_stop(struct worker_process *worker);
DEFINE_CLEANUP_NAMED(struct worker_process *, worker_process_stopp, worker_process_stop)

/* In place of worker_watch_usual: a worker that takes more processor time for an answer dies, one
 * that takes none is not usable any more. */
void worker_process_limit(struct worker_process *worker, const struct worker_watch_limits *limits);

pid_t worker_process_pid(const struct worker_process *worker);

/* False once the worker can only be stopped. */
bool worker_process_is_usable(const struct worker_process *worker);

/* False when the process ended while it had nothing to do. */
bool worker_process_is_alive(const struct worker_process *worker);

/* Ends the process by force, so that who waits for it sees its end. Any thread, as long as
 * worker_process_stop() is not called at the same time. */
void worker_process_interrupt(const struct worker_process *worker);

/*
 * Opens a document, which is the one that pages are read of from here on.
 *
 * @fd: file to be read; borrowed.
 * @pages_max: of a file with so many pages at most, the first is looked into; 0: none is.
 * @deadline: monotonic nanoseconds. A worker that misses it is not usable any more.
 */
status_code worker_process_open(struct worker_process *worker, const char *job_id, int fd,
                                uint32_t pages_max, int64_t deadline,
                                struct worker_document *ret_document,
                                struct status *st) _must_check_;

/*
 * Asks for a page of the open document; worker_process_receive_page() waits for it.
 *
 * @draft_side_max: not 0: a vision model is to read the page; the answer is a draft, whose picture
 * has no longer side.
 * @pictures_fd: file for the pictures that are to be kept of the page, from its beginning; borrowed
 * until the page was received. -1: none are wanted.
 */
status_code worker_process_ask_page(struct worker_process *worker, const struct page_task *task,
                                    uint32_t draft_side_max, int pictures_fd, int64_t deadline,
                                    struct status *st) _must_check_;

/* What a worker says to the question for a page. */
struct worker_answer {
    bool is_draft;
    /* The page's picture, for a draft; in the arena. */
    struct str image;
    const char *media_type;
    /* What is to be kept of the page, else; in the arena. Job, index, lease and the pictures' key
     * are left for the caller to fill in. */
    struct page_result result;
    int64_t pictures_bytes; /* in the file for pictures; 0: there are none */
    bool is_vision_reading; /* of what the vision model said */
};

/* The answer to the one question that was asked. */
status_code worker_process_receive_page(struct worker_process *worker, int64_t deadline,
                                        struct arena *arena, struct worker_answer *ret_answer,
                                        struct status *st) _must_check_;

/*
 * Answers a draft: what the vision model said of it. worker_process_receive_page() waits for the
 * page.
 *
 * @failure: why it said nothing, to complete "the vision model was asked, but ..."; NULL when it
 * did.
 */
status_code worker_process_finish_page(struct worker_process *worker, struct str reply,
                                       const char *failure, const char *model, int64_t deadline,
                                       struct status *st) _must_check_;
