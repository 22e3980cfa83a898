#include "services/ocr/lanes.h"

#include <stdlib.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/log/log.h"
#include "services/ocr/lane.h"
#include "services/ocr/metrics.h"

enum { STOP_LOOK_MS = 20 };

struct lanes {
    struct queue *queue;
    int lane_count;
    struct lane *lanes[QUEUE_LANES_MAX];
    int64_t stop_time; /* when the stop began; 0: it has not */
};

status_code lanes_start(const struct lanes_options *options, struct lanes **ret_lanes,
                        struct status *st)
{
    _cleanup_(lanes_freep) struct lanes *lanes = calloc(1, sizeof(*lanes));

    if (lanes == NULL)
        return FAIL_MEMORY(st);
    TRY(queue_new(&(struct queue_options){.db = options->db,
                                          .lanes = options->count,
                                          .lease_ms = options->lease_ms},
                  &lanes->queue, st));
    for (int i = 0; i < options->count; i++) {
        const struct lane_options lane = {
            .number = i,
            .worker_path = options->worker_path,
            .db = options->db,
            .blobs = options->blobs,
            .queue = lanes->queue,
            .files = options->files,
            .work_dir = options->work_dir,
            .metrics = options->metrics,
            .vision = options->vision,
            .translator = options->translator,
            .pictures_wait_ms = options->pictures_wait_ms,
        };
        TRY(lane_start(&lane, &lanes->lanes[i], st));
        lanes->lane_count = i + 1;
        atomic_fetch_add(&options->metrics->workers, 1);
    }
    *ret_lanes = TAKE(lanes);
    return STATUS_OK;
}

void lanes_wake(struct lanes *lanes)
{
    queue_wake(lanes->queue);
}

void lanes_check_leases(struct lanes *lanes)
{
    queue_check_leases(lanes->queue);
}

bool lanes_is_ready(struct lanes *lanes)
{
    for (int i = 0; i < lanes->lane_count; i++)
        if (lane_is_ready(lanes->lanes[i]))
            return true;
    return false;
}

void lanes_begin_stop(struct lanes *lanes)
{
    if (lanes->stop_time == 0)
        lanes->stop_time = time_mono();
    queue_stop(lanes->queue);
}

static bool have_ended(struct lanes *lanes)
{
    for (int i = 0; i < lanes->lane_count; i++)
        if (!lane_has_ended(lanes->lanes[i]))
            return false;
    return true;
}

static void wait_for_lanes(struct lanes *lanes)
{
    const struct timespec pause = {.tv_nsec = STOP_LOOK_MS * NANOSECONDS_PER_MS};
    int64_t end = lanes->stop_time + LANES_STOP_GRACE_MS * NANOSECONDS_PER_MS;

    while (!have_ended(lanes) && time_mono() < end)
        (void)nanosleep(&pause, NULL);
    if (have_ended(lanes))
        return;
    log_write(LOG_WARNING, "pages are given back, for they take too long");
    for (int i = 0; i < lanes->lane_count; i++)
        lane_interrupt(lanes->lanes[i]);
}

void lanes_free(struct lanes *lanes)
{
    if (lanes == NULL)
        return;
    if (lanes->queue != NULL) {
        lanes_begin_stop(lanes);
        wait_for_lanes(lanes);
    }
    for (int i = 0; i < lanes->lane_count; i++)
        lane_free(lanes->lanes[i]);
    queue_free(lanes->queue);
    free(lanes);
}
