#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unicode/utf8.h>

#include <allheaders.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/tests/page_fixture.h"
#include "services/ocr/worker/tests/reading_fixture.h"
#include "services/ocr/worker/text_layer_internal.h"

enum { FILE_MAX_BYTES = 1 << 20, PAGE_MAX_BYTES = 256 << 20 };

/* --- Order of letters --- */

/* A line of letters 10 pixels wide. @visual: from left to right; @is_from_right: the file draws
 * the last of them first. */
static void make_line(struct pdfdoc_line *line, struct pdfdoc_glyph *glyphs, const char *visual,
                      bool is_from_right)
{
    int32_t length = (int32_t)strlen(visual), x = 0;

    *line = (struct pdfdoc_line){.glyphs = glyphs};
    for (int32_t at = 0; at < length; x += 10) {
        UChar32 character;
        U8_NEXT(visual, at, length, character);
        glyphs[line->glyph_count++] = (struct pdfdoc_glyph){
            .character = (uint32_t)character, .box = {x, 0, x + 9, 10}, .ink = {x, 0, x + 9, 10}};
    }
    for (size_t i = 0; is_from_right && i < line->glyph_count / 2; i++) {
        struct pdfdoc_glyph first = glyphs[i];
        glyphs[i] = glyphs[line->glyph_count - 1 - i];
        glyphs[line->glyph_count - 1 - i] = first;
    }
}

static void assert_order(const char *visual, const char *logical)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(PAGE_MAX_BYTES);

    for (int from_right = 0; from_right < 2; from_right++) {
        struct pdfdoc_glyph glyphs[64];
        struct pdfdoc_line line;
        char text[sizeof(glyphs)] = "";
        int32_t length = 0;

        make_line(&line, glyphs, visual, from_right);
        assert_true(text_layer_order_line(&line, arena));
        for (size_t i = 0; i < line.glyph_count; i++)
            length += text_layer_glyph_text(line.glyphs[i].character, text + length);
        assert_string_equal(text, logical);
    }
}

/* Expected: Unicode Standard Annex 9 applied by hand. */
static void test_right_to_left_lines_are_put_in_logical_order(void **state)
{
    (void)state;
    assert_order("םולש", "שלום");
    assert_order("123 םולש", "שלום 123");
    assert_order(".(םולש) abc בוט", "טוב abc (שלום).");
    assert_order("the word םולש is", "the word שלום is");
}

static void test_brackets_named_by_their_look_are_mirrored(void **state)
{
    (void)state;
    assert_order("(םולש)", "(שלום)");
    assert_order(")םולש(", "(שלום)");
}

static void test_presentation_forms_are_read_as_letters(void **state)
{
    char text[TEXT_LAYER_GLYPH_BYTES + 1] = "";

    (void)state;
    text[text_layer_glyph_text(0xfefb, text)] = '\0'; /* lam-alef */
    assert_string_equal(text, "\u0644\u0627");
    text[text_layer_glyph_text(0xfb03, text)] = '\0';
    assert_string_equal(text, "ffi");
}

/* --- Pages --- */

static struct page read_page(struct reading *reading, const struct buf *pdf)
{
    return reading_page(reading, fixture_file_of(pdf), TIER_CPU, "auto");
}

static struct page read_content(struct reading *reading, const char *content)
{
    _cleanup_(buf_deinit) struct buf pdf;

    buf_init(&pdf, FILE_MAX_BYTES);
    fixture_pdf_page(&pdf, content, "");
    return read_page(reading, &pdf);
}

static void test_light_letters_on_dark_are_believed(void **state)
{
    char content[2048];

    (void)snprintf(content, sizeof(content),
                   "%s 0.2 g 60 290 400 30 re f BT 1 g /F 14 Tf 72 300 Td "
                   "(Growth of the Quarter in Wages) Tj ET",
                   fixture_pdf_letter);
    struct page page = read_content(*state, content);
    assert_int_equal(page.source, TEXT_FROM_LAYER);
    assert_non_null(strstr(page.text, "Growth of the Quarter in Wages"));
    assert_non_null(strstr(page.text, fixture_pdf_letter_line));
}

