#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "services/ocr/page_result.h"

static struct arena *arena;

static int open_arena(void **state)
{
    arena = arena_new(1 << 20);
    return arena == NULL;
}

static int close_arena(void **state)
{
    arena_free(arena);
    return 0;
}

static void test_what_is_kept_comes_from_the_answer(void **state)
{
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    Ocrmesh__Ocr__V1__Engine engine = OCRMESH__OCR__V1__ENGINE__INIT;
    Ocrmesh__Ocr__Worker__V1__PageRead read = OCRMESH__OCR__WORKER__V1__PAGE_READ__INIT;
    char *warnings[] = {(char *)"one\nline", (char *)"two"};
    char *models[] = {(char *)"eng"};
    struct page_result result;
    struct status st;

    page.index = 3;
    page.text = (char *)"Stra\xc3\x9f"
                        "e 1\n";
    page.mean_confidence = 0.5F;
    page.warnings = warnings;
    page.n_warnings = 2;
    engine.name = (char *)"tesseract";
    engine.version = (char *)"5";
    engine.models = models;
    engine.n_models = 1;
    read.page = &page;
    read.engine = &engine;
    assert_int_equal(page_result_read(&read, 3, arena, &result, &st), STATUS_OK);

    assert_int_equal(result.characters, 7);
    assert_string_equal(result.warnings, "one line\ntwo");
    assert_string_equal(result.engine_models, "eng");
    assert_null(result.error_reason);
    Ocrmesh__Document__V1__Page *kept = ocrmesh__document__v1__page__unpack(
        NULL, result.content.n, (const uint8_t *)result.content.p);
    assert_non_null(kept);
    assert_string_equal(kept->text, page.text);
    ocrmesh__document__v1__page__free_unpacked(kept, NULL);
}

static void test_a_confidence_is_between_0_and_1(void **state)
{
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    Ocrmesh__Ocr__Worker__V1__PageRead read = OCRMESH__OCR__WORKER__V1__PAGE_READ__INIT;
    struct page_result result;
    struct status st;

    read.page = &page;
    page.mean_confidence = NAN;
    assert_int_equal(page_result_read(&read, 0, arena, &result, &st), STATUS_OK);
    assert_true(result.mean_confidence == 0);
    page.mean_confidence = 7;
    assert_int_equal(page_result_read(&read, 0, arena, &result, &st), STATUS_OK);
    assert_true(result.mean_confidence == 1);
}

static void test_the_answer_to_another_question_is_refused(void **state)
{
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    Ocrmesh__Ocr__Worker__V1__PageRead read = OCRMESH__OCR__WORKER__V1__PAGE_READ__INIT;
    struct page_result result;
    struct status st;

    assert_int_equal(page_result_read(&read, 0, arena, &result, &st), STATUS_INTERNAL);
    read.page = &page;
    page.index = 1;
    assert_int_equal(page_result_read(&read, 0, arena, &result, &st), STATUS_INTERNAL);
}

static void test_a_failed_page_says_why(void **state)
{
    struct page_result result;
    struct status st;

    assert_int_equal(
        page_result_failed(4, "PAGE_TIMEOUT", "It took too long.", arena, &result, &st), STATUS_OK);

    assert_string_equal(result.error_reason, "PAGE_TIMEOUT");
    Ocrmesh__Document__V1__Page *kept = ocrmesh__document__v1__page__unpack(
        NULL, result.content.n, (const uint8_t *)result.content.p);
    assert_non_null(kept);
    assert_int_equal(kept->index, 4);
    assert_string_equal(kept->error->reason, "PAGE_TIMEOUT");
    assert_string_equal(kept->error->message, "It took too long.");
    ocrmesh__document__v1__page__free_unpacked(kept, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_kept_comes_from_the_answer),
        cmocka_unit_test(test_a_confidence_is_between_0_and_1),
        cmocka_unit_test(test_the_answer_to_another_question_is_refused),
        cmocka_unit_test(test_a_failed_page_says_why),
    };

    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
