#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "services/export/tests/picture_fixture.h"

static struct page_image_query rendition_of(uint32_t page_index)
{
    return (struct page_image_query){
        OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_RENDITION, page_index, 0};
}

/* Reads the picture to its end. */
static status_code read_all(struct page_image *image, size_t *ret_length, struct status *st)
{
    struct str chunk;

    *ret_length = 0;
    do {
        TRY(page_image_read(image, &chunk, st));
        *ret_length += chunk.n;
    } while (chunk.n > 0);
    return STATUS_OK;
}

static void test_a_picture_comes_whole(void **state)
{
    struct page_image_query query = rendition_of(FIXTURE_PICTURE_JPEG);
    _cleanup_(page_image_freep) struct page_image *image = NULL;
    struct status st = {0};
    size_t length;

    assert_int_equal(page_image_open(fixture_pictures(), &query, &image, &st), STATUS_OK);
    assert_int_equal(page_image_description(image)->width, 16);
    assert_int_equal(read_all(image, &length, &st), STATUS_OK);
    assert_int_equal(length, page_image_description(image)->size_bytes);
}

static void test_that_none_is_kept_is_no_failure(void **state)
{
    struct page_image_query query = rendition_of(1000);
    struct page_image *image;
    struct status st = {0};

    assert_int_equal(page_image_open(fixture_pictures(), &query, &image, &st), STATUS_OK);
    assert_null(image);
    assert_int_equal(page_image_open(NULL, &query, &image, &st), STATUS_OK);
    assert_null(image);
}

static void test_a_size_that_lies_is_noticed(void **state)
{
    static const uint32_t liars[] = {FIXTURE_PICTURE_SHORT, FIXTURE_PICTURE_LONG};

    for (size_t i = 0; i < ARRAY_LENGTH(liars); i++) {
        struct page_image_query query = rendition_of(liars[i]);
        _cleanup_(page_image_freep) struct page_image *image = NULL;
        struct status st = {0};
        size_t length;

        assert_int_equal(page_image_open(fixture_pictures(), &query, &image, &st), STATUS_OK);
        assert_int_equal(read_all(image, &length, &st), STATUS_DATA_LOSS);
    }
}

/* --- what is told of a picture --- */

static Ocrmesh__Document__V1__PageImage told;

static void close_told(struct page_image_reader *reader)
{
    free(reader);
}

static status_code open_told(struct page_image_source *source, const struct page_image_query *query,
                             struct page_image_reader **ret_reader, struct status *st)
{
    *ret_reader = calloc(1, sizeof(**ret_reader));
    assert_non_null(*ret_reader);
    **ret_reader = (struct page_image_reader){.description = &told, .close = close_told};
    return STATUS_OK;
}

static bool is_believed(void)
{
    struct page_image_source source = {open_told};
    struct page_image_query query = rendition_of(0);
    _cleanup_(page_image_freep) struct page_image *image = NULL;
    struct status st = {0};
    status_code code = page_image_open(&source, &query, &image, &st);

    assert_true(code == STATUS_OK || code == STATUS_INTERNAL);
    return code == STATUS_OK;
}

static void start_told(void)
{
    ocrmesh__document__v1__page_image__init(&told);
    told.encoding = OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_PNG_ROWS;
    told.width = 100;
    told.height = PAGE_IMAGE_SIDE_MAX;
    told.components = 1;
    told.bits_per_component = 8;
    told.size_bytes = PAGE_IMAGE_MAX_BYTES;
}

#define EXPECT_REFUSED(change)                                                                     \
    do {                                                                                           \
        start_told();                                                                              \
        assert_true(is_believed());                                                                \
        change;                                                                                    \
        assert_false(is_believed());                                                               \
    } while (0)

static void test_what_cannot_be_true_is_refused(void **state)
{
    static uint8_t colours[PAGE_IMAGE_PALETTE_MAX_BYTES + 3];
    Ocrmesh__Document__V1__Placement placement = OCRMESH__DOCUMENT__V1__PLACEMENT__INIT;

    EXPECT_REFUSED(told.encoding = 0);
    EXPECT_REFUSED(told.encoding = 8);
    EXPECT_REFUSED(told.width = 0);
    EXPECT_REFUSED(told.height = PAGE_IMAGE_SIDE_MAX + 1);
    EXPECT_REFUSED(told.components = 2);
    EXPECT_REFUSED(told.bits_per_component = 3);
    EXPECT_REFUSED(told.size_bytes = 0);
    EXPECT_REFUSED(told.size_bytes = (int64_t)PAGE_IMAGE_MAX_BYTES + 1);
    EXPECT_REFUSED(told.palette = ((ProtobufCBinaryData){4, colours}));
    EXPECT_REFUSED(told.palette = ((ProtobufCBinaryData){sizeof(colours), colours}));
    EXPECT_REFUSED((told.palette = (ProtobufCBinaryData){3, colours}, told.components = 3));
    EXPECT_REFUSED(told.jbig2_globals.len = PAGE_IMAGE_GLOBALS_MAX_BYTES + 1);
    placement.e = -INFINITY;
    EXPECT_REFUSED(told.placement = &placement);
    placement.e = 1e9;
    EXPECT_REFUSED(told.placement = &placement);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_picture_comes_whole),
        cmocka_unit_test(test_that_none_is_kept_is_no_failure),
        cmocka_unit_test(test_a_size_that_lies_is_noticed),
        cmocka_unit_test(test_what_cannot_be_true_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
