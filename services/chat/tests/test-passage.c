#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/chat/tests/page_fixture.h"
#include "services/chat/text/folded_find.h"

enum { ARENA_BYTES = 8 << 20 };

static int setup(void **state)
{
    *state = arena_new(ARENA_BYTES);
    return *state == NULL;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

/* `count` times the sentence, with the number in it. */
static const char *sentences(struct arena *arena, int count)
{
    const char *text = "";

    for (int i = 0; i < count; i++)
        text = arena_printf(arena, "%s%sSentence number %d says a little\nof the matter at hand.",
                            text, i > 0 ? " " : "", i);
    return text;
}

static void assert_text(struct str text, const char *expected)
{
    assert_int_equal(text.n, strlen(expected));
    assert_memory_equal(text.p, expected, text.n);
}

/* What holds for all passages. */
static void check(struct arena *arena, const struct passages *passages,
                  Ocrmesh__Document__V1__Page *const *pages)
{
    size_t offset, length;

    for (size_t i = 0; i < passages->count; i++) {
        const struct passage *passage = &passages->items[i];
        const Ocrmesh__Document__V1__Page *page = pages[passage->page_index];
        struct str page_text = str_of(fixture_text(arena, page));
        size_t end = 0;
        assert_true(passage->piece_count > 0);
        for (size_t p = 0; p < passage->piece_count; p++) {
            const struct passage_piece *piece = &passage->pieces[p];
            struct str text = {passage->text.p + piece->offset, piece->length};
            assert_int_equal(piece->offset, p == 0 ? 0 : end + 1);
            end = piece->offset + piece->length;
            assert_true(folded_find(page_text, text, &offset, &length));
            assert_true(folded_find(str_of(page->blocks[piece->block_index]->text), text, &offset,
                                    &length));
            assert_int_equal(piece->kind, page->blocks[piece->block_index]->kind);
        }
        assert_int_equal(end, passage->text.n);
    }
}

static void test_short_blocks_share_a_passage(void **state)
{
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 0, "en");

    fixture_heading(*state, page, 1, "INVOICE");
    fixture_block(*state, page, KIND(PARAGRAPH), "Acme Corp");
    fixture_block(*state, page, KIND(PARAGRAPH), "Total: 215.00 USD");
    struct passages passages = fixture_passages(*state, &page, 1);
    check(*state, &passages, &page);
    assert_int_equal(passages.count, 1);
    assert_text(passages.items[0].text, "INVOICE\nAcme Corp\nTotal: 215.00 USD");
    assert_text(passages.items[0].context, "");
    assert_text(passages.items[0].language, "en");
    assert_int_equal(passages.items[0].piece_count, 3);
    assert_int_equal(passages.page_count, 1);
}

static void test_a_long_block_is_cut_between_sentences(void **state)
{
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 0, "en");

    fixture_heading(*state, page, 1, "Report");
    fixture_block(*state, page, KIND(PARAGRAPH), sentences(*state, 40)); /* 440 words */
    struct passages passages = fixture_passages(*state, &page, 1);
    check(*state, &passages, &page);
    assert_int_equal(passages.count, 4);
    for (size_t i = 1; i < passages.count; i++) {
        assert_true(str_starts_with(passages.items[i].text, STR("Sentence number ")));
        assert_int_equal(passages.items[i].text.p[passages.items[i].text.n - 1], '.');
        assert_text(passages.items[i].context, "Report");
    }
}

static void test_a_block_without_sentences_is_cut_between_words(void **state)
{
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 0, "und");
    const char *text = "";

    for (int i = 0; i < 500; i++)
        text = arena_printf(*state, "%sword%d ", text, i);
    fixture_block(*state, page, KIND(PARAGRAPH), text);
    struct passages passages = fixture_passages(*state, &page, 1);
    check(*state, &passages, &page);
    assert_true(passages.count >= 4 && passages.count <= 6);
    for (size_t i = 0; i < passages.count; i++)
        assert_true(str_starts_with(passages.items[i].text, STR("word")));
}

static void test_an_endless_line_is_cut_into_passages_of_one_size(void **state)
{
    enum { WORDS = 20000 };
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 0, "en");
    char *text = arena_alloc(*state, 2 * WORDS + 1);
    size_t words = 0;

    for (size_t i = 0; i < WORDS; i++)
        memcpy(text + 2 * i, "a ", 3);
    fixture_block(*state, page, KIND(PARAGRAPH), text);
    struct passages passages = fixture_passages(*state, &page, 1);
    for (size_t i = 0; i < passages.count; i++) {
        size_t here = (passages.items[i].text.n + 1) / 2;
        assert_true(here <= PASSAGE_WORDS + PASSAGE_WORDS / 4);
        assert_true(here >= PASSAGE_WORDS / 2 || i + 1 == passages.count);
        words += here;
    }
    assert_int_equal(words, WORDS);
}

/* Dots count as no words, and would make one passage of all blocks, longer than words are cut
 * of. */
