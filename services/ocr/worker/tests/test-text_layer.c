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

/* --- Marks --- */

/* @sign drawn from x to x + 10 and from y 0 to 4, before the letter that stands at 20 to 40, 6 to
 * 20. */
static void assert_joined(uint32_t sign, int32_t x, uint32_t letter, const char *expected)
{
    struct pdfdoc_glyph glyphs[] = {
        {.character = 'f', .box = {0, 0, 15, 20}, .ink = {0, 0, 15, 20}},
        {.character = sign, .box = {x, 0, x + 10, 4}, .ink = {x, 0, x + 10, 4}},
        {.character = ' '},
        {.character = letter, .box = {20, 6, 40, 20}, .ink = {20, 6, 40, 20}},
    };
    struct pdfdoc_line line = {.glyphs = glyphs, .glyph_count = ARRAY_LENGTH(glyphs)};
    char text[sizeof(glyphs)] = "";
    int32_t length = 0;

    text_layer_join_marks(&line);
    for (size_t i = 0; i < line.glyph_count; i++)
        length += text_layer_glyph_text(line.glyphs[i].character, text + length);
    assert_string_equal(text, expected);
}

static void test_signs_over_letters_are_marks_on_them(void **state)
{
    (void)state;
    assert_joined(0xa8, 25, 'u', "fü");
    assert_joined(0xb4, 25, 0x131, "fí");
    assert_joined(0x308, 25, 'u', "fü");
    /* Beside it; over what takes no such mark; no mark at all. */
    assert_joined('`', 8, 'u', "f` u");
    assert_joined(0xa8, 25, 'q', "f¨ q");
    assert_joined('-', 25, 'u', "f- u");
}

static void test_sign_under_the_letter_before_it_is_its_mark(void **state)
{
    struct pdfdoc_glyph glyphs[] = {
        {.character = 'c', .box = {0, 6, 20, 20}, .ink = {0, 6, 20, 20}},
        {.character = 0xb8, .box = {5, 19, 15, 26}, .ink = {5, 19, 15, 26}},
        {.character = 'a', .box = {22, 6, 40, 20}, .ink = {22, 6, 40, 20}},
    };
    struct pdfdoc_line line = {.glyphs = glyphs, .glyph_count = ARRAY_LENGTH(glyphs)};

    (void)state;
    text_layer_join_marks(&line);
    assert_int_equal(line.glyph_count, 2);
    assert_int_equal(line.glyphs[0].character, 0xe7);
    assert_int_equal(line.glyphs[0].ink.y1, 26);
    assert_int_equal(line.glyphs[1].character, 'a');
}

/* @sign: where the unnamed glyph's ink is, between "l" and "o". */
static uint32_t named(struct bbox sign)
{
    struct pdfdoc_glyph glyphs[] = {
        {.character = 'l', .ink = {0, 0, 4, 20}},
        {.character = 0, .ink = sign},
        {.character = 'o', .ink = {12, 6, 24, 20}},
    };
    struct pdfdoc_line line = {.glyphs = glyphs, .glyph_count = ARRAY_LENGTH(glyphs)};

    text_layer_name_apostrophes(&line);
    return glyphs[1].character;
}

