#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/engine/tesseract/residue.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/tests/page_fixture.h"

enum { WIDTH = 900, HEIGHT = 1200, LETTER = 20, ROW = 50, TOP = 100, ARENA_MAX_BYTES = 16 << 20 };

struct scene {
    struct arena *arena;
    struct legible legible;
    struct page page;
};

/* A page of letters of which everything left of x was read, a word a row. */
static void begin(struct scene *scene, int x)
{
    _cleanup_(image_freep) struct image *image = NULL;
    struct status st;

    memset(scene, 0, sizeof(*scene));
    scene->arena = arena_new(ARENA_MAX_BYTES);
    assert_non_null(scene->arena);
    assert_int_equal(image_from_pix(fixture_letters(WIDTH, HEIGHT, LETTER), &image, &st),
                     STATUS_OK);
    assert_int_equal(legible_init(&scene->legible, image, &st), STATUS_OK);
    page_begin(&scene->page, scene->arena);
    struct block *block = page_add_block(&scene->page);
    assert_non_null(block);
    for (int y = TOP; y < HEIGHT - TOP; y += ROW) {
        struct line *line = block_add_line(&scene->page, block);
        assert_non_null(line);
        struct word *word = line_add_word(&scene->page, line);
        assert_non_null(word);
        *word = (struct word){.text = "read", .bbox = {TOP, y, x, y + LETTER}, .confidence = 0.9f};
    }
}

static void end(struct scene *scene)
{
    legible_deinit(&scene->legible);
    arena_free(scene->arena);
}

/* Words of that confidence, one beside each line that was read but the first. */
static struct page words_beside(struct scene *scene, float confidence, int height)
{
    struct page found;

    page_begin(&found, scene->arena);
    for (int y = TOP + ROW; y < HEIGHT - TOP; y += ROW) {
        struct block *block = page_add_block(&found);
        assert_non_null(block);
        struct line *line = block_add_line(&found, block);
        assert_non_null(line);
        struct word *word = line_add_word(&found, line);
        assert_non_null(word);
        *word = (struct word){
            .text = "42", .bbox = {640, y, 690, y + height}, .confidence = confidence};
    }
    return found;
}

static size_t count_words(const struct page *page, const char *text)
{
    size_t count = 0;

    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++)
            for (size_t w = 0; w < page->blocks[b].lines[l].word_count; w++)
                count += strcmp(page->blocks[b].lines[l].words[w].text, text) == 0;
    return count;
}

static void test_what_was_not_read_is_left_and_the_rest_is_white(void **state)
{
    _cleanup_(residue_deinit) struct residue residue = {0};
    _cleanup_(end) struct scene scene;
    struct status st;
    l_uint32 sum = 0;

    (void)state;
    begin(&scene, 600);
    assert_int_equal(residue_init(&residue, &scene.legible, &scene.page, 0, &st), STATUS_OK);
    assert_non_null(residue.image);
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < 590; x++)
            assert_int_equal(image_get(residue.image, x, y), 255);
    for (uint32_t x = 620; x < 780; x++)
        sum += image_get(residue.image, x, TOP + LETTER / 2) == 0;
    assert_true(sum > 50);
}

static void test_of_a_page_that_was_read_nothing_is_left(void **state)
{
    _cleanup_(residue_deinit) struct residue residue = {0};
    _cleanup_(end) struct scene scene;
    struct status st;

    (void)state;
    begin(&scene, WIDTH - TOP);
    assert_int_equal(residue_init(&residue, &scene.legible, &scene.page, 0, &st), STATUS_OK);
    assert_null(residue.image);
}

/* Most of the page: a picture, or a script that is not known. */
static void test_of_a_page_that_could_not_be_read_nothing_is_tried_again(void **state)
{
    _cleanup_(residue_deinit) struct residue residue = {0};
    _cleanup_(end) struct scene scene;
    struct status st;

    (void)state;
    begin(&scene, TOP + 40);
    assert_int_equal(residue_init(&residue, &scene.legible, &scene.page, 0, &st), STATUS_OK);
    assert_null(residue.image);
}

static void test_boxes_far_outside_do_no_harm(void **state)
{
    _cleanup_(residue_deinit) struct residue residue = {0};
    _cleanup_(end) struct scene scene;
    struct status st;

    (void)state;
    begin(&scene, 600);
    scene.page.blocks[0].lines[0].words[0].bbox = (struct bbox){-40000, -40000, 40000, -30000};
    scene.page.blocks[0].lines[1].words[0].bbox = (struct bbox){40000, 40000, -40000, -40000};
    assert_int_equal(residue_init(&residue, &scene.legible, &scene.page, 0, &st), STATUS_OK);
}

static void test_words_that_are_sure_join_the_lines_that_they_stand_on(void **state)
{
    _cleanup_(end) struct scene scene;
    struct status st;

    (void)state;
    begin(&scene, 600);
    size_t rows = count_words(&scene.page, "read");
    struct page found = words_beside(&scene, 0.8f, LETTER);
    assert_int_equal(residue_merge(&scene.page, 0, &scene.legible, &found, &st), STATUS_OK);
    assert_int_equal(count_words(&scene.page, "read"), rows);
    assert_int_equal(count_words(&scene.page, "42"), rows - 1);
    const struct line *second = &scene.page.blocks[0].lines[1];
    assert_int_equal(second->word_count, 2);
    assert_string_equal(second->words[1].text, "42");
}

static void test_words_that_are_not_sure_or_no_letters_are_left_out(void **state)
{
    static const struct {
        float confidence;
        int height;
    } bad[] = {{0.4f, LETTER}, {0.9f, LETTER / 4}, {0.9f, LETTER * 5}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        _cleanup_(end) struct scene scene;
        struct status st;
        begin(&scene, 600);
        struct page found = words_beside(&scene, bad[i].confidence, bad[i].height);
        assert_int_equal(residue_merge(&scene.page, 0, &scene.legible, &found, &st), STATUS_OK);
        assert_int_equal(count_words(&scene.page, "42"), 0);
        assert_int_equal(scene.page.block_count, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_not_read_is_left_and_the_rest_is_white),
        cmocka_unit_test(test_of_a_page_that_was_read_nothing_is_left),
        cmocka_unit_test(test_of_a_page_that_could_not_be_read_nothing_is_tried_again),
        cmocka_unit_test(test_boxes_far_outside_do_no_harm),
        cmocka_unit_test(test_words_that_are_sure_join_the_lines_that_they_stand_on),
        cmocka_unit_test(test_words_that_are_not_sure_or_no_letters_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
