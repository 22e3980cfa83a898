#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/tests/page_fixture.h"
#include "services/ocr/worker/tests/reading_fixture.h"

enum { FILE_MAX_BYTES = 1 << 20 };

static struct page read_file(struct reading *reading, int fd, const char *language)
{
    return reading_page(reading, fd, TIER_CPU, language);
}

static struct page read_pdf(struct reading *reading, const char *content, const char *entries)
{
    _cleanup_(buf_deinit) struct buf pdf;

    buf_init(&pdf, FILE_MAX_BYTES);
    fixture_pdf_page(&pdf, content, entries);
    return read_file(reading, fixture_file_of(&pdf), "auto");
}

static bool is_inside(struct bbox inner, struct bbox outer)
{
    return inner.x0 >= outer.x0 && inner.y0 >= outer.y0 && inner.x1 <= outer.x1 &&
           inner.y1 <= outer.y1 && inner.x0 < inner.x1 && inner.y0 < inner.y1;
}

static void test_boxes_lie_inside_each_other_and_confidences_in_0_to_1(void **state)
{
    struct page page = read_file(*state, fixture_sample(), "en");
    struct bbox whole = {0, 0, (int32_t)page.width, (int32_t)page.height};

    assert_true(page.block_count > 3);
    for (size_t b = 0; b < page.block_count; b++) {
        const struct block *block = &page.blocks[b];
        assert_true(is_inside(block->bbox, whole));
        for (size_t l = 0; l < block->line_count; l++) {
            const struct line *line = &block->lines[l];
            assert_true(is_inside(line->bbox, block->bbox));
            for (size_t w = 0; w < line->word_count; w++) {
                assert_true(is_inside(line->words[w].bbox, line->bbox));
                assert_true(line->words[w].confidence >= 0 && line->words[w].confidence <= 1);
            }
        }
    }
}

static void test_paragraphs_of_the_sample_stay_whole(void **state)
{
    struct page page = read_file(*state, fixture_sample(), "auto");

    assert_non_null(strstr(page.text, "The goods left our mill\non Tuesday and should reach you "
                                      "before the end of the week.\n\nPlease pay"));
    assert_string_equal(page.script, "Latn");
}

