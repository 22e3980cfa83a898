#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/wait.h"

enum { SHORT_MS = 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int init(void **state)
{
    static pthread_cond_t condition;

    wait_init(&condition);
    *state = &condition;
    return 0;
}

static int destroy(void **state)
{
    time_set_offset_for_test(0);
    return pthread_cond_destroy(*state);
}

static void test_a_deadline_ends_the_wait(void **state)
{
    int64_t deadline = time_mono_after_ms(SHORT_MS);

    pthread_mutex_lock(&lock);
    while (wait_until(*state, &lock, deadline))
        ;
    pthread_mutex_unlock(&lock);
    assert_true(time_mono() >= deadline);
}

static void test_a_deadline_in_the_past_does_not_wait(void **state)
{
    pthread_mutex_lock(&lock);
    assert_false(wait_until(*state, &lock, time_mono() - 1));
    pthread_mutex_unlock(&lock);
}

static void test_a_clock_with_an_offset_waits_no_longer(void **state)
{
    time_set_offset_for_test(1000 * NANOSECONDS_PER_SECOND);

    int64_t deadline = time_mono_after_ms(SHORT_MS);
    pthread_mutex_lock(&lock);
    while (wait_until(*state, &lock, deadline))
        ;
    pthread_mutex_unlock(&lock);
    assert_true(time_mono() - deadline < 100 * NANOSECONDS_PER_SECOND);
}

static void *signal_it(void *arg)
{
    pthread_mutex_lock(&lock);
    pthread_cond_signal(arg);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void test_a_signal_ends_a_wait_without_deadline(void **state)
{
    pthread_t thread;

    pthread_mutex_lock(&lock);
    assert_int_equal(pthread_create(&thread, NULL, signal_it, *state), 0);
    assert_true(wait_until(*state, &lock, TIME_NEVER));
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_deadline_ends_the_wait, init, destroy),
        cmocka_unit_test_setup_teardown(test_a_deadline_in_the_past_does_not_wait, init, destroy),
        cmocka_unit_test_setup_teardown(test_a_clock_with_an_offset_waits_no_longer, init, destroy),
        cmocka_unit_test_setup_teardown(test_a_signal_ends_a_wait_without_deadline, init, destroy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
