#pragma once

/*
 * The rules of docs/billing.md in a few lines, for test-sequences.c to compare billing with: what
 * one account on the plan `free` and one anonymous address may do and have. It shares no code with
 * what it is to judge. One thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "services/billing/ledger/reservation.h"

enum {
    MODEL_JOBS_MAX = 40,
    MODEL_QUESTIONS_MAX = MODEL_JOBS_MAX,
    /* Of the plan `free`, and of `starter` while there are credits: few, so that they run out. */
    MODEL_QUESTIONS_FREE = 3,
    MODEL_QUESTIONS_FUNDED = 5,
};

struct model_job {
    char request_id[64], reservation_id[UUID_SIZE], refund_id[64];
    bool is_anonymous;
    int tier, pages;
    int64_t price, paid, quota; /* held */
    int64_t charged_paid, charged_quota, refunded;
    int charged_pages;
    int64_t period, expire_time;
    reservation_state state;
};

struct model_question {
    char request_id[64];
    int64_t day;
};

struct model {
    int64_t balance, held, income; /* of the account */
    struct model_job jobs[MODEL_JOBS_MAX];
    int job_count;
    struct model_question questions[MODEL_QUESTIONS_MAX]; /* of the account */
    int question_count;
};

/* What the job, of which caller, tier and pages are set, would hold now; returns the reason of a
 * refusal, or NULL. Nothing is added. */
const char *model_decide(const struct model *model, struct model_job *job);
/* Adds a job that was decided on; returns it. */
struct model_job *model_open(struct model *model, const struct model_job *job);
/* Ends an open job in a state that is not. */
void model_end(struct model *model, struct model_job *job, reservation_state state, int pages);
/* Expires what is due at `now`. */
void model_expire(struct model *model, int64_t now);
/* Asks a question, maybe again; returns the reason of a refusal, or NULL. */
const char *model_ask(struct model *model, const char *request_id);
/* Questions of today, and how many there may be. */
int model_questions_used(const struct model *model);
int model_questions_cap(const struct model *model);
/* Credits' worth that jobs hold or were charged in all periods, less what was refunded. */
int64_t model_used(const struct model *model, bool is_anonymous);
