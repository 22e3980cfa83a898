/* Which addresses lead to this machine alone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "lib/mesh/local_address.h"

static void test_loopback_and_unix_sockets_are_local(void **state)
{
    static const char *const local[] = {
        "127.0.0.1:50051",      "127.8.9.1:1",
        "[::1]:50051",          "localhost:50051",
        "unix:/run/ocr.sock",   "unix-abstract:ocr",
        "dns:///127.0.0.1:1",   "ipv4:127.0.0.2:1,127.0.0.3:1",
        "dns:///localhost:123", "[::ffff:127.0.0.1]:1",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(local); i++)
        if (!local_address_is(local[i]))
            fail_msg("%s", local[i]);
}

static void test_everything_else_is_not(void **state)
{
    static const char *const distant[] = {
        "0.0.0.0:50051",
        "[::]:50051",
        "*:50051",
        ":50051",
        "",
        "10.0.0.1:50051",
        "dns:///ocr:50051",
        "xds:///ocr",
        "ipv4:127.0.0.1:1,10.0.0.1:1",
        "localhost.example:1",
        "128.0.0.1:1",
        "127.0.0.1.example:1",
        "[::2]:1",
        "dns:",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(distant); i++)
        if (local_address_is(distant[i]))
            fail_msg("%s", distant[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loopback_and_unix_sockets_are_local),
        cmocka_unit_test(test_everything_else_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
