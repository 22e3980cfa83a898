#include "lib/db/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/base/wait.h"
#include "lib/base/wanted.h"

enum {
    CONNECTIONS_MAX_DEFAULT = 8,
    STATEMENT_TIMEOUT_MS_DEFAULT = 30000,
    CONNECT_TIMEOUT_MS_DEFAULT = 10000,
    CONNECT_ATTEMPT_MS = 5000,
    CONNECT_PAUSE_MAX_MS = 500,
    PAUSE_FIRST_MS = 10,
};

struct db {
    struct db_options options;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a connection became idle, or there is room for a new one */
    int open_count;         /* lent, idle or being made */
    int waiting;            /* for a place */
    size_t idle_count;
    struct db_connection **idle; /* last in, first out, so that few stay warm */
};

status_code db_options_copy(const struct db_options *options, struct db_options *ret_copy,
                            struct status *st)
{
    struct db_options copy = *options;

    if (copy.connections_max == 0)
        copy.connections_max = CONNECTIONS_MAX_DEFAULT;
    if (copy.statement_timeout_ms == 0)
        copy.statement_timeout_ms = STATEMENT_TIMEOUT_MS_DEFAULT;
    if (copy.connect_timeout_ms == 0)
        copy.connect_timeout_ms = CONNECT_TIMEOUT_MS_DEFAULT;
    copy.conninfo = strdup(options->conninfo);
    copy.schema = strdup(options->schema);
    copy.application_name = strdup(options->application_name);
    if (copy.conninfo == NULL || copy.schema == NULL || copy.application_name == NULL) {
        db_options_deinit(&copy);
        return FAIL_MEMORY(st);
    }
    *ret_copy = copy;
    return STATUS_OK;
}

void db_options_deinit(struct db_options *copy)
{
    free((char *)copy->conninfo);
    free((char *)copy->schema);
    free((char *)copy->application_name);
}

