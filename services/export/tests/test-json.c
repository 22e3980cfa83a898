#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "services/export/tests/document_fixture.h"

#define BBOX(a, b, c, d)                                                                           \
    &(Ocrmesh__Document__V1__BoundingBox)                                                          \
    {                                                                                              \
        PROTOBUF_C_MESSAGE_INIT(&ocrmesh__document__v1__bounding_box__descriptor), a, b, c, d      \
    }

/* Everything that is there when there is nothing to say: the members of the public contract
 * (API: GET /api/v1/ocr/<uuid>/) and the lists. */
static void test_a_job_without_pages_has_the_members_of_the_contract(void **state)
{
    _cleanup_(freep) char *file = fixture_export(&format_json, fixture_job(0), NULL, 0);

    assert_string_equal(file, "{\"uuid\":\"0123456789abcdef0123456789abcdef\",\"status\":\"done\","
                              "\"tier\":\"cpu\",\"language\":\"auto\",\"size_bytes\":0,"
                              "\"page_count\":0,\"pages_done\":0,\"failed_pages\":[],"
                              "\"mean_confidence\":0.0,\"warnings\":[],"
                              "\"usage\":{\"pages\":0,\"credits\":0},\n"
                              "\"text\":\"\",\n\"markdown\":\"\",\"pages\":[\n]}\n");
}

static void test_a_page_carries_its_blocks_lines_and_words(void **state)
{
    Ocrmesh__Document__V1__Word word = OCRMESH__DOCUMENT__V1__WORD__INIT;
    Ocrmesh__Document__V1__Line line = OCRMESH__DOCUMENT__V1__LINE__INIT;
    Ocrmesh__Document__V1__Baseline baseline = OCRMESH__DOCUMENT__V1__BASELINE__INIT;
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT;
    Ocrmesh__Document__V1__Page *page = fixture_page(0, "Say \"A\"", "# Say \"A\"");
    char *warnings[] = {(char *)"3 hidden words were left out"};

    word.text = (char *)"Say";
    word.bbox = BBOX(10, 20, 40, 35);
    word.confidence = 0.97F;
    word.no_space_after = true;
    baseline.x0 = 10;
    baseline.y0 = 34.5F;
    baseline.x1 = 60;
    baseline.y1 = 34.25F;
    line.words = (Ocrmesh__Document__V1__Word *[]){&word};
    line.n_words = 1;
    line.bbox = BBOX(10, 20, 60, 36);
    line.confidence = 0.96F;
    line.direction = OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT;
    line.baseline = &baseline;
    block.kind = OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING;
    block.text = (char *)"Say \"A\"";
    block.bbox = BBOX(10, 20, 61, 36);
    block.confidence = 0.95F;
    block.level = 1;
    block.lines = (Ocrmesh__Document__V1__Line *[]){&line};
    block.n_lines = 1;
    page->width = 1240;
    page->height = 1754;
    page->dpi = 150;
    page->rotation = 90;
    page->skew_degrees = -0.5F;
    page->language = (char *)"en";
    page->script = (char *)"Latn";
    page->mean_confidence = 0.98F;
    page->text_source = OCRMESH__DOCUMENT__V1__TEXT_SOURCE__TEXT_SOURCE_RECOGNIZED;
    page->warnings = warnings;
    page->n_warnings = 1;
    page->blocks = (Ocrmesh__Document__V1__Block *[]){&block};
    page->n_blocks = 1;

    _cleanup_(freep) char *file = fixture_export(&format_json, fixture_job(1), &page, 1);
    const char *pages = strstr(file, "\"text\":");

    assert_non_null(pages);
    assert_string_equal(
        pages,
        "\"text\":\"Say \\\"A\\\"\",\n\"markdown\":\"# Say \\\"A\\\"\",\"pages\":[\n"
        "{\"index\":0,\"width\":1240,\"height\":1754,\"dpi\":150.0,\"rotation\":90,"
        "\"skew_degrees\":-0.5,\"language\":\"en\",\"script\":\"Latn\",\"mean_confidence\":0.98,"
        "\"text_source\":\"recognized\",\"text\":\"Say \\\"A\\\"\","
        "\"markdown\":\"# Say \\\"A\\\"\",\"warnings\":[\"3 hidden words were left out\"],"
        "\"blocks\":[{\"kind\":\"heading\",\"text\":\"Say \\\"A\\\"\",\"bbox\":[10,20,61,36],"
        "\"confidence\":0.95,\"level\":1,\"lines\":[{\"bbox\":[10,20,60,36],\"confidence\":0.96,"
        "\"direction\":\"rtl\",\"baseline\":[10.0,34.5,60.0,34.25],\"words\":[{\"text\":\"Say\","
        "\"bbox\":[10,20,40,35],\"confidence\":0.97,\"no_space_after\":true}]}]}]}\n]}\n");
}

static void test_a_table_carries_its_cells_and_spans(void **state)
{
    Ocrmesh__Document__V1__TableCell cell = OCRMESH__DOCUMENT__V1__TABLE_CELL__INIT;
    Ocrmesh__Document__V1__Table table = OCRMESH__DOCUMENT__V1__TABLE__INIT;
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT;
    Ocrmesh__Document__V1__Page *page = fixture_page(0, "", "");

    cell.row = 1;
    cell.column = 2;
    cell.row_span = 1;
    cell.column_span = 3;
    cell.is_header = true;
    cell.text = (char *)"Net\nUSD";
    cell.confidence = 1;
    table.row_count = 2;
    table.column_count = 5;
    table.cells = (Ocrmesh__Document__V1__TableCell *[]){&cell};
    table.n_cells = 1;
    block.kind = OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE;
    block.table = &table;
    page->blocks = (Ocrmesh__Document__V1__Block *[]){&block};
    page->n_blocks = 1;

    _cleanup_(freep) char *file = fixture_export(&format_json, fixture_job(1), &page, 1);

    assert_non_null(strstr(
        file, "\"blocks\":[{\"kind\":\"table\",\"text\":\"\",\"confidence\":0.0,"
              "\"table\":{\"row_count\":2,\"column_count\":5,\"cells\":[{\"row\":1,\"column\":2,"
              "\"row_span\":1,\"column_span\":3,\"is_header\":true,\"text\":\"Net\\nUSD\","
              "\"confidence\":1.0}]}}]"));
}

