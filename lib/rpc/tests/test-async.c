/* Calls from an event loop: libuv here, as in the bridge. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "lib/base/clock.h"
#include "lib/rpc/async.h"
#include "lib/rpc/tests/echo.h"

/* SOON_MS: in which a call reaches its handler, on a machine at full load. */
enum { BIG_BYTES = 500000, SOON_MS = 1000 };

/* An event loop with the rpc_loop in it. */
struct fixture {
    struct echo *echo;
    uv_loop_t uv;
    uv_async_t signal;
    struct rpc_loop *loop;
};

/* One call and what was seen of it. */
struct watch {
    struct fixture *fixture;
    struct rpc_async_call *call;
    int writes_left; /* writes the next one when the last was taken */
    bool closes;     /* then closes */
    bool reads_on;   /* asks for the next message when one arrived */
    echo_request request;

    int written, messages, ends;
    char text[200]; /* of all messages */
    size_t last_padding;
    struct status st;
    char trailer[16];
};

static void on_signal(uv_async_t *signal)
{
    struct fixture *fixture = signal->data;

    rpc_loop_dispatch(fixture->loop);
}

static void wake(void *arg)
{
    (void)uv_async_send(arg);
}

static struct fixture *fixture_new(const struct rpc_server_options *options)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct status st;

    fixture->echo = echo_new(options);
    assert_int_equal(uv_loop_init(&fixture->uv), 0);
    fixture->signal.data = fixture;
    assert_int_equal(uv_async_init(&fixture->uv, &fixture->signal, on_signal), 0);
    fixture->signal.data = fixture;
    assert_int_equal(rpc_loop_new(wake, &fixture->signal, &fixture->loop, &st), STATUS_OK);
    return fixture;
}

static void fixture_free(struct fixture *fixture)
{
    rpc_loop_free(fixture->loop);
    uv_close((uv_handle_t *)&fixture->signal, NULL);
    (void)uv_run(&fixture->uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->uv), 0);
    echo_free(fixture->echo);
    free(fixture);
}
DEFINE_CLEANUP(struct fixture *, fixture)

static void go_on_writing(struct watch *watch)
{
    struct status st;

    if (watch->writes_left > 0) {
        watch->writes_left--;
        assert_int_equal(rpc_async_write(watch->call, &watch->request, &st), STATUS_OK);
    } else if (watch->closes) {
        rpc_async_close_write(watch->call);
    }
}

static void on_message(struct rpc_async_call *call, const void *message, void *arg)
{
    const echo_response *response = message;
    struct watch *watch = arg;
    size_t used = strlen(watch->text);

    assert_int_equal(watch->ends, 0);
    watch->messages++;
    (void)snprintf(watch->text + used, sizeof(watch->text) - used, "%s", response->text);
    watch->last_padding = response->padding.len;
    if (watch->reads_on)
        rpc_async_read(call);
}

static void on_written(struct rpc_async_call *call, void *arg)
{
    struct watch *watch = arg;

    assert_int_equal(watch->ends, 0);
    watch->written++;
    go_on_writing(watch);
}

static void on_end(struct rpc_async_call *call, const struct status *st,
                   const struct rpc_metadata *trailers, void *arg)
{
    struct watch *watch = arg;
    struct str value;

    watch->ends++;
    watch->st = *st;
    if (rpc_metadata_get(trailers, "x-trailer-bin", &value))
        (void)snprintf(watch->trailer, sizeof(watch->trailer), "%.*s", (int)value.n, value.p);
}

static const struct rpc_async_callbacks callbacks = {on_message, on_written, on_end};

static void start(struct fixture *fixture, struct watch *watch, const struct rpc_method *method,
                  const struct rpc_call_options *options)
{
    struct status st;

    watch->fixture = fixture;
    assert_int_equal(rpc_async_start(fixture->loop, fixture->echo->channel, method, options,
                                     &callbacks, watch, &watch->call, &st),
                     STATUS_OK);
}

static void start_unary(struct fixture *fixture, struct watch *watch,
                        const struct rpc_call_options *options)
{
    struct status st;

    watch->fixture = fixture;
    assert_int_equal(rpc_async_unary(fixture->loop, fixture->echo->channel, &ECHO_UNARY, options,
                                     &watch->request, &callbacks, watch, &watch->call, &st),
                     STATUS_OK);
}