static void test_blocks_without_words_do_not_pile_up(void **state)
{
    enum { BLOCKS = 20, BYTES = 100000 };
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 0, "en");
    char *text = arena_alloc(*state, BYTES + 1);

    memset(text, '.', BYTES);
    text[BYTES] = '\0';
    for (int i = 0; i < BLOCKS; i++)
        fixture_block(*state, page, KIND(PARAGRAPH), text);
    fixture_block(*state, page, KIND(PARAGRAPH), "Total: 5");
    struct passages passages = fixture_passages(*state, &page, 1);
    assert_true(passages.count >= BLOCKS);
    for (size_t i = 0; i < passages.count; i++)
        assert_true(passages.items[i].text.n <= BYTES);
    assert_text(passages.items[passages.count - 1].text, "Total: 5");
}

static void test_text_without_spaces_is_cut_between_characters(void **state)
{
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 0, "zh");
    const char *text = "";

    for (int i = 0; i < 600; i++)
        text = arena_printf(*state, "%s合同", text);
    fixture_block(*state, page, KIND(PARAGRAPH), text);
    struct passages passages = fixture_passages(*state, &page, 1);
    check(*state, &passages, &page);
    assert_true(passages.count >= 4 && passages.count <= 6);
    for (size_t i = 0; i < passages.count; i++)
        assert_int_equal(passages.items[i].text.n % 3, 0);
}

static void test_rows_are_never_cut_and_have_their_header_as_context(void **state)
{
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 0, "en");
    const char *rows = "Item\tPrice";

    for (int i = 0; i < 100; i++)
        rows = arena_printf(*state, "%s\nWidget of size %d\t%d.50", rows, i, i);
    fixture_heading(*state, page, 1, "Prices");
    fixture_table(*state, page, rows, 1);
    struct passages passages = fixture_passages(*state, &page, 1);
    check(*state, &passages, &page);
    assert_true(passages.count > 2);
    int32_t row = 0;
    for (size_t i = 0; i < passages.count; i++) {
        const struct passage *passage = &passages.items[i];
        assert_text(passage->context, i == 0 ? "Item\tPrice" : "Prices\nItem\tPrice");
        for (size_t p = i == 0; p < passage->piece_count; p++, row++) {
            assert_int_equal(passage->pieces[p].row, row);
            assert_int_equal(passage->pieces[p].block_index, 1);
            assert_non_null(memchr(passage->text.p + passage->pieces[p].offset, '\t',
                                   passage->pieces[p].length));
        }
    }
    assert_int_equal(row, 101);
}

static void test_the_names_of_columns_are_guessed(void **state)
{
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 0, "en");

    fixture_table(*state, page, "Item\tPrice\nApple\t2\nPear\t3", 0);
    fixture_table(*state, page, "Name\tJohn\nCity\tParis", 0);
    struct passages passages = fixture_passages(*state, &page, 1);
    assert_int_equal(passages.count, 1);
    assert_text(passages.items[0].context, "Item\tPrice");
}

static void test_a_cell_that_reaches_down_is_context_of_its_rows(void **state)
{
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 0, "en");
    const char *rows = "Region\tItem\tPrice\nNorth\tItem 0\t0";

    for (int i = 1; i < 100; i++)
        rows = arena_printf(*state, "%s\n\tItem %d\t%d", rows, i, i);
    Ocrmesh__Document__V1__Table *table = fixture_table(*state, page, rows, 1);
    table->cells[3]->row_span = 100;
    struct passages passages = fixture_passages(*state, &page, 1);
    check(*state, &passages, &page);
    assert_true(passages.count >= 2);
    assert_text(passages.items[1].context, "Region\tItem\tPrice\nNorth");
}

static void test_headings_above_are_context_by_level(void **state)
{
    Ocrmesh__Document__V1__Page *pages[2];

    pages[0] = fixture_page(*state, 0, "en");
    fixture_heading(*state, pages[0], 1, "Contract");
    fixture_heading(*state, pages[0], 2, "Duration");
    fixture_block(*state, pages[0], KIND(PARAGRAPH), sentences(*state, 10));
    fixture_heading(*state, pages[0], 2, "Payment");
    fixture_block(*state, pages[0], KIND(PARAGRAPH), sentences(*state, 10));
    pages[1] = fixture_page(*state, 1, "en");
    fixture_block(*state, pages[1], KIND(PARAGRAPH), "It goes on.");
    struct passages passages = fixture_passages(*state, pages, 2);
    check(*state, &passages, pages);
    assert_int_equal(passages.count, 3);
    assert_text(passages.items[0].context, "");
    assert_true(str_starts_with(passages.items[0].text, STR("Contract\nDuration\nSentence")));
    assert_true(str_starts_with(passages.items[1].text, STR("Payment\nSentence")));
    assert_text(passages.items[1].context, "Contract");
    assert_text(passages.items[2].context, "Contract\nPayment");
}

