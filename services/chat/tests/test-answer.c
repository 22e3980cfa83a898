#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/chat/answer/answer.h"
#include "services/chat/answer/value.h"
#include "services/chat/tests/page_fixture.h"
#include "services/chat/text/folded_find.h"

enum { ARENA_BYTES = 64 << 20, PAGES_MAX = 4 };

typedef Ocrmesh__Document__V1__Page page_message;

/* A document, its index and the last answer. */
struct fixture {
    struct arena *arena;
    struct buf bytes;
    struct document_index *index;
    page_message *pages[PAGES_MAX];
    size_t page_count;
    struct question question;
    struct answer answer;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    fixture->arena = arena_new(ARENA_BYTES);
    buf_init(&fixture->bytes, DOCUMENT_INDEX_MAX_BYTES);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    document_index_free(fixture->index);
    buf_deinit(&fixture->bytes);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static page_message *add_page(struct fixture *fixture, const char *language)
{
    page_message *page = fixture_page(fixture->arena, (uint32_t)fixture->page_count, language);

    fixture->pages[fixture->page_count++] = page;
    return page;
}

static void paragraph(struct fixture *fixture, page_message *page, const char *text)
{
    fixture_block(fixture->arena, page, KIND(PARAGRAPH), text);
}

static void open_document(struct fixture *fixture)
{
    struct passages passages =
        fixture_passages(fixture->arena, fixture->pages, fixture->page_count);
    struct status st;

    assert_int_equal(document_index_build(&passages, &fixture->bytes, &st), STATUS_OK);
    assert_int_equal(document_index_open(buf_str(&fixture->bytes), &fixture->index, &st),
                     STATUS_OK);
}

/* Each citation is a stretch of one piece, and the page's text has it word for word. */
static void assert_citations_hold(const struct fixture *fixture)
{
    const struct passages *passages = document_index_passages(fixture->index);

    assert_true(fixture->answer.is_grounded == (fixture->answer.citation_count > 0));
    for (size_t i = 0; i < fixture->answer.citation_count; i++) {
        const struct answer_citation *citation = &fixture->answer.citations[i];
        const struct passage *passage = &passages->items[citation->passage];
        struct str snippet = {passage->text.p + citation->offset, citation->length};
        const char *text = fixture_text(fixture->arena, fixture->pages[passage->page_index]);
        bool is_in_piece = false;
        size_t offset;
        size_t length;
        assert_true(citation->length > 0);
        for (size_t k = 0; k < passage->piece_count; k++)
            is_in_piece =
                is_in_piece || (citation->offset >= passage->pieces[k].offset &&
                                citation->offset + citation->length <=
                                    passage->pieces[k].offset + passage->pieces[k].length);
        assert_true(is_in_piece);
        assert_true(folded_find(str_of(text), snippet, &offset, &length));
    }
}

static void ask_after(struct fixture *fixture, const struct turn *turns, size_t turn_count,
                      const char *text)
{
    struct status st;

    assert_int_equal(question_read(str_of(text), turns, turn_count, fixture->index, fixture->arena,
                                   &fixture->question, &st),
                     STATUS_OK);
    assert_int_equal(answer_extract(fixture->index, &fixture->question, NULL, fixture->arena,
                                    &fixture->answer, &st),
                     STATUS_OK);
    assert_citations_hold(fixture);
}

static void ask(struct fixture *fixture, const char *text)
{
    ask_after(fixture, NULL, 0, text);
}

static void assert_answer(struct fixture *fixture, const char *text, const char *expected)
{
    ask(fixture, text);
    if (strcmp(fixture->answer.content.p, expected) != 0)
        fail_msg("%s: \"%s\" instead of \"%s\"", text, fixture->answer.content.p, expected);
}

static void assert_says(struct fixture *fixture, const char *text, const char *wanted)
{
    ask(fixture, text);
    if (strstr(fixture->answer.content.p, wanted) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", text, fixture->answer.content.p, wanted);
}

static void assert_refuses(struct fixture *fixture, const char *text)
{
    ask(fixture, text);
    if (fixture->answer.is_grounded)
        fail_msg("%s: \"%s\"", text, fixture->answer.content.p);
    assert_string_equal(fixture->answer.content.p, answer_refusal(fixture->question.language));
}

/* --- an invoice --- */

static void open_invoice(struct fixture *fixture)
{
    page_message *page = add_page(fixture, "en");

    fixture_heading(fixture->arena, page, 1, "INVOICE");
    paragraph(fixture, page, "Marlow Stationers Ltd\n14 Quay Street\nBristol BS1 4DJ");
    paragraph(fixture, page,
              "Invoice No: MS-20417\nInvoice Date: 2 March 2026\n"
              "Due Date: 1 April 2026");
    paragraph(fixture, page, "Bill To:\nHarbour School\n3 Chapel Row\nBath BA1 1HN");
    fixture_table(fixture->arena, page,
                  "Description\tQty\tUnit price\tAmount\n"
                  "Exercise books\t120\t0.85\t102.00\n"
                  "Fountain pens\t15\t6.40\t96.00\n"
                  "Delivery\t1\t9.50\t9.50",
                  1);
    paragraph(fixture, page, "Subtotal $207.50\nVAT 20% $41.50\nTotal $249.00");
    paragraph(fixture, page,
              "Please pay by bank transfer. Questions: accounts@marlow.example, "
              "tel. +44 117 496 0123.");
    open_document(fixture);
}

static void test_values_beside_labels_answer(void **state)
{
    struct fixture *fixture = *state;

    open_invoice(fixture);
    assert_answer(fixture, "What is the total?", "Total: $249.00 (p. 1)");
    assert_answer(fixture, "What is the invoice number?", "Invoice No: MS-20417 (p. 1)");
    assert_answer(fixture, "When is it due?", "Due Date: 1 April 2026 (p. 1)");
    assert_answer(fixture, "How much is the VAT?", "VAT: $41.50 (p. 1)");
    assert_says(fixture, "What is the subtotal?", "$207.50");
    assert_says(fixture, "What is the phone number?", "+44 117 496 0123");
    assert_says(fixture, "What is the e-mail address?", "accounts@marlow.example");
}

static void test_a_label_above_its_value_answers(void **state)
{
    struct fixture *fixture = *state;

    open_invoice(fixture);
    assert_says(fixture, "Who is the customer?", "Harbour School");
}

static void test_two_parts_get_two_answers(void **state)
{
    struct fixture *fixture = *state;

    open_invoice(fixture);
    assert_answer(fixture, "What is the total and the due date?",
                  "Total: $249.00 (p. 1)\nDue Date: 1 April 2026 (p. 1)");
    assert_int_equal(fixture->answer.citation_count, 2);
}

static void test_a_part_without_an_answer_is_said_to_have_none(void **state)
{
    struct fixture *fixture = *state;

    open_invoice(fixture);
    assert_answer(fixture, "What is the total and the fax number?",
                  "Total: $249.00 (p. 1)\nthe fax number: The document does not say this.");
    assert_int_equal(fixture->answer.citation_count, 1);
}

static void test_cells_answer_by_row_and_column(void **state)
{
    struct fixture *fixture = *state;

    open_invoice(fixture);
    assert_answer(fixture, "What is the unit price of the fountain pens?",
                  "Fountain pens, Unit price: 6.40 (p. 1)");
    assert_says(fixture, "How many exercise books were ordered?", "120");
}

static void test_labels_answer_across_languages(void **state)
{
    struct fixture *fixture = *state;
    page_message *page = add_page(fixture, "de");

    fixture_heading(fixture->arena, page, 1, "Rechnung");
    paragraph(fixture, page,
              "Rechnungsnummer: 2026-118\nRechnungsdatum: 03.02.2026\n"
              "Zahlbar bis: 17.02.2026");
    paragraph(fixture, page, "Gesamtbetrag: 1.190,00 €");
    open_document(fixture);
    assert_answer(fixture, "What is the total?", "Gesamtbetrag: 1.190,00 € (p. 1)");
    assert_answer(fixture, "What is the due date?", "Zahlbar bis: 17.02.2026 (p. 1)");
    assert_answer(fixture, "Quel est le numéro de facture ?", "Rechnungsnummer: 2026-118 (p. 1)");
    assert_refuses(fixture, "What is the delivery address?");
}

static void test_a_misread_label_answers(void **state)
{
    struct fixture *fixture = *state;
    page_message *page = add_page(fixture, "de");

    fixture_table(fixture->arena, page,
                  "Pos.\tBeschreibung\tBetrag\n1\tPostfach\t5,39\nTotaı EUR\t\t34,73", 1);
    open_document(fixture);
    assert_says(fixture, "Wie hoch ist die Summe insgesamt?", "34,73");
    assert_says(fixture, "What is this invoice about?", "(p. 1)");
}

static void test_a_part_of_another_label_is_no_label(void **state)
{
    struct fixture *fixture = *state;
    page_message *page = add_page(fixture, "de");

    paragraph(fixture, page, "Bank Gelnhausen Steuer-Nr. 044 241 601 03");
    open_document(fixture);
    ask(fixture, "Wie hoch ist die Steuer?");
    assert_null(strstr(fixture->answer.content.p, "Steuer: 044"));
    assert_says(fixture, "Wie lautet die Steuernummer?", "044 241 601 03");
}

static void test_what_an_invoice_does_not_say_is_refused(void **state)
{
    struct fixture *fixture = *state;

    open_invoice(fixture);
    assert_refuses(fixture, "What is the discount?");
    assert_refuses(fixture, "What is the fax number?");
    assert_refuses(fixture, "Who won the football match in Leeds?");
    assert_refuses(fixture, "What is the unit price of the staplers?");
    assert_refuses(fixture, "Wie hoch ist der Rabatt?");
    assert_string_equal(fixture->answer.content.p, "Das steht nicht im Dokument.");
}

static void test_a_follow_up_is_answered(void **state)
{
    struct fixture *fixture = *state;
    struct turn turn = {STR("What is the total?"), STR("Total: $249.00 (p. 1)")};

    open_invoice(fixture);
    ask_after(fixture, &turn, 1, "and the VAT?");
    assert_string_equal(fixture->answer.content.p, "VAT: $41.50 (p. 1)");
}

/* --- running text --- */

static void open_lease(struct fixture *fixture)
{
    page_message *page = add_page(fixture, "en");

    fixture_heading(fixture->arena, page, 1, "Lease Agreement");
    paragraph(fixture, page,
              "This lease agreement is made between Orla Devlin, the landlord, and Tomasz Wilk, "
              "the tenant, for the flat on the second floor of 8 Mill Lane, Galway.");
    fixture_heading(fixture->arena, page, 2, "1. Term");
    paragraph(fixture, page,
              "The lease begins on 1 September 2025 and ends on 31 August 2027. Either party may "
              "end it earlier with a notice period of 90 days.");
    page = add_page(fixture, "en");
    fixture_heading(fixture->arena, page, 2, "2. Rent");
    paragraph(fixture, page,
              "The tenant pays a monthly rent of €1,350. A deposit of €2,700 is held by the "
              "landlord. Pets are not allowed because the stairs are shared.");
    fixture_heading(fixture->arena, page, 2, "3. Appliances");
    paragraph(fixture, page, "The landlord provides the following appliances:");
    fixture_block(fixture->arena, page, KIND(LIST_ITEM), "a washing machine");
    fixture_block(fixture->arena, page, KIND(LIST_ITEM), "a gas cooker");
    fixture_block(fixture->arena, page, KIND(LIST_ITEM), "a fridge");
    open_document(fixture);
}

static void test_sentences_answer(void **state)
{
    struct fixture *fixture = *state;

    open_lease(fixture);
    assert_answer(fixture, "When does the lease begin?",
                  "The lease begins on 1 September 2025 and ends on 31 August 2027. (p. 1)");
    assert_answer(fixture, "How much is the monthly rent?",
                  "The tenant pays a monthly rent of €1,350. (p. 2)");
    assert_says(fixture, "What is the notice period?", "90 days");
    assert_says(fixture, "Who is the landlord?", "Orla Devlin");
    assert_answer(fixture, "Why are pets not allowed?",
                  "Pets are not allowed because the stairs are shared. (p. 2)");
}

static void test_lists_give_their_items(void **state)
{
    struct fixture *fixture = *state;

    open_lease(fixture);
    assert_answer(fixture, "What are the appliances that the landlord provides?",
                  "a washing machine; a gas cooker; a fridge (p. 2)");
    assert_int_equal(fixture->answer.citation_count, 3);
}

static void test_a_summary_gives_title_and_lead(void **state)
{
    struct fixture *fixture = *state;

    open_lease(fixture);
    assert_says(fixture, "What is this document about?", "Lease Agreement (p. 1)\nThis lease");
    assert_says(fixture, "Summarize page 2", "2. Rent (p. 2)\nThe tenant pays");
}

static void test_a_page_that_is_named_is_kept_to(void **state)
{
    struct fixture *fixture = *state;

    open_lease(fixture);
    assert_says(fixture, "Who is the landlord on page 1?", "(p. 1)");
    assert_refuses(fixture, "What does page 1 say about the deposit?");
    assert_refuses(fixture, "What is the rent on page 77?");
}

static void test_what_a_contract_does_not_say_is_refused(void **state)
{
    struct fixture *fixture = *state;

    open_lease(fixture);
    assert_refuses(fixture, "Who pays for the electricity?");
    assert_refuses(fixture, "When was the building constructed?");
    assert_refuses(fixture, "What is the tenant's date of birth?");
    assert_refuses(fixture, "What is the capital of Mongolia?");
}

static void test_answers_are_found_in_scripts_without_spaces(void **state)
{
    struct fixture *fixture = *state;
    page_message *page = add_page(fixture, "zh");

    fixture_heading(fixture->arena, page, 1, "设备租赁合同");
    paragraph(fixture, page,
              "合同编号：HT-2026-031\n签订日期：2026年3月5日\n租金：每月人民币3,200元");
    paragraph(fixture, page, "承租方应当在每月五日之前支付租金。设备由出租方负责维修。");
    open_document(fixture);
    assert_says(fixture, "合同编号是什么？", "HT-2026-031");
    assert_says(fixture, "谁负责维修设备？", "设备由出租方负责维修。");
    assert_says(fixture, "租金是多少？", "3,200元");
    assert_refuses(fixture, "保险费是多少？");
}

/* --- a table --- */

static void test_tables_answer_by_year(void **state)
{
    struct fixture *fixture = *state;
    page_message *page = add_page(fixture, "en");

    fixture_heading(fixture->arena, page, 1, "Annual figures");
    fixture_table(
        fixture->arena, page,
        "Region\t2022\t2023\nNorth\t4,120\t4,515\nSouth\t3,870\t3,402\nTotal\t7,990\t7,917", 1);
    open_document(fixture);
    assert_answer(fixture, "What was the figure for South in 2023?", "South, 2023: 3,402 (p. 1)");
    assert_answer(fixture, "What was the total in 2022?", "Total, 2022: 7,990 (p. 1)");
    assert_refuses(fixture, "What was the figure for South in 2024?");
}

/* --- values --- */

static void assert_value(const char *text, value_kind kind, const char *expected)
{
    struct value values[VALUES_MAX];
    size_t count = values_find(str_of(text), values);

    for (size_t i = 0; i < count; i++)
        if (values[i].kind == kind &&
            str_equal((struct str){text + values[i].offset, values[i].length}, str_of(expected)))
            return;
    fail_msg("%s: no %s", text, expected);
}

static void test_values_are_told_by_their_form(void **state)
{
    assert_value("due on 3 March 2026.", VALUE_DATE, "3 March 2026");
    assert_value("on March 3rd, 2026 at noon", VALUE_DATE, "March 3rd, 2026");
    assert_value("am 3. März 2026", VALUE_DATE, "3. März 2026");
    assert_value("le 31 août 2025,", VALUE_DATE, "31 août 2025");
    assert_value("(03.02.2026)", VALUE_DATE, "03.02.2026");
    assert_value("日期：2026年3月5日", VALUE_DATE, "2026年3月5日");
    assert_value("31 января 2026 г.", VALUE_DATE, "31 января 2026");
    assert_value("founded in 1998", VALUE_YEAR, "1998");
    assert_value("pay $1,234.50 now", VALUE_AMOUNT, "$1,234.50");
    assert_value("1.234,50 EUR", VALUE_AMOUNT, "1.234,50 EUR");
    assert_value("rose by 12.5%", VALUE_PERCENT, "12.5%");
    assert_value("call +44 117 496 0123.", VALUE_PHONE, "+44 117 496 0123");
    assert_value("mail to a.b@c.example.", VALUE_EMAIL, "a.b@c.example");
    assert_value("by Orla Devlin, Galway", VALUE_NAME, "Orla Devlin");
}

/* --- hostile documents --- */

static void test_pages_of_one_endless_line_are_answered_from(void **state)
{
    enum { ENDLESS_BYTES = 1 << 18 };
    static const char *const units[] = {"a", "1", "Total: ", "\t", ": ", "租", "a.b ", "- "};

    for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
        struct fixture *fixture = *state;
        page_message *page = add_page(fixture, "en");
        char *text = malloc(ENDLESS_BYTES + 1);
        size_t unit = strlen(units[i]);
        for (size_t k = 0; k < ENDLESS_BYTES; k++)
            text[k] = k < ENDLESS_BYTES / unit * unit ? units[i][k % unit] : ' ';
        text[ENDLESS_BYTES] = '\0';
        paragraph(fixture, page, text);
        free(text);
        open_document(fixture);
        ask(fixture, "What is the total and the due date?");
        ask(fixture, "What is this document about?");
        ask(fixture, "租金是多少？");
        document_index_free(TAKE(fixture->index));
        buf_clear(&fixture->bytes);
        fixture->page_count = 0;
        arena_reset(fixture->arena);
    }
}

static void test_an_empty_document_says_nothing(void **state)
{
    struct fixture *fixture = *state;

    (void)add_page(fixture, "en");
    open_document(fixture);
    assert_refuses(fixture, "What is the total?");
    assert_refuses(fixture, "What is this document about?");
}

/* Six parts look at the same lines, each with memory of its own. */
static void test_many_parts_take_the_memory_of_one(void **state)
{
    enum { BLOCKS = 60, LINES = 50, QUESTION_BYTES = 2 << 20 };
    static const char text[] =
        "What is the total and the due date and the tax and the customer number and the invoice "
        "number and the name?";
    struct fixture *fixture = *state;
    page_message *page = add_page(fixture, "en");
    struct status st;

    for (int i = 0; i < BLOCKS; i++) {
        char lines[LINES * 32] = "";
        for (int k = 0; k < LINES; k++)
            (void)sprintf(lines + strlen(lines), "Total amount %d: %d\n", i * LINES + k, k);
        paragraph(fixture, page, lines);
    }
    open_document(fixture);
    _cleanup_(arena_freep) struct arena *arena = arena_new(QUESTION_BYTES);
    assert_int_equal(
        question_read(str_of(text), NULL, 0, fixture->index, arena, &fixture->question, &st),
        STATUS_OK);
    assert_int_equal(
        answer_extract(fixture->index, &fixture->question, NULL, arena, &fixture->answer, &st),
        STATUS_OK);
}

struct patience {
    int checks_left;
};

static status_code lose_patience(void *arg, struct status *st)
{
    struct patience *patience = arg;

    if (patience->checks_left == 0)
        return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL, "no time is left");
    patience->checks_left--;
    return STATUS_OK;
}