/* Operators that draw the head of tests/data/sample.png ("INVOICE 2041") as a picture. */
static void draw_picture(struct buf *content)
{
    enum { X = 120, Y = 250, WIDTH = 520, HEIGHT = 90 };
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/sample.png", getenv("OCRMESH_TEST_DATA"));
    struct Pix *pix = pixRead(path);
    struct Pix *grey = pix != NULL ? pixConvertTo8(pix, 0) : NULL;
    assert_non_null(grey);
    assert_true(buf_printf(content,
                           "q %d 0 0 %d 72 300 cm BI /W %d /H %d /BPC 8 /CS /G /F /AHx ID\n",
                           WIDTH * 72 / FIXTURE_DPI, HEIGHT * 72 / FIXTURE_DPI, WIDTH, HEIGHT));
    for (int y = Y; y < Y + HEIGHT; y++)
        for (int x = X; x < X + WIDTH; x++) {
            l_uint32 value;
            (void)pixGetPixel(grey, x, y, &value);
            assert_true(buf_printf(content, "%02x", (unsigned)value));
        }
    assert_true(buf_append_str(content, ">\nEI Q\n"));
    pixDestroy(&grey);
    pixDestroy(&pix);
}

static void test_text_in_a_picture_beside_the_layer_is_recognised(void **state)
{
    _cleanup_(buf_deinit) struct buf content;

    buf_init(&content, FILE_MAX_BYTES);
    draw_picture(&content);
    assert_true(buf_append_str(&content, fixture_pdf_letter));
    struct page page = read_content(*state, content.data);
    assert_int_equal(page.source, TEXT_FROM_LAYER);
    assert_non_null(strstr(page.text, "INVOICE 2041"));
    assert_non_null(strstr(page.text, fixture_pdf_letter_line));
}

static void test_line_that_runs_upwards_is_kept(void **state)
{
    char content[2048];

    (void)snprintf(content, sizeof(content),
                   "%s BT /F 12 Tf 0 1 -1 0 40 300 Tm (ships on paper) Tj ET", fixture_pdf_letter);
    struct page page = read_content(*state, content);
    assert_int_equal(page.source, TEXT_FROM_LAYER);
    assert_non_null(strstr(page.text, "ships on paper"));
    assert_non_null(strstr(page.text, fixture_pdf_letter_line));
}

/* One digit that is said to be another: the amount that is shown is what counts. */
static void test_font_that_lies_about_one_digit_is_found(void **state)
{
    static const char map[] = "begincmap 1 begincodespacerange <00><ff> endcodespacerange\n"
                              "3 beginbfrange <20><37><0020> <38><38><0031> <39><7e><0039> "
                              "endbfrange endcmap";
    _cleanup_(buf_deinit) struct buf pdf;
    char stream[2048], map_stream[512];
    static const char amount[] = "BT /F 12 Tf 72 300 Td (The amount is 825 crowns) Tj ET";

    (void)snprintf(stream, sizeof(stream), "<</Length %zu>>stream\n%s\n%s\nendstream",
                   strlen(fixture_pdf_letter) + 1 + strlen(amount), fixture_pdf_letter, amount);
    (void)snprintf(map_stream, sizeof(map_stream), "<</Length %zu>>stream\n%s\nendstream",
                   strlen(map), map);
    const char *const objects[] = {
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        "/Resources<</Font<</F 5 0 R>>>>>>",
        stream,
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/ToUnicode 6 0 R>>",
        map_stream,
    };
    buf_init(&pdf, FILE_MAX_BYTES);
    fixture_pdf(&pdf, objects, ARRAY_LENGTH(objects), "");
    struct page page = read_page(*state, &pdf);
    assert_int_equal(page.source, TEXT_RECOGNIZED);
    assert_non_null(strstr(page.text, "825 crowns"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_to_left_lines_are_put_in_logical_order),
        cmocka_unit_test(test_brackets_named_by_their_look_are_mirrored),
        cmocka_unit_test(test_presentation_forms_are_read_as_letters),
        cmocka_unit_test(test_light_letters_on_dark_are_believed),
        cmocka_unit_test(test_text_in_a_picture_beside_the_layer_is_recognised),
        cmocka_unit_test(test_line_that_runs_upwards_is_kept),
        cmocka_unit_test(test_font_that_lies_about_one_digit_is_found),
    };

    return cmocka_run_group_tests(tests, reading_begin, reading_end);
}
