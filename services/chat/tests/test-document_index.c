#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/chat/retrieve/document_index.h"
#include "services/chat/tests/page_fixture.h"

enum { ARENA_BYTES = 16 << 20, HITS_MAX = 10 };

/* A document of one passage a page, and its index. */
struct fixture {
    struct arena *arena;
    struct buf bytes;
    struct document_index *index;
    struct words_cutter *cutter;
    struct index_hit hits[HITS_MAX];
    size_t all_count;
    size_t hit_count; /* with something of the question in them */
    struct term_match matches[QUERY_TERMS_MAX];
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    fixture->arena = arena_new(ARENA_BYTES);
    fixture->cutter = words_cutter_new();
    buf_init(&fixture->bytes, DOCUMENT_INDEX_MAX_BYTES);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    document_index_free(fixture->index);
    words_cutter_free(fixture->cutter);
    buf_deinit(&fixture->bytes);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static void open_pages(struct fixture *fixture, Ocrmesh__Document__V1__Page *const *pages,
                       size_t count)
{
    struct passages passages = fixture_passages(fixture->arena, pages, count);
    struct status st;

    assert_int_equal(document_index_build(&passages, &fixture->bytes, &st), STATUS_OK);
    assert_int_equal(document_index_open(buf_str(&fixture->bytes), &fixture->index, &st),
                     STATUS_OK);
}

/* @texts: one for each page; ends in NULL. */
static void open_texts(struct fixture *fixture, const char *language, const char *const *texts)
{
    Ocrmesh__Document__V1__Page *pages[16];
    size_t count = 0;

    for (; texts[count] != NULL; count++) {
        pages[count] = fixture_page(fixture->arena, (uint32_t)count, language);
        fixture_block(fixture->arena, pages[count], KIND(PARAGRAPH), texts[count]);
    }
    open_pages(fixture, pages, count);
}

/* Searches for the words of a text that are no function words. */
static void search(struct fixture *fixture, const char *language, const char *text)
{
    struct query_term terms[QUERY_TERMS_MAX];
    const struct word *words;
    size_t count, term_count = 0;
    struct status st;

    assert_int_equal(words_cut(fixture->cutter, str_of(text), str_of(language), fixture->arena,
                               &words, &count, &st),
                     STATUS_OK);
    for (size_t i = 0; i < count; i++)
        if (!words[i].is_function)
            terms[term_count++] =
                (struct query_term){words[i].term, words[i].form, words[i].kind, 1};
    assert_int_equal(document_index_search(fixture->index, terms, term_count, NULL, fixture->arena,
                                           fixture->hits, HITS_MAX, &fixture->all_count,
                                           fixture->matches, &st),
                     STATUS_OK);
    fixture->hit_count = 0;
    while (fixture->hit_count < fixture->all_count && fixture->hits[fixture->hit_count].score > 0)
        fixture->hit_count++;
}

static void assert_best(const struct fixture *fixture, uint32_t page)
{
    assert_true(fixture->hit_count > 0);
    assert_int_equal(
        document_index_passages(fixture->index)->items[fixture->hits[0].passage].page_index, page);
}

static const char *const contract[] = {
    "This agreement is made between Acme Corp and John Smith.",
    "The tenant pays a monthly rent of 1,250.00 EUR on the first day of each month.",
    "Either party may terminate with notice of three months.",
    "The deposit amounts to three months of rent and bears no interest.",
    NULL,
};

static void test_passages_come_back_as_they_were(void **state)
{
    struct fixture *fixture = *state;
    Ocrmesh__Document__V1__Page *page = fixture_page(fixture->arena, 2, "de");

    fixture_heading(fixture->arena, page, 1, "Preise");
    fixture_table(fixture->arena, page, "Artikel\tPreis\nSchraube\t2,50\nMutter\t1,20", 1);
    open_pages(fixture, &page, 1);
    struct passages made = fixture_passages(fixture->arena, &page, 1);
    const struct passages *read = document_index_passages(fixture->index);
    assert_int_equal(read->count, made.count);
    assert_int_equal(read->page_count, 3);
    assert_true(str_equal(read->items[0].text, made.items[0].text));
    assert_true(str_equal(read->items[0].context, made.items[0].context));
    assert_true(str_equal(read->items[0].language, STR("de")));
    assert_true(str_equal(document_index_language(fixture->index), STR("de")));
    assert_int_equal(read->items[0].page_index, 2);
    assert_int_equal(read->items[0].piece_count, made.items[0].piece_count);
    for (size_t i = 0; i < made.items[0].piece_count; i++)
        assert_memory_equal(&read->items[0].pieces[i], &made.items[0].pieces[i],
                            sizeof(made.items[0].pieces[i]));
    assert_true(document_index_size(fixture->index) > 0);
}

static void test_the_passage_with_the_rarer_words_is_best(void **state)
{
    struct fixture *fixture = *state;

    open_texts(fixture, "en", contract);
    search(fixture, "en", "How high is the monthly rent?");
    assert_best(fixture, 1);
    search(fixture, "en", "What is the deposit?");
    assert_best(fixture, 3);
    assert_int_equal(fixture->hit_count, 1);
    assert_int_equal(fixture->matches[0].passage_count, 1);
    assert_true(fixture->matches[0].likeness == 1);
    search(fixture, "en", "Who is John Smith?");
    assert_best(fixture, 0);
}

static void test_other_endings_find_the_word(void **state)
{
    struct fixture *fixture = *state;

    open_texts(fixture, "en", contract);
    search(fixture, "en", "terminating");
    assert_best(fixture, 2);
}

static void test_an_amount_is_found_however_it_is_written(void **state)
{
    struct fixture *fixture = *state;

    open_texts(fixture, "en", contract);
    search(fixture, "de", "1.250,00");
    assert_best(fixture, 1);
    search(fixture, "en", "1250");
    assert_best(fixture, 1);
    search(fixture, "en", "1251");
    assert_int_equal(fixture->matches[0].passage_count, 0);
}

static void test_the_beginning_stands_for_what_is_nowhere(void **state)
{
    struct fixture *fixture = *state;

    open_texts(fixture, "en", contract);
    search(fixture, "ja", "駐車場");
    assert_int_equal(fixture->matches[0].passage_count, 0);
    assert_int_equal(fixture->hit_count, 0);
    assert_int_equal(fixture->all_count, 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(fixture->hits[i].passage, i);
    search(fixture, "en", "deposit");
    assert_int_equal(fixture->hit_count, 1);
    assert_int_equal(fixture->all_count, 4);
    assert_best(fixture, 3);
}

static void test_a_word_that_was_misread_is_found(void **state)
{
    static const char *const texts[] = {"lnvoice nurnber INV-2O26-OO17", "Payrnent within 3O days",
                                        "The weather was fine.", NULL};
    struct fixture *fixture = *state;

    open_texts(fixture, "en", texts);
    search(fixture, "en", "invoice");
    assert_best(fixture, 0);
    assert_true(fixture->matches[0].likeness > 0 && fixture->matches[0].likeness < 1);
    search(fixture, "en", "number");
    assert_best(fixture, 0);
    search(fixture, "en", "INV-2026-0017");
    assert_best(fixture, 0);
    search(fixture, "en", "payment");
    assert_best(fixture, 1);
    search(fixture, "en", "30");
    assert_best(fixture, 1);
    search(fixture, "en", "wether");
    assert_best(fixture, 2);
}

static void test_a_part_of_a_compound_finds_it_but_less(void **state)
{
    static const char *const texts[] = {"Die Rechnungsnummer lautet 17.",
                                        "Die Rechnung ist bezahlt.", "Etwas anderes.", NULL};
    struct fixture *fixture = *state;

    open_texts(fixture, "de", texts);
    search(fixture, "de", "Rechnung");
    assert_int_equal(fixture->hit_count, 2);
    assert_best(fixture, 1);
    search(fixture, "de", "Nummer");
    assert_best(fixture, 0);
}

static void test_a_part_of_a_code_finds_it(void **state)
{
    static const char *const texts[] = {"Order AB-1234 of 31.03.2026", "Something else in 2025.",
                                        NULL};
    struct fixture *fixture = *state;

    open_texts(fixture, "en", texts);
    search(fixture, "en", "1234");
    assert_best(fixture, 0);
    search(fixture, "en", "2026");
    assert_best(fixture, 0);
}

static void test_a_code_is_found_by_a_part_of_it(void **state)
{
    static const char *const texts[] = {"Order no. 1234 of March", "Something else.", NULL};
    struct fixture *fixture = *state;

    open_texts(fixture, "en", texts);
    search(fixture, "en", "AB-1234");
    assert_best(fixture, 0);
    assert_true(fixture->matches[0].likeness > 0 && fixture->matches[0].likeness < 0.7f);
}

static void test_chinese_is_found_however_it_is_cut(void **state)
{
    static const char *const texts[] = {"本合同总金额为人民币壹万元整。", "发票号码：12345678",
                                        "甲方应于三十日内付款。", NULL};
    struct fixture *fixture = *state;

    open_texts(fixture, "zh", texts);
    search(fixture, "zh", "发票号码是多少？");
    assert_best(fixture, 1);
    search(fixture, "zh", "合同的金额是多少？");
    assert_best(fixture, 0);
    search(fixture, "zh", "付款期限");
    assert_best(fixture, 2);
}

static void test_inflected_words_of_unstemmed_languages_are_found(void **state)
{
    static const char *const texts[] = {"Termin płatności faktury wynosi 14 dni.",
                                        "Sprzedawca dostarcza towar.", NULL};
    struct fixture *fixture = *state;

    open_texts(fixture, "pl", texts);
    search(fixture, "pl", "faktura");
    assert_best(fixture, 0);
    search(fixture, "pl", "sprzedawcy");
    assert_best(fixture, 1);
}

static void test_context_counts_less_than_text(void **state)
{
    struct fixture *fixture = *state;
    Ocrmesh__Document__V1__Page *pages[3];

    pages[0] = fixture_page(fixture->arena, 0, "en");
    fixture_heading(fixture->arena, pages[0], 1, "Warranty");
    fixture_block(fixture->arena, pages[0], KIND(PARAGRAPH), "It lasts two years.");
    pages[1] = fixture_page(fixture->arena, 1, "en");
    fixture_block(fixture->arena, pages[1], KIND(PARAGRAPH), "It ends with misuse.");
    pages[2] = fixture_page(fixture->arena, 2, "en");
    fixture_heading(fixture->arena, pages[2], 1, "Delivery");
    fixture_block(fixture->arena, pages[2], KIND(PARAGRAPH), "It takes two weeks.");
    open_pages(fixture, pages, 3);
    search(fixture, "en", "warranty");
    assert_int_equal(fixture->hit_count, 2);
    assert_best(fixture, 0);
    assert_int_equal(fixture->hits[1].passage, 1);
    assert_true(fixture->hits[1].score < fixture->hits[0].score);
}

static void test_words_that_stand_together_find_better(void **state)
{
    static const char *const texts[] = {
        "The invoice says a lot about the seller, the buyer, the goods, and the date of none.",
        "The goods came, and the seller says a lot about the buyer: the invoice date is unknown.",
        "Something else.", NULL};
    struct fixture *fixture = *state;

    open_texts(fixture, "en", texts);
    search(fixture, "en", "invoice date");
    assert_int_equal(fixture->hit_count, 2);
    assert_best(fixture, 1);
}

static void test_a_table_of_contents_counts_less(void **state)
{
    static const char *const texts[] = {
        "Delivery . . . . . . 2\nWarranty . . . . . . 3\nPayment . . . . . . 5",
        "The warranty that is given for goods lasts for two years from the day of their purchase "
        "on.",
        "Something else.", NULL};
    struct fixture *fixture = *state;

    open_texts(fixture, "en", texts);
    search(fixture, "en", "warranty");
    assert_int_equal(fixture->hit_count, 2);
    assert_best(fixture, 1);
}

static void test_a_word_over_the_end_of_a_line_is_found_in_chinese(void **state)
{
    static const char *const texts[] = {"本公司注册资\n本为五百万元。", "其他内容。", NULL};
    struct fixture *fixture = *state;

    open_texts(fixture, "zh", texts);
    search(fixture, "zh", "注册资本是多少");
    assert_best(fixture, 0);
    assert_true(fixture->matches[0].likeness == 1);
}

static void test_equal_passages_come_in_the_order_of_the_document(void **state)
{
    static const char *const texts[] = {"Same words.", "Same words.", "Same words.", NULL};
    struct fixture *fixture = *state;

    open_texts(fixture, "en", texts);
    search(fixture, "en", "same words");
    assert_int_equal(fixture->hit_count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(fixture->hits[i].passage, i);
}

static void test_an_empty_document_has_an_index(void **state)
{
    struct fixture *fixture = *state;
    Ocrmesh__Document__V1__Page *page = fixture_page(fixture->arena, 0, "und");

    open_pages(fixture, &page, 1);
    search(fixture, "en", "anything");
    assert_int_equal(fixture->hit_count, 0);
    assert_true(str_equal(document_index_language(fixture->index), STR("und")));
}

static void test_bytes_that_are_damaged_are_refused_or_harmless(void **state)
{
    struct fixture *fixture = *state;
    struct document_index *damaged;
    struct status st;

    open_texts(fixture, "en", contract);
    struct str bytes = buf_str(&fixture->bytes);
    for (size_t length = 0; length < bytes.n; length++) {
        _cleanup_(freep) char *copy = malloc(length + 1); /* so that a checker sees its end */
        memcpy(copy, bytes.p, length);
        assert_int_equal(document_index_open((struct str){copy, length}, &damaged, &st),
                         STATUS_DATA_LOSS);
    }
    for (size_t at = 0; at < bytes.n; at++)
        for (int bit = 0; bit < 8; bit++) {
            fixture->bytes.data[at] ^= (char)(1 << bit);
            damaged = NULL;
            if (document_index_open(bytes, &damaged, &st) != STATUS_OK)
                assert_int_equal(st.code, STATUS_DATA_LOSS);
            document_index_free(damaged);
            fixture->bytes.data[at] ^= (char)(1 << bit);
        }
}

static void test_only_what_stands_there_is_had(void **state)
{
    struct fixture *fixture = *state;
    static const char *const texts[] = {"The harbour charges fees.", NULL};
    static const struct query_term there = {STR("harbour"), STR("harbour"), WORD_PLAIN, 1},
                                   stem = {STR("fee"), STR("other"), WORD_PLAIN, 1},
                                   form = {STR("other"), STR("harbour"), WORD_PLAIN, 1},
                                   alike = {STR("harbours"), STR("harbours"), WORD_PLAIN, 1},
                                   none = {STR(""), STR(""), WORD_PLAIN, 1};

    open_texts(fixture, "en", texts);
    assert_true(document_index_has(fixture->index, &there));
    assert_true(document_index_has(fixture->index, &stem));
    assert_true(document_index_has(fixture->index, &form));
    assert_false(document_index_has(fixture->index, &alike));
    assert_false(document_index_has(fixture->index, &none));
}

static void test_too_many_terms_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static struct query_term terms[QUERY_TERMS_MAX + 1];
    struct status st;

    open_texts(fixture, "en", contract);
    assert_int_equal(document_index_search(fixture->index, terms, ARRAY_LENGTH(terms), NULL,
                                           fixture->arena, fixture->hits, HITS_MAX,
                                           &fixture->hit_count, fixture->matches, &st),
                     STATUS_INVALID_ARGUMENT);
}

static void test_a_full_buffer_is_said(void **state)
{
    struct fixture *fixture = *state;
    Ocrmesh__Document__V1__Page *page = fixture_page(fixture->arena, 0, "en");
    _cleanup_(buf_deinit) struct buf small;
    struct status st;

    buf_init(&small, 64);
    fixture_block(fixture->arena, page, KIND(PARAGRAPH), contract[0]);
    struct passages passages = fixture_passages(fixture->arena, &page, 1);
    assert_int_equal(document_index_build(&passages, &small, &st), STATUS_RESOURCE_EXHAUSTED);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_passages_come_back_as_they_were),
        TEST(test_the_passage_with_the_rarer_words_is_best),
        TEST(test_other_endings_find_the_word),
        TEST(test_an_amount_is_found_however_it_is_written),
        TEST(test_the_beginning_stands_for_what_is_nowhere),
        TEST(test_a_word_that_was_misread_is_found),
        TEST(test_a_part_of_a_compound_finds_it_but_less),
        TEST(test_a_part_of_a_code_finds_it),
        TEST(test_a_code_is_found_by_a_part_of_it),
        TEST(test_chinese_is_found_however_it_is_cut),
        TEST(test_inflected_words_of_unstemmed_languages_are_found),
        TEST(test_context_counts_less_than_text),
        TEST(test_words_that_stand_together_find_better),
        TEST(test_a_table_of_contents_counts_less),
        TEST(test_a_word_over_the_end_of_a_line_is_found_in_chinese),
        TEST(test_equal_passages_come_in_the_order_of_the_document),
        TEST(test_an_empty_document_has_an_index),
        TEST(test_bytes_that_are_damaged_are_refused_or_harmless),
        TEST(test_only_what_stands_there_is_had),
        TEST(test_too_many_terms_are_refused),
        TEST(test_a_full_buffer_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
