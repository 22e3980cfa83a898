#include "services/ocr/queue_forecast.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/admin/histogram.h"
#include "lib/base/clock.h"
#include "services/ocr/metrics.h"

enum {
    LOOK_MS = 1000,
    REMEMBERED = 10,
    LOOK_SHARE = 10, /* all processes together look for such a part of the time at most */
    RETRY_MIN_MS = 1000,
    RETRY_MAX_MS = 60000,
    FULL_RETRY_MS = 60000,
};

struct queue_forecast {
    struct queue_forecast_options options;
    pthread_mutex_t lock; /* for what follows */
    bool is_looking;
    int64_t next_look; /* monotonic */
    struct queue_load load;
    int64_t under_way; /* submissions that were admitted and are not over */
    int64_t unseen;    /* admitted since the look, or under way then: not in the load */
    /* The pages of this process as they were counted at the last look, and what one takes. */
    int64_t pages_seen, seconds_seen_ns;
    int64_t page_ns; /* 0: not known */
    struct queue_shares shares;
};

static const double SHARE_OF_LOOK = 0.1;
static const double SHARE_LEFT_MIN = 0.05;

status_code queue_forecast_new(const struct queue_forecast_options *options,
                               struct queue_forecast **ret_forecast, struct status *st)
{
    struct queue_forecast *forecast = calloc(1, sizeof(*forecast));

    if (forecast == NULL)
        return FAIL_MEMORY(st);
    forecast->options = *options;
    (void)pthread_mutex_init(&forecast->lock, NULL);
    *ret_forecast = forecast;
    return STATUS_OK;
}

void queue_forecast_free(struct queue_forecast *forecast)
{
    if (forecast == NULL)
        return;
    pthread_mutex_destroy(&forecast->lock);
    free(forecast);
}

int64_t queue_forecast_ahead(const struct queue_load *load, int32_t rank, int64_t own_pages)
{
    int64_t ahead = 0;

    for (size_t i = 0; i < load->line_count && load->lines[i].rank <= rank; i++)
        ahead += load->lines[i].rank == rank ? (own_pages + 1) * load->lines[i].callers
                                             : load->lines[i].pages;
    return ahead;
}

void queue_forecast_remember_callers(struct queue_load *load, const struct queue_load *before)
{
    for (size_t i = 0; i < load->line_count; i++)
        for (size_t j = 0; j < before->line_count; j++) {
            int64_t remembered = before->lines[j].callers * (REMEMBERED - 1) / REMEMBERED;
            if (before->lines[j].rank == load->lines[i].rank && remembered > load->lines[i].callers)
                load->lines[i].callers = remembered;
        }
}

static double *share_of(struct queue_shares *shares, int32_t rank)
{
    size_t i = 0;

    while (i < shares->count && shares->ranks[i].rank != rank)
        i++;
    if (i == QUEUE_LINES_MAX)
        return NULL; /* more ranks than plans have: those beyond count as nothing */
    if (i == shares->count) {
        shares->ranks[i].rank = rank;
        shares->ranks[i].share = 0;
        shares->count++;
    }
    return &shares->ranks[i].share;
}

void queue_forecast_learn_shares(struct queue_shares *shares, const struct queue_load *load)
{
    int64_t leased = 0, waiting = 0;

    for (size_t i = 0; i < load->line_count; i++) {
        leased += load->lines[i].leased;
        waiting += load->lines[i].pages;
    }
    for (size_t i = 0; i < shares->count; i++)
        shares->ranks[i].share *= 1 - SHARE_OF_LOOK;
    if (leased == 0 || waiting == 0)
        return;
    for (size_t i = 0; i < load->line_count; i++) {
        double *share = share_of(shares, load->lines[i].rank);
        if (share != NULL)
            *share += SHARE_OF_LOOK * (double)load->lines[i].leased / (double)leased;
    }
}

double queue_forecast_share_left(const struct queue_shares *shares, int32_t rank)
{
    double left = 1;

    for (size_t i = 0; i < shares->count; i++)
        if (shares->ranks[i].rank < rank)
            left -= shares->ranks[i].share;
    return left < SHARE_LEFT_MIN ? SHARE_LEFT_MIN : left;
}

/* With the lock held. Half of what a page takes is what it took lately, the other half before. */
static void learn_pace(struct queue_forecast *forecast)
{
    const struct histogram *durations = &forecast->options.metrics->page_duration;
    int64_t pages = histogram_count(durations);
    int64_t ns = atomic_load(&durations->sum_ns);

    if (pages <= forecast->pages_seen)
        return;
    int64_t lately = (ns - forecast->seconds_seen_ns) / (pages - forecast->pages_seen);
    forecast->page_ns = forecast->page_ns == 0 ? lately : (forecast->page_ns + lately) / 2;
    forecast->pages_seen = pages;
    forecast->seconds_seen_ns = ns;
}

