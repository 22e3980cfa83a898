#pragma once

/*
 * A submission while it comes in: who submits, the options as they are said, and the file, which is
 * sent in chunks or fetched from a URL. Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "lib/base/gate.h"
#include "lib/mesh/billing_client.h"
#include "lib/rpc/caller.h"
#include "services/ocr/job.h"
#include "services/ocr/request_claim.h"
#include "services/ocr/submission.h"

struct ocr_service;
struct upload;

/* A submission under way. */
struct submit {
    const struct ocr_service *service;
    struct rpc_call *call;
    struct rpc_caller caller;
    struct principal principal;
    struct submission_options options;
    struct upload *upload; /* NULL until the first byte */
    struct gate_pass pass;
    bool is_looked_at; /* `admit` of submit_parts_read() was asked */
    bool is_admitted;  /* by queue_forecast_admit() */
    char job_id[JOB_ID_SIZE];

    /* What is to be taken back unless the job comes to be. */
    struct request_claim claim;
    struct reservation reservation; /* id NULL: none */
    bool is_in_doubt;               /* whether there is one, or the job */
    bool has_blob;
};

/*
 * Reads the call's parts to their end, or fetches the file where they name a URL; each part is
 * checked as it comes, and a request id is claimed. `service`, `call` and `principal` are set, and
 * `options` is as submission_init() leaves it.
 *
 * @admit: asked at the first part whether there may be another job, and not at all where the part
 *     says a request id that has one already: a repeat makes no work, and is never refused.
 *
 * On failure, too, `upload` and `claim` may be there and are to be given back.
 */
status_code submit_parts_read(struct submit *submit,
                              status_code (*admit)(struct submit *submit, struct status *st),
                              struct status *st) _must_check_;
