#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>
#include <cmocka.h>

#include "services/ocr/worker/image.h"
#include "services/ocr/worker/tests/page_fixture.h"
#include "services/ocr/worker/tests/reading_fixture.h"

/* The sample as tests/data/make-sample.py writes it. */
static const char *const sample_lines[] = {
    "Harbour Street Paper Mill",
    "14 Harbour Street, Rostock",
    "INVOICE 2041",
    "Dear Ms Lindqvist,",
    "thank you for your order of 3 November. The goods left our mill",
    "Please pay within thirty days of the date above.",
    "Laid paper, A4, cream\t12\t18.50\t222.00",
    "Total EUR\t266.20",
};

/* @fd: taken. */
static struct page read_file(struct reading *reading, int fd, const char *language)
{
    struct page page = reading_page(reading, fd, TIER_VLM, language);

    assert_string_equal(reading->engine_class->name, "neural");
    return page;
}

/* The sample turned by quarters clockwise, as a file. */
static int turned_sample(uint32_t quarter_turns)
{
    struct decoder *decoder;
    struct image *image;
    struct status st;
    l_uint8 *data;
    size_t size;

    assert_int_equal(decoder_open(fixture_sample(), &decoder, &st), STATUS_OK);
    assert_int_equal(decoder_read_page(decoder, 0, &image, &st), STATUS_OK);
    assert_int_equal(image_turn(image, quarter_turns, &st), STATUS_OK);
    assert_int_equal(pixWriteMem(&data, &size, image->pix, IFF_PNG), 0);
    int fd = fixture_file(data, size);
    lept_free(data);
    image_free(image);
    decoder_close(decoder);
    return fd;
}

/* The sample in the middle of a page three times as wide and high, as a file. */
static int sample_on_large_page(void)
{
    struct decoder *decoder;
    struct image *image;
    struct status st;
    l_uint8 *data;
    size_t size;

    assert_int_equal(decoder_open(fixture_sample(), &decoder, &st), STATUS_OK);
    assert_int_equal(decoder_read_page(decoder, 0, &image, &st), STATUS_OK);
    l_int32 width = (l_int32)image->width, height = (l_int32)image->height;
    struct Pix *page = pixCreate(3 * width, 3 * height, 8);
    assert_non_null(page);
    (void)pixSetAll(page);
    (void)pixRasterop(page, width, height, width, height, PIX_SRC, image->pix, 0, 0);
    assert_int_equal(pixWriteMem(&data, &size, page, IFF_BMP), 0);
    int fd = fixture_file(data, size);
    lept_free(data);
    pixDestroy(&page);
    image_free(image);
    decoder_close(decoder);
    return fd;
}

static void assert_is_sample(const struct page *page)
{
    for (size_t i = 0; i < ARRAY_LENGTH(sample_lines); i++)
        if (strstr(page->text, sample_lines[i]) == NULL)
            fail_msg("'%s' is missing in:\n%s", sample_lines[i], page->text);
    assert_true(page->mean_confidence > 0.9f);
}

static void test_the_sample_is_read(void **state)
{
    struct page page = read_file(*state, fixture_sample(), "auto");

    assert_is_sample(&page);
    assert_string_equal(page.language, "en");
    assert_int_equal(page.rotation, 0);
}

/* Its lines are low, so that it is looked at once more, in bands. */
static void test_small_print_on_a_large_page_is_read(void **state)
{
    struct page page = read_file(*state, sample_on_large_page(), "auto");

    assert_is_sample(&page);
}

static const struct word *find_word(const struct page *page, const char *text)
{
    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++)
            for (size_t w = 0; w < page->blocks[b].lines[l].word_count; w++)
                if (strcmp(page->blocks[b].lines[l].words[w].text, text) == 0)
                    return &page->blocks[b].lines[l].words[w];
    return NULL;
}

