#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/service/call_metrics.h"
#include "ocrmesh/chat/v1/chat_service.pb-c.h"

#define ASK "/ocrmesh.chat.v1.ChatService/AskQuestion"

enum { OUT_MAX_BYTES = 1 << 16 };

static const struct rpc_service chat = {&ocrmesh__chat__v1__chat_service__descriptor};
static const struct rpc_service *const services[] = {&chat};

struct fixture {
    struct call_metrics *metrics;
    struct buf out;
};

static int init(void **state)
{
    static struct fixture fixture;

    fixture.metrics = call_metrics_new(services, 1);
    buf_init(&fixture.out, OUT_MAX_BYTES);
    *state = &fixture;
    return fixture.metrics != NULL ? 0 : -1;
}

static int deinit(void **state)
{
    struct fixture *fixture = *state;

    call_metrics_free(fixture->metrics);
    buf_deinit(&fixture->out);
    return 0;
}

static void test_calls_are_counted_by_method_and_code(void **state)
{
    struct fixture *fixture = *state;

    call_metrics_add(fixture->metrics, ASK, STATUS_OK, 0);
    call_metrics_add(fixture->metrics, ASK, STATUS_OK, 0);
    call_metrics_add(fixture->metrics, ASK, STATUS_NOT_FOUND, 0);
    call_metrics_write(fixture->metrics, &fixture->out);
    assert_non_null(strstr(fixture->out.data,
                           "\nocrmesh_rpc_calls_total{"
                           "method=\"ocrmesh.chat.v1.ChatService/AskQuestion\",code=\"OK\"} 2\n"));
    assert_non_null(strstr(fixture->out.data, "code=\"NOT_FOUND\"} 1\n"));
}

static void test_time_goes_into_buckets(void **state)
{
    struct fixture *fixture = *state;

    call_metrics_add(fixture->metrics, ASK, STATUS_OK, 250 * NANOSECONDS_PER_MS);
    call_metrics_add(fixture->metrics, ASK, STATUS_UNAVAILABLE, NANOSECONDS_PER_SECOND);
    call_metrics_write(fixture->metrics, &fixture->out);
    assert_non_null(strstr(fixture->out.data, "_seconds_sum{method=\"ocrmesh.chat.v1.ChatService/"
                                              "AskQuestion\"} 1.250000\n"));
    assert_non_null(strstr(fixture->out.data, "AskQuestion\",le=\"0.1\"} 0\n"));
    assert_non_null(strstr(fixture->out.data, "AskQuestion\",le=\"0.25\"} 1\n"));
    assert_non_null(strstr(fixture->out.data, "AskQuestion\",le=\"1.0\"} 2\n"));
}

static void test_methods_that_are_not_served_here_are_not_counted(void **state)
{
    static const char *const unknown[] = {"",
                                          "/",
                                          "/ocrmesh.chat.v1.ChatService",
                                          "/ocrmesh.chat.v1.ChatService/",
                                          ASK "s",
                                          "/ocrmesh.chat.v1.ChatServices/AskQuestion"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LENGTH(unknown); i++)
        call_metrics_add(fixture->metrics, unknown[i], STATUS_OK, 1);
    call_metrics_write(fixture->metrics, &fixture->out);
    assert_null(strchr(fixture->out.data, '{'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_calls_are_counted_by_method_and_code, init, deinit),
        cmocka_unit_test_setup_teardown(test_time_goes_into_buckets, init, deinit),
        cmocka_unit_test_setup_teardown(test_methods_that_are_not_served_here_are_not_counted, init,
                                        deinit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