/* Turns the loop until *counter is at least `value`. */
static void turn_until(struct fixture *fixture, const int *counter, int value)
{
    while (*counter < value)
        (void)uv_run(&fixture->uv, UV_RUN_ONCE);
}

static struct watch new_watch(void)
{
    return (struct watch){.request = ECHO_REQUEST};
}

/* --- calls that succeed --- */

static void test_a_unary_call_gives_one_message_and_ends(void **state)
{
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    const struct rpc_metadata_entry entry = {"x-trailer-bin", STR("tail")};
    struct rpc_call_options options = {.metadata = {&entry, 1}};
    struct watch watch = new_watch();

    watch.request.text = "page";
    watch.request.padding_bytes = BIG_BYTES;
    start_unary(fixture, &watch, &options);
    turn_until(fixture, &watch.ends, 1);
    assert_int_equal(watch.st.code, STATUS_OK);
    assert_int_equal(watch.messages, 1);
    assert_int_equal(watch.written, 0);
    assert_string_equal(watch.text, "page");
    assert_int_equal(watch.last_padding, BIG_BYTES);
    assert_string_equal(watch.trailer, "tail");
}

static void test_many_calls_are_under_way_at_once(void **state)
{
    enum { CALLS = 50 };
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    struct watch watches[CALLS];

    for (int i = 0; i < CALLS; i++) {
        watches[i] = new_watch();
        watches[i].request.text = "x";
        start_unary(fixture, &watches[i], NULL);
    }
    for (int i = 0; i < CALLS; i++) {
        turn_until(fixture, &watches[i].ends, 1);
        assert_int_equal(watches[i].st.code, STATUS_OK);
        assert_int_equal(watches[i].messages, 1);
    }
}

static void test_a_client_stream_is_written_message_by_message(void **state)
{
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    struct watch watch = new_watch();
    uint8_t *padding = calloc(1, BIG_BYTES);

    watch.request.text = "+";
    watch.request.padding.data = padding;
    watch.request.padding.len = BIG_BYTES;
    watch.writes_left = 20;
    watch.closes = true;
    start(fixture, &watch, &ECHO_COLLECT, NULL);
    rpc_async_read(watch.call);
    go_on_writing(&watch);
    turn_until(fixture, &watch.ends, 1);
    assert_int_equal(watch.st.code, STATUS_OK);
    assert_int_equal(watch.written, 20);
    assert_int_equal(watch.messages, 1);
    assert_string_equal(watch.text, "++++++++++++++++++++");
    free(padding);
}

static void test_a_close_follows_the_write_that_is_under_way(void **state)
{
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    struct watch watch = new_watch();

    watch.request.text = "one";
    watch.writes_left = 1;
    start(fixture, &watch, &ECHO_COLLECT, NULL);
    go_on_writing(&watch);
    rpc_async_close_write(watch.call);
    rpc_async_read(watch.call);
    turn_until(fixture, &watch.ends, 1);
    assert_int_equal(watch.st.code, STATUS_OK);
    assert_int_equal(watch.written, 1);
    assert_string_equal(watch.text, "one");
}

static void test_a_server_stream_gives_what_is_asked_for(void **state)
{
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    struct watch watch = new_watch();

    watch.request.text = "p";
    watch.request.count = 40;
    watch.request.padding_bytes = BIG_BYTES;
    watch.writes_left = 1;
    watch.closes = true;
    start(fixture, &watch, &ECHO_REPEAT, NULL);
    go_on_writing(&watch);
    rpc_async_read(watch.call);
    rpc_async_read(watch.call); /* counts once */
    turn_until(fixture, &watch.messages, 1);
    assert_int_equal(watch.messages, 1);
    watch.reads_on = true;
    rpc_async_read(watch.call);
    turn_until(fixture, &watch.ends, 1);
    assert_int_equal(watch.messages, 40);
    assert_int_equal(watch.st.code, STATUS_OK);
}

