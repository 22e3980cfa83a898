#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/http/http2_upgrade.h"

enum { ARENA_BYTES = 64 * 1024 };

static bool is_asked(const char *text, uint8_t *settings, size_t *length)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_BYTES);
    struct http1_head head;
    struct status st;

    assert_int_equal(http1_head_parse(str_of(text), arena, &head, &st), STATUS_OK);
    return http2_upgrade_is_asked(&head, settings, length);
}

#define BEGIN "GET / HTTP/1.1\r\nHost: a\r\n"

/* What curl 7.88 sends: three settings. */
static void test_curls_settings_are_read(void **state)
{
    static const uint8_t expected[] = {0, 3, 0, 0, 0, 0x64, 0, 4, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0};
    uint8_t settings[HTTP2_UPGRADE_SETTINGS_MAX];
    size_t length;

    assert_true(is_asked(BEGIN "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                               "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n",
                         settings, &length));
    assert_int_equal(length, sizeof(expected));
    assert_memory_equal(settings, expected, length);
}

static void test_others_stay_with_http1(void **state)
{
    static const char *const heads[] = {
        BEGIN "\r\n",
        BEGIN
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: websocket\r\nHTTP2-Settings: \r\n\r\n",
        BEGIN "Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n\r\n",
        BEGIN "Connection: HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n\r\n",
        BEGIN "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
        BEGIN "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n"
              "HTTP2-Settings: \r\n\r\n",
        BEGIN "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n",
        BEGIN "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM+AABk\r\n"
              "\r\n",
        BEGIN "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n"
              "Content-Length: 5\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: \r\n\r\n",
    };
    uint8_t settings[HTTP2_UPGRADE_SETTINGS_MAX];
    size_t length;

    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        if (is_asked(heads[i], settings, &length))
            fail_msg("%s", heads[i]);
}

static void test_no_settings_are_settings_too(void **state)
{
    uint8_t settings[HTTP2_UPGRADE_SETTINGS_MAX];
    size_t length = 1;

    assert_true(is_asked(BEGIN "Connection: HTTP2-Settings, upgrade\r\nUpgrade: websocket, h2c\r\n"
                               "HTTP2-Settings:\r\n\r\n",
                         settings, &length));
    assert_int_equal(length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curls_settings_are_read),
        cmocka_unit_test(test_others_stay_with_http1),
        cmocka_unit_test(test_no_settings_are_settings_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