static void test_an_answer_that_nobody_wants_ends_with_the_next_passage(void **state)
{
    enum { PAGES = 4, PATIENCE = 2 };
    struct patience patience = {PATIENCE};
    const struct answer_watch watch = {lose_patience, &patience};
    struct fixture *fixture = *state;
    struct status st = {0};

    for (int i = 0; i < PAGES; i++)
        paragraph(fixture, add_page(fixture, "en"), "The monthly fee is 1250 euros.");
    open_document(fixture);
    assert_int_equal(question_read(STR("What is the monthly fee?"), NULL, 0, fixture->index,
                                   fixture->arena, &fixture->question, &st),
                     STATUS_OK);
    assert_int_equal(answer_extract(fixture->index, &fixture->question, &watch, fixture->arena,
                                    &fixture->answer, &st),
                     STATUS_DEADLINE_EXCEEDED);
    assert_int_equal(patience.checks_left, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values_beside_labels_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_label_above_its_value_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_parts_get_two_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_part_without_an_answer_is_said_to_have_none, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_cells_answer_by_row_and_column, setup, teardown),
        cmocka_unit_test_setup_teardown(test_labels_answer_across_languages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_misread_label_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_part_of_another_label_is_no_label, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_an_invoice_does_not_say_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_follow_up_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sentences_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists_give_their_items, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_summary_gives_title_and_lead, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_page_that_is_named_is_kept_to, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_a_contract_does_not_say_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_answers_are_found_in_scripts_without_spaces, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_tables_answer_by_year, setup, teardown),
        cmocka_unit_test(test_values_are_told_by_their_form),
        cmocka_unit_test_setup_teardown(test_pages_of_one_endless_line_are_answered_from, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_many_parts_take_the_memory_of_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_answer_that_nobody_wants_ends_with_the_next_passage,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_empty_document_says_nothing, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