static void test_both_sides_talk_at_once(void **state)
{
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    struct watch watch = new_watch();

    watch.request.text = "t";
    watch.writes_left = 100;
    watch.closes = true;
    watch.reads_on = true;
    start(fixture, &watch, &ECHO_TALK, NULL);
    rpc_async_read(watch.call);
    go_on_writing(&watch);
    turn_until(fixture, &watch.ends, 1);
    assert_int_equal(watch.st.code, STATUS_OK);
    assert_int_equal(watch.written, 100);
    assert_int_equal(watch.messages, 100);
}

/* --- calls that fail --- */

static void test_a_failure_arrives_with_its_details(void **state)
{
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    struct watch watch = new_watch();

    watch.request.text = "no";
    watch.request.code = STATUS_RESOURCE_EXHAUSTED;
    start_unary(fixture, &watch, NULL);
    turn_until(fixture, &watch.ends, 1);
    assert_int_equal(watch.messages, 0);
    assert_int_equal(watch.st.code, STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(watch.st.reason, "AS_TOLD");
    assert_string_equal(status_get_info(&watch.st, "cap"), "20");
}

static void test_a_refusal_is_seen_while_a_write_waits_for_room(void **state)
{
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    struct watch watch = new_watch();
    uint8_t *padding = calloc(1, BIG_BYTES);

    watch.request.text = "no";
    watch.request.code = STATUS_PERMISSION_DENIED; /* the handler reads one message, then fails */
    watch.request.padding.data = padding;
    watch.request.padding.len = BIG_BYTES;
    watch.writes_left = 1000;
    start(fixture, &watch, &ECHO_COLLECT, NULL);
    rpc_async_read(watch.call);
    go_on_writing(&watch);
    turn_until(fixture, &watch.ends, 1);
    assert_int_equal(watch.st.code, STATUS_PERMISSION_DENIED);
    assert_int_equal(watch.messages, 0);
    assert_true(watch.writes_left > 900);
    free(padding);
}

static void test_a_deadline_ends_the_call(void **state)
{
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    struct watch watch = new_watch();

    watch.request.waits = true;
    echo_connect(fixture->echo->channel);
    struct rpc_call_options options = {.deadline = time_mono_after_ms(SOON_MS)};
    start_unary(fixture, &watch, &options);
    turn_until(fixture, &watch.ends, 1);
    assert_int_equal(watch.st.code, STATUS_DEADLINE_EXCEEDED);
    echo_wait(fixture->echo, &fixture->echo->cancelled, 1);
}

static void test_a_cancelled_call_ends_and_its_handler_is_told(void **state)
{
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    struct watch watch = new_watch();

    watch.request.waits = true;
    start_unary(fixture, &watch, NULL);
    echo_wait(fixture->echo, &fixture->echo->waiting, 1);
    rpc_async_cancel(watch.call);
    assert_int_equal(watch.ends, 0); /* never from within */
    turn_until(fixture, &watch.ends, 1);
    assert_int_equal(watch.st.code, STATUS_CANCELLED);
    echo_wait(fixture->echo, &fixture->echo->cancelled, 1);
}

static void test_what_cannot_be_written_is_refused_and_the_call_goes_on(void **state)
{
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    struct watch watch = new_watch();
    echo_request large = ECHO_REQUEST;
    uint8_t *padding = calloc(1, RPC_MESSAGE_MAX_BYTES + 1);
    struct status st;

    watch.request.text = "one";
    large.padding.data = padding;
    large.padding.len = RPC_MESSAGE_MAX_BYTES + 1;
    start(fixture, &watch, &ECHO_COLLECT, NULL);
    rpc_async_read(watch.call);
    assert_int_equal(rpc_async_write(watch.call, &large, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "MESSAGE_TOO_LARGE");
    assert_int_equal(rpc_async_write(watch.call, &watch.request, &st), STATUS_OK);
    assert_int_equal(rpc_async_write(watch.call, &watch.request, &st), STATUS_FAILED_PRECONDITION);
    rpc_async_close_write(watch.call);
    rpc_async_close_write(watch.call);
    assert_int_equal(rpc_async_write(watch.call, &watch.request, &st), STATUS_FAILED_PRECONDITION);
    turn_until(fixture, &watch.ends, 1);
    assert_int_equal(watch.st.code, STATUS_OK);
    assert_string_equal(watch.text, "one");
    free(padding);
}

static void test_a_response_over_the_limit_fails_the_call(void **state)
{
    const struct rpc_server_options generous = {.message_max_bytes = 4 * RPC_MESSAGE_MAX_BYTES};
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(&generous);
    struct watch watch = new_watch();

    watch.request.padding_bytes = RPC_MESSAGE_MAX_BYTES;
    start_unary(fixture, &watch, NULL);
    turn_until(fixture, &watch.ends, 1);
    assert_int_equal(watch.messages, 0);
    assert_int_equal(watch.st.code, STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(watch.st.reason, "MESSAGE_TOO_LARGE");
}

static void test_a_method_that_does_not_exist_does_not_start(void **state)
{
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    struct rpc_method nothing = ECHO_UNARY;
    struct watch watch = new_watch();
    struct status st;

    nothing.name = "Nothing";
    assert_int_equal(rpc_async_start(fixture->loop, fixture->echo->channel, &nothing, NULL,
                                     &callbacks, &watch, &watch.call, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(watch.ends, 0);
}

static void test_calls_whose_server_went_away_end(void **state)
{
    _cleanup_(fixture_freep) struct fixture *fixture = fixture_new(NULL);
    struct watch unary = new_watch(), stream = new_watch(), idle = new_watch();

    unary.request.waits = true;
    stream.request.waits = true;
    stream.writes_left = 1;
    stream.closes = true;
    start_unary(fixture, &unary, NULL);
    start(fixture, &stream, &ECHO_REPEAT, NULL);
    rpc_async_read(stream.call);
    go_on_writing(&stream);
    start(fixture, &idle, &ECHO_TALK, NULL);
    rpc_async_read(idle.call);
    turn_until(fixture, &stream.written, 1);
    echo_wait(fixture->echo, &fixture->echo->waiting, 2);
    rpc_server_drain(fixture->echo->server, 50);
    turn_until(fixture, &unary.ends, 1);
    turn_until(fixture, &stream.ends, 1);
    turn_until(fixture, &idle.ends, 1);
    assert_int_not_equal(unary.st.code, STATUS_OK);
    assert_int_not_equal(stream.st.code, STATUS_OK);
    assert_int_not_equal(idle.st.code, STATUS_OK);
}

static void test_freeing_the_loop_ends_what_is_under_way(void **state)
{
    struct fixture *fixture = fixture_new(NULL);
    struct watch unary = new_watch(), stream = new_watch();

    unary.request.waits = true;
    stream.request.text = "t";
    stream.writes_left = 1;
    start_unary(fixture, &unary, NULL);
    start(fixture, &stream, &ECHO_TALK, NULL);
    go_on_writing(&stream);
    echo_wait(fixture->echo, &fixture->echo->waiting, 1);
    fixture_free(fixture);
    assert_int_equal(unary.ends, 1);
    assert_int_equal(unary.st.code, STATUS_CANCELLED);
    assert_int_equal(stream.ends, 1);
    assert_int_equal(stream.st.code, STATUS_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_unary_call_gives_one_message_and_ends),
        cmocka_unit_test(test_many_calls_are_under_way_at_once),
        cmocka_unit_test(test_a_client_stream_is_written_message_by_message),
        cmocka_unit_test(test_a_close_follows_the_write_that_is_under_way),
        cmocka_unit_test(test_a_server_stream_gives_what_is_asked_for),
        cmocka_unit_test(test_both_sides_talk_at_once),
        cmocka_unit_test(test_a_failure_arrives_with_its_details),
        cmocka_unit_test(test_a_refusal_is_seen_while_a_write_waits_for_room),
        cmocka_unit_test(test_a_deadline_ends_the_call),
        cmocka_unit_test(test_a_cancelled_call_ends_and_its_handler_is_told),
        cmocka_unit_test(test_what_cannot_be_written_is_refused_and_the_call_goes_on),
        cmocka_unit_test(test_a_response_over_the_limit_fails_the_call),
        cmocka_unit_test(test_a_method_that_does_not_exist_does_not_start),
        cmocka_unit_test(test_calls_whose_server_went_away_end),
        cmocka_unit_test(test_freeing_the_loop_ends_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
