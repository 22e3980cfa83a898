/*
 * ocr-queue-load: lanes that lease pages and store them as the service does, with a pause in place
 * of a worker that reads, and what they measured, as one line of JSON.
 *
 *     ocr-queue-load DATABASE_URL LANES PAGE_MS SECONDS CONNECTIONS
 *
 * Each lane is a thread; all share CONNECTIONS connections. As a real lane does it, one leases the
 * next page, and stores the one before while the worker would be at the next. A page takes PAGE_MS
 * on average, half as much to one and a half times as much. Ends with 1 when a statement fails.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/db/db.h"
#include "services/ocr/store_page.h"
#include "services/ocr/store_queue.h"

enum {
    ARGUMENTS = 6,
    EXIT_USAGE = 2,
    LANES_MAX = 4000,
    SAMPLES_MAX = 4000000,
    STATEMENT_TIMEOUT_MS = 30000,
    LEASE_MS = 15000,
    NOTHING_PAUSE_MS = 50,
    STACK_BYTES = 256 * 1024,
    CONTENT_BYTES = 8 * 1024, /* a packed page of usual length */
};

struct samples {
    uint32_t *us;
    atomic_size_t count;
};

struct load {
    struct db *db;
    int64_t page_ms;
    int64_t begin_time, end_time; /* monotonic: what is counted begins and ends there */
    struct samples leases, ends;
    atomic_llong pages, empty, failures;
    char content[CONTENT_BYTES];
};

struct lane {
    struct load *load;
    pthread_t thread;
    int number;
};

static void add(const struct load *load, struct samples *samples, int64_t start)
{
    int64_t now = time_mono();

    if (start < load->begin_time || now > load->end_time)
        return;
    size_t at = atomic_fetch_add(&samples->count, 1);
    if (at < SAMPLES_MAX)
        samples->us[at] = (uint32_t)((now - start) / 1000);
}

static void sleep_until(int64_t until)
{
    int64_t left = until - time_mono();

    if (left <= 0)
        return;
    struct timespec pause = {left / NANOSECONDS_PER_SECOND, left % NANOSECONDS_PER_SECOND};
    (void)nanosleep(&pause, NULL);
}

static bool lease(struct lane *lane, const char *stay, struct page_task *ret_task, bool *ret_found)
{
    struct load *load = lane->load;
    struct status st = {0};
    char holder[32];
    int64_t start = time_mono();

    (void)snprintf(holder, sizeof(holder), "load/%d", lane->number);
    if (store_queue_lease(load->db, time_mono_after_ms(STATEMENT_TIMEOUT_MS), holder, stay,
                          LEASE_MS, ret_task, ret_found, &st) != STATUS_OK) {
        atomic_fetch_add(&load->failures, 1);
        fprintf(stderr, "lease: %s\n", st.message);
        return false;
    }
    add(load, &load->leases, start);
    if (!*ret_found)
        atomic_fetch_add(&load->empty, 1);
    return true;
}

static bool store(struct load *load, const struct page_task *task)
{
    const struct page_result result = {
        .job_id = task->job_id,
        .page_index = task->page_index,
        .lease_token = task->lease_token,
        .content = {load->content, sizeof(load->content)},
        .mean_confidence = 0.9,
        .characters = 2000,
        .warnings = "",
        .engine_name = "load",
        .engine_version = "1",
        .engine_models = "none",
    };
    struct status st = {0};
    bool is_kept = false;
    int64_t start = time_mono();

    if (store_page_end(load->db, time_mono_after_ms(STATEMENT_TIMEOUT_MS), &result, &is_kept,
                       &st) != STATUS_OK) {
        atomic_fetch_add(&load->failures, 1);
        fprintf(stderr, "store: %s\n", st.message);
        return false;
    }
    add(load, &load->ends, start);
    int64_t now = time_mono();
    if (is_kept && now >= load->begin_time && now <= load->end_time)
        atomic_fetch_add(&load->pages, 1);
    return true;
}

static void *run(void *arg)
{
    struct lane *lane = arg;
    struct load *load = lane->load;
    struct page_task before;
    bool has_before = false;

    while (time_mono() < load->end_time) {
        struct page_task task;
        bool is_found;

        if (!lease(lane, has_before ? before.job_id : NULL, &task, &is_found))
            return NULL;
        int64_t read =
            time_mono() + (load->page_ms / 2 + (int64_t)random_below((uint64_t)load->page_ms + 1)) *
                              NANOSECONDS_PER_MS;
        if (has_before && !store(load, &before))
            return NULL;
        has_before = is_found;
        before = task;
        sleep_until(is_found ? read : time_mono_after_ms(NOTHING_PAUSE_MS));
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

static double at_ms(struct samples *samples, int percent)
{
    size_t count = atomic_load(&samples->count);

    count = count < SAMPLES_MAX ? count : SAMPLES_MAX;
    if (count == 0)
        return 0;
    qsort(samples->us, count, sizeof(samples->us[0]), compare);
    return samples->us[(count - 1) * (size_t)percent / 100] / 1000.0;
}

int main(int argc, char **argv)
{
    static struct load load;
    static struct lane lanes[LANES_MAX];
    struct status st = {0};
    pthread_attr_t attributes;

    if (argc != ARGUMENTS) {
        fprintf(stderr, "usage: %s DATABASE_URL LANES PAGE_MS SECONDS CONNECTIONS\n", argv[0]);
        return EXIT_USAGE;
    }
    int count = atoi(argv[2]);
    int64_t seconds = atoi(argv[4]);
    if (count < 1 || count > LANES_MAX || seconds < 1)
        return EXIT_USAGE;
    load.page_ms = atoi(argv[3]);
    load.leases.us = calloc(SAMPLES_MAX, sizeof(uint32_t));
    load.ends.us = calloc(SAMPLES_MAX, sizeof(uint32_t));
    const struct db_options options = {
        .conninfo = argv[1],
        .schema = "ocr",
        .application_name = "ocr-queue-load",
        .connections_max = atoi(argv[5]),
    };
    if (load.leases.us == NULL || load.ends.us == NULL ||
        db_open(&options, &load.db, &st) != STATUS_OK) {
        fprintf(stderr, "cannot begin: %s\n", st.message);
        return EXIT_FAILURE;
    }
    /* All lanes have begun, and have spread over the time of a page. */
    load.begin_time = time_mono_after_ms(2 * load.page_ms + 1000);
    load.end_time = load.begin_time + seconds * NANOSECONDS_PER_SECOND;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    for (int i = 0; i < count; i++) {
        lanes[i] = (struct lane){.load = &load, .number = i};
        if (pthread_create(&lanes[i].thread, &attributes, run, &lanes[i]) != 0) {
            fprintf(stderr, "no thread left\n");
            return EXIT_FAILURE;
        }
    }
    for (int i = 0; i < count; i++)
        pthread_join(lanes[i].thread, NULL);
    printf(
        "{\"pages_per_second\": %.1f, \"empty\": %lld, \"failures\": %lld, \"lease_p50_ms\": %.2f, "
        "\"lease_p99_ms\": %.2f, \"store_p50_ms\": %.2f, \"store_p99_ms\": %.2f}\n",
        (double)atomic_load(&load.pages) / (double)seconds, atomic_load(&load.empty),
        atomic_load(&load.failures), at_ms(&load.leases, 50), at_ms(&load.leases, 99),
        at_ms(&load.ends, 50), at_ms(&load.ends, 99));
    db_close(load.db);
    free(load.leases.us);
    free(load.ends.us);
    return atomic_load(&load.failures) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