/* Where tesseract's command line finds them, give or take a pixel of blur. */
static void test_words_have_their_boxes(void **state)
{
    static const struct {
        const char *text;
        struct bbox bbox;
    } words[] = {{"Lindqvist,", {296, 465, 447, 495}},
                 {"November.", {619, 535, 785, 559}},
                 {"Quantity", {851, 739, 1002, 776}},
                 {"222.00", {1372, 802, 1477, 825}}};
    struct page page = read_file(*state, fixture_sample(), "auto");

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        const struct word *word = find_word(&page, words[i].text);
        assert_non_null(word);
        int64_t common = bbox_area(bbox_intersection(word->bbox, words[i].bbox));
        int64_t both = bbox_area(word->bbox) + bbox_area(words[i].bbox) - common;
        if (common * 10 < both * 8)
            fail_msg("'%s' is at %d %d %d %d", words[i].text, word->bbox.x0, word->bbox.y0,
                     word->bbox.x1, word->bbox.y1);
    }
}

/* Commands that tesseract reads in the letters of the rest of their line. */
static void test_words_in_latin_letters_are_read_among_others(void **state)
{
    static const char *const phrases[] = {"пристрої, а lspci -nn їхні", "карти RTL8111 потрібен",
                                          "GtkButton, PNG"};
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/scripts/uk+words.png", getenv("OCRMESH_TEST_DATA"));
    struct page page = read_file(*state, open(path, O_RDONLY | O_CLOEXEC), "auto");
    assert_string_equal(page.language, "uk");
    for (size_t i = 0; i < ARRAY_LENGTH(phrases); i++)
        if (strstr(page.text, phrases[i]) == NULL)
            fail_msg("'%s' is missing in:\n%s", phrases[i], page.text);
}

static void test_the_turned_sample_is_turned_back(void **state)
{
    for (uint32_t turns = 1; turns < 4; turns++) {
        struct page page = read_file(*state, turned_sample(turns), "auto");
        assert_is_sample(&page);
        assert_int_equal(page.rotation, (4 - turns) * 90);
    }
}

static void test_a_page_is_read_alike_each_time(void **state)
{
    struct page page = read_file(*state, fixture_sample(), "auto");
    char *first = strdup(page.text);

    page = read_file(*state, fixture_sample(), "en");
    assert_string_equal(page.text, first);
    free(first);
}

static void test_a_white_page_has_no_text(void **state)
{
    struct image *image;
    struct status st;
    l_uint8 *data;
    size_t size;

    assert_int_equal(image_new(600, 800, &image, &st), STATUS_OK);
    assert_int_equal(pixWriteMem(&data, &size, image->pix, IFF_PNG), 0);
    image_free(image);
    struct page page = read_file(*state, fixture_file(data, size), "auto");
    lept_free(data);
    assert_string_equal(page.text, "");
}

static void test_images_of_any_shape_are_read(void **state)
{
    static const uint32_t sizes[][2] = {{1, 1}, {1, 900}, {900, 1}, {3000, 20}, {33, 31}};

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        struct image *image;
        struct status st;
        l_uint8 *data;
        size_t size;
        assert_int_equal(image_new(sizes[i][0], sizes[i][1], &image, &st), STATUS_OK);
        assert_int_equal(pixWriteMem(&data, &size, image->pix, IFF_PNG), 0);
        image_free(image);
        struct page page = read_file(*state, fixture_file(data, size), "auto");
        lept_free(data);
        assert_string_equal(page.text, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_sample_is_read),
        cmocka_unit_test(test_small_print_on_a_large_page_is_read),
        cmocka_unit_test(test_words_have_their_boxes),
        cmocka_unit_test(test_words_in_latin_letters_are_read_among_others),
        cmocka_unit_test(test_the_turned_sample_is_turned_back),
        cmocka_unit_test(test_a_page_is_read_alike_each_time),
        cmocka_unit_test(test_a_white_page_has_no_text),
        cmocka_unit_test(test_images_of_any_shape_are_read),
    };

    return cmocka_run_group_tests(tests, reading_begin, reading_end);
}
