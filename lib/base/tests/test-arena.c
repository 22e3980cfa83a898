#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/arena.h"

static void test_allocations_are_aligned_and_apart(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);
    unsigned char *blocks[500];

    for (size_t i = 0; i < ARRAY_LENGTH(blocks); i++) {
        blocks[i] = arena_alloc(arena, i + 1);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        memset(blocks[i], (int)(i & 0xff), i + 1);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(blocks); i++)
        for (size_t j = 0; j <= i; j++)
            assert_int_equal(blocks[i][j], i & 0xff);
}

static void test_the_limit_holds(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(10000);
    size_t count = 0;

    while (arena_alloc(arena, 100) != NULL)
        count++;
    assert_in_range(count, 70, 100);
    assert_true(arena_size(arena) <= 10000);
    assert_null(arena_alloc(arena, SIZE_MAX));
    assert_null(arena_alloc(arena, SIZE_MAX - 4));
    assert_null(arena_calloc(arena, SIZE_MAX / 2, 3));
}

static void test_reset_gives_the_memory_back(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);

    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 100; i++)
            assert_non_null(arena_alloc(arena, 1000));
        arena_reset(arena);
    }
    assert_true(arena_size(arena) <= 4096);
}

static void test_calloc_clears_reused_memory(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 16);

    memset(arena_alloc(arena, 256), 0xff, 256);
    arena_reset(arena);
    const unsigned char *block = arena_calloc(arena, 16, 16);
    for (int i = 0; i < 256; i++)
        assert_int_equal(block[i], 0);
}

static void test_strings_are_copied(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 16);

    assert_string_equal(arena_strdup(arena, "page"), "page");
    assert_string_equal(arena_strndup(arena, "page one", 4), "page");
    assert_string_equal(arena_strndup(arena, NULL, 0), "");
    assert_string_equal(arena_printf(arena, "%d of %s", 3, "4"), "3 of 4");
    assert_null(arena_strndup(arena, "", SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations_are_aligned_and_apart),
        cmocka_unit_test(test_the_limit_holds),
        cmocka_unit_test(test_reset_gives_the_memory_back),
        cmocka_unit_test(test_calloc_clears_reused_memory),
        cmocka_unit_test(test_strings_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
