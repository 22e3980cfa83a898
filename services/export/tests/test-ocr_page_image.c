/*
 * Pictures out of a server: an ocr service of fixed ones.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "services/export/ocr_page_image.h"
#include "services/export/tests/fake_ocr.h"
#include "services/export/tests/picture_fixture.h"

enum { CALL_TIMEOUT_MS = 20000 };

static struct fake_ocr *ocr;
static struct rpc_channel *channel;

static status_code open_rendition(const char *job_id, uint32_t page_index,
                                  struct page_image **ret_image, struct status *st)
{
    static struct rpc_metadata_entry identity = {"authorization", {"Bearer secret-token", 19}};
    static struct rpc_call_options options;
    static struct ocr_page_image_source source;
    struct page_image_query query = {
        OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_RENDITION, page_index, 0};

    options.deadline = time_mono_after_ms(CALL_TIMEOUT_MS);
    options.metadata = (struct rpc_metadata){&identity, 1};
    ocr_page_image_source_init(&source, channel, &options, job_id);
    return page_image_open(&source.source, &query, ret_image, st);
}

static void test_a_picture_comes_as_it_was_sent(void **state)
{
    _cleanup_(page_image_freep) struct page_image *image = NULL;
    Ocrmesh__Document__V1__PageImage description;
    struct page_image_query query = {
        OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_RENDITION, FIXTURE_PICTURE_JPEG, 0};
    char seen[FAKE_SEEN_MAX];
    struct status st = {0};
    struct str chunk;
    size_t length, at = 0;
    const uint8_t *expected = fixture_picture(&query, &description, &length);

    assert_int_equal(open_rendition(FAKE_EMPTY, FIXTURE_PICTURE_JPEG, &image, &st), STATUS_OK);
    assert_int_equal(page_image_description(image)->height, 8);
    assert_int_equal(page_image_description(image)->size_bytes, length);
    for (;;) {
        assert_int_equal(page_image_read(image, &chunk, &st), STATUS_OK);
        if (chunk.n == 0)
            break;
        assert_in_range(at + chunk.n, 1, length);
        assert_memory_equal(chunk.p, expected + at, chunk.n);
        at += chunk.n;
    }
    assert_int_equal(at, length);
    fake_ocr_seen(ocr, "authorization", seen);
    assert_string_equal(seen, "Bearer secret-token");
}

static void test_a_page_without_a_picture_has_none(void **state)
{
    struct page_image *image;
    struct status st = {0};

    assert_int_equal(open_rendition(FAKE_EMPTY, 1000, &image, &st), STATUS_OK);
    assert_null(image);
}

static void test_failures_of_ocr_are_passed_on(void **state)
{
    struct page_image *image;
    struct status st = {0};

    assert_int_equal(open_rendition(FAKE_BROKEN, 0, &image, &st), STATUS_DATA_LOSS);
    assert_string_equal(st.reason, FAKE_BROKEN_REASON);
}

static void test_a_service_that_says_nothing_is_an_internal_error(void **state)
{
    struct page_image *image;
    struct status st = {0};

    assert_int_equal(open_rendition(FAKE_SILENT, 0, &image, &st), STATUS_INTERNAL);
}

/* What is read half is given back: the call ends, and the next one works. */
static void test_a_picture_may_be_left_half_read(void **state)
{
    struct page_image *image;
    struct status st = {0};
    struct str chunk;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(open_rendition(FAKE_EMPTY, FIXTURE_PICTURE_JPEG, &image, &st), STATUS_OK);
        assert_int_equal(page_image_read(image, &chunk, &st), STATUS_OK);
        assert_int_equal(chunk.n, FIXTURE_PICTURE_CHUNK_BYTES);
        page_image_free(image);
    }
}

static int start(void **state)
{
    struct rpc_channel_options options = {0};
    struct status st = {0};
    char target[64];

    rpc_start();
    ocr = fake_ocr_new();
    (void)snprintf(target, sizeof(target), "dns:///127.0.0.1:%d", fake_ocr_port(ocr));
    options.target = target;
    return rpc_channel_new(&options, &channel, &st) == STATUS_OK ? 0 : -1;
}

static int stop(void **state)
{
    rpc_channel_free(TAKE(channel));
    fake_ocr_free(TAKE(ocr));
    rpc_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_picture_comes_as_it_was_sent),
        cmocka_unit_test(test_a_page_without_a_picture_has_none),
        cmocka_unit_test(test_failures_of_ocr_are_passed_on),
        cmocka_unit_test(test_a_service_that_says_nothing_is_an_internal_error),
        cmocka_unit_test(test_a_picture_may_be_left_half_read),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
