/*
 * GET /api/v1/ocr/<uuid>/events/: how a job goes, as server-sent events (API: B14).
 *
 * "page" for each page that has ended, in the order in which they did; "progress" with each other
 * change; then "done" or "failed" with the job, and the end. The id of an event is the job's
 * revision, with a letter behind it where it is a page's: a client that lost the connection after
 * any event gets what followed it, once.
 */

#include <inttypes.h>
#include <stdio.h>

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/http/event_stream.h"
#include "bridge/job_json.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "lib/rest/words.h"

enum {
    EVENT_DATA_MAX_BYTES = 1 << 20, /* a job without its text */
    EVENT_ID_SIZE = 24,
};

static const char page_mark = 'p';

struct job_events {
    struct upstream *upstream;
    struct event_stream stream;
    int64_t page_revision; /* of the latest page that the client knows */
    bool waits_for_room;
};

static const struct rpc_method watch_job = {&ocrmesh__ocr__v1__ocr_service__descriptor, "WatchJob",
                                            RPC_SERVER_STREAM};

static void fail(struct job_events *events, const struct status *st)
{
    if (events->upstream != NULL)
        upstream_cancel(TAKE(events->upstream));
    event_stream_fail(&events->stream, st);
}

/* False: it could not be written, and the stream has failed. */
static bool send_event(struct job_events *events, const char *event, const char *id,
                       bool is_written, struct buf *data)
{
    struct status st = {0};

    if (!is_written) {
        (void)FAIL_MEMORY(&st);
        fail(events, &st);
        return false;
    }
    events->waits_for_room = !event_stream_send(&events->stream, event, id, buf_str(data));
    return true;
}

static bool send_page(struct job_events *events, const Ocrmesh__Ocr__V1__Job *job,
                      const Ocrmesh__Ocr__V1__EndedPage *page)
{
    _cleanup_(buf_deinit) struct buf data;
    char id[EVENT_ID_SIZE];

    buf_init(&data, EVENT_DATA_MAX_BYTES);
    (void)snprintf(id, sizeof(id), "%" PRId64 "%c", page->revision, page_mark);
    return send_event(events, "page", id, job_json_ended_page(&data, job, page), &data);
}

static bool send_job(struct job_events *events, const Ocrmesh__Ocr__V1__Job *job)
{
    _cleanup_(buf_deinit) struct buf data;
    bool has_ended = job_json_has_ended(job);
    char id[EVENT_ID_SIZE];

    buf_init(&data, EVENT_DATA_MAX_BYTES);
    (void)snprintf(id, sizeof(id), "%" PRId64, job->revision);
    return send_event(events, has_ended ? rest_status_word(job->state) : "progress", id,
                      has_ended ? job_json_write(&data, job, false) : job_json_progress(&data, job),
                      &data);
}

/* A message of the service is 1 MiB at most: its events wait in the exchange's output. */
static void on_message(struct exchange *exchange, const void *message, void *data)
{
    const Ocrmesh__Ocr__V1__WatchJobResponse *change = message;
    struct job_events *events = data;
    struct status st = {0};

    if (change->job == NULL) {
        (void)FAIL(&st, STATUS_INTERNAL, NULL, "the service answered without a job");
        fail(events, &st);
        return;
    }
    if (!exchange_is_committed(exchange))
        exchange_add_header(exchange, "x-credits-charged", "%" PRId64,
                            job_json_credits(change->job));
    for (size_t i = 0; i < change->n_ended_pages; i++) {
        if (change->ended_pages[i]->revision <= events->page_revision)
            continue;
        if (!send_page(events, change->job, change->ended_pages[i]))
            return;
        events->page_revision = change->ended_pages[i]->revision;
    }
    if (!send_job(events, change->job) || exchange_is_closed(exchange))
        return;
    if (job_json_has_ended(change->job) || exchange_is_head_request(exchange)) {
        upstream_release(TAKE(events->upstream));
        event_stream_end(&events->stream);
    } else if (!events->waits_for_room) {
        upstream_read(events->upstream);
    }
}

/* The watch broke off, or the client knows the end already. A service that stops is none of the
 * client's business: the stream ends, and a client of server-sent events comes back by itself. */
static void on_end(struct exchange *exchange, const struct status *st, void *data)
{
    struct job_events *events = data;

    events->upstream = NULL;
    if (exchange_is_committed(exchange) &&
        (st->code == STATUS_OK || st->code == STATUS_UNAVAILABLE)) {
        event_stream_end(&events->stream);
    } else if (st->code == STATUS_OK) {
        /* WHATWG HTML, §9.2.3: with this a client stops to reconnect. */
        exchange_respond(exchange, HTTP_STATUS_NO_CONTENT);
        event_stream_end(&events->stream);
    } else {
        fail(events, st);
    }
}

static const struct upstream_handler upstream_handler = {
    .on_message = on_message,
    .on_end = on_end,
};

/* --- the client --- */

static void on_room(struct exchange *exchange, void *data)
{
    struct job_events *events = data;

    if (!events->waits_for_room || events->upstream == NULL)
        return;
    events->waits_for_room = false;
    upstream_read(events->upstream);
}

static void on_timer(struct exchange *exchange, void *data)
{
    struct job_events *events = data;

    if (!events->waits_for_room)
        event_stream_keep_alive(&events->stream);
}

static const struct exchange_handler exchange_handler = {
    .on_room = on_room,
    .on_timer = on_timer,
};

/* What is no id of ours says nothing: all is told from the start. */
static int64_t read_last_id(const struct exchange *exchange, struct job_events *events)
{
    struct str id;
    int64_t revision;

    if (!exchange_header(exchange, "last-event-id", &id) || id.n == 0)
        return 0;
    bool is_page = id.p[id.n - 1] == page_mark;
    if (is_page)
        id.n--;
    if (!str_to_int64(id, &revision) || revision <= 0)
        return 0;
    if (!is_page)
        return revision;
    events->page_revision = revision;
    return revision - 1;
}

static status_code start(struct exchange *exchange, struct status *st)
{
    Ocrmesh__Ocr__V1__WatchJobRequest request = OCRMESH__OCR__V1__WATCH_JOB_REQUEST__INIT;
    struct job_events *events = ARENA_NEW(exchange_arena(exchange), struct job_events);
    const struct bridge *bridge = exchange_bridge(exchange);

    if (events == NULL)
        return FAIL_MEMORY(st);
    request.job_id = (char *)exchange_param(exchange, "uuid");
    request.after_revision = read_last_id(exchange, events);
    TRY(upstream_ask(exchange, bridge->ocr, &watch_job, 0, &request, &upstream_handler, events,
                     &events->upstream, st));
    exchange_set_handler(exchange, &exchange_handler, events);
    event_stream_start(&events->stream, exchange, bridge->settings->events_keep_alive_ms);
    return STATUS_OK;
}

void job_events_get(struct exchange *exchange)
{
    struct status st = {0};

    if (start(exchange, &st) != STATUS_OK)
        error_respond(exchange, &st);
}
