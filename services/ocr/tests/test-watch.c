#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "lib/base/clock.h"
#include "services/ocr/watch.h"

#define ID       "0123456789abcdef0123456789abcdef"
#define OTHER_ID "ffffffffffffffffffffffffffffffff"

/* Long enough that a test which waits for it has failed. */
static int64_t far(void)
{
    return time_mono_after_ms(100000);
}

static bool returns_at_once(struct watch *watch)
{
    int64_t before = time_mono();

    watch_wait(watch, far());
    return time_mono() - before < 50 * NANOSECONDS_PER_SECOND;
}

static bool waits(struct watch *watch)
{
    int64_t before = time_mono();

    watch_wait(watch, time_mono_after_ms(20));
    return time_mono() - before >= 20 * NANOSECONDS_PER_MS;
}

static void test_a_change_before_the_wait_is_not_missed(void **state)
{
    struct watch_hub *hub = watch_hub_new();
    struct watch *watch = watch_begin(hub, ID);

    watch_notify(hub, ID);
    assert_true(returns_at_once(watch));
    assert_true(waits(watch));
    watch_end(watch);
    watch_hub_free(hub);
}

static void test_other_jobs_wake_nobody(void **state)
{
    struct watch_hub *hub = watch_hub_new();
    struct watch *watch = watch_begin(hub, ID);

    watch_notify(hub, OTHER_ID);
    assert_true(waits(watch));
    watch_notify(hub, NULL);
    assert_true(returns_at_once(watch));
    watch_end(watch);
    watch_hub_free(hub);
}

static void *notify(void *hub)
{
    watch_notify(hub, ID);
    return NULL;
}

static void test_all_watches_of_a_job_are_woken(void **state)
{
    struct watch_hub *hub = watch_hub_new();
    struct watch *first = watch_begin(hub, ID);
    struct watch *second = watch_begin(hub, ID);
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, notify, hub), 0);
    watch_wait(first, far());
    watch_wait(second, far());
    pthread_join(thread, NULL);
    watch_end(first);
    watch_notify(hub, ID);
    assert_true(returns_at_once(second));
    watch_end(second);
    watch_hub_free(hub);
}

static void test_a_stopping_hub_lets_nobody_wait(void **state)
{
    struct watch_hub *hub = watch_hub_new();
    struct watch *watch = watch_begin(hub, ID);

    assert_false(watch_hub_is_stopping(hub));
    watch_hub_stop(hub);
    assert_true(watch_hub_is_stopping(hub));
    assert_true(returns_at_once(watch));
    assert_true(returns_at_once(watch));
    watch_end(watch);
    watch_hub_free(hub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_change_before_the_wait_is_not_missed),
        cmocka_unit_test(test_other_jobs_wake_nobody),
        cmocka_unit_test(test_all_watches_of_a_job_are_woken),
        cmocka_unit_test(test_a_stopping_hub_lets_nobody_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
