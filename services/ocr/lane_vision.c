#include "services/ocr/lane_vision.h"

#include "lib/base/clock.h"
#include "lib/log/log.h"

static status_code ask_model(struct vision_caller *caller, const struct page_task *task,
                             const struct worker_answer *draft, struct str *ret_text,
                             struct status *st)
{
    if (task->worker_deaths > 0)
        return FAIL(st, STATUS_ABORTED, NULL, "its first answer could not be worked with");
    return vision_read(caller, draft->image, draft->media_type, ret_text, st);
}

status_code lane_vision_finish(struct vision *vision, struct vision_caller *caller,
                               struct worker_process *worker, const struct page_task *task,
                               struct arena *arena, struct worker_answer *answer,
                               int64_t *ret_model_ns, struct status *st)
{
    int64_t start_ns = time_mono();
    struct str text = {0};
    struct status failure = {0};
    bool is_read = ask_model(caller, task, answer, &text, &failure) == STATUS_OK;

    *ret_model_ns = time_mono() - start_ns;
    if (!is_read && failure.code != STATUS_CANCELLED)
        log_failure(LOG_WARNING, "the vision model did not read a page", &failure,
                    LOG_STRING("job_id", task->job_id), LOG_INTEGER("page", task->page_index));
    int64_t deadline = time_mono_after_ms(LANE_VISION_FINISH_MS);
    status_code code = worker_process_finish_page(worker, text, is_read ? NULL : failure.message,
                                                  vision_model(vision), deadline, st);
    if (code == STATUS_OK)
        code = worker_process_receive_page(worker, deadline, arena, answer, st);
    if (code == STATUS_DEADLINE_EXCEEDED)
        return FAIL(st, STATUS_UNAVAILABLE, "CHANNEL_CLOSED",
                    "the worker does not come to an end with the vision model's answer");
    TRY(code);
    vision_count_page(vision, answer->is_vision_reading);
    return STATUS_OK;
}
