#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bridge/http/forwarded.h"

enum { ARENA_BYTES = 16 * 1024 };

/* RFC 7239 §4 and §6, and what is broken. */
static void test_clients_are_listed_in_their_order(void **state)
{
    static const struct {
        const char *field, *list;
    } cases[] = {
        {"for=\"_gazonk\"", "_gazonk"},
        {"For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"},
        {"for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"},
        {"for=192.0.2.43, for=198.51.100.17", "192.0.2.43,198.51.100.17"},
        {"for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=unknown",
         "192.0.2.43,2001:db8:cafe::17,unknown"},
        {"for=\"192.0.2.43:47011\"", "192.0.2.43"},
        {"proto=https;for=192.0.2.43", "192.0.2.43"},
        {"by=203.0.113.43", "unknown"},
        {"", "unknown"},
        {"for=192.0.2.43,", "192.0.2.43,unknown"},
        {"for=", "unknown"},
        {"for=\"192.0.2.1,192.0.2.2\"", "unknown"},
        {"for=\"192.0.2.1, for=192.0.2.2", "unknown"},
        {"for=\"[2001:db8::1\"", "unknown"},
        {"for=192.0.2.1;host=\"a,for=192.0.2.9\", for=192.0.2.2", "192.0.2.1,192.0.2.2"},
        {"for=\"\\", "unknown"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_BYTES);
        struct str list;

        assert_true(forwarded_for(str_of(cases[i].field), arena, &list));
        if (!str_equal(list, str_of(cases[i].list)))
            fail_msg("%s: %.*s", cases[i].field, (int)list.n, list.p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clients_are_listed_in_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
