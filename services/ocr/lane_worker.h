#pragma once

/*
 * The worker process of a lane: started and replaced as there is need, and ended from outside when
 * the page that it is at is of no use any more.
 *
 * Thread rule: the lane's thread; lane_worker_abandon(), lane_worker_interrupt() and
 * lane_worker_is_ready() any thread.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/random.h"
#include "lib/base/status.h"
#include "services/ocr/job.h"

struct http_client;
struct metrics;
struct translator;
struct vision_caller;
struct worker_process;

/* All borrowed. */
struct lane_worker_options {
    int lane; /* its number */
    const char *path;
    struct metrics *metrics;
    /* What may go on for the same page, and is interrupted with it; NULL: there is none. */
    struct vision_caller *vision_caller;
    struct translator *translator;
    struct http_client *translate_client; /* of the translator */
};

struct lane_worker {
    struct lane_worker_options options;
    struct worker_process *process; /* NULL: none */
    int pages;                      /* that it was asked for */
    char open_job_id[JOB_ID_SIZE];  /* whose file it has open, or "" */

    pthread_mutex_t lock; /* for who ends the process from outside */
    int64_t end_time;     /* of the last process; 0: there was none */
    char reading_token[RANDOM_ID_SIZE];
    bool is_abandoned; /* the page that is being read is of no use any more */
};

/* Starts no process yet. */
void lane_worker_init(struct lane_worker *worker, const struct lane_worker_options *options);
/* Once there is no process any more. */
void lane_worker_deinit(struct lane_worker *worker);

/* A process that waits for a question: the one that is there, or a new one. */
status_code lane_worker_need(struct lane_worker *worker, struct status *st) _must_check_;
/* Ends the process, if there is one. */
void lane_worker_drop(struct lane_worker *worker);
/* The same with one that works, for a new one. */
void lane_worker_replace(struct lane_worker *worker);

/* The process is at this page from now on. */
void lane_worker_begin_page(struct lane_worker *worker, const char *lease_token);
/* It is at none any more; whether the page was abandoned. */
bool lane_worker_end_page(struct lane_worker *worker);

/* Ends what goes on for the page with this lease, if that is the one. */
void lane_worker_abandon(struct lane_worker *worker, const char *lease_token);
/* The same for whichever page. */
void lane_worker_interrupt(struct lane_worker *worker);
/* Whether there is a process, or the last one has gone no longer than `replace_ms` ago. */
bool lane_worker_is_ready(struct lane_worker *worker, int64_t replace_ms);
