#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/base/thread.h"
#include "lib/db/pool.h"
#include "lib/log/log.h"

enum {
    RECONNECT_ATTEMPT_MS = 5000,
    RECONNECT_PAUSE_MIN_MS = 50,
    RECONNECT_PAUSE_MAX_MS = 2000,
    LISTEN_TIMEOUT_MS = 5000,
    CHANNEL_MAX_BYTES = 63, /* NAMEDATALEN - 1 */
};

struct db_listener {
    struct db_options options;
    char **channels;
    size_t channel_count;
    void (*on_event)(const char *channel, const char *payload, void *arg);
    void *arg;
    struct db_connection *connection; /* of the thread, once it runs */
    int stop_fd;
    bool has_thread;
    pthread_t thread;
};

/* LISTEN takes no parameters; the name is quoted by libpq. */
static status_code listen_to(struct db_connection *connection, const char *channel,
                             struct status *st)
{
    char sql[2 * CHANNEL_MAX_BYTES + 16];
    char *quoted = PQescapeIdentifier(connection->pg, channel, strlen(channel));

    if (quoted == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "'%.63s' is no channel name", channel);
    (void)snprintf(sql, sizeof(sql), "LISTEN %s", quoted);
    PQfreemem(quoted);
    return db_connection_command(connection, time_mono_after_ms(LISTEN_TIMEOUT_MS), sql, st);
}

static status_code connect_and_listen(struct db_listener *listener, int64_t deadline,
                                      struct status *st)
{
    _cleanup_(db_connection_closep) struct db_connection *connection = NULL;

    TRY(db_connection_open(&listener->options, deadline, &connection, st));
    for (size_t i = 0; i < listener->channel_count; i++)
        TRY(listen_to(connection, listener->channels[i], st));
    listener->connection = TAKE(connection);
    return STATUS_OK;
}

/* Sleeps unless it is time to stop; returns whether it is. */
static bool stopped_within(const struct db_listener *listener, int64_t ms)
{
    struct pollfd stop = {.fd = listener->stop_fd, .events = POLLIN};

    return poll(&stop, 1, (int)ms) > 0;
}

static bool reconnect(struct db_listener *listener)
{
    int64_t pause_ms = RECONNECT_PAUSE_MIN_MS;
    struct status st = {0};

    db_connection_close(listener->connection);
    listener->connection = NULL;
    log_write(LOG_WARNING, "the listener lost its connection");
    while (!stopped_within(listener, 0)) {
        if (connect_and_listen(listener, time_mono_after_ms(RECONNECT_ATTEMPT_MS), &st) ==
            STATUS_OK) {
            listener->on_event(NULL, NULL, listener->arg);
            return true;
        }
        if (stopped_within(listener,
                           pause_ms / 2 + (int64_t)random_below((uint64_t)pause_ms / 2 + 1)))
            return false;
        pause_ms = pause_ms * 2 < RECONNECT_PAUSE_MAX_MS ? pause_ms * 2 : RECONNECT_PAUSE_MAX_MS;
    }
    return false;
}

static void deliver(struct db_listener *listener)
{
    for (PGnotify *notify; (notify = PQnotifies(listener->connection->pg)) != NULL;) {
        listener->on_event(notify->relname, notify->extra, listener->arg);
        PQfreemem(notify);
    }
}

static void *run(void *arg)
{
    struct db_listener *listener = arg;

    for (;;) {
        deliver(listener);
        struct pollfd fds[2] = {
            {.fd = listener->stop_fd, .events = POLLIN},
            {.fd = PQsocket(listener->connection->pg), .events = POLLIN},
        };
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            abort();
        if (fds[0].revents != 0)
            return NULL;
        if (fds[1].revents == 0)
            continue;
        bool is_alive = PQconsumeInput(listener->connection->pg) != 0 &&
                        PQstatus(listener->connection->pg) == CONNECTION_OK;
        deliver(listener); /* what came before the end counts */
        if (!is_alive && !reconnect(listener))
            return NULL;
    }
}

static status_code copy_channels(struct db_listener *listener, const char *const *channels,
                                 size_t count, struct status *st)
{
    listener->channels = calloc(count, sizeof(char *));
    if (listener->channels == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        if (strlen(channels[i]) > CHANNEL_MAX_BYTES)
            return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "'%.63s...' is no channel name",
                        channels[i]);
        listener->channels[i] = strdup(channels[i]);
        if (listener->channels[i] == NULL)
            return FAIL_MEMORY(st);
        listener->channel_count = i + 1;
    }
    return STATUS_OK;
}

static status_code connect_first(struct db_listener *listener, struct status *st)
{
    int64_t deadline = time_mono_after_ms(listener->options.connect_timeout_ms);

    for (int attempt = 0;; attempt++) {
        status_code code = connect_and_listen(listener, deadline, st);
        if (code != STATUS_UNAVAILABLE || time_mono() >= deadline)
            return code;
        db_back_off(attempt, RECONNECT_PAUSE_MAX_MS, deadline);
    }
}

status_code db_listener_start(const struct db_options *options, const char *const *channels,
                              size_t channel_count,
                              void (*on_event)(const char *channel, const char *payload, void *arg),
                              void *arg, struct db_listener **ret_listener, struct status *st)
{
    struct db_options copy;

    TRY(db_options_copy(options, &copy, st));
    _cleanup_(db_listener_stopp) struct db_listener *listener = calloc(1, sizeof(*listener));
    if (listener == NULL) {
        db_options_deinit(&copy);
        return FAIL_MEMORY(st);
    }
    listener->options = copy;
    listener->on_event = on_event;
    listener->arg = arg;
    listener->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (listener->stop_fd < 0)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no file descriptor left");
    TRY(copy_channels(listener, channels, channel_count, st));
    TRY(connect_first(listener, st));
    if (!thread_start(&listener->thread, "db-listener", run, listener))
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no thread left");
    listener->has_thread = true;
    *ret_listener = TAKE(listener);
    return STATUS_OK;
}

void db_listener_stop(struct db_listener *listener)
{
    if (listener == NULL)
        return;
    if (listener->has_thread) {
        if (eventfd_write(listener->stop_fd, 1) != 0)
            abort();
        pthread_join(listener->thread, NULL);
    }
    if (listener->stop_fd >= 0)
        close(listener->stop_fd);
    db_connection_close(listener->connection);
    for (size_t i = 0; i < listener->channel_count; i++)
        free(listener->channels[i]);
    free(listener->channels);
    db_options_deinit(&listener->options);
    free(listener);
}
