#pragma once

/*
 * What the runtime's tests share: a server of the echo service on a free port of the loopback, a
 * channel to it, and a place where handlers that wait can be seen and released.
 */

#include <pthread.h>

#include "lib/rpc/client.h"
#include "lib/rpc/server.h"
#include "lib/rpc/tests/echo.pb-c.h"

typedef Ocrmesh__Test__V1__EchoRequest echo_request;
typedef Ocrmesh__Test__V1__EchoResponse echo_response;
#define ECHO_REQUEST OCRMESH__TEST__V1__ECHO_REQUEST__INIT

enum { ECHO_TIMEOUT_S = 110 };

struct echo {
    struct rpc_server *server;
    struct rpc_channel *channel;
    struct arena *arena;

    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    int waiting;      /* handlers that wait now */
    int cancelled;    /* handlers whose call was cancelled while they waited */
    bool is_released; /* lets waiting handlers go */
    int refusals;     /* unary calls that are still to be answered with UNAVAILABLE */
    int ended;        /* calls that on_call_end has seen */
    status_code last_code;
    char last_peer[64];
    char last_peer_id[64];
};

extern const struct rpc_method ECHO_UNARY, ECHO_ONCE, ECHO_COLLECT, ECHO_REPEAT, ECHO_TALK,
    ECHO_MISSING;

/* `options` may be NULL; address, descriptors and hooks are filled in. Fails the test on error,
 * and kills it after ECHO_TIMEOUT_S. */
struct echo *echo_new(const struct rpc_server_options *options);
void echo_free(struct echo *echo);
DEFINE_CLEANUP(struct echo *, echo)

/* One more channel to the server; core may share the connection. */
struct rpc_channel *echo_channel(const struct echo *echo);
/* A channel to any target; `service_config` may be NULL. */
struct rpc_channel *echo_channel_to(const char *target, const char *service_config);

/* Opens a call of any kind on the echo's own channel, with `deadline` (0: none). */
struct rpc_stream *echo_open(struct echo *echo, const struct rpc_method *method, int64_t deadline);
/* The same with one request that is all there is to be sent. */
struct rpc_stream *echo_ask(struct echo *echo, const struct rpc_method *method, const void *request,
                            int64_t deadline);
/* Reads one message, which must come. */
/* Waits for the connection, so that a call's time is its own. */
void echo_connect(struct rpc_channel *channel);
void echo_read(struct rpc_stream *stream, void *ret_message);

/* Waits until *counter (one of the above) is at least `value`. */
void echo_wait(struct echo *echo, const int *counter, int value);
/* What *counter is now. */
int echo_count(struct echo *echo, const int *counter);
void echo_release(struct echo *echo);

/* A unary call with a deadline of 20 s. */
status_code echo_call(struct echo *echo, const echo_request *request, echo_response **ret_response,
                      struct status *st);
