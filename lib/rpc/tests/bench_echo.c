/*
 * The runtime's side of `./ocrmesh bench rpc`: the echo service, and a client that loads one.
 *
 *     bench-rpc serve                                        prints its port; serves until its
 *                                                            input ends
 *     bench-rpc serve-blocking                               the same; a stream holds a thread
 *     bench-rpc call PORT unary|stream CALLS SECONDS BYTES   CALLS at once; prints a line of JSON
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/rpc/async.h"
#include "lib/rpc/server.h"
#include "lib/rpc/tests/bench_tally.h"
#include "lib/rpc/tests/echo.pb-c.h"
#include "lib/rpc/tests/echo_descriptor_set.h"

typedef Ocrmesh__Test__V1__EchoRequest echo_request;
typedef Ocrmesh__Test__V1__EchoResponse echo_response;

enum { CALLS_MAX = 1024, CONNECT_MS = 10000 };

#define DESCRIPTOR (&ocrmesh__test__v1__echo_service__descriptor)

/* --- the server --- */

static status_code echo(struct rpc_call *call, const void *request_data, void *response_data,
                        void *data, struct status *st)
{
    const echo_request *request = request_data;
    echo_response *response = response_data;

    response->padding = request->padding;
    return STATUS_OK;
}

/* A thread of its own reads and writes each stream. */
static status_code talk(struct rpc_call *call, const void *no_request, void *no_response,
                        void *data, struct status *st)
{
    for (;;) {
        echo_response response = OCRMESH__TEST__V1__ECHO_RESPONSE__INIT;
        echo_request *request;

        TRY(rpc_call_read_reset(call, &request, st));
        if (request == NULL)
            return STATUS_OK;
        response.padding = request->padding;
        TRY(rpc_call_write(call, &response, st));
    }
}

static void serve(bool blocks)
{
    const struct rpc_handler handlers[] = {
        {"Echo", RPC_UNARY, echo},
        {"Talk", RPC_BIDI_STREAM, talk, .each = blocks ? NULL : echo},
    };
    const struct rpc_service service = {DESCRIPTOR, handlers, ARRAY_LENGTH(handlers), NULL};
    const struct rpc_service *const services[] = {&service};
    const struct rpc_server_options options = {
        .address = "127.0.0.1:0",
        .descriptor_set = echo_descriptor_set_start,
        .descriptor_set_size = echo_descriptor_set_size,
    };
    struct rpc_server *server;
    struct status st;
    char byte;

    if (rpc_server_new(&options, services, ARRAY_LENGTH(services), &server, &st) != STATUS_OK)
        bench_die("server: %s", st.message);
    (void)printf("%d\n", rpc_server_port(server));
    (void)fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    rpc_server_drain(server, 0);
    rpc_server_free(server);
}

/* --- the client --- */

struct load {
    struct rpc_loop *loop;
    struct rpc_channel *channel;
    struct bench_tally tally;
    echo_request request;
    bool streams;
    int under_way;

    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    bool is_due;
};

/* One of those that call at once. */
struct caller {
    struct load *load;
    int64_t sent;
    bool is_writing,
        is_answered; /* of a stream: its message is not written yet; the answer is there */
};

static void send(struct caller *caller, struct rpc_async_call *call);

static void wake(void *arg)
{
    struct load *load = arg;

    pthread_mutex_lock(&load->mutex);
    load->is_due = true;
    pthread_cond_signal(&load->changed);
    pthread_mutex_unlock(&load->mutex);
}

static void wait_until_due(struct load *load)
{
    pthread_mutex_lock(&load->mutex);
    while (!load->is_due)
        pthread_cond_wait(&load->changed, &load->mutex);
    load->is_due = false;
    pthread_mutex_unlock(&load->mutex);
}

static bool count(struct caller *caller, const echo_response *response)
{
    if (response->padding.len != caller->load->request.padding.len)
        bench_die("%zu bytes came back", response->padding.len);
    return bench_tally_add(&caller->load->tally, caller->sent);
}

static void on_unary_message(struct rpc_async_call *call, const void *response, void *arg)
{
    struct caller *caller = arg;

    if (!count(caller, response))
        caller->load->under_way--;
    else
        send(caller, NULL);
}

static void on_unary_end(struct rpc_async_call *call, const struct status *st,
                         const struct rpc_metadata *trailers, void *arg)
{
    if (st->code != STATUS_OK)
        bench_die("a call failed: %s", st->message);
}

/* Core may tell of the answer before it tells that the message is written. */
static void go_on(struct caller *caller, struct rpc_async_call *call)
{
    if (caller->is_writing || !caller->is_answered)
        return;
    caller->is_answered = false;
    send(caller, call);
}

