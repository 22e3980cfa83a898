#include "services/top/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"

enum { OUT_MAX_BYTES = 1 << 16 };

static struct sample_set set_of(const char *text, int64_t seconds)
{
    struct sample_set set;
    struct buf buf;

    buf_init(&buf, SAMPLE_TEXT_MAX_BYTES);
    assert_true(buf_append_str(&buf, text));
    assert_true(sample_set_init(&set, buf, seconds * NANOSECONDS_PER_SECOND));
    return set;
}

static const char before[] = "ocrmesh_ocr_pages_read_total 10\n"
                             "ocrmesh_rpc_calls_total{method=\"o.S/GetJob\",code=\"OK\"} 1\n";
static const char after[] = "ocrmesh_ocr_pages_read_total 16\n"
                            "ocrmesh_ocr_workers{state=\"busy\"} 2\n"
                            "ocrmesh_ocr_workers{state=\"idle\"} 1\n"
                            "ocrmesh_ocr_queue_pages{tier=\"cpu\",state=\"waiting\"} 40\n"
                            "ocrmesh_ocr_queue_pages{tier=\"cpu\",state=\"leased\"} 2\n"
                            "ocrmesh_ocr_queue_oldest_wait_seconds{tier=\"cpu\"} 7.5\n"
                            "ocrmesh_rpc_calls_total{method=\"o.S/GetJob\",code=\"OK\"} 5\n"
                            "ocrmesh_rpc_calls_total{method=\"o.S/GetJob\",code=\"INTERNAL\"} 2\n";

static void write_two_replicas(int columns, struct buf *out)
{
    struct process processes[] = {
        {.name = "bridge", .address = "127.0.0.1:1", .state = PROCESS_AWAY},
        {"ocr", "127.0.0.1:2", PROCESS_READY, set_of(after, 2), set_of(before, 0)},
        {"ocr", "127.0.0.1:3", PROCESS_NOT_READY, set_of(after, 2), set_of(before, 0)},
    };

    assert_true(view_write(processes, ARRAY_LENGTH(processes), columns, out));
    for (size_t i = 0; i < ARRAY_LENGTH(processes); i++) {
        sample_set_deinit(&processes[i].now);
        sample_set_deinit(&processes[i].before);
    }
}

static void assert_holds(const struct buf *out, const char *text)
{
    if (strstr(out->data, text) == NULL)
        fail_msg("%s is not in:\n%s", text, out->data);
}

static void test_pages_and_workers_are_those_of_all_replicas(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, OUT_MAX_BYTES);
    write_two_replicas(0, &out);
    assert_holds(&out, "workers  4 of 6 at work");
    assert_holds(&out, "pages    6.0 read a second");
}

static void test_the_queue_is_not_counted_twice(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, OUT_MAX_BYTES);
    write_two_replicas(0, &out);
    assert_holds(&out, "cpu            40        2        7.5 s\n");
    assert_holds(&out, "vlm             0        0            -\n");
}

static void test_processes_tell_state_rate_and_errors(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, OUT_MAX_BYTES);
    write_two_replicas(0, &out);
    assert_holds(&out, "bridge   127.0.0.1:1            away\n");
    assert_holds(&out, "ocr      127.0.0.1:2            ready           3.0        1.0");
    assert_holds(&out, "ocr      127.0.0.1:3            not ready");
    assert_holds(&out, "o.S/GetJob                                                3.0        1.0");
}

static void test_lines_are_as_wide_as_the_terminal(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, OUT_MAX_BYTES);
    write_two_replicas(40, &out);
    struct str rest = buf_str(&out), line;
    while (rest.n > 0 && str_next_token(&rest, '\n', &line))
        assert_true(line.n <= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_and_workers_are_those_of_all_replicas),
        cmocka_unit_test(test_the_queue_is_not_counted_twice),
        cmocka_unit_test(test_processes_tell_state_rate_and_errors),
        cmocka_unit_test(test_lines_are_as_wide_as_the_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