/* Looks at the queue where it is time to, and nobody else does. */
static status_code look(struct queue_forecast *forecast, int64_t deadline, struct status *st)
{
    struct queue_load load;
    int64_t start = time_mono();

    pthread_mutex_lock(&forecast->lock);
    bool is_due = !forecast->is_looking && start >= forecast->next_look;
    int64_t under_way = forecast->under_way, unseen = forecast->unseen;
    if (is_due)
        forecast->is_looking = true;
    pthread_mutex_unlock(&forecast->lock);
    if (!is_due)
        return STATUS_OK;
    status_code code =
        store_queue_load(forecast->options.db, deadline, forecast->options.pages_max, &load, st);
    int64_t end = time_mono();
    pthread_mutex_lock(&forecast->lock);
    if (code == STATUS_OK) {
        queue_forecast_remember_callers(&load, &forecast->load);
        forecast->load = load;
        /* Those of the time of looking count twice at worst. */
        forecast->unseen = under_way + forecast->unseen - unseen;
        learn_pace(forecast);
        queue_forecast_learn_shares(&forecast->shares, &load);
    }
    int64_t processes = 1 + forecast->load.lanes / (1 + forecast->options.lanes);
    int64_t pause = (end - start) * LOOK_SHARE * processes;
    forecast->next_look =
        end + (pause > LOOK_MS * NANOSECONDS_PER_MS ? pause : LOOK_MS * NANOSECONDS_PER_MS);
    forecast->is_looking = false;
    pthread_mutex_unlock(&forecast->lock);
    return code;
}

void queue_forecast_leave(struct queue_forecast *forecast)
{
    pthread_mutex_lock(&forecast->lock);
    forecast->under_way--;
    pthread_mutex_unlock(&forecast->lock);
}

static status_code refuse(struct status *st, int64_t retry_after_ms)
{
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "QUEUE_FULL",
               "more pages wait to be read than can be soon; try again later");
    st->retry_after_ms = retry_after_ms;
    return st->code;
}

/* With the lock held: what a page would wait behind all others that count. */
static int64_t forecast_wait_ms(const struct queue_forecast *forecast, int32_t rank,
                                int64_t own_pages)
{
    int64_t ahead = queue_forecast_ahead(&forecast->load, rank, own_pages) + forecast->unseen;
    int64_t lanes = forecast->load.lanes > forecast->options.lanes ? forecast->load.lanes
                                                                   : forecast->options.lanes;
    double page_ms = (double)forecast->page_ns / (double)NANOSECONDS_PER_MS;

    return (int64_t)((double)ahead * page_ms /
                     ((double)lanes * queue_forecast_share_left(&forecast->shares, rank)));
}

status_code queue_forecast_admit(struct queue_forecast *forecast, const char *principal_key,
                                 int32_t priority, int64_t deadline, struct status *st)
{
    const int64_t wait_max_ms = forecast->options.wait_max_ms;
    const int32_t rank = -priority;
    int64_t own_pages = 0;

    TRY(look(forecast, deadline, st));
    pthread_mutex_lock(&forecast->lock);
    bool is_full = forecast->load.pages >= forecast->options.pages_max;
    int64_t pages_max = forecast->load.pages;
    int64_t worst_ms = forecast_wait_ms(forecast, rank, pages_max);
    pthread_mutex_unlock(&forecast->lock);
    if (is_full)
        return refuse(st, FULL_RETRY_MS);

    /* Only where the whole queue is too long does it matter how much of it is the caller's. */
    bool is_long = wait_max_ms > 0 && worst_ms > wait_max_ms;
    if (is_long)
        TRY(store_queue_count_waiting(forecast->options.db, deadline, rank, principal_key,
                                      pages_max, &own_pages, st));
    pthread_mutex_lock(&forecast->lock);
    int64_t wait = is_long ? forecast_wait_ms(forecast, rank, own_pages) : 0;
    bool is_admitted = wait <= wait_max_ms;
    if (is_admitted) {
        forecast->under_way++;
        forecast->unseen++;
    }
    pthread_mutex_unlock(&forecast->lock);
    if (is_admitted)
        return STATUS_OK;
    int64_t retry_ms = wait - wait_max_ms;
    return refuse(st, retry_ms < RETRY_MIN_MS   ? RETRY_MIN_MS
                      : retry_ms > RETRY_MAX_MS ? RETRY_MAX_MS
                                                : retry_ms);
}
