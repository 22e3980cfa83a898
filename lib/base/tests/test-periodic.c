#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/periodic.h"

enum { LONG_MS = 3600000 };

static void post(void *arg)
{
    (void)sem_post(arg);
}

static void test_it_runs_again_and_again(void **state)
{
    struct periodic *periodic = NULL;
    struct status st = {0};
    sem_t runs;

    (void)sem_init(&runs, 0, 0);
    assert_int_equal(periodic_start(post, &runs, 1, &periodic, &st), STATUS_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(sem_wait(&runs), 0);
    periodic_stop(periodic);
    (void)sem_destroy(&runs);
}

static void test_a_stop_does_not_wait_for_the_next_run(void **state)
{
    struct periodic *periodic = NULL;
    struct status st = {0};
    int count = 0;
    sem_t runs;

    (void)sem_init(&runs, 0, 0);
    assert_int_equal(periodic_start(post, &runs, LONG_MS, &periodic, &st), STATUS_OK);
    assert_int_equal(sem_wait(&runs), 0); /* the first one is at once */
    periodic_stop(periodic);
    (void)sem_getvalue(&runs, &count);
    assert_int_equal(count, 0);
    (void)sem_destroy(&runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_runs_again_and_again),
        cmocka_unit_test(test_a_stop_does_not_wait_for_the_next_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
