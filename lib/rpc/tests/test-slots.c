/* A server whose memory was short for a while takes calls of every method again afterwards. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/rpc/call.h"
#include "lib/rpc/tests/echo.h"

enum {
    SLOTS = 4, /* of a method at the start, as server.c has it */
    CALLS = 8,
};

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static atomic_bool is_memory_short;

/* The linker's --wrap=calloc: while memory is short, no call object is to be had. */
void *__wrap_calloc(size_t count, size_t size)
{
    if (size == sizeof(struct rpc_call) && atomic_load(&is_memory_short))
        return NULL;
    return __real_calloc(count, size);
}

/* More calls than there are slots, while none is offered in place of one that was taken. */
static void use_up_slots(struct echo *echo, struct rpc_stream *streams[static CALLS])
{
    echo_request request = ECHO_REQUEST;

    request.waits = true;
    atomic_store(&is_memory_short, true);
    for (int i = 0; i < CALLS; i++)
        streams[i] = echo_ask(echo, &ECHO_UNARY, &request, 0);
    echo_wait(echo, &echo->waiting, SLOTS);
    atomic_store(&is_memory_short, false);
}

static void finish_all(struct rpc_stream *streams[static CALLS])
{
    struct status st;

    for (int i = 0; i < CALLS; i++) {
        assert_int_equal(rpc_stream_finish(streams[i], &st), STATUS_OK);
        rpc_stream_free(streams[i]);
    }
}

static void test_slots_come_back_when_calls_end(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    struct rpc_stream *streams[CALLS];

    use_up_slots(echo, streams);
    echo_release(echo);
    finish_all(streams);
}

static void test_slots_come_back_when_a_call_of_another_method_ends(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *other = NULL;
    struct rpc_stream *streams[CALLS];
    echo_request request = ECHO_REQUEST;
    struct status st;

    use_up_slots(echo, streams);
    request.count = 1;
    other = echo_ask(echo, &ECHO_REPEAT, &request, 0);
    assert_int_equal(rpc_stream_finish(other, &st), STATUS_OK);
    echo_wait(echo, &echo->waiting, CALLS);
    echo_release(echo);
    finish_all(streams);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots_come_back_when_calls_end),
        cmocka_unit_test(test_slots_come_back_when_a_call_of_another_method_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
