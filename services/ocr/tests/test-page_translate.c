/* A page's translation, by a server that plays recorded answers. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/http/http_client.h"
#include "lib/http/tests/scripted_server.h"
#include "ocrmesh/document/v1/document.pb-c.h"
#include "services/ocr/page_result.h"
#include "services/ocr/page_translate.h"
#include "services/ocr/translate/translate.h"

typedef Ocrmesh__Document__V1__Page Page;
typedef Ocrmesh__Document__V1__Block Block;

#define ANSWER(array)                                                                              \
    {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"              \
     "{\"choices\":[{\"message\":{\"content\":\"" array "\"}}]}",                                  \
     false}

enum { ARENA_MAX_BYTES = 16 << 20, TIMEOUT_MS = 20000 };

/* Translates a page and unpacks what is kept of it. */
static Page *translate(const Page *page, const char *target, const struct scripted_answer *answer,
                       struct arena *arena, struct page_result *result)
{
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(answer, 1);
    _cleanup_(http_client_freep) struct http_client *client = http_client_new();
    _cleanup_(translator_freep) struct translator *translator = NULL;
    const struct translate_settings settings = {
        .chat_url = scripted_server_url(server),
        .chat_model = "model",
        .chat_key = "",
        .libre_url = "",
        .libre_key = "",
        .ca_file = "",
        .apertium_modes = "",
        .apertium_program = "",
        .timeout_ms = TIMEOUT_MS,
        .calls_max = 1,
        .breaker_failures = 1,
    };
    struct page_task task = {.language = "auto"};
    struct status st;

    (void)snprintf(task.translate_to, sizeof(task.translate_to), "%s", target);
    *result = (struct page_result){.warnings = "earlier"};
    assert_int_equal(page_result_pack(page, arena, &result->content, &st), STATUS_OK);
    assert_int_equal(translator_new(&settings, &translator, &st), STATUS_OK);
    assert_int_equal(page_translate(translator, client, &task, arena, result, &st), STATUS_OK);
    Page *kept = ocrmesh__document__v1__page__unpack(NULL, result->content.n,
                                                     (const uint8_t *)result->content.p);
    assert_non_null(kept);
    return kept;
}

/* A heading of two lines, a list item, and a table of one row whose second cell is a number. */
static Page *make_page(struct arena *arena)
{
    Page *page = ARENA_NEW(arena, Page);
    Block *blocks = ARENA_NEW_ARRAY(arena, Block, 3);
    Ocrmesh__Document__V1__Table *table = ARENA_NEW(arena, Ocrmesh__Document__V1__Table);
    Ocrmesh__Document__V1__TableCell *cells =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Document__V1__TableCell, 2);

    ocrmesh__document__v1__page__init(page);
    page->blocks = ARENA_NEW_ARRAY(arena, Block *, 3);
    for (size_t i = 0; i < 3; i++) {
        ocrmesh__document__v1__block__init(&blocks[i]);
        page->blocks[page->n_blocks++] = &blocks[i];
    }
    blocks[0].kind = OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING;
    blocks[0].level = 1;
    blocks[0].text = (char *)"Good\nmorning";
    blocks[1].kind = OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_LIST_ITEM;
    blocks[1].list_marker = (char *)"1.";
    blocks[1].text = (char *)"1. The house";
    blocks[2].kind = OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE;
    blocks[2].text = (char *)"Total\t12.50";
    blocks[2].table = table;
    ocrmesh__document__v1__table__init(table);
    table->row_count = 1;
    table->column_count = 2;
    table->cells = ARENA_NEW_ARRAY(arena, Ocrmesh__Document__V1__TableCell *, 2);
    for (uint32_t i = 0; i < 2; i++) {
        ocrmesh__document__v1__table_cell__init(&cells[i]);
        cells[i].column = i;
        cells[i].row_span = cells[i].column_span = 1;
        cells[i].text = (char *)(i == 0 ? "Total" : "12.50");
        table->cells[table->n_cells++] = &cells[i];
    }
    page->language = (char *)"en";
    page->text = (char *)"Good\nmorning\n\n1. The house\n\nTotal\t12.50";
    page->markdown = (char *)"# Good morning";
    return page;
}

static void test_blocks_are_translated_in_their_shape(void **state)
{
    static const struct scripted_answer answer =
        ANSWER("[\\\"Guten Morgen\\\",\\\"Das Haus\\\",\\\"Summe\\\"]");
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct page_result result;
    Page *page = translate(make_page(arena), "de", &answer, arena, &result);

    assert_string_equal(page->blocks[0]->translation, "Guten Morgen");
    assert_string_equal(page->blocks[1]->translation, "1. Das Haus");
    assert_string_equal(page->blocks[2]->translation, "Summe\t12.50");
    assert_string_equal(page->blocks[0]->text, "Good\nmorning");
    assert_string_equal(page->translated_text, "Guten Morgen\n\n1. Das Haus\n\nSumme\t12.50");
    assert_non_null(strstr(page->translated_markdown, "# Guten Morgen\n\n1. Das Haus\n\n"));
    assert_non_null(strstr(page->translated_markdown, "Summe"));
    assert_string_equal(result.warnings, "earlier");
    ocrmesh__document__v1__page__free_unpacked(page, NULL);
}

static void test_a_page_that_cannot_be_translated_stays_with_a_warning(void **state)
{
    static const struct scripted_answer answer = ANSWER("[\\\"one alone\\\"]");
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct page_result result;
    Page *page = translate(make_page(arena), "de", &answer, arena, &result);

    assert_string_equal(page->blocks[0]->translation, "");
    assert_string_equal(page->translated_text, "");
    assert_int_equal(page->n_warnings, 1);
    assert_non_null(strstr(page->warnings[0], "was not translated"));
    assert_non_null(strstr(result.warnings, "was not translated"));
    ocrmesh__document__v1__page__free_unpacked(page, NULL);
}

static void test_a_page_in_the_target_language_is_its_own_translation(void **state)
{
    static const struct scripted_answer answer = ANSWER("[]");
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct page_result result;
    Page *page = translate(make_page(arena), "en-GB", &answer, arena, &result);

    assert_string_equal(page->translated_text, page->text);
    assert_string_equal(page->translated_markdown, page->markdown);
    assert_int_equal(page->n_warnings, 0);
    ocrmesh__document__v1__page__free_unpacked(page, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_translated_in_their_shape),
        cmocka_unit_test(test_a_page_that_cannot_be_translated_stays_with_a_warning),
        cmocka_unit_test(test_a_page_in_the_target_language_is_its_own_translation),
    };
    struct status st;

    return http_start(&st) != STATUS_OK ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
