#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <nghttp2/nghttp2.h>

#include "lib/base/clock.h"
#include "lib/wire/http2_flood.h"

enum { FRAMES = 100000 };

static void test_so_many_resets_are_borne_in_a_while_and_no_more(void **state)
{
    struct http2_flood flood;
    int64_t now = 0;

    http2_flood_init(&flood, now);
    for (int while_number = 0; while_number < 3; while_number++) {
        for (int i = 0; i < HTTP2_FLOOD_RESETS_MAX; i++)
            assert_true(i % 2 == 0
                            ? http2_flood_count_reset(&flood, now)
                            : http2_flood_count_frame(&flood, NGHTTP2_RST_STREAM, 0, 4, now));
        assert_false(http2_flood_count_reset(&flood, now));
        now += (HTTP2_FLOOD_SECONDS + 1) * NANOSECONDS_PER_SECOND;
    }
}

static void test_frames_that_carry_something_are_not_counted(void **state)
{
    static const struct {
        int type, flags;
        uint64_t length;
    } frames[] = {
        {NGHTTP2_DATA, 0, 1},
        {NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 0},
        {NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1000},
        {NGHTTP2_HEADERS, 0, 20},
        {NGHTTP2_WINDOW_UPDATE, 0, 4},
    };
    struct http2_flood flood;

    http2_flood_init(&flood, 0);
    for (int i = 0; i < FRAMES; i++)
        assert_true(http2_flood_count_frame(&flood, frames[i % 5].type, frames[i % 5].flags,
                                            frames[i % 5].length, 0));
}

static void test_frames_that_carry_nothing_are(void **state)
{
    static const struct {
        int type, flags;
        uint64_t length;
    } frames[] = {
        {NGHTTP2_DATA, 0, 0},     {NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 256},
        {NGHTTP2_PING, 0, 8},     {NGHTTP2_SETTINGS, 0, 0},
        {NGHTTP2_PRIORITY, 0, 5},
    };

    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        struct http2_flood flood;
        int count = 0;

        http2_flood_init(&flood, 0);
        while (
            http2_flood_count_frame(&flood, frames[i].type, frames[i].flags, frames[i].length, 0))
            count++;
        assert_int_equal(count, HTTP2_FLOOD_IDLE_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_so_many_resets_are_borne_in_a_while_and_no_more),
        cmocka_unit_test(test_frames_that_carry_something_are_not_counted),
        cmocka_unit_test(test_frames_that_carry_nothing_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
