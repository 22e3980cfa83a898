#include "services/billing/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "lib/admin/prometheus.h"

struct metrics {
    _Atomic int64_t counters[METRICS_COUNTER_COUNT];
};

/* In the order of metrics_counter; those of one name stand together. */
static const struct {
    const char *name;
    const char *help;
    const char *label; /* with braces, or "" */
} counters[METRICS_COUNTER_COUNT] = {
    {"ocrmesh_billing_reservations_total", "Reservations by what became of them.",
     "{outcome=\"opened\"}"},
    {"ocrmesh_billing_reservations_total", NULL, "{outcome=\"refused\"}"},
    {"ocrmesh_billing_reservations_total", NULL, "{outcome=\"committed\"}"},
    {"ocrmesh_billing_reservations_total", NULL, "{outcome=\"released\"}"},
    {"ocrmesh_billing_reservations_total", NULL, "{outcome=\"expired\"}"},
    {"ocrmesh_billing_credits_charged_total", "Credits' worth of pages charged.", ""},
    {"ocrmesh_billing_credits_granted_total", "Credits given by operators.", ""},
    {"ocrmesh_billing_credits_refunded_total", "Charged credits given back by operators.", ""},
    {"ocrmesh_billing_accounts_created_total", "Accounts created.", ""},
    {"ocrmesh_billing_purchases_total", "Purchases by what became of them.", "{outcome=\"begun\"}"},
    {"ocrmesh_billing_purchases_total", NULL, "{outcome=\"paid\"}"},
    {"ocrmesh_billing_questions_total", "Questions by what became of them.",
     "{outcome=\"counted\"}"},
    {"ocrmesh_billing_questions_total", NULL, "{outcome=\"refused\"}"},
};

struct metrics *metrics_new(void)
{
    return calloc(1, sizeof(struct metrics));
}

void metrics_free(struct metrics *metrics)
{
    free(metrics);
}

void metrics_add(struct metrics *metrics, metrics_counter counter, int64_t amount)
{
    atomic_fetch_add_explicit(&metrics->counters[counter], amount, memory_order_relaxed);
}

void metrics_write(const struct metrics *metrics, struct buf *out)
{
    for (size_t i = 0; i < METRICS_COUNTER_COUNT; i++) {
        if (counters[i].help != NULL)
            prometheus_head(out, counters[i].name, "counter", counters[i].help);
        prometheus_integer(out, atomic_load_explicit(&metrics->counters[i], memory_order_relaxed),
                           "%s%s", counters[i].name, counters[i].label);
    }
}
