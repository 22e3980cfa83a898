#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "services/ocr/page_parts.h"

enum { PARTS_MAX = 16 };

struct collected {
    uint8_t *bytes; /* of all parts, one after the other: protobuf's merge */
    size_t size;
    size_t count;
    size_t largest;
};

static status_code collect(const Ocrmesh__Document__V1__Page *part, void *arg, struct status *st)
{
    struct collected *collected = arg;
    size_t size = ocrmesh__document__v1__page__get_packed_size(part);

    collected->bytes = realloc(collected->bytes, collected->size + size + 1);
    assert_non_null(collected->bytes);
    (void)ocrmesh__document__v1__page__pack(part, collected->bytes + collected->size);
    collected->size += size;
    collected->count++;
    if (size > collected->largest)
        collected->largest = size;
    return STATUS_OK;
}

/* A page with `count` blocks of `length` letters each; freed by free_page(). */
static Ocrmesh__Document__V1__Page *make_page(size_t count, size_t length)
{
    Ocrmesh__Document__V1__Page *page = calloc(1, sizeof(*page));

    ocrmesh__document__v1__page__init(page);
    page->index = 7;
    page->width = 100;
    page->text = strdup("text");
    page->markdown = strdup("markdown");
    page->blocks = calloc(count + 1, sizeof(*page->blocks));
    page->n_blocks = count;
    for (size_t i = 0; i < count; i++) {
        page->blocks[i] = calloc(1, sizeof(**page->blocks));
        ocrmesh__document__v1__block__init(page->blocks[i]);
        page->blocks[i]->level = (uint32_t)i;
        page->blocks[i]->text = malloc(length + 1);
        memset(page->blocks[i]->text, 'x', length);
        page->blocks[i]->text[length] = '\0';
    }
    return page;
}

static void free_page(Ocrmesh__Document__V1__Page *page)
{
    for (size_t i = 0; i < page->n_blocks; i++) {
        free(page->blocks[i]->text);
        free(page->blocks[i]);
    }
    free(page->blocks);
    free(page->text);
    free(page->markdown);
    free(page);
}

static void test_a_small_page_is_one_part(void **state)
{
    Ocrmesh__Document__V1__Page *page = make_page(3, 100);
    struct collected collected = {0};
    struct status st;

    assert_int_equal(page_parts_send(page, collect, &collected, &st), STATUS_OK);

    assert_int_equal(collected.count, 1);
    free(collected.bytes);
    free_page(page);
}

static void test_a_page_without_blocks_is_one_part(void **state)
{
    Ocrmesh__Document__V1__Page *page = make_page(0, 0);
    struct collected collected = {0};
    struct status st;

    assert_int_equal(page_parts_send(page, collect, &collected, &st), STATUS_OK);

    assert_int_equal(collected.count, 1);
    free(collected.bytes);
    free_page(page);
}

/* document.proto: "protobuf's merge of all of them is the page". */
static void test_the_merge_of_all_parts_is_the_page(void **state)
{
    Ocrmesh__Document__V1__Page *page = make_page(50, 100000);
    struct collected collected = {0};
    struct status st;

    assert_int_equal(page_parts_send(page, collect, &collected, &st), STATUS_OK);
    assert_true(collected.count >= 5 && collected.count <= PARTS_MAX);
    assert_true(collected.largest <= PAGE_PART_MAX_BYTES);
    Ocrmesh__Document__V1__Page *merged =
        ocrmesh__document__v1__page__unpack(NULL, collected.size, collected.bytes);

    assert_non_null(merged);
    assert_int_equal(merged->index, 7);
    assert_int_equal(merged->width, 100);
    assert_string_equal(merged->text, "text");
    assert_int_equal(merged->n_blocks, 50);
    for (uint32_t i = 0; i < 50; i++)
        assert_int_equal(merged->blocks[i]->level, i);
    ocrmesh__document__v1__page__free_unpacked(merged, NULL);
    free(collected.bytes);
    free_page(page);
}

static void test_a_block_larger_than_a_message_cannot_be_sent(void **state)
{
    Ocrmesh__Document__V1__Page *page = make_page(1, PAGE_PART_MAX_BYTES);
    struct collected collected = {0};
    struct status st;

    assert_false(page_parts_is_sendable(page));
    assert_int_equal(page_parts_send(page, collect, &collected, &st), STATUS_INTERNAL);
    assert_int_equal(collected.count, 0);
    free_page(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_small_page_is_one_part),
        cmocka_unit_test(test_a_page_without_blocks_is_one_part),
        cmocka_unit_test(test_the_merge_of_all_parts_is_the_page),
        cmocka_unit_test(test_a_block_larger_than_a_message_cannot_be_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