static void test_the_whole_text_joins_pages_by_an_empty_line(void **state)
{
    Ocrmesh__Document__V1__Page *pages[] = {
        fixture_page(0, "one", "# one"),
        fixture_failed_page(1, "PAGE_TIMEOUT"),
        fixture_page(2, "three", "three"),
    };
    Ocrmesh__Ocr__V1__Job *job = fixture_job(3);
    int32_t failed[] = {1};

    job->failed_page_indexes = failed;
    job->n_failed_page_indexes = 1;
    _cleanup_(freep) char *file = fixture_export(&format_json, job, pages, 3);
    json_t *read = json_loads(file, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(read);
    assert_string_equal(json_string_value(json_object_get(read, "text")), "one\n\nthree");
    assert_string_equal(json_string_value(json_object_get(read, "markdown")), "# one\n\nthree");
    assert_int_equal(json_array_size(json_object_get(read, "pages")), 3);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(read, "failed_pages"), 0)),
                     1);
    json_t *page = json_array_get(json_object_get(read, "pages"), 1);
    assert_string_equal(json_string_value(json_object_get(json_object_get(page, "error"), "code")),
                        "page_timeout");
    assert_null(json_object_get(page, "width"));
    json_decref(read);
}

static void test_times_engine_and_names_stand_with_the_job(void **state)
{
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Ocrmesh__Ocr__V1__Engine engine = OCRMESH__OCR__V1__ENGINE__INIT;
    Ocrmesh__Ocr__V1__Job *job = fixture_job(0);
    char *models[] = {(char *)"eng"};

    time.seconds = 951782400; /* 2000-02-29, a leap day of a century */
    time.nanos = 250000000;
    engine.name = (char *)"tesseract";
    engine.version = (char *)"5.3.0";
    engine.models = models;
    engine.n_models = 1;
    job->create_time = &time;
    job->engine = &engine;
    job->file_name = (char *)"scan.pdf";
    job->media_type = (char *)"application/pdf";
    _cleanup_(freep) char *file = fixture_export(&format_json, job, NULL, 0);

    assert_non_null(strstr(file, "\"file_name\":\"scan.pdf\",\"media_type\":\"application/pdf\""));
    assert_non_null(strstr(file, "\"created_at\":\"2000-02-29T00:00:00.250000Z\""));
    assert_null(strstr(file, "finished_at"));
    assert_non_null(strstr(
        file, "\"engine\":{\"name\":\"tesseract\",\"version\":\"5.3.0\",\"models\":[\"eng\"]}"));
}

static void test_a_translated_job_has_the_translation_of_the_whole(void **state)
{
    Ocrmesh__Document__V1__Page *pages[] = {
        fixture_page(0, "eins", "# eins"),
        fixture_page(1, "12", "12"),
    };
    Ocrmesh__Ocr__V1__Job *job = fixture_job(2);

    job->translate_to = (char *)"en";
    pages[0]->translated_text = (char *)"one";
    pages[0]->translated_markdown = (char *)"# one";
    _cleanup_(freep) char *file = fixture_export(&format_json, job, pages, 2);
    assert_non_null(strstr(file, "\"text\":\"eins\\n\\n12\",\n\"markdown\":\"# eins\\n\\n12\",\n"
                                 "\"translated_text\":\"one\\n\\n12\",\n"
                                 "\"translated_markdown\":\"# one\\n\\n12\",\"pages\":["));
}

static void test_probabilities_and_spans_are_what_they_can_be(void **state)
{
    Ocrmesh__Document__V1__TableCell cell = OCRMESH__DOCUMENT__V1__TABLE_CELL__INIT;
    Ocrmesh__Document__V1__Table table = OCRMESH__DOCUMENT__V1__TABLE__INIT;
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT;
    Ocrmesh__Document__V1__Page *page = fixture_page(0, "", "");

    cell.confidence = 3;
    table.cells = (Ocrmesh__Document__V1__TableCell *[]){&cell};
    table.n_cells = 1;
    block.confidence = -1;
    block.table = &table;
    page->blocks = (Ocrmesh__Document__V1__Block *[]){&block};
    page->n_blocks = 1;
    _cleanup_(freep) char *file = fixture_export(&format_json, fixture_job(1), &page, 1);
    assert_non_null(strstr(file, "\"text\":\"\",\"confidence\":0.0,\"table\""));
    assert_non_null(strstr(file,
                           "\"row_span\":1,\"column_span\":1,\"is_header\":false,\"text\":\"\","
                           "\"confidence\":0.0}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_job_without_pages_has_the_members_of_the_contract),
        cmocka_unit_test(test_a_page_carries_its_blocks_lines_and_words),
        cmocka_unit_test(test_a_table_carries_its_cells_and_spans),
        cmocka_unit_test(test_the_whole_text_joins_pages_by_an_empty_line),
        cmocka_unit_test(test_a_translated_job_has_the_translation_of_the_whole),
        cmocka_unit_test(test_probabilities_and_spans_are_what_they_can_be),
        cmocka_unit_test(test_times_engine_and_names_stand_with_the_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
