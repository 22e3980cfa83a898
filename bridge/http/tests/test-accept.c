/* Expected values are those of RFC 9110 §12.4.2, §12.5.3 and §12.5.4. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bridge/http/accept.h"

static void assert_next(struct str *rest, const char *value, int quality)
{
    struct str found = {0};
    int found_quality = -1;

    assert_true(accept_next(rest, &found, &found_quality));
    assert_int_equal(found.n, str_of(value).n);
    assert_memory_equal(found.p, value, found.n);
    assert_int_equal(found_quality, quality);
}

static void test_members_come_in_order_with_their_weights(void **state)
{
    struct str rest = STR(" he-IL , he;q=0.9,, en ; q=0.75;x=y,ko;q=0.001"), value;
    int quality;

    assert_next(&rest, "he-IL", 1000);
    assert_next(&rest, "he", 900);
    assert_next(&rest, "en", 750);
    assert_next(&rest, "ko", 1);
    assert_false(accept_next(&rest, &value, &quality));
}

static void test_a_weight_that_is_none_counts_as_not_wanted(void **state)
{
    static const char *const lists[] = {"br;q=",    "br;q",    "br;q=2",
                                        "br;q=1.1", "br;q=.5", "br;q=0,5x",
                                        "br;q=0.x", "br;q=-1", "br;q=0.12345"};

    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        struct str rest = str_of(lists[i]);

        assert_next(&rest, "br", 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_come_in_order_with_their_weights),
        cmocka_unit_test(test_a_weight_that_is_none_counts_as_not_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
