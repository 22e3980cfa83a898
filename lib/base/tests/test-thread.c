#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/thread.h"

static void *read_mask(void *ret_mask)
{
    (void)pthread_sigmask(SIG_BLOCK, NULL, ret_mask);
    return NULL;
}

static void test_a_thread_takes_signals_of_its_own_faults_alone(void **state)
{
    sigset_t mask;
    pthread_t thread;

    assert_true(thread_start(&thread, "test", read_mask, &mask));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(sigismember(&mask, SIGTERM), 1);
    assert_int_equal(sigismember(&mask, SIGALRM), 1);
    assert_int_equal(sigismember(&mask, SIGSEGV), 0);
    assert_int_equal(sigismember(&mask, SIGFPE), 0);
}

static void test_who_starts_it_takes_signals_as_before(void **state)
{
    sigset_t before, after, of_thread;
    pthread_t thread;

    (void)sigemptyset(&before);
    (void)sigaddset(&before, SIGUSR1);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    assert_true(thread_start(&thread, "test", read_mask, &of_thread));
    (void)read_mask(&after);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(sigismember(&after, SIGUSR1), 1);
    assert_int_equal(sigismember(&after, SIGTERM), 0);
}

static void *wait_for_lock(void *lock)
{
    (void)pthread_mutex_lock(lock);
    (void)pthread_mutex_unlock(lock);
    return NULL;
}

static void test_a_thread_has_its_name(void **state)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread;
    char name[16];

    (void)pthread_mutex_lock(&lock);
    assert_true(thread_start(&thread, "fifteen-bytes-x", wait_for_lock, &lock));
    assert_int_equal(pthread_getname_np(thread, name, sizeof(name)), 0);
    (void)pthread_mutex_unlock(&lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(name, "fifteen-bytes-x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thread_takes_signals_of_its_own_faults_alone),
        cmocka_unit_test(test_who_starts_it_takes_signals_as_before),
        cmocka_unit_test(test_a_thread_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
