#include "services/billing/tests/model.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"

enum {
    /* Of the plan `free`, and of `starter` while there are credits. */
    MONTH_CAP = 100,
    PAGES_FREE = 25,
    PAGES_FUNDED = 500,
    JOBS_FREE = 10,
    JOBS_FUNDED = 25,
    /* Of the plan `anonymous`. */
    DAY_CAP = 20,
    PAGES_ANONYMOUS = 5,
    JOBS_ANONYMOUS = 5,
};

/* Days since some beginning. */
static int64_t day_now(void)
{
    return time_wall() / NANOSECONDS_PER_SECOND / 86400;
}

/* Days or months since some beginning. */
static int64_t period_now(bool is_anonymous)
{
    time_t now = (time_t)(time_wall() / NANOSECONDS_PER_SECOND);
    struct tm date;

    (void)gmtime_r(&now, &date);
    return is_anonymous ? day_now() : date.tm_year * 12 + date.tm_mon;
}

static int64_t used_quota(const struct model *model, bool is_anonymous, int64_t period)
{
    int64_t sum = 0;

    for (int i = 0; i < model->job_count; i++) {
        const struct model_job *job = &model->jobs[i];
        if (job->is_anonymous == is_anonymous && job->period == period)
            sum += job->state == RESERVATION_OPEN ? job->quota : job->charged_quota;
    }
    return sum;
}

int64_t model_used(const struct model *model, bool is_anonymous)
{
    int64_t sum = 0;

    for (int i = 0; i < model->job_count; i++) {
        const struct model_job *job = &model->jobs[i];
        if (job->is_anonymous == is_anonymous)
            sum += job->state == RESERVATION_OPEN
                       ? job->quota + job->paid
                       : job->charged_quota + job->charged_paid - job->refunded;
    }
    return sum;
}

static int open_jobs(const struct model *model, bool is_anonymous)
{
    int count = 0;

    for (int i = 0; i < model->job_count; i++)
        count +=
            model->jobs[i].is_anonymous == is_anonymous && model->jobs[i].state == RESERVATION_OPEN;
    return count;
}

const char *model_decide(const struct model *model, struct model_job *job)
{
    int64_t balance = job->is_anonymous ? 0 : model->balance;
    bool is_funded = balance > 0;
    int page_cap = job->is_anonymous ? PAGES_ANONYMOUS : is_funded ? PAGES_FUNDED : PAGES_FREE;
    int jobs_cap = job->is_anonymous ? JOBS_ANONYMOUS : is_funded ? JOBS_FUNDED : JOBS_FREE;

    job->period = period_now(job->is_anonymous);
    job->price = job->tier == PLAN_TIER_VLM ? 5 : 1;
    int64_t cost = job->pages * job->price;
    job->paid = cost < balance ? cost : balance;
    job->quota = cost - job->paid;
    if (job->pages > page_cap)
        return "PAGE_CAP";
    if (job->quota > 0 && job->quota + used_quota(model, job->is_anonymous, job->period) >
                              (job->is_anonymous ? DAY_CAP : MONTH_CAP))
        return "OUT_OF_PAGES";
    if (open_jobs(model, job->is_anonymous) >= jobs_cap)
        return "RATE_LIMITED";
    return NULL;
}

struct model_job *model_open(struct model *model, const struct model_job *job)
{
    struct model_job *added = &model->jobs[model->job_count++];

    *added = *job;
    model->balance -= job->paid;
    model->held += job->paid;
    return added;
}

void model_end(struct model *model, struct model_job *job, reservation_state state, int pages)
{
    int64_t charge = pages * job->price;

    job->state = state;
    job->charged_pages = pages;
    job->charged_paid = charge < job->paid ? charge : job->paid;
    job->charged_quota = charge - job->charged_paid;
    model->balance += job->paid - job->charged_paid;
    model->held -= job->paid;
}

void model_expire(struct model *model, int64_t now)
{
    for (int i = 0; i < model->job_count; i++) {
        struct model_job *job = &model->jobs[i];
        if (job->state == RESERVATION_OPEN && job->expire_time <= now)
            model_end(model, job, RESERVATION_EXPIRED, 0);
    }
}

int model_questions_used(const struct model *model)
{
    int count = 0;

    for (int i = 0; i < model->question_count; i++)
        count += model->questions[i].day == day_now();
    return count;
}

int model_questions_cap(const struct model *model)
{
    return model->balance > 0 ? MODEL_QUESTIONS_FUNDED : MODEL_QUESTIONS_FREE;
}

const char *model_ask(struct model *model, const char *request_id)
{
    struct model_question *asked = &model->questions[model->question_count];

    for (int i = 0; i < model->question_count; i++)
        if (strcmp(model->questions[i].request_id, request_id) == 0)
            return NULL;
    if (model_questions_used(model) >= model_questions_cap(model))
        return "OUT_OF_QUESTIONS";
    (void)snprintf(asked->request_id, sizeof(asked->request_id), "%s", request_id);
    asked->day = day_now();
    model->question_count++;
    return NULL;
}