static void test_unnamed_glyph_is_an_apostrophe_where_it_looks_like_one(void **state)
{
    (void)state;
    assert_int_equal(named((struct bbox){6, 0, 9, 7}), 0x2019);
    assert_int_equal(named((struct bbox){6, 17, 9, 24}), 0); /* a comma */
    assert_int_equal(named((struct bbox){6, 0, 10, 20}), 0); /* a letter */
    assert_int_equal(named((struct bbox){5, 8, 11, 10}), 0); /* a hyphen */
    assert_int_equal(named((struct bbox){0}), 0);            /* nothing to be seen */
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

/* As TeX draws an umlaut: the sign, back over its width, the letter. */
static void test_umlauts_of_two_glyphs_are_letters(void **state)
{
    struct page page = read_content(
        *state, "BT /F 14 Tf 20 TL 72 760 Td "
                "[(Das Gesetz gilt f) -111.5 (\\250) 444.5 (ur alle B) -111.5 (\\250) 444.5 "
                "(urger, die in der) ] TJ T* "
                "[(Stadt wohnen und ihre Geb) -111.5 (\\250) 444.5 (uhren p) -111.5 (\\250) 444.5 "
                "(unktlich bezahlen.) ] TJ T* "
                "(Wer das nicht kann, schreibt bis zum Ende des Monats an das Amt.) Tj ET ");

    assert_int_equal(page.source, TEXT_FROM_LAYER);
    assert_non_null(strstr(page.text, "gilt für alle Bürger, die"));
    assert_non_null(strstr(page.text, "Gebühren pünktlich bezahlen."));
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

/* Heads of narrow columns run upwards; they are the cells that the rules make of them. */
static void test_heads_that_run_upwards_stand_in_their_table(void **state)
{
    enum { TOP = 500, HEAD = 400, ROW = 20, ROWS = 3, LEFT = 72, COLUMN = 90, COLUMNS = 3 };
    char content[4096];
    size_t length = (size_t)snprintf(content, sizeof(content), "%s 1 w ", fixture_pdf_letter);

    for (int x = LEFT; x <= LEFT + COLUMNS * COLUMN; x += COLUMN)
        length += (size_t)snprintf(content + length, sizeof(content) - length, "%d %d m %d %d l S ",
                                   x, TOP, x, HEAD - ROWS * ROW);
    for (int y = HEAD; y >= HEAD - ROWS * ROW; y -= ROW)
        length += (size_t)snprintf(content + length, sizeof(content) - length, "%d %d m %d %d l S ",
                                   LEFT, y, LEFT + COLUMNS * COLUMN, y);
    (void)snprintf(content + length, sizeof(content) - length,
                   "%d %d m %d %d l S BT /F 12 Tf "
                   "1 0 0 1 80 440 Tm (District) Tj "
                   "0 1 -1 0 210 410 Tm (Spring of 2012) Tj 0 1 -1 0 300 410 Tm (Autumn) Tj "
                   "1 0 0 1 80 386 Tm (Balasore) Tj 1 0 0 1 180 386 Tm (1234.65) Tj "
                   "1 0 0 1 270 386 Tm (2081.25) Tj "
                   "1 0 0 1 80 366 Tm (Bhadrak) Tj 1 0 0 1 180 366 Tm (1534.50) Tj "
                   "1 0 0 1 270 366 Tm (1350.75) Tj "
                   "1 0 0 1 80 346 Tm (Balangir) Tj 1 0 0 1 180 346 Tm (1701.40) Tj "
                   "1 0 0 1 270 346 Tm (1497.80) Tj ET",
                   LEFT, TOP, LEFT + COLUMNS * COLUMN, TOP);
    struct page page = read_content(*state, content);
    assert_int_equal(page.source, TEXT_FROM_LAYER);
    assert_non_null(strstr(page.markdown, "| District | Spring of 2012 | Autumn |\n| --- "));
    assert_non_null(strstr(page.markdown, "| Bhadrak | 1534.50 | 1350.75 |\n"));
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
        cmocka_unit_test(test_signs_over_letters_are_marks_on_them),
        cmocka_unit_test(test_sign_under_the_letter_before_it_is_its_mark),
        cmocka_unit_test(test_unnamed_glyph_is_an_apostrophe_where_it_looks_like_one),
        cmocka_unit_test(test_umlauts_of_two_glyphs_are_letters),
        cmocka_unit_test(test_light_letters_on_dark_are_believed),
        cmocka_unit_test(test_text_in_a_picture_beside_the_layer_is_recognised),
        cmocka_unit_test(test_line_that_runs_upwards_is_kept),
        cmocka_unit_test(test_heads_that_run_upwards_stand_in_their_table),
        cmocka_unit_test(test_font_that_lies_about_one_digit_is_found),
    };

    return cmocka_run_group_tests(tests, reading_begin, reading_end);
}
