#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/worker/engine/neural/compose.h"

enum { ARENA_MAX_BYTES = 1 << 20 };

static int prepare(void **state)
{
    *state = arena_new(ARENA_MAX_BYTES);
    return *state == NULL;
}

static int give_up(void **state)
{
    arena_free(*state);
    return 0;
}

static struct page begin(struct arena *arena)
{
    struct page page;

    page_begin(&page, arena);
    page.width = 1000;
    page.height = 1400;
    return page;
}

static struct point turned(float x, float y, float degrees)
{
    float angle = degrees * (float)M_PI / 180;

    return (struct point){x * cosf(angle) - y * sinf(angle), x * sinf(angle) + y * cosf(angle)};
}

/* A line of one word that fills it, on a page that is turned about its top left corner. */
static struct text_line make_line(struct arena *arena, const char *text, float x0, float y0,
                                  float x1, float y1, float degrees)
{
    struct text_line line = {
        .corners = {turned(x0, y0, degrees), turned(x1, y0, degrees), turned(x1, y1, degrees),
                    turned(x0, y1, degrees)},
        .words = ARENA_NEW(arena, struct word_span),
        .word_count = 1,
        .confidence = 0.9f,
    };

    assert_non_null(line.words);
    *line.words = (struct word_span){.text = text, .x1 = 1, .y1 = 1, .confidence = 0.9f};
    return line;
}

static const char *word_of(const struct page *page, size_t block, size_t line)
{
    return page->blocks[block].lines[line].words[0].text;
}

static void test_lines_come_from_the_top(void **state)
{
    struct page page = begin(*state);
    const struct text_line lines[] = {
        make_line(*state, "second", 100, 160, 600, 190, 0),
        make_line(*state, "first", 100, 100, 700, 130, 0),
    };

    assert_true(compose_page(&page, lines, 2, NULL, 0));
    assert_int_equal(page.block_count, 1);
    assert_int_equal(page.blocks[0].kind, BLOCK_PARAGRAPH);
    assert_string_equal(word_of(&page, 0, 0), "first");
    assert_string_equal(word_of(&page, 0, 1), "second");
    const struct bbox box = page.blocks[0].lines[0].words[0].bbox;
    assert_int_equal(box.x0, 100);
    assert_int_equal(box.y1, 130);
    assert_true(page.blocks[0].lines[0].direction == DIRECTION_LEFT_TO_RIGHT);
}

/* On a page askew by 8 degrees the right end of a line stands lower than the left end of the next
 * but one. */
static void test_lines_askew_come_in_order(void **state)
{
    struct page page = begin(*state);
    struct text_line lines[8];
    static const char *const texts[] = {"a1", "a2", "b1", "b2", "c1", "c2", "d1", "d2"};

    /* Two pieces a row, given from the end. */
    for (int i = 0; i < 8; i++) {
        float y = 200 + 40 * (float)(i / 2), x = 150 + 400 * (float)(i % 2);
        lines[7 - i] = make_line(*state, texts[i], x, y, x + 380, y + 30, 8);
    }
    assert_true(compose_page(&page, lines, 8, NULL, 0));
    assert_int_equal(page.block_count, 1);
    assert_int_equal(page.blocks[0].line_count, 4);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(page.blocks[0].lines[i].words[0].text, texts[2 * i]);
        assert_string_equal(page.blocks[0].lines[i].words[1].text, texts[2 * i + 1]);
    }
    /* Boxes are on the page, not on the straightened one. */
    struct point corner = turned(150, 200, 8);
    struct bbox box = page.blocks[0].lines[0].words[0].bbox;
    assert_true(fabsf((float)box.y0 - corner.y) < 3);
}

static void test_regions_give_blocks_their_kinds(void **state)
{
    struct page page = begin(*state);
    const struct text_line lines[] = {
        make_line(*state, "title", 100, 100, 500, 140, 0),
        make_line(*state, "text", 100, 200, 700, 230, 0),
        make_line(*state, "more", 100, 240, 700, 270, 0),
        make_line(*state, "7", 480, 1350, 500, 1370, 0),
    };
    const struct region regions[] = {
        {{90, 90, 520, 150}, BLOCK_HEADING, 0.9f},
        {{90, 190, 720, 280}, BLOCK_PARAGRAPH, 0.9f},
        {{470, 1340, 510, 1380}, BLOCK_FOOTER, 0.6f},
    };

    assert_true(compose_page(&page, lines, 4, regions, 3));
    assert_int_equal(page.block_count, 3);
    assert_int_equal(page.blocks[0].kind, BLOCK_HEADING);
    assert_int_equal(page.blocks[1].kind, BLOCK_PARAGRAPH);
    assert_int_equal(page.blocks[1].line_count, 2);
    assert_int_equal(page.blocks[2].kind, BLOCK_FOOTER);
}

static void test_the_smaller_of_two_regions_counts(void **state)
{
    struct page page = begin(*state);
    const struct text_line line = make_line(*state, "caption", 100, 500, 400, 530, 0);
    const struct region regions[] = {
        {{50, 50, 900, 600}, BLOCK_FIGURE, 0.9f},
        {{90, 490, 420, 540}, BLOCK_CAPTION, 0.6f},
    };

    assert_true(compose_page(&page, &line, 1, regions, 2));
    assert_int_equal(page.blocks[0].kind, BLOCK_CAPTION);
}

static void test_lines_without_words_are_left_out(void **state)
{
    struct page page = begin(*state);
    struct text_line line = make_line(*state, "noise", 100, 100, 400, 130, 0);

    line.word_count = 0;
    assert_true(compose_page(&page, &line, 1, NULL, 0));
    assert_int_equal(page.block_count == 0 || page.blocks[0].line_count == 0, 1);
    assert_true(compose_page(&page, NULL, 0, NULL, 0));
}

static void test_texts_are_the_pages_own(void **state)
{
    struct page page = begin(*state);
    char text[] = "word";
    const struct text_line line = make_line(*state, text, 100, 100, 400, 130, 0);

    assert_true(compose_page(&page, &line, 1, NULL, 0));
    memset(text, 'x', sizeof(text) - 1);
    assert_string_equal(word_of(&page, 0, 0), "word");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, give_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines_come_from_the_top),          TEST(test_lines_askew_come_in_order),
        TEST(test_regions_give_blocks_their_kinds),  TEST(test_the_smaller_of_two_regions_counts),
        TEST(test_lines_without_words_are_left_out), TEST(test_texts_are_the_pages_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
