#include "lib/base/gate.h"

#include <pthread.h>
#include <string.h>

enum { RETRY_AFTER_MS = 5000 };

struct gate {
    const char *what;
    int max_in_all, max_per_caller;
    pthread_mutex_t mutex; /* for what follows */
    int count;
    struct gate_pass *first;
};

struct gate *gate_new(const char *what, int max_in_all, int max_per_caller)
{
    struct gate *gate = calloc(1, sizeof(*gate));

    if (gate == NULL)
        return NULL;
    gate->what = what;
    gate->max_in_all = max_in_all;
    gate->max_per_caller = max_per_caller;
    (void)pthread_mutex_init(&gate->mutex, NULL);
    return gate;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    pthread_mutex_destroy(&gate->mutex);
    free(gate);
}

int gate_max_in_all(const struct gate *gate)
{
    return gate->max_in_all;
}

/* There are a few hundred passes at most: a look through them costs less than the call's rest. */
static int count_of_caller(const struct gate *gate, const char *caller_key)
{
    int count = 0;

    for (const struct gate_pass *pass = gate->first; pass != NULL; pass = pass->next)
        count += strcmp(pass->caller_key, caller_key) == 0;
    return count;
}

static status_code check_room(const struct gate *gate, const char *caller_key, struct status *st)
{
    if (count_of_caller(gate, caller_key) >= gate->max_per_caller)
        (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED",
                   "%d %s of yours go on at once, as many as one caller may have; try again in a "
                   "few seconds",
                   gate->max_per_caller, gate->what);
    else if (gate->count >= gate->max_in_all)
        (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OVERLOADED",
                   "%d %s go on at once, as many as this server takes; try again in a few seconds",
                   gate->max_in_all, gate->what);
    else
        return STATUS_OK;
    st->retry_after_ms = RETRY_AFTER_MS;
    return st->code;
}

status_code gate_enter(struct gate *gate, const char *caller_key, struct gate_pass *pass,
                       struct status *st)
{
    pthread_mutex_lock(&gate->mutex);
    status_code code = check_room(gate, caller_key, st);
    if (code == STATUS_OK) {
        *pass = (struct gate_pass){gate, caller_key, NULL, gate->first};
        if (gate->first != NULL)
            gate->first->previous = pass;
        gate->first = pass;
        gate->count++;
    }
    pthread_mutex_unlock(&gate->mutex);
    return code;
}

void gate_leave(struct gate_pass *pass)
{
    struct gate *gate = pass->gate;

    if (gate == NULL)
        return;
    pthread_mutex_lock(&gate->mutex);
    if (pass->previous != NULL)
        pass->previous->next = pass->next;
    else
        gate->first = pass->next;
    if (pass->next != NULL)
        pass->next->previous = pass->previous;
    gate->count--;
    pthread_mutex_unlock(&gate->mutex);
    *pass = (struct gate_pass){0};
}