void db_back_off(int attempt, int64_t pause_max_ms, int64_t deadline)
{
    int64_t pause_ms = attempt < 20 ? (int64_t)PAUSE_FIRST_MS << attempt : pause_max_ms;
    int64_t left_ns = deadline - time_mono();

    if (pause_ms > pause_max_ms)
        pause_ms = pause_max_ms;
    int64_t pause_ns = pause_ms / 2 * NANOSECONDS_PER_MS +
                       (int64_t)random_below((uint64_t)(pause_ms * NANOSECONDS_PER_MS) / 2 + 1);
    if (pause_ns > left_ns)
        pause_ns = left_ns > 0 ? left_ns : 0;
    struct timespec pause = {.tv_sec = pause_ns / NANOSECONDS_PER_SECOND,
                             .tv_nsec = pause_ns % NANOSECONDS_PER_SECOND};
    while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
        ;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Connects with growing pauses until `deadline`; fails with UNAVAILABLE. */
static status_code connect_patiently(const struct db_options *options, int64_t deadline,
                                     struct db_connection **ret_connection, struct status *st)
{
    for (int attempt = 0;; attempt++) {
        int64_t attempt_deadline = earlier(deadline, time_mono_after_ms(CONNECT_ATTEMPT_MS));
        status_code code = db_connection_open(options, attempt_deadline, ret_connection, st);
        if (code == STATUS_OK)
            return STATUS_OK;
        if (time_mono() >= deadline)
            return FAIL(st, STATUS_UNAVAILABLE, "DB_UNAVAILABLE", "the database cannot be reached");
        db_back_off(attempt, CONNECT_PAUSE_MAX_MS, deadline);
    }
}

const struct db_options *db_pool_options(const struct db *db)
{
    return &db->options;
}

/* An idle connection, or NULL together with the right to open one. */
static status_code take_place(struct db *db, int64_t deadline, struct db_connection **ret_idle,
                              struct status *st)
{
    status_code code = STATUS_OK;

    pthread_mutex_lock(&db->lock);
    db->waiting++;
    while (db->idle_count == 0 && db->open_count >= db->options.connections_max) {
        if (wait_until(&db->changed, &db->lock, wanted_look(deadline)) || db->idle_count > 0 ||
            db->open_count < db->options.connections_max)
            continue;
        if (time_mono() >= deadline)
            code = FAIL(st, STATUS_DEADLINE_EXCEEDED, "DB_BUSY",
                        "all %d database connections were busy", db->options.connections_max);
        else if (!wanted_still())
            code = FAIL(st, STATUS_CANCELLED, NULL, "the caller has gone");
        if (code != STATUS_OK)
            break;
    }
    db->waiting--;
    if (code == STATUS_OK) {
        *ret_idle = db->idle_count > 0 ? db->idle[--db->idle_count] : NULL;
        if (*ret_idle == NULL)
            db->open_count++;
    }
    pthread_mutex_unlock(&db->lock);
    return code;
}

static void give_place_back(struct db *db)
{
    pthread_mutex_lock(&db->lock);
    db->open_count--;
    pthread_cond_signal(&db->changed);
    pthread_mutex_unlock(&db->lock);
}

status_code db_pool_acquire(struct db *db, int64_t deadline, struct db_connection **ret_connection,
                            struct status *st)
{
    for (;;) {
        struct db_connection *idle;
        TRY(take_place(db, deadline, &idle, st));
        if (idle != NULL && db_connection_is_alive(idle)) {
            *ret_connection = idle;
            return STATUS_OK;
        }
        if (idle != NULL) {
            db_connection_close(idle);
            give_place_back(db);
            continue;
        }
        int64_t patience = time_mono_after_ms(db->options.connect_timeout_ms);
        status_code code =
            connect_patiently(&db->options, earlier(deadline, patience), ret_connection, st);
        if (code != STATUS_OK)
            give_place_back(db);
        return code;
    }
}

void db_pool_release(struct db *db, struct db_connection *connection)
{
    if (connection->is_broken || PQtransactionStatus(connection->pg) != PQTRANS_IDLE) {
        db_connection_close(connection);
        give_place_back(db);
        return;
    }
    pthread_mutex_lock(&db->lock);
    db->idle[db->idle_count++] = connection;
    pthread_cond_signal(&db->changed);
    pthread_mutex_unlock(&db->lock);
}

status_code db_open(const struct db_options *options, struct db **ret_db, struct status *st)
{
    struct db_options copy;
    struct db_connection *connection;

    TRY(db_options_copy(options, &copy, st));
    _cleanup_(db_closep) struct db *db = calloc(1, sizeof(*db));
    if (db == NULL) {
        db_options_deinit(&copy);
        return FAIL_MEMORY(st);
    }
    db->options = copy;
    pthread_mutex_init(&db->lock, NULL);
    wait_init(&db->changed);
    db->idle = calloc((size_t)copy.connections_max, sizeof(struct db_connection *));
    if (db->idle == NULL)
        return FAIL_MEMORY(st);
    TRY(db_pool_acquire(db, TIME_NEVER, &connection, st));
    db_pool_release(db, connection);
    *ret_db = TAKE(db);
    return STATUS_OK;
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    while (db->idle_count > 0)
        db_connection_close(db->idle[--db->idle_count]);
    free(db->idle);
    pthread_cond_destroy(&db->changed);
    pthread_mutex_destroy(&db->lock);
    db_options_deinit(&db->options);
    free(db);
}

struct db_pool_use db_pool_use(struct db *db)
{
    struct db_pool_use use = {.max = db->options.connections_max};

    pthread_mutex_lock(&db->lock);
    use.idle = (int)db->idle_count;
    use.busy = db->open_count - use.idle;
    use.waiting = db->waiting;
    pthread_mutex_unlock(&db->lock);
    return use;
}

status_code db_ping(struct db *db, int64_t deadline, struct status *st)
{
    static const struct db_statement select_one = {"db_ping", "SELECT 1"};
    struct status failure = {0};

    status_code code = db_execute(db, deadline, &select_one, DB_NO_PARAMS, NULL, &failure);
    /* Connections that are all at work are a sign of life. */
    if (code == STATUS_OK || strcmp(failure.reason, "DB_BUSY") == 0)
        return STATUS_OK;
    *st = failure;
    return code;
}