static void on_stream_message(struct rpc_async_call *call, const void *response, void *arg)
{
    struct caller *caller = arg;

    caller->is_answered = count(caller, response);
    if (caller->is_answered)
        go_on(caller, call);
    else
        rpc_async_close_write(call);
    rpc_async_read(call);
}

static void on_stream_written(struct rpc_async_call *call, void *arg)
{
    struct caller *caller = arg;

    caller->is_writing = false;
    go_on(caller, call);
}

static void on_stream_end(struct rpc_async_call *call, const struct status *st,
                          const struct rpc_metadata *trailers, void *arg)
{
    struct caller *caller = arg;

    on_unary_end(call, st, trailers, arg);
    caller->load->under_way--;
}

static const struct rpc_async_callbacks unary_callbacks = {.on_message = on_unary_message,
                                                           .on_end = on_unary_end};
static const struct rpc_async_callbacks stream_callbacks = {
    .on_message = on_stream_message, .on_written = on_stream_written, .on_end = on_stream_end};

/* `call`: of a stream. */
static void send(struct caller *caller, struct rpc_async_call *call)
{
    static const struct rpc_method unary = {DESCRIPTOR, "Echo", RPC_UNARY};
    struct load *load = caller->load;
    struct status st;

    caller->sent = time_mono();
    caller->is_writing = call != NULL;
    status_code code = call != NULL
                           ? rpc_async_write(call, &load->request, &st)
                           : rpc_async_unary(load->loop, load->channel, &unary, NULL,
                                             &load->request, &unary_callbacks, caller, NULL, &st);
    if (code != STATUS_OK)
        bench_die("send: %s", st.message);
}

static void begin(struct caller *caller)
{
    static const struct rpc_method talk_method = {DESCRIPTOR, "Talk", RPC_BIDI_STREAM};
    struct load *load = caller->load;
    struct rpc_async_call *call = NULL;
    struct status st;

    if (load->streams) {
        if (rpc_async_start(load->loop, load->channel, &talk_method, NULL, &stream_callbacks,
                            caller, &call, &st) != STATUS_OK)
            bench_die("start: %s", st.message);
        rpc_async_read(call);
    }
    send(caller, call);
}

static void run(struct load *load, int calls)
{
    struct caller callers[CALLS_MAX];

    load->under_way = calls;
    for (int i = 0; i < calls; i++) {
        callers[i] = (struct caller){.load = load};
        begin(&callers[i]);
    }
    while (load->under_way > 0) {
        wait_until_due(load);
        rpc_loop_dispatch(load->loop);
    }
    rpc_loop_free(load->loop); /* callers end before it */
}

static void call_server(const char *port, bool streams, int calls, int seconds, int bytes)
{
    char target[64];
    struct rpc_channel_options options = {.target = target};
    struct load load = {
        .streams = streams,
        .request = OCRMESH__TEST__V1__ECHO_REQUEST__INIT,
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
    };
    struct status st;

    if (calls < 1 || calls > CALLS_MAX)
        bench_die("1 to %d calls at once", CALLS_MAX);
    (void)snprintf(target, sizeof(target), "127.0.0.1:%s", port);
    load.request.padding.len = (size_t)bytes;
    load.request.padding.data = calloc(1, (size_t)bytes + 1);
    if (load.request.padding.data == NULL)
        bench_die("out of memory");
    if (rpc_channel_new(&options, &load.channel, &st) != STATUS_OK ||
        rpc_channel_wait_ready(load.channel, time_mono_after_ms(CONNECT_MS), &st) != STATUS_OK ||
        rpc_loop_new(wake, &load, &load.loop, &st) != STATUS_OK)
        bench_die("client: %s", st.message);
    bench_tally_init(&load.tally, seconds);
    run(&load, calls);
    rpc_channel_free(load.channel);
    bench_tally_print(&load.tally);
    bench_tally_deinit(&load.tally);
    free(load.request.padding.data);
}

int main(int argc, char **argv)
{
    rpc_start();
    if (argc == 2 && strcmp(argv[1], "serve") == 0)
        serve(false);
    else if (argc == 2 && strcmp(argv[1], "serve-blocking") == 0)
        serve(true);
    else if (argc == 7 && strcmp(argv[1], "call") == 0)
        call_server(argv[2], strcmp(argv[3], "stream") == 0, atoi(argv[4]), atoi(argv[5]),
                    atoi(argv[6]));
    else
        bench_die("see the top of bench_echo.c");
    rpc_stop();
    return EXIT_SUCCESS;
}