static void test_a_heading_goes_with_what_it_is_above(void **state)
{
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 0, "en");

    fixture_block(*state, page, KIND(PARAGRAPH), sentences(*state, 3)); /* 33 words */
    fixture_heading(*state, page, 2, "Payment");
    fixture_block(*state, page, KIND(PARAGRAPH), sentences(*state, 13)); /* 143 words */
    struct passages passages = fixture_passages(*state, &page, 1);
    check(*state, &passages, &page);
    assert_int_equal(passages.count, 2);
    assert_true(str_starts_with(passages.items[1].text, STR("Payment\n")));
}

static void test_a_list_stays_with_its_intro(void **state)
{
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 0, "en");

    fixture_block(*state, page, KIND(PARAGRAPH), sentences(*state, 13)); /* 143 words */
    fixture_block(*state, page, KIND(PARAGRAPH), "The following\nare needed:");
    for (int i = 0; i < 30; i++)
        fixture_block(*state, page, KIND(LIST_ITEM), "a passport that is valid for a year");
    struct passages passages = fixture_passages(*state, &page, 1);
    check(*state, &passages, &page);
    assert_int_equal(passages.count, 3);
    assert_true(str_starts_with(passages.items[1].text, STR("The following\nare needed:\na pass")));
    assert_text(passages.items[2].context, "The following are needed:");
}

static void test_running_headers_stand_alone_and_once(void **state)
{
    Ocrmesh__Document__V1__Page *pages[3];

    for (uint32_t i = 0; i < 3; i++) {
        pages[i] = fixture_page(*state, i, "en");
        fixture_block(*state, pages[i], KIND(HEADER), "Acme Annual Report");
        fixture_block(*state, pages[i], KIND(PARAGRAPH), "Text.");
        fixture_block(*state, pages[i], KIND(FOOTER), arena_printf(*state, "Page %u of 3", i + 1));
        fixture_block(*state, pages[i], KIND(FOOTER),
                      arena_printf(*state, "Carried: %u.50", i + 1));
    }
    struct passages passages = fixture_passages(*state, pages, 3);
    check(*state, &passages, pages);
    /* Three texts, one header, one page number, three amounts. */
    assert_int_equal(passages.count, 8);
}

static void test_a_page_may_come_in_parts(void **state)
{
    Ocrmesh__Document__V1__Page *first = fixture_page(*state, 0, "de");
    Ocrmesh__Document__V1__Page *second = fixture_page(*state, 0, "");
    Ocrmesh__Document__V1__Page *parts[] = {first, second};

    fixture_block(*state, first, KIND(PARAGRAPH), "Eins.");
    fixture_block(*state, second, KIND(PARAGRAPH), "Zwei.");
    struct passages passages = fixture_passages(*state, parts, 2);
    assert_int_equal(passages.count, 1);
    assert_text(passages.items[0].text, "Eins.\nZwei.");
    assert_text(passages.items[0].language, "de");
    assert_int_equal(passages.items[0].pieces[1].block_index, 1);
}

static void test_pages_without_text_have_no_passages(void **state)
{
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 4, "und");

    fixture_block(*state, page, KIND(FIGURE), "");
    fixture_block(*state, page, KIND(PARAGRAPH), "no text: \xff");
    struct passages passages = fixture_passages(*state, &page, 1);
    assert_int_equal(passages.count, 0);
    assert_int_equal(passages.page_count, 5);
}

static void test_a_full_arena_is_said(void **state)
{
    _cleanup_(arena_freep) struct arena *small = arena_new(1024);
    _cleanup_(passage_maker_freep) struct passage_maker *maker = passage_maker_new(small);
    Ocrmesh__Document__V1__Page *page = fixture_page(*state, 0, "en");
    struct status st;

    fixture_block(*state, page, KIND(PARAGRAPH), sentences(*state, 100));
    assert_int_equal(passage_maker_add(maker, page, &st), STATUS_RESOURCE_EXHAUSTED);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_short_blocks_share_a_passage),
        TEST(test_a_long_block_is_cut_between_sentences),
        TEST(test_a_block_without_sentences_is_cut_between_words),
        TEST(test_an_endless_line_is_cut_into_passages_of_one_size),
        TEST(test_blocks_without_words_do_not_pile_up),
        TEST(test_text_without_spaces_is_cut_between_characters),
        TEST(test_rows_are_never_cut_and_have_their_header_as_context),
        TEST(test_the_names_of_columns_are_guessed),
        TEST(test_a_cell_that_reaches_down_is_context_of_its_rows),
        TEST(test_headings_above_are_context_by_level),
        TEST(test_a_heading_goes_with_what_it_is_above),
        TEST(test_a_list_stays_with_its_intro),
        TEST(test_running_headers_stand_alone_and_once),
        TEST(test_a_page_may_come_in_parts),
        TEST(test_pages_without_text_have_no_passages),
        TEST(test_a_full_arena_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
