#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/picture/pix_memory.h"

enum { SIDE = 2000, SMALLER = 1900, SMALL = 100, LARGE = 3300, LARGEST = 7200 };

static l_uint32 *memory_of(int side)
{
    _cleanup_(pix_freep) struct Pix *pix = pixCreateNoInit(side, side, 8);

    assert_non_null(pix);
    return pixGetData(pix);
}

static void test_large_picture_has_the_memory_of_one_that_is_gone(void **state)
{
    l_uint32 *first = memory_of(SIDE);

    (void)state;
    assert_ptr_equal(memory_of(SIDE), first);
    assert_ptr_equal(memory_of(SMALLER), first);
    /* It would waste most of it. */
    _cleanup_(pix_freep) struct Pix *small = pixCreateNoInit(SIDE / 2, SIDE / 2, 8);
    assert_ptr_not_equal(pixGetData(small), first);
    assert_ptr_equal(memory_of(SIDE), first);
}

static void test_new_picture_is_black_in_memory_that_was_used(void **state)
{
    _cleanup_(pix_freep) struct Pix *first = pixCreate(SIDE, SIDE, 8);
    l_int32 is_empty;

    (void)state;
    assert_int_equal(pixSetAll(first), 0);
    l_uint32 *memory = pixGetData(first);
    pixDestroy(&first);
    _cleanup_(pix_freep) struct Pix *second = pixCreate(SIDE, SIDE, 8);
    assert_ptr_equal(pixGetData(second), memory);
    assert_int_equal(pixZero(second, &is_empty), 0);
    assert_true(is_empty);
}

static size_t used_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu", &pages), 1);
    (void)fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void test_what_is_kept_is_bounded(void **state)
{
    enum { PICTURES = 6 }; /* of 11 MB each */
    struct Pix *pictures[PICTURES];

    (void)state;
    for (int i = 0; i < PICTURES; i++) {
        pictures[i] = pixCreateNoInit(LARGE, LARGE + i, 8);
        assert_non_null(pictures[i]);
    }
    for (int i = 0; i < PICTURES; i++)
        pixDestroy(&pictures[i]);
    assert_true(pix_memory_kept_bytes() > 3 * LARGE * LARGE);
    assert_true(pix_memory_kept_bytes() <= PIX_MEMORY_KEPT_MAX_BYTES);
    pix_memory_release();
    assert_int_equal(pix_memory_kept_bytes(), 0);
    (void)memory_of(SMALL);
    (void)memory_of(LARGEST);
    assert_int_equal(pix_memory_kept_bytes(), 0);
}

/* Of the address space that was there at the start, next to nothing is left for others. */
static void test_what_is_kept_goes_before_memory_is_short(void **state)
{
    struct rlimit before, tight;

    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* their allocators have an address space of their own */
#endif
    (void)memory_of(LARGE);
    assert_true(pix_memory_kept_bytes() > 0);
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    tight = (struct rlimit){.rlim_cur = used_bytes() + LARGE * SIDE, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
    struct Pix *pix = pixCreateNoInit(LARGE + SIDE / 2, LARGE, 8);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_non_null(pix);
    pixDestroy(&pix);
}

static int use_memory(void **state)
{
    (void)state;
    pix_memory_use();
    return 0;
}

static int release(void **state)
{
    (void)state;
    pix_memory_release();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_large_picture_has_the_memory_of_one_that_is_gone, release),
        cmocka_unit_test_teardown(test_new_picture_is_black_in_memory_that_was_used, release),
        cmocka_unit_test_teardown(test_what_is_kept_is_bounded, release),
        cmocka_unit_test_teardown(test_what_is_kept_goes_before_memory_is_short, release),
    };
    return cmocka_run_group_tests(tests, use_memory, NULL);
}
