#pragma once

/*
 * A page of the vlm tier between its two steps in the worker: the picture goes to the vision model,
 * and what it says, or why it says nothing, goes back to the worker, which makes the page of it.
 *
 * A model that fails never fails the page: the worker then delivers what its own engine read, with
 * a warning. A page whose worker died once is not asked about again, lest the reply be what it
 * died of. Thread rule: the lane's thread.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/store_queue.h"
#include "services/ocr/vision/vision.h"
#include "services/ocr/worker_process.h"

/* How long a worker may take to make a page of a reply. */
enum { LANE_VISION_FINISH_MS = 60 * 1000 };

/*
 * @answer: the draft; becomes the page.
 * @arena: as in worker_process_receive_page().
 * @ret_model_ns: how long the model took.
 *
 * Fails as worker_process_receive_page(), but never with DEADLINE_EXCEEDED: a worker that hangs on
 * a reply has died of it.
 */
status_code lane_vision_finish(struct vision *vision, struct vision_caller *caller,
                               struct worker_process *worker, const struct page_task *task,
                               struct arena *arena, struct worker_answer *answer,
                               int64_t *ret_model_ns, struct status *st) _must_check_;
