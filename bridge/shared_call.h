#pragma once

/*
 * Unary calls that several exchanges make alike at the same time: one call for all of them
 * ("collapsed forwarding").
 *
 * A call answers those who asked before it began. Who asks while one is under way waits for its
 * end, SHARED_CALL_WAIT_MS at most, and the next one is for all who wait: nobody is told what was
 * true before he asked, a service is asked as often as it can answer, and one that does not answer
 * keeps nobody from the others. Alike are calls of one method with the same request and the same
 * caller, who is his token and his address. What goes along else (request id, trace) is the first
 * one's.
 *
 * Thread rule: the loop thread.
 */

#include <uv.h>

#include "bridge/http/exchange.h"
#include "lib/rpc/async.h"

enum {
    SHARED_CALL_WAIT_MS = 20,
    SHARED_CALL_EXCHANGES_MAX = 64, /* that one call is for */
};

struct shared_calls;

struct shared_method {
    struct rpc_method method; /* unary, and it changes nothing but what set_count() is about */
    /* The request says who calls: the call carries no token. */
    bool is_of_nobody;
    /* Puts into the request for how many exchanges it is made; NULL: it does not matter. Where
     * RATE_LIMITED is the answer for several, each is asked for again by itself. */
    void (*set_count)(void *request, int32_t count);
};

/* NULL when out of memory. */
struct shared_calls *shared_calls_new(uv_loop_t *loop);
/* Once no call is under way; shared_calls_free() is for when the loop has run to its end. */
void shared_calls_close(struct shared_calls *calls);
void shared_calls_free(struct shared_calls *calls);

/* As upstream_unary(). `method` is static; `request` is borrowed for this function. */
void shared_call(struct exchange *exchange, struct rpc_channel *channel,
                 const struct shared_method *method, const void *request,
                 void (*on_reply)(struct exchange *exchange, const void *reply, void *data),
                 void *data);