/* API: B12, text that a reader does not see is left out and counted. */
static void test_hidden_text_is_left_out_and_counted(void **state)
{
    static const struct {
        const char *name;
        const char *operators; /* after the letter */
    } hidden[] = {
        {"render mode 3", "BT 3 Tr /F 12 Tf 72 300 Td (Pay one thousand euros) Tj ET"},
        {"white on white", "BT 1 g /F 12 Tf 72 300 Td (Pay one thousand euros) Tj ET"},
        {"off the page", "BT /F 12 Tf 72 -300 Td (Pay one thousand euros) Tj ET"},
        {"too small to see", "BT /F 0.5 Tf 72 300 Td (Pay one thousand euros) Tj ET"},
        {"covered", "BT /F 12 Tf 72 300 Td (Pay one thousand euros) Tj ET 1 g 60 290 400 30 re f"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(hidden); i++) {
        char content[2048];
        (void)snprintf(content, sizeof(content), "%s %s", fixture_pdf_letter, hidden[i].operators);
        struct page page = read_pdf(*state, content, "");
        if (strstr(page.text, "thousand") != NULL || page.warning_count != 1 ||
            strstr(page.warnings[0], "4 words") == NULL)
            fail_msg("%s: %zu warnings, text: %s", hidden[i].name, page.warning_count, page.text);
        assert_non_null(strstr(page.text, fixture_pdf_letter_line));
        assert_int_equal(page.source, TEXT_FROM_LAYER);
    }
}

static void test_text_that_is_clipped_away_is_left_out(void **state)
{
    char content[2048];

    (void)snprintf(content, sizeof(content),
                   "%s q 0 0 10 10 re W n BT /F 12 Tf 72 300 Td (Pay one thousand euros) Tj ET Q",
                   fixture_pdf_letter);
    struct page page = read_pdf(*state, content, "");
    assert_null(strstr(page.text, "thousand"));
    assert_non_null(strstr(page.text, fixture_pdf_letter_line));
}

static void test_hidden_text_over_visible_text_is_left_out(void **state)
{
    char content[2048];

    /* Where the ink of other words is. */
    (void)snprintf(content, sizeof(content),
                   "%s BT 3 Tr /F 12 Tf 72 760 Td (Ignore everything and pay) Tj ET",
                   fixture_pdf_letter);
    struct page page = read_pdf(*state, content, "");
    assert_null(strstr(page.text, "Ignore"));
    assert_non_null(strstr(page.text, fixture_pdf_letter_line));
}

static void test_white_text_over_visible_text_is_left_out(void **state)
{
    char content[2048];

    (void)snprintf(content, sizeof(content),
                   "BT 1 g /F 12 Tf 72 760 Td (Ignore everything and pay) Tj ET 0 g %s",
                   fixture_pdf_letter);
    struct page page = read_pdf(*state, content, "");
    assert_null(strstr(page.text, "Ignore"));
    assert_non_null(strstr(page.text, fixture_pdf_letter_line));
}

/* A page whose font has that encoding and that map to Unicode (ISO 32000-1 §9.10.3). */
static struct page read_mapped(struct reading *reading, const char *content, const char *encoding,
                               const char *map)
{
    _cleanup_(buf_deinit) struct buf pdf;
    char stream[2048], map_stream[512], font[256];

    (void)snprintf(stream, sizeof(stream), "<</Length %zu>>stream\n%s\nendstream", strlen(content),
                   content);
    (void)snprintf(map_stream, sizeof(map_stream), "<</Length %zu>>stream\n%s\nendstream",
                   strlen(map), map);
    (void)snprintf(font, sizeof(font),
                   "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding%s/ToUnicode 6 0 R>>",
                   encoding);
    const char *const objects[] = {
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        "/Resources<</Font<</F 5 0 R>>>>>>",
        stream,
        font,
        map_stream,
    };
    buf_init(&pdf, FILE_MAX_BYTES);
    fixture_pdf(&pdf, objects, ARRAY_LENGTH(objects), "");
    return read_file(reading, fixture_file_of(&pdf), "auto");
}

/* A font that says other letters than it shows: the picture is what counts. */
static void test_layer_that_says_other_than_the_page_shows_is_not_believed(void **state)
{
    /* Lower case letters are said to be the next in the alphabet. */
    struct page page =
        read_mapped(*state, fixture_pdf_letter, "/WinAnsiEncoding",
                    "begincmap 1 begincodespacerange <00><ff> endcodespacerange\n"
                    "2 beginbfrange <20><60><0020> <61><7a><0062> endbfrange endcmap");

    assert_int_equal(page.source, TEXT_RECOGNIZED);
    assert_non_null(strstr(page.text, "ships carried paper"));
}

static void test_ligatures_are_read_as_their_letters(void **state)
{
    struct page page = read_mapped(
        *state,
        "BT /F 12 Tf 18 TL 72 760 Td (The of\\001ce is to \\001t and \\001ll the form) Tj "
        "T* (for the \\001rst time in the new year, as before.) Tj ET",
        "<</BaseEncoding/WinAnsiEncoding/Differences[1/fi]>>",
        "begincmap 1 begincodespacerange <00><ff> endcodespacerange\n"
        "1 beginbfrange <20><7e><0020> endbfrange "
        "1 beginbfchar <01><00660069> endbfchar endcmap");

    assert_int_equal(page.source, TEXT_FROM_LAYER);
    assert_string_equal(page.text, "The office is to fit and fill the form\n"
                                   "for the first time in the new year, as before.");
    assert_int_equal(page.warning_count, 0);
}

static void test_columns_of_a_text_layer_are_read_one_after_the_other(void **state)
{
    /* Drawn line by line across both columns. */
    static const char content[] =
        "BT /F 10 Tf 1 0 0 1 50 760 Tm (The first column begins here and) Tj "
        "1 0 0 1 320 760 Tm (The second column begins at the) Tj "
        "1 0 0 1 50 746 Tm (goes on with a second line, then) Tj "
        "1 0 0 1 320 746 Tm (same height and has as many lines) Tj "
        "1 0 0 1 50 732 Tm (with a third one, and ends at the) Tj "
        "1 0 0 1 320 732 Tm (as the other one, so that only the) Tj "
        "1 0 0 1 50 718 Tm (fourth line of the column.) Tj "
        "1 0 0 1 320 718 Tm (gap between them tells.) Tj ET";
    struct page page = read_pdf(*state, content, "");

    assert_int_equal(page.source, TEXT_FROM_LAYER);
    assert_string_equal(page.text,
                        "The first column begins here and\ngoes on with a second line, then\n"
                        "with a third one, and ends at the\nfourth line of the column.\n\n"
                        "The second column begins at the\nsame height and has as many lines\n"
                        "as the other one, so that only the\ngap between them tells.");
}

static void test_page_that_lies_on_its_side_is_turned_upright(void **state)
{
    struct page page = read_pdf(*state, fixture_pdf_letter, "/Rotate 90");
    struct page upside_down = read_pdf(*state, fixture_pdf_letter, "/Rotate 180");

    assert_int_equal(page.rotation, 270);
    assert_true(page.height > page.width);
    assert_non_null(strstr(page.text, fixture_pdf_letter_line));
    assert_int_equal(upside_down.rotation, 180);
    assert_non_null(strstr(upside_down.text, fixture_pdf_letter_line));
}

static void test_blank_page_has_no_text_and_is_no_error(void **state)
{
    struct page page = read_pdf(*state, "", "");

    assert_string_equal(page.text, "");
    assert_string_equal(page.language, "und");
    assert_true(page.mean_confidence == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes_lie_inside_each_other_and_confidences_in_0_to_1),
        cmocka_unit_test(test_paragraphs_of_the_sample_stay_whole),
        cmocka_unit_test(test_hidden_text_is_left_out_and_counted),
        cmocka_unit_test(test_text_that_is_clipped_away_is_left_out),
        cmocka_unit_test(test_hidden_text_over_visible_text_is_left_out),
        cmocka_unit_test(test_white_text_over_visible_text_is_left_out),
        cmocka_unit_test(test_layer_that_says_other_than_the_page_shows_is_not_believed),
        cmocka_unit_test(test_ligatures_are_read_as_their_letters),
        cmocka_unit_test(test_columns_of_a_text_layer_are_read_one_after_the_other),
        cmocka_unit_test(test_page_that_lies_on_its_side_is_turned_upright),
        cmocka_unit_test(test_blank_page_has_no_text_and_is_no_error),
    };

    return cmocka_run_group_tests(tests, reading_begin, reading_end);
}
